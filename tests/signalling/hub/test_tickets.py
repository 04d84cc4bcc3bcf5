"""Tickets: fetched once, within a minute, and never too many. Pure, by a clock of the test."""

from __future__ import annotations

import pytest

from signalling.errors import UserError
from signalling.hub.tickets import HOLDS_S, IN_ALL_BYTES, PER_VISITOR, PREFIX, Tickets
from signalling.hub.web_files import File


class Now:
    at = 1_000.0

    def __call__(self) -> float:
        return self.at


def file(body: bytes = b"x") -> File:
    return File("text/plain", body)


def test_a_ticket_is_spent_by_taking_and_not_by_looking() -> None:
    tickets = Tickets(Now())
    path = tickets.issue("ana", file())
    assert path.startswith(PREFIX)
    assert len(path) >= len(PREFIX) + 32
    assert tickets.take(path, spend=False) == tickets.take(path, spend=True) == file()
    assert tickets.take(path, spend=True) is None
    assert tickets.take(PREFIX + "other", spend=True) is None


def test_a_ticket_holds_for_a_minute() -> None:
    now = Now()
    tickets = Tickets(now)
    first = tickets.issue("ana", file())
    now.at += HOLDS_S - 1
    second = tickets.issue("ana", file())
    now.at += 1
    assert tickets.take(first, spend=True) is None
    assert tickets.take(second, spend=True) == file()


def test_of_one_visitor_the_oldest_goes() -> None:
    tickets = Tickets(Now())
    others = tickets.issue("rosa", file())
    paths = [tickets.issue("ana", file()) for _ in range(PER_VISITOR + 2)]
    held = [tickets.take(path, spend=False) is not None for path in paths]
    assert held == [False, False, *[True] * PER_VISITOR]
    assert tickets.take(others, spend=False) is not None


def test_memory_is_bounded_in_all() -> None:
    now = Now()
    tickets = Tickets(now)
    half = file(b"x" * (IN_ALL_BYTES // 2))
    path = tickets.issue("v0", half)
    tickets.issue("v1", half)
    with pytest.raises(UserError, match="busy"):
        tickets.issue("v2", file())
    tickets.take(path, spend=True)
    tickets.issue("v2", file())
    now.at += HOLDS_S
    tickets.issue("v3", half)
    tickets.issue("v4", half)
