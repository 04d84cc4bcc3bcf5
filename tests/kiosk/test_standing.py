"""What follows from what is true at the terminal: screen, wishes, what the hub is told."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kiosk.actions import Send, StartMedia
from kiosk.call import QUICK_DEATHS, RESTART_AFTER_QUICK_DEATHS_S, Wanted
from kiosk.handset import PIN_AGAIN_AFTER_S
from kiosk.media.commands import Opened, Receiving
from kiosk.sign_in import SignInPad
from kiosk.standing import LOADING_S, START_VOLUME, Standing
from kiosk.view import ScreenName, Sheet, SignInView
from signalling.messages import Board, Health, TerminalState
from signalling.visit import Status
from signalling.visit_events import By, EndReason
from signalling.wire import Neighbour, VisitView
from tests.kiosk.bench_of_session import ENDS_AT, HUB_EPOCH, OPENED, seat, sent, visit

IN_VISIT = visit(Status.IN_VISIT)
ENDED = visit(Status.ENDED, ended_at=ENDS_AT, ended_by=By.CLOCK, end_reason=EndReason.EXPIRED)


def standing(*visits: VisitView, at: str | None = "v1") -> Standing:
    """Linked, handset up; with visits, their inmate sits here."""
    made = Standing(language="en", clock_offset_s=HUB_EPOCH)
    made.linked = made.fresh = True
    made.handset.moved(up=True, now=0.0)
    if visits:
        made.desk.adopt(seat(*visits, at=at))
    return made


def lock(made: Standing) -> None:
    made.handset.moved(up=False, now=0.0)
    made.handset.watch(0.0, float("-inf"), waits=True)
    made.handset.watch(PIN_AGAIN_AFTER_S, float("-inf"), waits=True)
    assert made.handset.locked


# -- the screen -------------------------------------------------------------------------------


def nothing(_: Standing) -> None:
    pass


def pad_open(made: Standing) -> None:
    made.pad = SignInPad()


def hung_up(made: Standing) -> None:
    made.handset.moved(up=False, now=0.0)


def locked_and_lifted(made: Standing) -> None:
    lock(made)
    made.handset.moved(up=True, now=20.0)


def cut_off(made: Standing) -> None:
    made.linked = made.fresh = False


def cut_off_but_heard(made: Standing) -> None:
    made.settle(0.0)
    made.call.report(OPENED, made.wanted())
    made.settle(0.0)
    made.call.report(Receiving(connection=made.call.connection, flowing=True), made.wanted())
    assert made.call.receiving
    cut_off(made)


@pytest.mark.parametrize(
    ("visits", "change", "below", "with_a_fault"),
    [
        ((), nothing, "idle", "out-of-order"),
        ((), pad_open, "sign-in", "out-of-order"),
        ((), cut_off, "idle", "out-of-order"),
        ((visit(id="v2"),), nothing, "my-visits", "out-of-order"),
        ((visit(id="v2"),), hung_up, "my-visits", "out-of-order"),
        ((visit(),), nothing, "waiting", "out-of-order"),
        ((visit(),), hung_up, "waiting", "out-of-order"),
        ((visit(),), lock, "waiting", "out-of-order"),
        ((visit(),), locked_and_lifted, "sign-in", "out-of-order"),
        ((visit(),), cut_off, "waiting", "out-of-order"),
        ((IN_VISIT,), nothing, "in-visit", "in-visit"),
        ((IN_VISIT,), hung_up, "held", "held"),
        ((IN_VISIT,), lock, "held", "held"),
        ((IN_VISIT,), locked_and_lifted, "sign-in", "sign-in"),
        ((IN_VISIT,), cut_off, "held", "held"),
        ((IN_VISIT,), cut_off_but_heard, "in-visit", "in-visit"),
        ((visit(Status.INTERRUPTED),), nothing, "held", "held"),
        ((ENDED,), nothing, "ended", "ended"),
        ((ENDED,), pad_open, "ended", "ended"),
    ],
)
def test_the_screen_follows_and_a_fault_covers_all_but_a_begun_visit(
    visits: tuple[VisitView, ...],
    change: Callable[[Standing], None],
    below: str,
    with_a_fault: str,
) -> None:
    made = standing(*visits)
    change(made)
    assert (made.screen.value, made.screen_below().value) == (below, below)
    made.faults.raised("HOOK-01", 0.0)
    assert (made.screen.value, made.screen_below().value) == (with_a_fault, below)


def test_asking_the_pin_again_has_a_limit_of_its_own() -> None:
    made = standing(IN_VISIT)
    locked_and_lifted(made)
    assert (made.screen, made.patient_screen()) == (ScreenName.SIGN_IN, ScreenName.WAITING)
    made.handset.unlock()
    assert made.patient_screen() is ScreenName.IN_VISIT


def test_the_limit_goes_on_under_a_fault() -> None:
    made = standing(visit(id="v2"))
    made.faults.raised("HOOK-01", 0.0)
    assert made.patient_screen() is ScreenName.MY_VISITS


# -- what the call is wanted to be --------------------------------------------------------------


@pytest.mark.parametrize(
    ("visits", "fault", "key"),
    [
        ((), None, None),
        ((), "HOOK-01", None),
        ((), "CAM-01", ""),
        ((ENDED,), None, None),
        ((ENDED,), "MIC-01", ""),
        ((visit(),), None, "v1"),
        ((visit(),), "CAM-01", "v1"),
    ],
)
def test_media_runs_for_a_visit_or_to_see_a_fault_mended(
    visits: tuple[VisitView, ...], fault: str | None, key: str | None
) -> None:
    made = standing(*visits)
    if fault is not None:
        made.faults.raised(fault, 0.0)
    assert made.wanted().key == key


def test_the_call_is_told_whom_the_hub_named_and_whether_that_is_fresh() -> None:
    made = standing(IN_VISIT)
    made.volume = 7
    seated = seat(IN_VISIT)
    assert made.wanted() == Wanted("v1", True, 7, seated, IN_VISIT, linked=True)
    made.fresh = False
    assert made.wanted() == Wanted("v1", True, 7, seated, IN_VISIT, linked=False)


@pytest.mark.parametrize(
    ("shown", "change", "is_open"),
    [
        (IN_VISIT, nothing, True),
        (visit(Status.INTERRUPTED, tracks_open=True), nothing, True),
        (IN_VISIT, cut_off, True),
        (visit(), nothing, False),
        (visit(Status.IN_VISIT, tracks_open=False), nothing, False),
        (visit(Status.IN_VISIT, signed_in=False), nothing, False),
        (visit(Status.ENDED, tracks_open=True), nothing, False),
        (IN_VISIT, hung_up, False),
        (IN_VISIT, locked_and_lifted, False),
    ],
)
def test_when_the_gate_may_open(
    shown: VisitView, change: Callable[[Standing], None], is_open: bool
) -> None:
    made = standing(shown)
    change(made)
    assert made.wanted().gate_open is is_open


@pytest.mark.parametrize(("ending", "is_open"), [(None, True), ("v0", True), ("v1", False)])
def test_the_red_x_shuts_the_gate_of_its_own_visit(ending: str | None, is_open: bool) -> None:
    made = standing(IN_VISIT)
    made.ending = ending
    assert made.wanted().gate_open is is_open


# -- what the hub is told ---------------------------------------------------------------------


def test_the_hub_is_told_the_faults_at_each_change_once() -> None:
    made = standing()
    assert sent(made.settle(0.0)) == [Health(faults=[])]
    assert made.settle(1.0) == []
    made.faults.raised("HOOK-01", 0.0)
    assert sent(made.settle(2.0)) == [Health(faults=["HOOK-01"])]
    assert made.settle(3.0) == []


def test_a_hub_that_is_away_is_told_nothing() -> None:
    made = standing(IN_VISIT)
    cut_off(made)
    made.faults.raised("HOOK-01", 0.0)
    assert sent(made.settle(0.0)) == []
    made.linked = True
    assert sent(made.settle(1.0)) == [Health(faults=["HOOK-01"])]
    made.fresh = True
    assert sent(made.settle(2.0)) == [
        TerminalState(visit="v1", connection=0, handset_up=True, receiving=False)
    ]


def test_a_locked_handset_is_told_as_hung_up() -> None:
    made = standing(IN_VISIT)
    made.settle(0.0)
    locked_and_lifted(made)
    assert sent(made.settle(20.0)) == [
        TerminalState(visit="v1", connection=0, handset_up=False, receiving=False)
    ]


def test_the_state_is_said_anew_of_each_visit_and_after_each_time_away() -> None:
    made = standing(IN_VISIT)
    state = TerminalState(visit="v1", connection=0, handset_up=True, receiving=False)
    assert state in sent(made.settle(0.0))
    assert sent(made.settle(0.0)) == []
    made.fresh = False
    made.settle(1.0)
    made.fresh = True
    assert sent(made.settle(2.0)) == [state]
    made.desk.adopt(seat(visit(id="v2"), at="v2"))
    assert [each.visit for each in sent(made.settle(3.0)) if isinstance(each, TerminalState)] == [
        "v2"
    ]


def test_the_state_names_the_connection_that_was_just_made() -> None:
    made = standing(IN_VISIT)
    made.settle(0.0)
    made.call.report(OPENED, made.wanted())
    actions = made.settle(0.0)
    number = made.call.connection
    assert number > 0
    assert actions[-1] == Send(
        TerminalState(visit="v1", connection=number, handset_up=True, receiving=False)
    )


# -- APP-01 -----------------------------------------------------------------------------------


def dead_again_and_again() -> Standing:
    made = standing(visit())
    for _ in range(QUICK_DEATHS):
        made.settle(0.0)
        made.call.died(0.0)
    made.settle(0.0)
    assert made.faults.codes == ("APP-01",)
    return made


def opened(made: Standing, report: Opened = OPENED) -> None:
    made.faults.media_opened()
    made.call.report(report, made.wanted())


@pytest.mark.parametrize("ticks_until_open", [0, 1, 40])
def test_app_01_is_mended_by_a_process_that_opens_however_long_that_takes(
    ticks_until_open: int,
) -> None:
    made = dead_again_and_again()
    assert StartMedia("v1") in made.settle(RESTART_AFTER_QUICK_DEATHS_S)
    for tick in range(ticks_until_open):
        made.settle(RESTART_AFTER_QUICK_DEATHS_S + tick / 4)
        assert made.faults.codes == ("APP-01",)
    opened(made)
    made.settle(60.0)
    assert made.faults.codes == ()


def test_app_01_stays_since_its_first_time_while_processes_go_on_dying() -> None:
    made = dead_again_and_again()
    first = made.faults.since
    for again in range(1, 4):
        now = again * RESTART_AFTER_QUICK_DEATHS_S
        made.settle(now)
        assert made.call.state == "starting"
        made.call.died(now)
        made.faults.media_started()
        made.settle(now)
    assert (made.faults.codes, made.faults.since) == (("APP-01",), first)


def test_a_new_process_starts_with_a_meter_that_heard_nothing() -> None:
    made = standing(visit())
    made.meter.heard(-5.0, 0.0)
    assert made.meter.level > 0
    made.settle(0.0)
    assert made.meter.level == 0
    made.meter.heard(-5.0, 1.0)
    made.settle(1.0)
    assert made.meter.level > 0, "only a new one"


# -- the view ---------------------------------------------------------------------------------


def test_the_view_changes_with_whole_seconds_of_the_hubs_clock_and_nothing_else() -> None:
    made = standing(IN_VISIT)
    made.clock.heard(HUB_EPOCH + 0.5, 0.0)
    assert made.view(0.0) == made.view(0.499)
    assert (made.view(0.499).now, made.view(0.5).now) == (int(HUB_EPOCH), int(HUB_EPOCH) + 1)


def test_before_the_hub_and_anybody_came_the_view_is_bare() -> None:
    view = Standing(language="es", clock_offset_s=HUB_EPOCH).view(0.0)
    assert (view.screen, view.language, view.connected) == (ScreenName.IDLE, "es", False)
    assert (view.inmate, view.visits, view.visit) == (None, (), None)
    assert (view.sign_in, view.next_start_at, view.free_terminal) == (SignInView(), None, None)
    assert (view.facility.name, view.label, view.volume) == ("", "", START_VOLUME)


def test_the_board_and_the_seat_are_shown() -> None:
    made = standing(visit(), visit(id="v2"))
    made.board = Board(now=0.0, next_start_at=9.0, free_terminal=Neighbour(label="3", unit="C"))
    view = made.view(0.0)
    assert (view.next_start_at, view.free_terminal) == (9.0, Neighbour(label="3", unit="C"))
    assert (view.inmate, view.visits) == ("Daniel R", (visit(), visit(id="v2")))
    assert view.visit == visit()


def test_an_ended_visit_is_the_one_shown() -> None:
    assert standing(ENDED, visit(id="v2"), at="v1").view(0.0).visit == ENDED


def test_the_meter_is_shown_while_waiting_with_the_handset_up_only() -> None:
    made, others = standing(visit()), standing(IN_VISIT)
    for each in (made, others):
        each.meter.heard(-50.0, 0.0)
        each.meter.heard(-50.0, 60.0)
    view = made.view(60.0)
    assert (view.level > 0, view.silent) == (True, True)
    hung_up(made)
    assert not made.view(60.0).silent
    assert (others.view(60.0).level, others.view(60.0).silent) == (0, False)


def test_the_quality_is_shown_in_a_visit_only() -> None:
    made = standing(IN_VISIT)
    made.quality.word = "weak"
    assert made.view(0.0).quality == "weak"
    hung_up(made)
    assert made.view(0.0).quality == "good"


@pytest.mark.parametrize(("shown", "left_s"), [(visit(), 60), (IN_VISIT, None)])
def test_the_way_out_is_counted_down_before_a_visit_has_begun_only(
    shown: VisitView, left_s: int | None
) -> None:
    made = standing(shown)
    lock(made)
    assert made.view(PIN_AGAIN_AFTER_S).sign_out_in_s == left_s


@pytest.mark.parametrize(("after_s", "loading"), [(LOADING_S - 0.001, True), (LOADING_S, False)])
def test_a_choice_loads_for_at_most_10_s(after_s: float, loading: bool) -> None:
    made = standing(visit(), at=None)
    made.choosing = ("v1", 5.0)
    assert made.view(5.0 + after_s).loading is loading


def test_out_of_order_shows_its_faults_and_asks_nothing() -> None:
    made = standing(visit())
    made.patience.shows(ScreenName.WAITING, 0.0)
    made.patience.ask("confirm-sign-out", 0.0)
    assert made.view(1.0).sheet == Sheet("confirm-sign-out", 9)
    made.faults.raised("CAM-03", 77.0)
    view = made.view(1.0)
    assert (view.sheet, view.faults, view.fault_since) == (None, ("CAM-03",), 77.0)
