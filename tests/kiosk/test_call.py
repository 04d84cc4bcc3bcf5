"""The call: process, connections, offers, gate."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.actions import Action, StartMedia, StopMedia
from kiosk.call import CONNECT_TIMEOUT_S, MAX_CANDIDATES
from kiosk.events import Event, HookMoved, MediaDied
from kiosk.media.commands import (
    Connect,
    Connected,
    Drop,
    Gate,
    Handset,
    LocalCandidate,
    LocalOffer,
    Receiving,
    RemoteAnswer,
    RemoteCandidate,
    Volume,
)
from kiosk.view import AskEnd, Confirm, Key, Touch
from signalling.link_events import LinkDown
from signalling.messages import Answer, Ice, Offer, Refused, TerminalState
from signalling.visit import Status
from signalling.wire import Seat
from tests.kiosk.bench_of_session import (
    HUB_EPOCH,
    OPENED,
    PAGE,
    STARTS_AT,
    Bench,
    seat,
    sent,
    told,
    visit,
)

IN_VISIT = visit(Status.IN_VISIT)
FIRST = int(HUB_EPOCH - STARTS_AT + 3600)


def test_devices_open_as_soon_as_the_inmate_waits_and_close_with_the_visit() -> None:
    bench = Bench().ready()
    assert bench.push(seat(visit(page=None))) == [StartMedia("v1"), *bench.actions[-1:]]
    assert bench.screen == "waiting"
    assert bench.push(None) == [StopMedia()]


def test_another_visit_gets_another_process() -> None:
    bench = Bench().signed_in(visit(), visit(id="v2"))
    asked = bench.push(seat(visit(), visit(id="v2"), at="v2"))
    assert asked[:2] == [StopMedia(), StartMedia("v2")]


def test_the_offer_is_made_when_media_is_open_and_the_page_is_there() -> None:
    bench = Bench().signed_in(visit(page=None))
    assert told(bench.do(OPENED)) == [Volume(level=5)]
    asked = told(bench.push(seat(visit())))
    assert asked == [Connect(connection=FIRST)]
    asked_hub = sent(bench.do(LocalOffer(connection=FIRST, sdp="offer")))
    assert asked_hub == [Offer(visit="v1", page=PAGE, connection=FIRST, sdp="offer")]


@pytest.mark.parametrize(
    ("status", "connects"),
    [
        (Status.SCHEDULED, True),
        (Status.PENDING, False),
        (Status.READY, True),
        (Status.IN_VISIT, True),
        (Status.INTERRUPTED, True),
    ],
)
def test_which_statuses_are_prewarmed(status: Status, connects: bool) -> None:
    bench = Bench().signed_in(visit(status))
    bench.do(OPENED)
    assert bool(bench.connects) is connects


def test_the_answer_and_its_candidates_go_to_the_media_process_once() -> None:
    bench = Bench().connected()
    ice = Ice(visit="v1", connection=FIRST, candidate="c", sdp_mid="0")
    candidate = RemoteCandidate(connection=FIRST, candidate="c", sdp_mid="0")
    assert bench.do(ice) == []
    answer = Answer(visit="v1", connection=FIRST, sdp="answer")
    assert told(bench.do(answer)) == [RemoteAnswer(connection=FIRST, sdp="answer"), candidate]
    assert told(bench.do(ice)) == [candidate]
    assert bench.do(answer) == []


@pytest.mark.parametrize(
    "message",
    [
        Answer(visit="v1", connection=FIRST + 1, sdp="a"),
        Answer(visit="v2", connection=FIRST, sdp="a"),
        Ice(visit="v1", connection=FIRST - 1, candidate="c"),
        Ice(visit="v2", connection=FIRST, candidate="c"),
    ],
)
def test_what_belongs_to_another_connection_is_dropped(message: Answer | Ice) -> None:
    bench = Bench().connected()
    assert bench.do(message) == []


def test_an_answer_before_the_offer_is_dropped() -> None:
    bench = Bench().signed_in()
    bench.do(OPENED)
    assert bench.do(Answer(visit="v1", connection=FIRST, sdp="a")) == []


def test_candidates_are_limited() -> None:
    bench = Bench().connected()
    bench.do(Answer(visit="v1", connection=FIRST, sdp="a"))
    asked = [
        each
        for _ in range(MAX_CANDIDATES + 5)
        for each in bench.do(Ice(visit="v1", connection=FIRST, candidate="c"))
    ]
    assert len(asked) == MAX_CANDIDATES


# -- this terminal's own candidates -------------------------------------------------------------


def relay(number: int) -> str:
    return f"candidate:3 1 udp 16777215 203.0.113.7 {50_000 + number} typ relay"


def found(number: int, connection: int = FIRST) -> LocalCandidate:
    """As the media process reports it, related address and all."""
    return LocalCandidate(
        connection=connection, candidate=f"{relay(number)} raddr 10.1.2.3 rport 9 generation 0"
    )


def told_hub(actions: list[Action]) -> list[str]:
    """Return the candidates that the hub is told."""
    ices = [each for each in sent(actions) if isinstance(each, Ice)]
    assert all((each.visit, each.sdp_m_line_index) == ("v1", 0) for each in ices)
    return [each.candidate for each in ices]


def test_a_late_candidate_is_told_to_the_hub_without_its_related_address() -> None:
    bench = Bench().connected()
    asked = bench.do(found(1))
    assert sent(asked) == [
        Ice(visit="v1", connection=FIRST, candidate=relay(1), sdp_m_line_index=0)
    ]
    assert told_hub(bench.do(LocalCandidate(connection=FIRST, candidate=""))) == [""]
    assert told_hub(bench.wait(1)) == []


def test_a_candidate_before_its_offer_follows_it() -> None:
    bench = Bench().signed_in()
    bench.do(OPENED)
    assert told_hub(bench.do(found(1))) == []
    asked = bench.do(LocalOffer(connection=FIRST, sdp="o"))
    assert [type(each) for each in sent(asked)] == [Offer, Ice]


def test_candidates_of_an_answered_connection_are_said_again_after_the_link_broke() -> None:
    bench = Bench().connected()
    bench.do(found(1))
    bench.do(Answer(visit="v1", connection=FIRST, sdp="a"))
    bench.do(LinkDown("gone"))
    assert told_hub(bench.do(found(2))) == []
    assert told_hub(bench.link_up()) == []  # whom to speak for is known with the seat only
    assert told_hub(bench.push(seat(visit()))) == [relay(1), relay(2)]
    assert told_hub(bench.wait(1)) == []


def test_what_stands_needs_no_candidate_said_again_but_hears_of_new_ones() -> None:
    bench = Bench().connected(IN_VISIT)
    bench.do(found(1))
    bench.do(Answer(visit="v1", connection=FIRST, sdp="a"))
    bench.do(Connected(connection=FIRST, up=True))
    bench.do(LinkDown("gone"))
    bench.link_up()
    assert told_hub(bench.push(seat(IN_VISIT))) == []
    assert told_hub(bench.do(found(2))) == [relay(2)]


def test_an_offer_that_is_made_anew_leaves_the_old_candidates_behind() -> None:
    bench = Bench().connected()
    bench.do(found(1))
    bench.do(LinkDown("gone"))
    bench.wait(3)
    bench.link_up()
    bench.push(seat(visit()))
    assert told_hub(bench.do(found(2))) == []  # of the dead connection
    asked = bench.do(LocalOffer(connection=FIRST + 3, sdp="o"))
    assert [type(each) for each in sent(asked)] == [Offer]
    assert told_hub(bench.do(found(3, FIRST + 3))) == [relay(3)]


def test_own_candidates_are_limited_but_their_end_is_always_said() -> None:
    bench = Bench().connected()
    asked = [each for number in range(MAX_CANDIDATES + 5) for each in bench.do(found(number))]
    asked += bench.do(found(0))
    asked += bench.do(LocalCandidate(connection=FIRST, candidate=""))
    assert told_hub(asked) == [*map(relay, range(MAX_CANDIDATES)), ""]


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        "candidate:1 1 tcp 1 203.0.113.7 9 typ host tcptype passive",
        "candidate:1 1 udp 1 terminal.local 9 typ host",
        "candidate:1 2 udp 1 203.0.113.7 9 typ host",
    ],
)
def test_what_the_hub_would_close_the_link_for_is_not_said(line: str) -> None:
    bench = Bench().connected()
    assert told_hub(bench.do(LocalCandidate(connection=FIRST, candidate=line))) == []


def test_a_second_page_gets_a_new_connection_and_the_old_lives_until_it_stands() -> None:
    bench = Bench().connected(IN_VISIT)
    bench.do(Connected(connection=FIRST, up=True))
    asked = told(bench.push(seat(visit(Status.IN_VISIT, page="page-2"))))
    assert asked == [Connect(connection=FIRST + 1)]
    offer = sent(bench.do(LocalOffer(connection=FIRST + 1, sdp="o")))
    assert [each.page for each in offer if isinstance(each, Offer)] == ["page-2"]
    assert told(bench.do(Connected(connection=FIRST + 1, up=True))) == [Drop(connection=FIRST)]
    assert bench.do(Connected(connection=FIRST, up=False)) == []


def test_the_page_before_is_dropped_when_the_new_one_cannot_connect() -> None:
    bench = Bench().connected(IN_VISIT)
    bench.do(Connected(connection=FIRST, up=True))
    bench.push(seat(visit(Status.IN_VISIT, page="page-2")))
    assert Drop(connection=FIRST) not in told(bench.wait(CONNECT_TIMEOUT_S - 0.25))
    asked = told(bench.wait(0.25))
    assert asked[:2] == [Drop(connection=FIRST + 1), Drop(connection=FIRST)]


def test_a_page_s_own_older_connection_lives_until_one_stands() -> None:
    bench = Bench().connected(IN_VISIT)
    bench.do(Connected(connection=FIRST, up=True))
    bench.push(seat(visit(Status.IN_VISIT, page="page-2")))
    bench.push(seat(IN_VISIT))
    assert Drop(connection=FIRST) not in told(bench.wait(CONNECT_TIMEOUT_S))


def test_a_page_that_comes_back_with_its_id_keeps_its_connection() -> None:
    bench = Bench().connected(IN_VISIT)
    bench.do(Connected(connection=FIRST, up=True))
    bench.push(seat(visit(Status.INTERRUPTED, page=None)))
    bench.push(seat(IN_VISIT))
    assert len(bench.connects) == 1


def test_a_connection_that_breaks_is_replaced_at_most_every_two_seconds() -> None:
    bench = Bench().connected(IN_VISIT)
    bench.do(Connected(connection=FIRST, up=True))
    bench.wait(1)
    assert told(bench.do(Connected(connection=FIRST, up=False))) == []
    assert told(bench.wait(0.75)) == []
    assert told(bench.wait(0.25)) == [Drop(connection=FIRST), Connect(connection=FIRST + 2)]


def test_an_old_connection_that_breaks_is_dropped() -> None:
    bench = Bench().connected(IN_VISIT)
    bench.do(Connected(connection=FIRST, up=True))
    bench.push(seat(visit(Status.IN_VISIT, page="page-2")))
    assert told(bench.do(Connected(connection=FIRST, up=False))) == [Drop(connection=FIRST)]


def test_a_connection_that_never_stands_is_given_up() -> None:
    bench = Bench().connected()
    assert told(bench.wait(CONNECT_TIMEOUT_S - 0.25)) == []
    asked = told(bench.wait(0.25))
    assert asked == [Drop(connection=FIRST), Connect(connection=FIRST + int(CONNECT_TIMEOUT_S))]


def test_an_offer_lost_with_the_link_is_made_anew() -> None:
    bench = Bench().connected()
    bench.do(LinkDown("gone"))
    bench.wait(3)
    assert len(bench.connects) == 1
    bench.link_up()
    assert len(bench.connects) == 1  # whom to offer to is known with the seat only
    bench.push(seat(visit()))
    assert [each.connection for each in bench.connects] == [FIRST, FIRST + 3]


def test_an_offer_that_is_ready_while_the_link_is_down_is_made_anew() -> None:
    bench = Bench().signed_in()
    bench.do(OPENED)
    bench.do(LinkDown("gone"))
    assert sent(bench.do(LocalOffer(connection=FIRST, sdp="o"))) == []
    bench.wait(3)
    bench.link_up()
    bench.push(seat(visit()))
    assert [each.connection for each in bench.connects] == [FIRST, FIRST + 3]


def test_a_refused_offer_is_made_anew() -> None:
    bench = Bench().connected()
    bench.do(Refused(about="offer", code="unknown-visit"))
    bench.wait(2)
    assert len(bench.connects) == 2


def test_an_answered_connection_outlives_the_link() -> None:
    bench = Bench().connected(IN_VISIT)
    bench.do(Answer(visit="v1", connection=FIRST, sdp="a"))
    bench.do(Connected(connection=FIRST, up=True))
    bench.do(Receiving(connection=FIRST, flowing=True))
    bench.do(LinkDown("gone"))
    assert (bench.screen, bench.gate_open) == ("in-visit", True)
    bench.wait(3)
    bench.link_up()
    bench.push(seat(IN_VISIT))
    assert len(bench.connects) == 1


def test_a_dead_process_is_replaced_at_once_and_the_visit_goes_on() -> None:
    bench = Bench().connected(IN_VISIT)
    bench.do(Connected(connection=FIRST, up=True))
    bench.do(Receiving(connection=FIRST, flowing=True))
    bench.wait(5)
    asked = bench.do(MediaDied("crash"))
    assert asked[0] == StartMedia("v1")
    assert [each for each in sent(asked) if isinstance(each, TerminalState)] == [
        TerminalState(visit="v1", connection=0, handset_up=True, receiving=False)
    ]
    assert told(bench.do(OPENED)) == [
        Volume(level=5),
        Connect(connection=FIRST + 5),
        Gate(open=True),
    ]


def test_what_the_terminal_receives_is_told_at_each_change_and_after_each_reconnect() -> None:
    bench = Bench().connected(IN_VISIT)
    up = bench.do(Receiving(connection=FIRST, flowing=True))
    state = TerminalState(visit="v1", connection=FIRST, handset_up=True, receiving=True)
    assert sent(up) == [state]
    assert sent(bench.do(Receiving(connection=FIRST, flowing=True))) == []
    assert sent(bench.do(Receiving(connection=FIRST + 9, flowing=True))) == []
    bench.do(LinkDown("gone"))
    bench.do(Receiving(connection=FIRST, flowing=False))
    bench.link_up()
    assert [e for e in sent(bench.push(seat(IN_VISIT))) if isinstance(e, TerminalState)] == [
        TerminalState(visit="v1", connection=FIRST, handset_up=True, receiving=False)
    ]


def test_numbers_rise_over_a_restart_of_the_kiosk() -> None:
    first = Bench().connected()
    first.wait(40)
    second = Bench(now=first.now + 5).connected()
    assert second.connection > first.connection


def test_the_gate_opens_with_begun_and_closes_with_the_handset() -> None:
    bench = Bench().connected()
    assert not bench.gate_open
    assert Gate(open=True) in told(bench.push(seat(IN_VISIT)))
    assert told(bench.hang_up()) == [Gate(open=False), Handset(up=False)]
    assert told(bench.lift()) == [Gate(open=True), Handset(up=True)]
    paused = visit(Status.INTERRUPTED, tracks_open=False, paused=True)
    assert told(bench.push(seat(paused))) == [Gate(open=False)]


def test_the_gate_stays_shut_before_devices_are_open() -> None:
    bench = Bench().signed_in(IN_VISIT)
    assert not bench.gate_open
    bench.do(OPENED)
    assert bench.gate_open


def held_by_a_page_that_did_not_press() -> Bench:
    """The page that pressed is gone; the next one's connection stands, its telephone waits."""
    bench = Bench().connected(IN_VISIT)
    bench.do(Connected(connection=FIRST, up=True))
    bench.push(seat(visit(Status.INTERRUPTED, page="page-2")))
    bench.do(LocalOffer(connection=FIRST + 1, sdp="o"))
    bench.do(Connected(connection=FIRST + 1, up=True))
    return bench


