"""What only SQLite has: its file, its pragmas, its migrations."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from signalling.hub.store.interface import StoreError
from signalling.hub.store.migrations import migrate, migrations
from signalling.hub.store.sqlite import SqliteStore
from signalling.hub.store.sqlite_tables import SqliteBackend, connect
from signalling.hub.store.tables import Tables
from signalling.hub.store.writer import Writer


async def test_the_writer_is_one_named_thread_and_is_joined(tmp_path: Path) -> None:
    writer = await Writer.open(lambda: SqliteBackend(tmp_path / "x.db"))
    name = await writer.run(lambda _db: threading.current_thread().name)
    assert name == "store-writer"
    await writer.close()
    await writer.close()
    assert "store-writer" not in {each.name for each in threading.enumerate()}
    with pytest.raises(StoreError, match="closed"):
        await writer.run(lambda _db: None)


async def test_pragmas_and_mode(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "visits.db")

    def look(db: Tables) -> dict[str, object]:
        names = ("journal_mode", "synchronous", "foreign_keys")
        return {name: db.execute(f"pragma {name}").fetchone()[0] for name in names}

    assert await store._writer.run(look) == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
    }
    await store.close()
    assert (tmp_path / "visits.db").stat().st_mode & 0o077 == 0


def test_migrations_are_numbered_and_applied_once(tmp_path: Path) -> None:
    db = connect(tmp_path / "x.db")
    migrate(db)
    migrate(db)
    names = [each.name for each in migrations.applied(db)]
    numbers = [int(name[:4]) for name in names]
    assert numbers == sorted(set(numbers))
    tables = [row["sql"] for row in db.query("select sql from sqlite_master where type = 'table'")]
    ours = [sql for sql in tables if sql and "migrations" not in sql]
    assert len(ours) >= 10
    assert all("strict" in sql.lower() for sql in ours if "sqlite_sequence" not in sql)


def test_a_newer_database_is_left_alone(tmp_path: Path) -> None:
    db = connect(tmp_path / "x.db")
    migrate(db)
    db.execute(
        "insert into _sqlite_migrations (migration_set, name, applied_at)"
        " values ('visitbooth-hub', '9999-from-the-future', '')"
    )
    with pytest.raises(StoreError, match="9999-from-the-future"):
        migrate(db)


async def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.write_text("this is no database, and long enough to be looked at as one" * 20)
    with pytest.raises(StoreError, match=r"x\.db"):
        await SqliteStore.open(path)
