"""The table of what holds a visit, row by row."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalling.hub.breaks import (
    Ends,
    PageEnd,
    PageIs,
    Rules,
    TerminalEnd,
    Wanted,
    changes,
    spacing_s,
    wanted_breaks,
)
from signalling.visit import Break
from signalling.visit_events import Cause, Interrupted, Resumed, Side

RULES = Rules(link_grace_s=5.0, first_picture_s=3.0)
UP = TerminalEnd(receiving=True)
HERE = PageEnd(PageIs.HERE, receiving=True)
WELL = Ends(UP, HERE, tracks_since=0.0)
LINK = (Side.TERMINAL, Cause.LINK)
HANDSET = (Side.TERMINAL, Cause.HANDSET)
PAGE = (Side.VISITOR, Cause.PAGE)
NET = (Side.VISITOR, Cause.LINK)
MEDIA = (Side.NETWORK, Cause.MEDIA)

ROWS = [
    # ends, now, what holds the visit since when, when to look again
    (WELL, 100.0, {}, None),
    (replace(WELL, terminal=replace(UP, gone_since=10.0)), 14.9, {}, 15.0),
    (replace(WELL, terminal=replace(UP, gone_since=10.0)), 15.0, {LINK: 10.0}, None),
    (
        replace(WELL, terminal=replace(UP, handset_up=False, handset_since=9.0)),
        9.0,
        {HANDSET: 9.0},
        None,
    ),
    (replace(WELL, page=replace(HERE, where=PageIs.LEFT, since=8.0)), 8.0, {PAGE: 8.0}, None),
    (replace(WELL, page=replace(HERE, where=PageIs.CLOSED, since=8.0)), 99.0, {}, None),
    (
        Ends(
            TerminalEnd(receiving=False),
            replace(HERE, where=PageIs.CLOSED, since=8.0),
            tracks_since=0.0,
        ),
        8.0,
        {PAGE: 8.0},
        None,
    ),
    (replace(WELL, page=replace(HERE, where=PageIs.LOST, since=8.0)), 99.0, {}, None),
    (
        Ends(TerminalEnd(), replace(HERE, where=PageIs.LOST, since=8.0), tracks_since=0.0),
        12.0,
        {},
        13.0,
    ),
    (
        Ends(TerminalEnd(), replace(HERE, where=PageIs.LOST, since=8.0), tracks_since=0.0),
        13.0,
        {NET: 8.0},
        None,
    ),
    # Nothing ever came: since tracks opened, which is the press.
    (Ends(TerminalEnd(), PageEnd(PageIs.HERE), tracks_since=50.0), 52.9, {}, 53.0),
    (Ends(TerminalEnd(), PageEnd(PageIs.HERE), tracks_since=50.0), 53.0, {MEDIA: 50.0}, None),
    # It stopped later, on one end only.
    (
        replace(WELL, page=replace(HERE, receiving=False, receiving_since=70.0)),
        73.0,
        {MEDIA: 70.0},
        None,
    ),
    # No camera on the family's side: the jail receives no picture, and that is no fault.
    (Ends(TerminalEnd(), replace(HERE, camera=False), tracks_since=0.0), 99.0, {}, None),
    # Nobody has pressed on the page that came: it is missing, and so no media are.
    (
        Ends(UP, PageEnd(PageIs.HERE, since=8.0, pressed_at=None), tracks_since=0.0),
        99.0,
        {PAGE: 8.0},
        None,
    ),
    # So it is when that page closes: a connection that was made for it proves nobody's presence.
    (
        Ends(UP, PageEnd(PageIs.CLOSED, since=8.0, pressed_at=None), tracks_since=None),
        99.0,
        {PAGE: 8.0},
        None,
    ),
    # The press came late: what was missing before it is not counted.
    (
        Ends(TerminalEnd(), PageEnd(PageIs.HERE, since=8.0, pressed_at=60.0), tracks_since=0.0),
        62.0,
        {},
        63.0,
    ),
    # Shut tracks carry nothing, and that is no fault either.
    (Ends(TerminalEnd(), PageEnd(PageIs.HERE), tracks_since=None), 99.0, {}, None),
    # A dead link says nothing about media: the link is to blame.
    (Ends(TerminalEnd(gone_since=10.0), HERE, tracks_since=0.0), 99.0, {LINK: 10.0}, None),
]


@pytest.mark.parametrize(("ends", "now", "since", "check_at"), ROWS)
def test_table(
    ends: Ends, now: float, since: dict[tuple[Side, Cause], float], check_at: float | None
) -> None:
    assert wanted_breaks(ends, signed_in=True, now=now, rules=RULES) == Wanted(since, check_at)


def test_a_signed_out_terminal_holds_nothing_of_its_own() -> None:
    ends = replace(WELL, terminal=TerminalEnd(gone_since=0.0, handset_up=False))
    assert wanted_breaks(ends, signed_in=False, now=99.0, rules=RULES).since == {}


def test_a_cause_that_takes_over_lets_nothing_go_on_in_between() -> None:
    open_breaks = (Break(*MEDIA, since=10.0),)
    events = changes(open_breaks, Wanted({NET: 8.0, HANDSET: 9.0}, None), now=20.0)
    assert events == [
        (Interrupted(*NET), 8.0),
        (Interrupted(*HANDSET), 9.0),
        (Resumed(*MEDIA), 20.0),
    ]


KEYS = st.sampled_from([LINK, HANDSET, PAGE, NET, MEDIA])


@given(st.sets(KEYS), st.dictionaries(KEYS, st.floats(0, 100)), st.floats(100, 200))
def test_changes_lead_from_what_is_open_to_what_is_wanted(
    has: set[tuple[Side, Cause]], since: dict[tuple[Side, Cause], float], now: float
) -> None:
    found = set(has)
    for what, at in changes(tuple(Break(*key, since=0.0) for key in has), Wanted(since, None), now):
        assert at <= now
        key = (what.side, what.cause)
        assert (key in found) is isinstance(what, Resumed)
        found ^= {key}
    assert found == set(since)


@given(
    gone=st.none() | st.floats(0, 50),
    where=st.sampled_from(PageIs),
    heard=st.booleans(),
    seen=st.booleans(),
    tracks=st.none() | st.floats(0, 50),
    now=st.floats(50, 100),
)
def test_time_alone_changes_nothing_before_check_at(
    gone: float | None,
    where: PageIs,
    heard: bool,
    seen: bool,
    tracks: float | None,
    now: float,
) -> None:
    ends = Ends(
        TerminalEnd(gone_since=gone, receiving=heard, receiving_since=10.0),
        PageEnd(where, since=20.0, receiving=seen, receiving_since=30.0),
        tracks,
    )
    first = wanted_breaks(ends, True, now, RULES)
    until = first.check_at if first.check_at is not None else now + 1000.0
    assert now < until
    between = wanted_breaks(ends, True, (now + until) / 2, RULES)
    assert between.since.keys() == first.since.keys()
    if first.check_at is not None:
        later = wanted_breaks(ends, True, first.check_at, RULES)
        assert later.since != first.since


def test_a_long_log_spaces_changes_ever_further_apart() -> None:
    spaces = [spacing_s(length) for length in range(0, 501, 10)]
    assert spaces == sorted(spaces)
    assert spaces[0] == 0.0
    # At the longest spacing a four-hour visit that flaps all day still has room for its end.
    assert 4 * 3600 / spacing_s(430) * 1 <= 60