def test_a_page_that_did_not_press_is_gone_before_the_gate_opens_for_another() -> None:
    bench = held_by_a_page_that_did_not_press()
    bench.wait(1)
    asked = told(bench.push(seat(visit(Status.IN_VISIT, page="page-3"))))
    assert asked == [
        Drop(connection=FIRST + 1),
        Connect(connection=FIRST + 2),
        Gate(open=True),
    ]


def test_a_hub_that_forgot_the_page_does_not_open_the_gate_to_one_that_did_not_press() -> None:
    bench = held_by_a_page_that_did_not_press()
    bench.push(seat(visit(Status.IN_VISIT, page=None)))
    assert not bench.gate_open
    bench.push(seat(visit(Status.IN_VISIT, page="page-2")))
    assert bench.gate_open


def test_a_hub_that_forgot_the_page_leaves_the_gate_open_to_the_one_that_pressed() -> None:
    bench = Bench().connected(IN_VISIT)
    bench.do(Connected(connection=FIRST, up=True))
    assert bench.gate_open
    assert told(bench.push(seat(visit(Status.IN_VISIT, page=None)))) == []
    bench.hang_up()
    bench.lift()
    assert bench.gate_open


# -- no order of events opens the gate wrongly --------------------------------------------------

VISITS = st.sampled_from(
    [
        visit(),
        visit(Status.SCHEDULED, begun_at=None),
        IN_VISIT,
        visit(Status.IN_VISIT, page="page-2"),
        visit(Status.INTERRUPTED, tracks_open=True),
        visit(Status.INTERRUPTED, tracks_open=False),
        visit(Status.IN_VISIT, tracks_open=True, signed_in=False),
        visit(Status.ENDED, tracks_open=True),
    ]
)
PUSHES = st.one_of(
    st.none(), st.builds(seat, VISITS), st.builds(lambda v: seat(v, at=None), VISITS)
)


