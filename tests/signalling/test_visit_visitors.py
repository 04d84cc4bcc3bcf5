"""Who may come to a visit: those it was booked for, whoever is invited, less who declines."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from signalling.errors import IllegalEvent
from signalling.visit import fold
from signalling.visit_events import (
    AnyWhat,
    Begun,
    Event,
    VisitorDeclined,
    VisitorInvited,
    VisitorJoined,
)
from tests.signalling.test_visit import BOOKED, SIGNED_IN, made


def test_whoever_is_invited_may_come_and_begin() -> None:
    visit = made(
        (10, VisitorInvited("eva")), (990, VisitorJoined("eva")), (995, SIGNED_IN),
        (1_001, Begun("eva")),
    )  # fmt: skip
    assert visit.visitors == ("maria", "rosa", "eva")
    assert visit.begun_at == 1_001


def test_whoever_declines_is_gone_and_the_others_stay() -> None:
    visit = made((10, VisitorJoined("rosa")), (20, VisitorDeclined("rosa")))
    assert (visit.visitors, visit.visitors_here) == (("maria",), frozenset())
    assert made((20, VisitorDeclined("rosa")), (30, VisitorInvited("rosa"))).visitors[1] == "rosa"


def test_with_the_last_lawyer_goes_the_privacy() -> None:
    first = Event("x", 1, "1", "staff", 0, 0, replace(BOOKED, private=True))

    def then(what: AnyWhat) -> bool:
        return fold([first, Event("x", 2, "2", "hub", 10, 10, what)]).private

    assert then(VisitorInvited("eva"))
    assert then(VisitorDeclined("rosa"))
    assert not then(VisitorDeclined("rosa", ends_privacy=True))


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        (((10, VisitorInvited("rosa")),), "already invited"),
        (((10, VisitorDeclined("maria")),), "can only cancel"),
        (((10, VisitorDeclined("eva")),), "not invited"),
        (((10, VisitorDeclined("rosa")), (20, VisitorJoined("rosa"))), "not invited"),
        (((500, SIGNED_IN), (1_010, Begun("maria")), (1_020, VisitorDeclined("rosa"))), "begun"),
    ],
)
def test_what_may_not_happen(steps: tuple, why: str) -> None:  # type: ignore[type-arg]  # as in made()
    with pytest.raises(IllegalEvent, match=why):
        made(*steps)
