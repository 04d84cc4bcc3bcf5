"""SQLite below the store: its connection, its transactions, its errors."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from sqlite_utils import Database

from signalling.hub.store.interface import Conflict, StoreError
from signalling.hub.store.migrations import migrate
from signalling.hub.store.writer import Task, settle

BUSY_TIMEOUT_S: Final = 5.0


def connect(path: Path) -> Database:
    """Open the database for the thread that calls, in WAL mode, flushing at each commit."""
    path.touch(mode=0o600)  # SQLite's own files beside it take over its mode
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    for pragma in ("journal_mode=wal", "synchronous=full", "foreign_keys=on"):
        connection.execute(f"pragma {pragma}")
    return Database(connection)


class SqliteTables:
    """`tables.Tables`: a task at a time, between `begin` and `end` or `undo`.

    A task is undone by its savepoint. One that is a single `append` needs none: a statement that
    fails leaves nothing by itself. The savepoint's name is always the same, so that its statements
    are parsed once.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._inside = False
        self._waiting: tuple[str, Sequence[Any], Exception] | None = None

    def begin(self) -> None:
        """A task begins."""
        self._inside, self._waiting = False, None

    def end(self) -> None:
        """It is done. Raises what its `append` was to raise, and then needs `undo`."""
        if self._inside:
            self._db.conn.execute("release task")
            self._inside = False
        elif self._waiting is not None:
            self._insert(*self._waiting)

    def undo(self) -> None:
        """It failed."""
        if self._inside:
            self._db.conn.execute("rollback to task")
            self._db.conn.execute("release task")

    def _enter(self) -> None:
        if self._inside:
            return
        self._db.conn.execute("savepoint task")
        self._inside = True
        if self._waiting is not None:
            self._insert(*self._waiting)

    def _insert(self, sql: str, values: Sequence[Any], otherwise: Exception) -> None:
        try:
            inserted = self._db.conn.execute(sql, values).rowcount
        except sqlite3.IntegrityError as error:
            raise Conflict(str(error)) from error
        if not inserted:
            raise otherwise

    def execute(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Run one statement. Raises Conflict."""
        self._enter()
        try:
            cursor: sqlite3.Cursor = self._db.conn.execute(sql, values)
        except sqlite3.IntegrityError as error:
            raise Conflict(str(error)) from error
        return cursor

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement with each row's values. Raises Conflict."""
        self._enter()
        try:
            self._db.conn.executemany(sql, rows)
        except sqlite3.IntegrityError as error:
            raise Conflict(str(error)) from error

    def append(self, sql: str, values: Sequence[Any], otherwise: Exception) -> None:
        """Insert one row that the task stands or falls with; see `tables.Tables`."""
        if self._inside or self._waiting is not None:
            self._enter()
            self._insert(sql, values, otherwise)
        else:
            self._waiting = (sql, values, otherwise)

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
                self._tables.begin()
                try:
                    task.result = task.work(self._tables)
                    self._tables.end()
                except Exception as error:
                    self._tables.undo()
                    task.result, task.error = None, error
            self._db.conn.execute("commit")
        except sqlite3.Error as error:
            # Nothing of the group is on disk: nobody may be told otherwise.
            self._db.rollback()
            settle(group, StoreError(f"the database failed: {error}"))

    def idle(self) -> None:
        """Nothing to look after: the file is ours alone."""

    def close(self) -> None:
        """Close the connection."""
        self._db.close()