@dataclass(frozen=True)
class Push:
    seat: Seat | None


@dataclass(frozen=True)
class Wait:
    seconds: float


@dataclass(frozen=True)
class Relink:
    """The link comes up."""


Step = Push | Wait | Relink | Event
NUMBERS = st.integers(1, 4).map(lambda above: FIRST + above - 1)
EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.just(OPENED),
    st.builds(HookMoved, up=st.booleans()),
    st.builds(LocalOffer, connection=NUMBERS, sdp=st.just("o")),
    st.builds(Answer, visit=st.just("v1"), connection=NUMBERS, sdp=st.just("a")),
    st.builds(Connected, connection=NUMBERS, up=st.booleans()),
    st.builds(Receiving, connection=NUMBERS, flowing=st.booleans()),
    st.just(LinkDown("gone")),
    st.just(MediaDied("crash")),
    st.just(Touch()),
    st.just(AskEnd()),
    st.just(Confirm()),
    st.sampled_from("1e").map(lambda key: Key({"e": "enter"}.get(key, key))),
)
STEPS: st.SearchStrategy[list[Step]] = st.lists(
    st.one_of(
        EVENTS,
        PUSHES.map(Push),
        st.sampled_from([Push(seat(IN_VISIT)), OPENED, HookMoved(up=False)]),
        st.sampled_from([0.25, 3.0, 16.0]).map(Wait),
        st.just(Relink()),
    ),
    max_size=40,
)


