"""The visit: examples of every rule, then random logs, clocks and time zones."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import signalling.visit as visit_module
from signalling.errors import IllegalEvent
from signalling.visit import MAX_EVENTS, Status, Visit, book, fold
from signalling.visit_events import (
    AnyWhat,
    Begun,
    Booked,
    By,
    Cause,
    Ended,
    EndReason,
    Event,
    Extended,
    InmateSignedIn,
    InmateSignedOut,
    Interrupted,
    Moved,
    Paused,
    Resumed,
    Side,
    Unpaused,
    VisitorJoined,
    VisitorLeft,
    Warned,
)

START, END, EARLY = 1_000.0, 2_800.0, 400.0
BOOKED = Booked("jail", "daniel", ("maria", "rosa"), START, END, EARLY)
SIGNED_IN = InmateSignedIn("t4")
LINK_DOWN = Interrupted(Side.VISITOR, Cause.LINK)
LINK_UP = Resumed(Side.VISITOR, Cause.LINK)
HUNG_UP = Interrupted(Side.TERMINAL, Cause.HANDSET)
LIFTED = Resumed(Side.TERMINAL, Cause.HANDSET)


def log(*steps: tuple[float, AnyWhat]) -> list[Event]:
    """Make a log from (time, what) pairs; `happened_at` and `recorded_at` are the time."""
    first = Event("v1", 1, "e1", "hub", 0.0, 0.0, BOOKED)
    rest = [Event("v1", n, f"e{n}", "hub", at, at, what) for n, (at, what) in enumerate(steps, 2)]
    return [first, *rest]


def made(*steps: tuple[float, AnyWhat]) -> Visit:
    return fold(log(*steps))


def begun(*steps: tuple[float, AnyWhat]) -> Visit:
    return made((500, SIGNED_IN), (1_010, Begun("maria")), *steps)


# -- status -------------------------------------------------------------------------------------


def test_scheduled_until_the_start_then_pending_then_ready() -> None:
    visit = made()
    history = [visit.status(at) for at in (0, 999.9, 1_000, 1_500)]
    assert history == [Status.SCHEDULED, Status.SCHEDULED, Status.PENDING, Status.PENDING]
    late = made((1_200, SIGNED_IN))
    assert late.status(1_200) is Status.READY


def test_ready_at_once_at_the_start_when_the_inmate_came_early() -> None:
    visit = made((400, SIGNED_IN))
    assert [visit.status(at) for at in (400, 999, 1_000)] == [
        Status.SCHEDULED,
        Status.SCHEDULED,
        Status.READY,
    ]


def test_signing_out_before_begin_returns_to_pending() -> None:
    assert made((1_100, SIGNED_IN), (1_200, InmateSignedOut())).status(1_200) is Status.PENDING


def test_in_visit_interrupted_and_back() -> None:
    visit = begun((1_100, LINK_DOWN))
    assert visit.status(1_100) is Status.INTERRUPTED
    assert begun((1_100, LINK_DOWN), (1_130, LINK_UP)).status(1_130) is Status.IN_VISIT


def test_two_reasons_to_hold_are_both_to_be_mended() -> None:
    visit = begun((1_100, LINK_DOWN), (1_110, HUNG_UP), (1_120, LINK_UP))
    assert visit.status(1_120) is Status.INTERRUPTED
    assert [each.cause for each in visit.at(1_120).breaks] == [Cause.HANDSET]


def test_paused_by_staff_holds_the_visit() -> None:
    assert begun((1_100, Paused("officer"))).status(1_100) is Status.INTERRUPTED
    assert begun((1_100, Paused("o")), (1_101, Unpaused("o"))).status(1_101) is Status.IN_VISIT


def test_signed_out_in_visit_holds_until_signed_in_again_elsewhere() -> None:
    visit = begun((1_100, InmateSignedOut()))
    assert visit.status(1_150) is Status.INTERRUPTED
    assert [(b.cause, b.since) for b in visit.at(1_150).breaks] == [(Cause.SIGNED_OUT, 1_100)]
    back = begun((1_100, InmateSignedOut()), (1_200, InmateSignedIn("t5")))
    assert back.status(1_200) is Status.IN_VISIT
    assert back.terminal == "t5"


@pytest.mark.parametrize(
    ("steps", "by", "reason", "ended_at"),
    [
        ([], By.CLOCK, EndReason.NOBODY_CAME, END),
        ([(500, SIGNED_IN)], By.CLOCK, EndReason.NOBODY_CAME, END),
        ([(500, SIGNED_IN), (1_010, Begun("maria"))], By.CLOCK, EndReason.EXPIRED, END),
        ([(600, Ended(By.STAFF, EndReason.CANCELLED))], By.STAFF, EndReason.CANCELLED, 600),
        ([(900, Ended(By.STAFF, EndReason.STAFF))], By.STAFF, EndReason.STAFF, 900),
    ],
)
def test_how_it_ends(
    steps: list[tuple[float, AnyWhat]], by: By, reason: EndReason, ended_at: float
) -> None:
    now = made(*steps).at(END + 5)
    assert (now.status, now.ended_by, now.end_reason, now.ended_at) == (
        Status.ENDED,
        by,
        reason,
        ended_at,
    )
    assert now.left_s == 0


@pytest.mark.parametrize("by", [By.INMATE, By.VISITOR])
def test_red_x_on_either_side(by: By) -> None:
    now = begun((1_310, Ended(by, EndReason.RED_X))).at(5_000)
    assert (now.ended_by, now.end_reason, now.used_s) == (by, EndReason.RED_X, 300)


def test_expiry_recorded_late_ends_on_time() -> None:
    now = begun((END + 60, Ended(By.CLOCK, EndReason.EXPIRED))).at(END + 90)
    assert (now.ended_at, now.used_s) == (END, END - 1_010)


# -- time ---------------------------------------------------------------------------------------


def test_used_and_lost_seconds_are_attributed() -> None:
    now = begun((1_110, LINK_DOWN), (1_150, LINK_UP), (1_200, HUNG_UP), (1_230, LIFTED)).at(1_300)
    assert now.used_s == 100 + 50 + 70
    assert now.lost_by == {Side.VISITOR: 40, Side.TERMINAL: 30}
    assert now.owed_s == 40  # hanging up is a choice, the link is not


@pytest.mark.parametrize(
    ("first", "then", "owed_s"),
    [(HUNG_UP, LINK_DOWN, 0), (LINK_DOWN, HUNG_UP, 50)],
)
def test_of_two_at_once_the_first_says_whether_time_is_given_back(
    first: Interrupted, then: Interrupted, owed_s: float
) -> None:
    now = begun((1_110, first), (1_120, then)).at(1_160)
    assert now.lost_by == {first.side: 50}
    assert now.owed_s == owed_s


def test_a_link_that_breaks_while_nobody_is_signed_in_is_not_given_back() -> None:
    now = begun((1_110, InmateSignedOut()), (1_120, LINK_DOWN)).at(1_160)
    assert [each.cause for each in now.breaks] == [Cause.SIGNED_OUT, Cause.LINK]
    assert (now.lost_by, now.owed_s) == ({Side.TERMINAL: 50}, 0)


def test_interrupted_since_begun_counts_from_begun() -> None:
    events = log((500, SIGNED_IN), (1_010, Begun("maria")))
    what = Interrupted(Side.NETWORK, Cause.MEDIA)
    late = Event("v1", 4, "e4", "hub", 1_010, 1_013, what)
    now = fold([*events, late]).at(1_020)
    assert (now.used_s, now.lost_s) == (0, 10)


def test_given_back_moves_the_end_and_pays_the_debt() -> None:
    visit = begun((1_110, LINK_DOWN), (1_150, LINK_UP), (1_150, Extended(40)))
    now = visit.at(1_150)
    assert (now.ends_at, now.added_s, now.owed_s) == (END + 40, 40, 0)
    assert visit.status(END + 39) is Status.IN_VISIT


def test_next_change_by_time_alone() -> None:
    visit = made()
    assert [visit.next_change(at) for at in (0, START, END)] == [START, END, None]


def test_repeat_of_an_event_id_is_ignored() -> None:
    visit = made((500, SIGNED_IN))
    again = Event("v1", 3, "e2", "hub", 510, 510, SIGNED_IN)
    assert visit.append(again) is visit


# -- what may not happen ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("visit", "at", "what", "why"),
    [
        (made(), 10, BOOKED, "already booked"),
        (made(), 399, SIGNED_IN, "too early"),
        (made((500, SIGNED_IN)), 510, InmateSignedIn("t5"), "already signed in at t4"),
        (made(), 510, InmateSignedOut(), "nobody"),
        (made(), 510, Moved("t5"), "nobody"),
        (made((500, SIGNED_IN)), 510, Moved("t4"), "already there"),
        (made(), 510, VisitorJoined("eve"), "not invited"),
        (made((500, VisitorJoined("maria"))), 510, VisitorJoined("maria"), "already joined"),
        (made(), 510, VisitorLeft("maria"), "not here"),
        (made(), 1_010, Begun("maria"), "pending, not ready"),
        (made((500, SIGNED_IN)), 999, Begun("maria"), "scheduled, not ready"),
        (made((500, SIGNED_IN)), 1_010, Begun("eve"), "not invited"),
        (begun(), 1_020, Begun("maria"), "in-visit, not ready"),
        (made((500, SIGNED_IN)), 1_010, LINK_DOWN, "not begun"),
        (made((500, SIGNED_IN)), 1_010, Extended(5), "not begun"),
        (begun(), 1_020, Extended(0), "longer than 0"),
        (begun((1_020, LINK_DOWN)), 1_030, LINK_DOWN, "already interrupted"),
        (begun(), 1_030, LINK_UP, "not interrupted"),
        (begun(), 1_030, Unpaused("o"), "not paused"),
        (begun((1_020, Paused("o"))), 1_030, Paused("o"), "already paused"),
        (made(), 1_010, Warned("o"), "not begun"),
        (made(), 1_010, Ended(By.INMATE, EndReason.RED_X), "not begun"),
        (begun(), 1_020, Ended(By.STAFF, EndReason.CANCELLED), "has begun"),
        (begun(), 1_020, Ended(By.CLOCK, EndReason.EXPIRED), "not over"),
        (begun(), END + 1, Ended(By.STAFF, EndReason.EXPIRED), "not over"),
        (made(), 1_020, Ended(By.CLOCK, EndReason.NOBODY_CAME), "may still come"),
        (begun(), END, Ended(By.INMATE, EndReason.RED_X), "time is over"),
        (made(), END, SIGNED_IN, "time is over"),
        (begun((1_020, Ended(By.STAFF, EndReason.STAFF))), 1_030, LINK_DOWN, "has ended"),
    ],
)
def test_illegal_events_raise(visit: Visit, at: float, what: AnyWhat, why: str) -> None:
    assert why in (visit.forbids(what, at) or "")
    with pytest.raises(IllegalEvent, match=why):
        visit.append(Event("v1", visit.length + 1, "new", "hub", at, at, what))


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (Event("v2", 2, "x", "hub", 500, 500, SIGNED_IN), "belongs to visit v2"),
        (Event("v1", 3, "x", "hub", 500, 500, SIGNED_IN), "seq 3, expected 2"),
        (Event("v1", 2, "x", "hub", 500, -1, SIGNED_IN), "before its predecessor"),
    ],
)
def test_events_out_of_place_raise(event: Event, why: str) -> None:
    with pytest.raises(IllegalEvent, match=why):
        made().append(event)


@pytest.mark.parametrize(
    ("first", "why"),
    [
        (Event("v", 1, "x", "hub", 0, 0, SIGNED_IN), "starts with booked"),
        (Event("v", 2, "x", "hub", 0, 0, BOOKED), "starts with booked"),
        (Event("v", 1, "x", "h", 0, 0, Booked("f", "i", ("m",), 10, 10, 5)), "order"),
        (Event("v", 1, "x", "h", 0, 0, Booked("f", "i", ("m",), 10, 20, 11)), "order"),
        (Event("v", 1, "x", "h", 0, 0, Booked("f", "i", (), 10, 20, 5)), "visitor"),
    ],
)
def test_a_log_starts_with_a_sound_booking(first: Event, why: str) -> None:
    with pytest.raises(IllegalEvent, match=why):
        book(first)


def test_an_empty_log_is_no_visit() -> None:
    with pytest.raises(IllegalEvent, match="empty"):
        fold([])


def test_a_full_log_takes_only_the_end() -> None:
    flaps = [(1_020.0 + n, LINK_DOWN if n % 2 == 0 else LINK_UP) for n in range(MAX_EVENTS - 3)]
    visit = begun(*flaps)
    assert visit.length == MAX_EVENTS
    assert "full" in (visit.forbids(LINK_DOWN, 1_900) or "")
    assert visit.forbids(Ended(By.STAFF, EndReason.STAFF), 1_900) is None


# -- the diagram --------------------------------------------------------------------------------


def test_every_arrow_of_the_diagram_can_be_walked() -> None:
    walks = {
        ("scheduled", "pending"): (made(), 999, made(), 1_000),
        ("scheduled", "ready"): (made((500, SIGNED_IN)), 999, made((500, SIGNED_IN)), 1_000),
        ("pending", "ready"): (made(), 1_100, made((1_100, SIGNED_IN)), 1_100),
        ("ready", "pending"): (
            made((500, SIGNED_IN)),
            1_100,
            made((500, SIGNED_IN), (1_100, InmateSignedOut())),
            1_100,
        ),
        ("ready", "in-visit"): (made((500, SIGNED_IN)), 1_010, begun(), 1_010),
        ("in-visit", "interrupted"): (begun(), 1_100, begun((1_100, LINK_DOWN)), 1_100),
        ("interrupted", "in-visit"): (
            begun((1_100, LINK_DOWN)),
            1_130,
            begun((1_100, LINK_DOWN), (1_130, LINK_UP)),
            1_130,
        ),
        ("scheduled", "ended"): (made(), 10, made((10, Ended(By.STAFF, EndReason.CANCELLED))), 10),
        ("pending", "ended"): (made(), 1_100, made(), END),
        ("ready", "ended"): (made((500, SIGNED_IN)), 1_100, made((500, SIGNED_IN)), END),
        ("in-visit", "ended"): (begun(), 1_100, begun(), END),
        ("interrupted", "ended"): (begun((1_100, HUNG_UP)), 1_100, begun((1_100, HUNG_UP)), END),
    }
    drawn = set(re.findall(r"^    ([a-z-]+) --> ([a-z-]+):", visit_module.__doc__ or "", re.M))
    assert drawn == set(walks)
    for (source, target), (before, then, after, now) in walks.items():
        assert (before.status(then), after.status(now)) == (source, target)


# -- random logs --------------------------------------------------------------------------------

WHATS: st.SearchStrategy[AnyWhat] = st.one_of(
    st.builds(InmateSignedIn, st.sampled_from(["t4", "t5"])),
    st.just(InmateSignedOut()),
    st.builds(Moved, st.sampled_from(["t4", "t5"])),
    st.builds(VisitorJoined, st.sampled_from(["maria", "rosa", "eve"])),
    st.builds(VisitorLeft, st.sampled_from(["maria", "rosa", "eve"])),
    st.builds(Begun, st.sampled_from(["maria", "rosa", "eve"])),
    st.builds(Interrupted, st.sampled_from(Side), st.sampled_from(Cause)),
    st.builds(Resumed, st.sampled_from(Side), st.sampled_from(Cause)),
    st.builds(Warned, st.just("o")),
    st.builds(Paused, st.just("o")),
    st.builds(Unpaused, st.just("o")),
    st.builds(Extended, st.floats(-10, 300)),
    st.builds(Ended, st.sampled_from(By), st.sampled_from(EndReason)),
)
STEPS = st.lists(st.tuples(st.floats(0, 200), WHATS), max_size=40)


@settings(max_examples=400)
@given(st.floats(0, 1_100), STEPS, st.floats(0, 5_000))
def test_random_logs_keep_the_invariants(
    since: float, steps: list[tuple[float, AnyWhat]], later: float
) -> None:
    visit, now, accepted = made(), since, log()
    for gap, what in steps:
        now += gap
        event = Event("v1", visit.length + 1, f"e{visit.length + 1}", "hub", now, now, what)
        before = visit.at(now)
        try:
            visit = visit.append(event)
        except IllegalEvent:
            assert visit.forbids(what, now)
            assert visit.at(now) == before
            continue
        accepted.append(event)
        after = visit.at(now)
        # What an event changes is the future: seconds counted so far stay counted.
        assert after.used_s == pytest.approx(before.used_s)
        assert after.lost_s == pytest.approx(before.lost_s)
    assert fold(accepted) == visit
    snap = visit.at(now + later)
    if snap.begun_at is None:
        assert (snap.used_s, snap.lost_s) == (0, 0)
        assert snap.status not in (Status.IN_VISIT, Status.INTERRUPTED)
    else:
        until = snap.ended_at if snap.ended_at is not None else snap.now
        assert snap.used_s + snap.lost_s <= until - snap.begun_at + 1e-6
        assert snap.starts_at <= snap.begun_at <= until
    assert snap.ends_at == pytest.approx(END + snap.added_s)
    assert snap.added_s >= 0
    assert (snap.status is Status.ENDED) == (snap.ended_at is not None)


ORDER = [Status.SCHEDULED, Status.PENDING, Status.READY]


@given(st.lists(st.floats(0, 4_000), min_size=2, max_size=20), STEPS)
def test_time_alone_only_goes_forward(
    clocks: list[float], steps: list[tuple[float, AnyWhat]]
) -> None:
    visit, now = made(), 0.0
    for gap, what in steps:
        now += gap
        if not visit.forbids(what, now):
            event = Event("v1", visit.length + 1, f"x{visit.length}", "hub", now, now, what)
            visit = visit.append(event)
    history = [visit.at(now + each) for each in sorted(clocks)]
    for earlier, after in itertools.pairwise(history):
        assert after.used_s >= earlier.used_s
        assert after.lost_s >= earlier.lost_s
        assert after.left_s <= earlier.left_s
        if earlier.status is Status.ENDED:
            assert after.status is Status.ENDED
        if earlier.status is Status.SCHEDULED:
            assert after.status in (*ORDER, Status.ENDED)
        elif earlier.status in (Status.IN_VISIT, Status.INTERRUPTED):
            assert after.status in (earlier.status, Status.ENDED)


# -- time zones ---------------------------------------------------------------------------------

ZONES = st.sampled_from(
    [
        "America/Chicago", "America/Phoenix", "America/St_Johns", "Europe/Berlin", "UTC",
        "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia",
    ]
)  # fmt: skip


@given(
    ZONES,
    st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)),
    st.integers(5, 60),
)
def test_a_visit_lasts_as_booked_in_every_zone(zone: str, local: datetime, minutes: int) -> None:
    start = local.replace(tzinfo=ZoneInfo(zone)).timestamp()
    booking = Booked("f", "i", ("m",), start, start + 60 * minutes, start - 600)
    visit = book(Event("v", 1, "e", "hub", 0, 0, booking))
    assert visit.status(start - 1) is Status.SCHEDULED
    assert visit.at(start).left_s == pytest.approx(60 * minutes)
    assert visit.status(start + 60 * minutes) is Status.ENDED


@pytest.mark.parametrize(
    ("local", "minutes", "wall_end"),
    [
        (datetime(2026, 3, 8, 1, 45), 30, "03:15"),  # the clock jumps from 2 to 3
        (datetime(2026, 11, 1, 1, 45), 30, "01:15"),  # and from 2 back to 1
    ],
)
def test_over_the_change_of_the_clocks(local: datetime, minutes: int, wall_end: str) -> None:
    zone = ZoneInfo("America/Chicago")
    start = local.replace(tzinfo=zone).timestamp()
    booking = Booked("f", "i", ("m",), start, start + 60 * minutes, start)
    visit = book(Event("v", 1, "e", "hub", 0, 0, booking))
    ends = datetime.fromtimestamp(visit.ends_at, UTC)
    assert ends - datetime.fromtimestamp(start, UTC) == timedelta(minutes=minutes)
    assert ends.astimezone(zone).strftime("%H:%M") == wall_end
