"""SQLite below the store: its connection, its transactions, its errors."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from sqlite_utils import Database

from signalling.hub.store.chain import append
from signalling.hub.store.interface import Conflict, StoreError
from signalling.hub.store.migrations import migrate
from signalling.hub.store.tables import Tables
from signalling.hub.store.writer import Task, notes_of, settle

BUSY_TIMEOUT_S: Final = 5.0


def connect(path: Path) -> Database:
    """Open the database for the thread that calls, in WAL mode, flushing at each commit."""
    path.touch(mode=0o600)  # SQLite's own files beside it take over its mode
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    for pragma in ("journal_mode=wal", "synchronous=full", "foreign_keys=on"):
        connection.execute(f"pragma {pragma}")
    return Database(connection)


class SqliteTables:
    """`tables.Tables` within a group's transaction; `run` is one task of it.

    A savepoint and its release cost as much as the insert between them: a task that only reads, or
    inserts the one row of `append`, has none. SQLite undoes a single statement that fails itself.
    """

    def __init__(self, db: Database) -> None:
        self._connection: sqlite3.Connection = db.conn
        self._waiting: tuple[str, Sequence[Any], Exception] | None = None
        self._marked = False

    def run(self, task: Task) -> None:
        """Run one task; fill in its result or its error.

        Raises:
            sqlite3.Error: the group's transaction is lost.
        """
        self._waiting, self._marked = None, task.reads
        try:
            task.result = task.perform(self)
            if self._waiting is not None:
                self._insert(*self._waiting)
        except Exception as error:
            task.result, task.error = None, error
        if self._marked and not task.reads:
            if task.error is not None:
                self._connection.execute("rollback to task")
            self._connection.execute("release task")
        if not self._connection.in_transaction:  # a full disk, for one, ends it unasked
            raise sqlite3.OperationalError("the transaction was undone") from task.error

    def finish(self, last: Callable[[Tables], None]) -> None:
        """Do what all of the group stands or falls with. Raises sqlite3.Error, Conflict."""
        self._waiting, self._marked = None, True  # without a savepoint of its own
        last(self)

    def execute(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Run one statement. Raises Conflict."""
        self._mark()
        return self._execute(sql, values)

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement with each row's values. Raises Conflict."""
        for row in rows:
            self.execute(sql, row)

    def append(self, sql: str, values: Sequence[Any], otherwise: Exception) -> None:
        """Insert one row that the task stands or falls with, or raise `otherwise`."""
        if self._marked or self._waiting is not None:
            self._mark()
            self._insert(sql, values, otherwise)
        else:
            self._waiting = sql, values, otherwise

    def _mark(self) -> None:
        """Begin what can be undone, with the row that waited in it."""
        if not self._marked:
            self._connection.execute("savepoint task")
            self._marked = True
        if self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            self._insert(*waiting)

    def _insert(self, sql: str, values: Sequence[Any], otherwise: Exception) -> None:
        if not self._execute(sql, values).rowcount:
            raise otherwise

    def _execute(self, sql: str, values: Sequence[Any]) -> sqlite3.Cursor:
        try:
            return self._connection.execute(sql, values)
        except sqlite3.IntegrityError as error:
            raise Conflict(str(error)) from error

    def query(self, sql: str, values: Sequence[Any] = ()) -> Iterator[dict[str, Any]]:
        """Yield the rows of one statement, by the names of their columns."""
        cursor = self.execute(sql, values)
        names = [column[0] for column in cursor.description]
        return (dict(zip(names, row, strict=True)) for row in cursor)


class SqliteBackend:
    """`writer.Backend`: one connection, used in the writer's thread only."""

    group_size = 256

    def __init__(self, path: Path) -> None:
        """Open the file and bring its schema up to date.

        Raises:
            StoreError: it cannot be opened or is of a newer version.
        """
        try:
            self._db = connect(path)
            migrate(self._db)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"cannot open {path}: {error}") from error
        self._tables = SqliteTables(self._db)

    def commit(self, group: Sequence[Task]) -> None:
        """Run a group in one transaction, each task as if in a savepoint of its own."""
        try:
            reads = all(task.reads for task in group)
            self._db.conn.execute("begin" if reads else "begin immediate")
            for task in group:
                self._tables.run(task)
            self._tables.finish(lambda db: append(db, notes_of(group)))
            self._db.conn.execute("commit")
        except (sqlite3.Error, Conflict) as error:
            # Nothing of the group is on disk: nobody may be told otherwise.
            self._db.rollback()
            settle(group, StoreError(f"the database failed: {error}"))

    def idle(self) -> None:
        """Nothing to look after: the file is ours alone."""

    def close(self) -> None:
        """Close the connection."""
        self._db.close()
