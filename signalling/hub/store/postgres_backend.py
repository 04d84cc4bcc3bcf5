"""PostgreSQL below the writer: one connection, group commit, several hubs at one database.

The transaction of a group that writes first takes the lock that all hubs share, so that what a task
looked at still holds when it writes, as with SQLite's single writer. A hub that stops in
mid-transaction is put out by the server (`postgres_connecting.SESSION`), before the others give up.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

import psycopg

from signalling.hub.store.chain import append
from signalling.hub.store.interface import Conflict, StoreBusy, StoreError
from signalling.hub.store.postgres_connecting import ANSWER_S, connect, place
from signalling.hub.store.postgres_schema import migrate
from signalling.hub.store.postgres_tables import Connection, PostgresTables
from signalling.hub.store.server_clock import ServerClock
from signalling.hub.store.writer import Task, notes_of, settle

log = logging.getLogger(__name__)

LOCK: Final = 0x7669736974
"""What all hubs take before they look at or change anything ("visit")."""

_CLOCK: Final = "select extract(epoch from clock_timestamp())::double precision"
_PUT_OUT: Final = psycopg.errors.IdleInTransactionSessionTimeout
_BEGIN: Final = f"begin; select pg_advisory_xact_lock({LOCK}); {_CLOCK}"
# What several statements of one task see is one state of the database, as under the lock.
_BEGIN_READING: Final = f"begin isolation level repeatable read, read only; {_CLOCK}"


class PostgresBackend:
    """`writer.Backend`: one connection, used in the writer's thread only."""

    # As many savepoints as a server process keeps at hand (PGPROC_MAX_CACHED_SUBXIDS).
    group_size = 64

    def __init__(self, url: str, clock: ServerClock, password: str = "") -> None:
        """Connect and bring the schema up to date.

        Raises:
            StoreError: the server or the database cannot be used.
        """
        self._url, self._password = url, password
        self._clock = clock
        connection = connect(url, password)
        connection.patience_s = None  # a long history migrates slowly, and hubs wait for another
        migrate(connection, place(url))
        connection.patience_s = ANSWER_S
        self._connection: Connection | None = connection
        self._ask_clock(self._connection, _CLOCK)

    # -- a group ----------------------------------------------------------------------------

    def commit(self, group: Sequence[Task]) -> None:
        """Run a group in one transaction, each task as if in a savepoint of its own."""
        try:
            connection = self._begin(reads=all(task.reads for task in group))
        except StoreError as error:
            settle(group, error)
            return
        tables = PostgresTables(connection)
        try:
            for task in group:
                tables.run(task)
            # Only now it is known which of them failed.
            tables.finish(lambda db: append(db, notes_of(group)))
            _still_there(connection)
        except (psycopg.Error, Conflict) as error:
            settle(group, StoreBusy("the database broke off; nothing was done"))
            self._undo(connection, error)
            return
        try:
            cursor = connection.execute("commit")
            if cursor.statusmessage != "COMMIT":
                settle(group, StoreError("the database undid the changes"))
        except psycopg.Error as error:
            # Nobody may be told what may not be on disk.
            if connection.closed and not isinstance(error, _PUT_OUT):
                settle(group, StoreError("the database went away: it may be done or not"))
            else:
                settle(group, StoreBusy("the database broke off; nothing was done"))
            self._undo(connection, error)

    def _begin(self, *, reads: bool) -> Connection:
        """Begin a transaction, with the hubs' lock if it writes.

        A connection that is found lost is made anew.

        Raises:
            StoreBusy: the server does not answer, or another hub holds the lock for too long.
        """
        begin = _BEGIN_READING if reads else _BEGIN
        connection = self._connection
        if connection is not None:
            try:
                self._ask_clock(connection, begin)
            except psycopg.Error as error:
                self._undo(connection, error)
                if not connection.closed:
                    raise StoreBusy("another hub keeps the database busy") from error
            else:
                return connection
        connection = self._connect()
        try:
            self._ask_clock(connection, begin)
        except psycopg.Error as error:
            self._undo(connection, error)
            raise StoreBusy("the database is busy") from error
        return connection

    def _connect(self) -> Connection:
        try:
            self._connection = connect(self._url, self._password)
        except StoreError as error:
            raise StoreBusy(f"the database is away: {error}") from error
        log.info("the database answers again")
        return self._connection

    def _ask_clock(self, connection: Connection, sql: str) -> None:
        """Run statements of which the last one asks for the server's clock."""
        asked = self._clock.now()
        cursor = connection.execute(sql)
        while cursor.nextset():
            pass
        row = cursor.fetchone()
        assert row is not None
        self._clock.measured(asked, row[0], self._clock.now())

    def _undo(self, connection: Connection, error: Exception) -> None:
        """Leave the transaction, or the connection when it is lost."""
        try:
            if not connection.closed:
                connection.rollback()
        except psycopg.Error:
            connection.close()
        if connection.closed:
            log.warning("the connection to the database is lost: %s", " ".join(str(error).split()))
            self._connection = None
        else:
            log.warning("a transaction failed: %s", " ".join(str(error).split()))

    # -- between groups ---------------------------------------------------------------------

    def idle(self) -> None:
        """Ask for the server's clock; connect again after the server was away."""
        connection = self._connection
        try:
            self._ask_clock(connection or self._connect(), _CLOCK)
        except StoreBusy as error:
            log.debug("%s", error)
        except psycopg.Error as error:
            if connection is not None:
                self._undo(connection, error)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()


def _still_there(connection: Connection) -> None:
    """Find out that the server hung up before it is asked to commit: then it surely did not.

    Raises:
        psycopg.OperationalError: it did.
    """
    for _ in range(2):  # its last words, and that it hung up
        connection.pgconn.consume_input()
