"""PostgreSQL below the store's SQL: a group's tasks, each undone alone when it fails.

A round trip costs more than most statements. So a task's savepoint travels with its first
statement, the one before is released with it, and rows of `append` wait for those of the tasks
behind it and go out in one pipeline.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Dumper, Loader

from signalling.hub.store.interface import Conflict, StoreError
from signalling.hub.store.tables import Tables
from signalling.hub.store.writer import Task

Connection = psycopg.Connection[tuple[Any, ...]]

_MARKS: Final = re.compile(r"'[^']*'|[?%]")
"""What a value's mark is not in, a text, and what is to be one or would be taken for one."""
_MARK: Final = {"": "savepoint task; ", "kept": "release task; savepoint task; "}
_MARK_UNDO: Final = "rollback to task; "


class BoolDumper(Dumper):
    """Keeps True as 1 and False as 0, as SQLite does."""

    def dump(self, obj: bool) -> Buffer:
        """Return the number's text."""
        return b"1" if obj else b"0"

    def quote(self, obj: bool) -> Buffer:
        """Return the number as SQL."""
        return self.dump(obj)


class NumberLoader(Loader):
    """Gives sums of whole numbers back as such, as SQLite does."""

    def load(self, data: Buffer) -> float:
        """Return a number of type numeric; an int where it is whole."""
        text = bytes(data).decode()
        return int(text) if text.lstrip("-").isdigit() else float(text)


@functools.lru_cache(maxsize=1024)
def translated(sql: str) -> str:
    """Return SQL of ours with psycopg's marks for values."""
    return _MARKS.sub(lambda mark: "%s" if mark[0] == "?" else mark[0].replace("%", "%%"), sql)


class PostgresTables:
    """`tables.Tables` within a group's transaction; `run` is one task of it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._waiting: list[tuple[Task, str, Sequence[Any], Exception]] = []
        self._task: Task | None = None
        self._begun = False
        self._broken = False
        self._mark = ""
        """What is to happen with the savepoint there is: none, "kept" or "undo"."""

    # -- a group ----------------------------------------------------------------------------

    def run(self, task: Task) -> None:
        """Run one task; fill in its result or its error.

        Raises:
            psycopg.Error: the connection is lost, and the transaction with it.
        """
        self._task, self._begun = task, False
        try:
            task.result = task.perform(self)
        except Exception as error:
            if self._connection.closed or self._broken:
                raise
            if self._waiting and self._waiting[-1][0] is task:
                self._waiting.pop()
            task.error = _told(error)
        if self._begun:
            self._mark = "undo" if task.error is not None else "kept"

    def finish(self, last: Callable[[Tables], None]) -> None:
        """Send what waits; then do what all of the group stands or falls with.

        Raises:
            psycopg.Error, Conflict: the transaction is lost.
        """
        self._flush()
        if self._mark == "undo":
            self._connection.execute("rollback to task")
        self._task, self._begun, self._mark = None, True, "kept"
        last(self)

    def _flush(self) -> None:
        """Send the rows that wait, and judge them."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        self._broken = True  # rows of several tasks: one that fails otherwise than by its check
        with self._connection.pipeline():
            if self._mark == "undo":
                self._connection.execute("rollback to task")
                self._mark = "kept"
            cursors = []
            for _, sql, values, _ in waiting:
                cursor = psycopg.Cursor(self._connection)
                cursors.append(cursor.execute(translated(sql).encode(), values))
        self._broken = False
        for (task, _, _, otherwise), cursor in zip(waiting, cursors, strict=True):
            if not cursor.rowcount:
                task.result, task.error = None, otherwise

    # -- a task -----------------------------------------------------------------------------

    def execute(self, sql: str, values: Sequence[Any] = ()) -> psycopg.Cursor[tuple[Any, ...]]:
        """Run one statement. Raises Conflict."""
        if self._waiting:
            last, sql_, values_, otherwise = self._waiting[-1]
            if last is self._task:  # it goes on after its row: now the row needs a savepoint
                self._waiting.pop()
                self._flush()
                if not self._send(sql_, values_).rowcount:
                    raise otherwise
            self._flush()
        return self._send(sql, values)

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement with each row's values. Raises Conflict."""
        for row in rows:
            self.execute(sql, row)

    def append(self, sql: str, values: Sequence[Any], otherwise: Exception) -> None:
        """Insert one row that the task stands or falls with; see `tables.Tables`."""
        assert self._task is not None
        for value in values:
            if isinstance(value, str) and "\0" in value:
                raise StoreError("the database keeps no text with a NUL character")
        if self._begun or (self._waiting and self._waiting[-1][0] is self._task):
            if not self.execute(sql, values).rowcount:
                raise otherwise
        else:
            self._waiting.append((self._task, sql, values, otherwise))

    def query(self, sql: str, values: Sequence[Any] = ()) -> Iterator[dict[str, Any]]:
        """Yield the rows of one statement, by the names of their columns."""
        cursor = self.execute(sql, values)
        names = [column.name for column in cursor.description or ()]
        return (dict(zip(names, row, strict=True)) for row in cursor)

    def _send(self, sql: str, values: Sequence[Any]) -> psycopg.Cursor[tuple[Any, ...]]:
        before = ""
        if not self._begun:
            before = _MARK_UNDO if self._mark == "undo" else _MARK[self._mark]
        cursor = psycopg.ClientCursor(self._connection)
        # A value that has no SQL fails here, before there is a savepoint of this task.
        text = cursor.mogrify((before + translated(sql)).encode(), values).encode()
        self._begun, self._mark = True, "kept"
        try:
            cursor.execute(text)
        except psycopg.IntegrityError as error:
            raise Conflict(str(error)) from error
        while cursor.nextset():
            pass
        return cursor


def _told(error: Exception) -> Exception:
    """Return what a caller of the store is told, who knows nothing of psycopg."""
    if isinstance(error, psycopg.Error):
        told = StoreError(f"the database refused: {error}")
        told.__cause__ = error
        return told
    return error
