"""The writer's thread outlives what nobody foresaw."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from signalling.hub.store.interface import StoreError
from signalling.hub.store.sqlite_tables import SqliteBackend
from signalling.hub.store.writer import Task, Writer


class Faulty(SqliteBackend):
    """Fails once, in a way that it should not."""

    failed = False

    def commit(self, group: Sequence[Task]) -> None:
        if not Faulty.failed:
            Faulty.failed = True
            raise ZeroDivisionError("a bug")
        super().commit(group)


async def test_a_bug_in_a_transaction_is_told_and_the_next_one_works(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    writer = await Writer.open(lambda: Faulty(tmp_path / "x.db"))
    with pytest.raises(StoreError, match="a bug"):
        await writer.run(lambda db: db.execute("select 1").fetchone()[0])
    assert await writer.run(lambda db: db.execute("select 1").fetchone()[0]) == 1
    assert "the store failed otherwise" in caplog.text
    await writer.close()
