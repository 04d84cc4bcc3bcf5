"""What the store's SQL is run through, whichever database is below: one set of SQL serves both.

The SQL is what SQLite 3.40 and PostgreSQL 15 have in common, with `?` for values. A statement that
fails has undone its whole task: work that goes on after a conflict says `on conflict do nothing`
and looks at `rowcount`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol


class Rows(Protocol):
    """What a statement answered, as tuples."""

    @property
    def rowcount(self) -> int:
        """How many rows it changed."""

    def fetchone(self) -> Any:
        """Return the next row, or None."""

    def fetchall(self) -> list[Any]: ...

    def __iter__(self) -> Iterator[Any]: ...


class Tables(Protocol):
    """The database, inside a task's transaction."""

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Rows:
        """Run one statement.

        Raises:
            Conflict: a row breaks a rule of the schema.
        """

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement with each row's values. Raises Conflict."""

    def append(self, sql: str, values: Sequence[Any], otherwise: Exception) -> None:
        """Insert one row that the task stands or falls with; `otherwise` when it was not inserted.

        The statement inserts nothing when it should not (`where`, `on conflict do nothing`).
        PostgreSQL is sent those of several tasks at once, so `otherwise` may be raised only once
        this has returned: by the task's next statement, or as the task's failure.
        """

    def query(self, sql: str, values: Sequence[Any] = ()) -> Iterator[dict[str, Any]]:
        """Yield the rows of one statement, by the names of their columns."""