@given(steps=STEPS)
@settings(max_examples=300, deadline=None)
def test_the_gate_is_open_only_for_a_seated_inmate_with_the_handset_up_in_a_begun_visit(
    steps: list[Step],
) -> None:
    bench = Bench().connected(IN_VISIT)
    adopted: Seat | None = seat(IN_VISIT)
    handset_up = True
    assert bench.gate_open
    for step in steps:
        match step:
            case Push(seat=pushed):
                bench.push(pushed)
                adopted = pushed
            case Wait(seconds=seconds):
                bench.wait(seconds)
            case Relink():
                bench.link_up()
            case HookMoved(up=up):
                handset_up = up
                bench.do(step)
            case _:
                bench.do(step)
        last = _gate_of_the_running_process(bench)
        if last:
            assert adopted is not None and adopted.visit == "v1"
            (shown,) = adopted.visits
            assert shown.tracks_open and shown.signed_in
            assert shown.status is not Status.ENDED
            assert handset_up


def _gate_of_the_running_process(bench: Bench) -> bool:
    """What the process that runs now was last told; a new one starts with a closed gate."""
    is_open = False
    for action in bench.actions:
        if isinstance(action, StartMedia | StopMedia):
            is_open = False
        else:
            for command in told([action]):
                is_open = command.open if isinstance(command, Gate) else is_open
    return is_open
