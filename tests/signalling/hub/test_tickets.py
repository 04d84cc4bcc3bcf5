"""Tickets: fetched once, within a minute, and never too many. By a clock of the test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from signalling.errors import UserError
from signalling.hub.store.sqlite import SqliteStore
from signalling.hub.tickets import HOLDS_S, IN_ALL_BYTES, PER_VISITOR, PREFIX, Tickets
from signalling.hub.web_files import File


class Now:
    at = 1_000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
async def tickets(tmp_path: Path, now: Now) -> AsyncIterator[Tickets]:
    store = await SqliteStore.open(tmp_path / "visits.db", now)
    yield Tickets(store)
    await store.close()


def file(body: bytes = b"x") -> File:
    return File("text/plain", body)


async def test_a_ticket_is_spent_by_taking_and_not_by_looking(tickets: Tickets) -> None:
    path = await tickets.issue("ana", file())
    assert path.startswith(PREFIX)
    assert len(path) >= len(PREFIX) + 32
    assert await tickets.take(path, spend=False) == file()
    assert await tickets.take(path, spend=True) == file()
    assert await tickets.take(path, spend=True) is None
    assert await tickets.take(PREFIX + "other", spend=True) is None


async def test_another_hub_on_the_same_store_has_it_too(tmp_path: Path, tickets: Tickets) -> None:
    path = await tickets.issue("ana", File("text/html", b"y", policy="p", download="d"))
    other = await SqliteStore.open(tmp_path / "visits.db", Now())
    assert await Tickets(other).take(path, spend=True) == File(
        "text/html", b"y", policy="p", download="d"
    )
    assert await tickets.take(path, spend=True) is None
    await other.close()


async def test_no_path_is_in_the_database(tmp_path: Path, tickets: Tickets) -> None:
    path = await tickets.issue("ana", file())
    secret = path.removeprefix(PREFIX).encode()
    written = b"".join((tmp_path / f"visits.db{end}").read_bytes() for end in ("", "-wal"))
    assert b"text/plain" in written
    assert secret not in written


async def test_a_ticket_holds_for_a_minute(tickets: Tickets, now: Now) -> None:
    first = await tickets.issue("ana", file())
    now.at += HOLDS_S - 1
    second = await tickets.issue("ana", file())
    now.at += 1
    assert await tickets.take(first, spend=True) is None
    assert await tickets.take(second, spend=True) == file()


async def test_of_one_visitor_the_oldest_goes(tickets: Tickets, now: Now) -> None:
    others = await tickets.issue("rosa", file())
    paths = []
    for _ in range(PER_VISITOR + 2):
        now.at += 0.001
        paths.append(await tickets.issue("ana", file()))
    held = [await tickets.take(path, spend=False) is not None for path in paths]
    assert held == [False, False, *[True] * PER_VISITOR]
    assert await tickets.take(others, spend=False) is not None


async def test_the_store_is_bounded_in_all(tickets: Tickets, now: Now) -> None:
    half = file(b"x" * (IN_ALL_BYTES // 2 - 1000))
    path = await tickets.issue("v0", half)
    await tickets.issue("v1", half)
    with pytest.raises(UserError, match="busy"):
        await tickets.issue("v2", file(b"x" * 3000))
    await tickets.take(path, spend=True)
    await tickets.issue("v2", file())
    now.at += HOLDS_S
    await tickets.issue("v3", half)
    await tickets.issue("v4", half)
