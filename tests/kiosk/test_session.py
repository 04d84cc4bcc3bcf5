"""Screens, limits and sheets: what a person meets."""

from __future__ import annotations

import msgspec
import pytest

from config.schema import Devices
from kiosk.actions import Send, StartMedia, StopMedia, Tell
from kiosk.events import DeviceFault, Event, HookMoved, HookOpened, MediaDied
from kiosk.media.commands import Fault, Level, Stats, Volume
from kiosk.session import Session
from kiosk.technician import Technician
from kiosk.view import (
    AskEnd,
    AskSignOut,
    Back,
    ChooseLanguage,
    Confirm,
    Dismiss,
    GetReady,
    Key,
    Sheet,
    ShowMyVisits,
    Touch,
    TryAgain,
    VolumeStep,
)
from signalling.link_events import LinkDown
from signalling.messages import (
    Board,
    CallStats,
    Choose,
    End,
    Health,
    Refused,
    SignIn,
    SignOut,
    TerminalState,
)
from signalling.visit import Status
from signalling.visit_events import By, EndReason
from signalling.wire import Neighbour
from tests.kiosk.bench_of_session import (
    ENDS_AT,
    HUB_EPOCH,
    OPENED,
    Bench,
    seat,
    sent,
    visit,
)
from tests.kiosk.test_narration import STATS

IN_VISIT = visit(Status.IN_VISIT)
ENDED = visit(Status.ENDED, ended_at=ENDS_AT, ended_by=By.CLOCK, end_reason=EndReason.EXPIRED)


# -- idle and sign-in -------------------------------------------------------------------------


def test_idle_shows_who_the_terminal_is_and_that_the_hub_is_there() -> None:
    bench = Bench().ready()
    bench.do(Board(now=HUB_EPOCH, next_start_at=5.0, free_terminal=Neighbour(label="3", unit="C")))
    view = bench.view
    assert (view.screen, view.label, view.unit, view.connected) == ("idle", "4", "Unit C", True)
    assert (view.facility.name, view.next_start_at) == ("North County", 5.0)
    assert view.free_terminal == Neighbour(label="3", unit="C")
    bench.do(LinkDown("gone"))
    assert (bench.screen, bench.view.connected) == ("idle", False)


@pytest.mark.parametrize("event", [Touch(), HookMoved(up=True)])
def test_a_touch_or_a_lifted_handset_opens_sign_in(event: Touch | HookMoved) -> None:
    bench = Bench().ready()
    bench.do(event)
    assert bench.screen == "sign-in"


def test_the_first_state_of_the_hook_is_nobodys_doing() -> None:
    bench = Bench()
    bench.do(HookOpened(up=True))
    assert (bench.screen, bench.view.handset_up) == ("idle", True)


def test_a_key_of_a_real_keypad_starts_and_counts() -> None:
    bench = Bench().ready()
    bench.press(Key("4"))
    assert (bench.screen, bench.view.sign_in.number) == ("sign-in", "4")


def test_the_language_that_is_chosen_already_starts_like_any_other_place() -> None:
    bench = Bench().ready()
    bench.press(ChooseLanguage("es"))
    assert bench.screen == "idle"
    bench.press(ChooseLanguage("es"))
    assert (bench.screen, bench.view.language) == ("sign-in", "es")


def test_hung_up_with_nothing_typed_nobody_is_signing_in_any_more() -> None:
    bench = Bench().ready()
    bench.lift()
    assert bench.screen == "sign-in"
    bench.hang_up()
    assert bench.screen == "idle"
    bench.lift()
    bench.type("4")
    bench.hang_up()
    assert bench.screen == "sign-in", "whoever types does not lose it"


def test_a_terminal_without_a_hook_does_not_ask_for_its_handset() -> None:
    for word, asks in (("none", False), ("auto", True)):
        made = Technician(devices=Devices(hook=word))
        session = Session(language="en", clock_offset_s=HUB_EPOCH, technician=made)
        assert session.view(0.0).has_hook is asks


def test_the_language_resets_when_the_inmate_leaves() -> None:
    bench = Bench().ready()
    bench.press(ChooseLanguage("es"))
    bench.press(ChooseLanguage("xx"))
    assert (bench.view.language, bench.screen) == ("es", "idle")
    bench.signed_in()
    bench.press(ChooseLanguage("es"))
    assert bench.view.language == "es"
    bench.push(None)
    assert bench.view.language == "en"


def test_signing_in_sends_number_and_pin_once() -> None:
    bench = Bench().ready()
    bench.press(Touch())
    asked = bench.type("482017e1234e")
    assert sent(asked) == [SignIn(inmate_number="482017", pin="1234")]
    state = bench.view.sign_in
    assert (state.busy, state.pin_length, state.number) == (True, 0, "482017")
    assert bench.type("9e") == []


def test_a_refusal_shows_why_and_takes_the_pin_again() -> None:
    bench = Bench().ready()
    bench.press(Touch())
    bench.type("1e2e")
    bench.do(Refused(about="sign-in", code="wrong-sign-in", facts={"tries_left": 2}))
    state = bench.view.sign_in
    assert (state.error, state.tries_left, state.field, state.busy) == (
        "wrong-sign-in",
        2,
        "pin",
        False,
    )
    bench.type("3")
    assert bench.view.sign_in.error is None
    bench.type("e")
    bench.do(Refused(about="sign-in", code="locked", facts={"unlock_at": 99}))
    assert bench.view.sign_in.unlock_at == 99.0
    bench.do(Refused(about="sign-in", code="signed-in-elsewhere", facts={"terminal": "3"}))
    assert bench.view.sign_in.other_terminal == "3"


def test_signing_in_without_a_hub_says_so() -> None:
    bench = Bench()
    bench.press(Touch())
    assert bench.type("1e2e") == []
    assert bench.view.sign_in.error == "not-connected"
    bench.link_up()
    bench.type("2e")
    bench.do(LinkDown("gone"))
    assert (bench.view.sign_in.error, bench.view.sign_in.busy) == ("not-connected", False)


def test_a_sign_in_without_an_answer_can_be_tried_again_after_10_s() -> None:
    bench = Bench().ready()
    bench.press(Touch())
    bench.type("1e2e")
    bench.wait(9.75)
    assert bench.view.sign_in.busy
    bench.wait(0.25)
    assert bench.view.sign_in.error == "no-answer"


def test_back_returns_to_idle() -> None:
    bench = Bench().ready()
    bench.press(Touch())
    bench.press(Back())
    assert bench.screen == "idle"


# -- idle limits ------------------------------------------------------------------------------


def test_sign_in_asks_for_the_last_10_of_30_s_then_goes_back() -> None:
    bench = Bench().ready()
    bench.press(Touch())
    bench.wait(19.75)
    assert bench.sheet is None
    bench.wait(0.25)
    assert bench.sheet == Sheet("still-there", 10)
    bench.wait(9.75)
    assert bench.sheet == Sheet("still-there", 1)
    bench.wait(0.25)
    assert (bench.screen, bench.sheet) == ("idle", None)


@pytest.mark.parametrize("event", [Touch(), HookMoved(up=True), Key("1")])
def test_any_touch_or_hook_move_keeps_the_session(event: Touch | HookMoved | Key) -> None:
    bench = Bench().ready()
    bench.press(Touch())
    bench.wait(25)
    bench.do(event)
    bench.wait(1.25)
    assert bench.sheet is None
    bench.wait(18)
    assert bench.screen == "sign-in"


def test_the_sheets_own_button_keeps_the_session_and_closes_it_at_once() -> None:
    bench = Bench().ready()
    bench.press(Touch())
    bench.wait(25)
    bench.press(Dismiss())
    assert (bench.screen, bench.sheet) == ("sign-in", None)


def test_my_visits_signs_out_after_60_s() -> None:
    bench = Bench().signed_in(visit(), at=None)
    assert bench.screen == "my-visits"
    bench.wait(50)
    assert bench.sheet == Sheet("still-there", 10)
    asked = bench.wait(10)
    assert sent(asked) == [SignOut()]
    assert bench.screen == "idle"


def test_no_longer_there_signs_out_at_once() -> None:
    bench = Bench().signed_in(visit(), at=None)
    bench.wait(55)
    assert sent(bench.press(Confirm())) == [SignOut()]
    assert bench.screen == "idle"


@pytest.mark.parametrize("status", [Status.READY, Status.IN_VISIT, Status.INTERRUPTED])
def test_a_waiting_or_begun_visit_has_no_idle_limit(status: Status) -> None:
    bench = Bench().signed_in(visit(status))
    before = bench.screen
    bench.wait(300)
    assert (bench.screen, bench.sheet) == (before, None)


# -- my visits and waiting --------------------------------------------------------------------


def test_get_ready_chooses_a_visit() -> None:
    bench = Bench().signed_in(visit(), visit(id="v2"), at=None)
    assert sent(bench.press(GetReady("v2"))) == [Choose(visit="v2")]
    assert bench.view.loading
    bench.push(seat(visit(), visit(id="v2"), at="v2"))
    assert (bench.screen, bench.view.visit) == ("waiting", visit(id="v2"))
    assert not bench.view.loading


def test_a_choice_without_an_answer_can_be_tried_again() -> None:
    bench = Bench().signed_in(visit(), at=None)
    bench.press(GetReady("v1"))
    bench.wait(10)
    assert not bench.view.loading
    assert sent(bench.press(TryAgain())) == [Choose(visit="v1")]
    bench.do(Refused(about="choose", code="not-ready"))
    assert not bench.view.loading
    bench.do(LinkDown("gone"))
    assert bench.press(GetReady("v1")) == []


def test_leaving_the_waiting_screen_asks_first() -> None:
    bench = Bench().signed_in()
    bench.press(AskSignOut())
    assert bench.sheet == Sheet("confirm-sign-out", 10)
    bench.wait(1)
    assert sent(bench.press(Confirm())) == [SignOut()]
    assert bench.screen == "idle"


def test_the_second_half_of_a_double_press_confirms_nothing() -> None:
    bench = Bench().signed_in()
    bench.press(AskSignOut())
    bench.now += 0.2
    assert bench.press(Confirm()) == []
    assert bench.screen == "waiting"


def test_an_older_seat_does_not_come_back_after_signing_out() -> None:
    bench = Bench().signed_in(visit(), at=None)
    bench.press(AskSignOut())
    bench.push(seat(visit(), at=None))
    assert bench.screen == "idle"
    bench.push(None)
    bench.push(seat(visit(), at=None))
    assert bench.screen == "my-visits"


def test_a_sign_out_that_the_hub_did_not_hear_is_said_again() -> None:
    bench = Bench().signed_in(visit(), at=None)
    bench.do(LinkDown("gone"))
    bench.press(AskSignOut())
    assert SignOut() in sent(bench.link_up())


def test_the_microphone_meter_and_silence_while_waiting() -> None:
    bench = Bench().signed_in()
    bench.do(Level(microphone_dbfs=-15.0))
    assert (bench.view.level, bench.view.silent) == (12, False)
    bench.do(Level(microphone_dbfs=-70.0))
    bench.now += 4.9
    bench.do(Level(microphone_dbfs=-70.0))
    assert (bench.view.level, bench.view.silent) == (0, False)
    bench.now += 0.1
    bench.do(Level(microphone_dbfs=-70.0))
    assert bench.view.silent
    bench.hang_up()
    assert not bench.view.silent
    bench.lift()
    bench.do(Level(microphone_dbfs=0.0))
    assert (bench.view.level, bench.view.silent) == (16, False)


# -- the handset ------------------------------------------------------------------------------


def test_hung_up_15_s_asks_the_pin_and_60_s_more_signs_out() -> None:
    bench = Bench().signed_in()
    bench.hang_up()
    bench.wait(14.75)
    assert (bench.screen, bench.view.sign_out_in_s) == ("waiting", None)
    bench.wait(0.25)
    assert (bench.screen, bench.view.handset_up) == ("waiting", False)
    assert bench.view.sign_out_in_s == 60
    asked = bench.wait(59.75)
    assert SignOut() not in sent(asked)
    assert sent(bench.wait(0.25)) == [SignOut()]
    assert bench.screen == "idle"


def test_lifting_it_within_15_s_goes_on() -> None:
    bench = Bench().signed_in()
    bench.hang_up()
    bench.wait(14.5)
    bench.lift()
    bench.wait(60)
    assert (bench.screen, bench.view.sign_out_in_s) == ("waiting", None)


def test_a_locked_seat_needs_the_pin_of_the_same_inmate() -> None:
    bench = Bench().signed_in()
    bench.hang_up()
    bench.wait(16)
    bench.lift()
    state = bench.view.sign_in
    assert (bench.screen, state.field, state.number) == ("sign-in", "pin", "482017")
    bench.prove_again(right=False)
    assert (bench.screen, bench.view.sign_in.error) == ("sign-in", "wrong-sign-in")
    bench.push(seat(visit(visitor_here=False)))  # pushed for another reason: proves nothing
    assert bench.screen == "sign-in"
    bench.prove_again(right=True)
    assert (bench.screen, bench.view.sign_out_in_s) == ("waiting", None)


def test_a_seat_pushed_while_the_pin_is_checked_unlocks_nothing() -> None:
    bench = Bench().signed_in()
    bench.hang_up()
    bench.wait(16)
    bench.lift()
    bench.type("9999e")
    bench.push(seat(visit(Status.IN_VISIT)))
    bench.do(OPENED)
    assert (bench.screen, bench.gate_open) == ("sign-in", False)


def test_back_from_the_pin_signs_out_a_waiting_visit_but_never_a_begun_one() -> None:
    for status, after in ((Status.READY, "idle"), (Status.IN_VISIT, "sign-in")):
        bench = Bench().signed_in(visit(status))
        bench.hang_up()
        bench.wait(16)
        bench.lift()
        bench.press(Back())
        assert bench.screen == after


def test_a_begun_visit_is_held_for_its_inmate_however_long_it_hangs() -> None:
    bench = Bench().connected(IN_VISIT)
    bench.hang_up()
    assert bench.screen == "held"
    asked = bench.wait(600)
    assert SignOut() not in sent(asked)
    bench.lift()
    assert bench.screen == "sign-in"
    states = [each for each in bench.sent if isinstance(each, TerminalState)]
    assert [each.handset_up for each in states][-1] is False
    bench.prove_again(right=True)
    assert bench.screen == "in-visit"
    assert [each for each in bench.sent if isinstance(each, TerminalState)][-1].handset_up


def test_a_kiosk_that_was_restarted_asks_the_number_too() -> None:
    bench = Bench().ready()
    bench.push(seat(visit()))
    bench.hang_up()
    bench.wait(16)
    bench.lift()
    assert (bench.screen, bench.view.sign_in.field) == ("sign-in", "number")


# -- in visit, held, ended --------------------------------------------------------------------


def test_the_red_x_asks_and_is_confirmed() -> None:
    bench = Bench().connected(IN_VISIT)
    bench.press(AskEnd())
    assert bench.sheet == Sheet("confirm-end", 10)
    bench.wait(1)
    assert bench.gate_open
    assert sent(bench.press(Confirm())) == [End(visit="v1")]
    assert not bench.gate_open
    bench.push(seat(ENDED))
    assert bench.screen == "ended"


def test_ten_seconds_without_a_press_go_on() -> None:
    bench = Bench().connected(IN_VISIT)
    bench.press(AskEnd())
    bench.wait(8)
    bench.press(Touch())
    bench.wait(9.75)
    assert bench.sheet == Sheet("confirm-end", 1)
    bench.wait(0.25)
    assert bench.sheet is None
    assert bench.screen == "in-visit"
    assert sent(bench.press(Confirm())) == []


def test_go_on_closes_the_sheet() -> None:
    bench = Bench().connected(visit(Status.INTERRUPTED))
    bench.press(AskEnd())
    bench.press(Dismiss())
    assert bench.sheet is None


def test_an_end_that_the_hub_did_not_hear_is_said_again_and_a_refused_one_goes_on() -> None:
    bench = Bench().connected(IN_VISIT)
    bench.press(AskEnd())
    bench.wait(1)
    bench.do(LinkDown("gone"))
    bench.press(Confirm())
    assert End(visit="v1") in sent(bench.link_up())
    bench.push(seat(IN_VISIT))
    assert not bench.gate_open
    bench.do(Refused(about="end", code="busy"))
    assert bench.gate_open


def red_x(bench: Bench) -> None:
    bench.press(AskEnd())
    bench.wait(1)
    bench.press(Confirm())


def test_the_screen_says_that_the_visit_ends_until_the_hub_has_ended_it() -> None:
    bench = Bench().connected(IN_VISIT)
    assert not bench.view.ending
    bench.do(LinkDown("gone"))
    red_x(bench)
    assert (bench.view.ending, bench.view.connected, bench.sheet) == (True, False, None)
    bench.press(AskEnd())
    assert bench.sheet is None
    bench.link_up()
    bench.push(seat(IN_VISIT))
    assert (bench.view.ending, bench.view.connected) == (True, True)
    bench.push(seat(ENDED))
    assert (bench.screen, bench.view.ending) == ("ended", False)
    bench.do(LinkDown("gone"))
    assert End(visit="v1") not in sent(bench.link_up())


def test_an_end_whose_answer_was_lost_is_said_at_each_new_link() -> None:
    bench = Bench().connected(IN_VISIT)
    red_x(bench)
    for _ in range(2):
        bench.do(LinkDown("gone"))
        assert bench.view.ending
        assert sent(bench.link_up()).count(End(visit="v1")) == 1
        bench.push(seat(IN_VISIT))


def test_signing_out_forgets_no_red_x() -> None:
    bench = Bench().connected(IN_VISIT)
    bench.do(LinkDown("gone"))
    red_x(bench)
    bench.now = ENDS_AT - HUB_EPOCH + 3
    bench.wait(0.25)
    assert (bench.screen, bench.view.ending) == ("ended", False)
    bench.press(AskSignOut())
    assert bench.screen == "idle"
    # The hub gave time back meanwhile; only who sits here may end a visit, so that comes first.
    asked = [each for each in sent(bench.link_up()) if isinstance(each, End | SignOut)]
    assert asked == [End(visit="v1"), SignOut()]
    bench.push(seat(visit(Status.IN_VISIT, ends_at=ENDS_AT + 300)))
    assert bench.screen == "idle"
    bench.do(LinkDown("gone"))
    asked = [each for each in sent(bench.link_up()) if isinstance(each, End | SignOut)]
    assert asked == [End(visit="v1"), SignOut()]
    bench.push(None)
    bench.do(LinkDown("gone"))
    assert not [each for each in sent(bench.link_up()) if isinstance(each, End | SignOut)]


def test_a_red_x_is_nothing_to_the_next_inmate() -> None:
    bench = Bench().connected(IN_VISIT)
    bench.do(LinkDown("gone"))
    red_x(bench)
    bench.link_up()
    bench.push(seat(visit(Status.IN_VISIT, id="v9"), at="v9", inmate="Paul"))
    assert (bench.screen, bench.view.ending) == ("in-visit", False)
    bench.do(LinkDown("gone"))
    assert not [each for each in sent(bench.link_up()) if isinstance(each, End)]


def test_a_sheet_closes_when_the_screen_under_it_changes() -> None:
    bench = Bench().signed_in()
    bench.press(AskSignOut())
    bench.push(seat(IN_VISIT))
    assert (bench.screen, bench.sheet) == ("in-visit", None)


def test_the_question_of_the_red_x_survives_a_break() -> None:
    bench = Bench().connected(IN_VISIT)
    bench.press(AskEnd())
    bench.push(seat(visit(Status.INTERRUPTED)))
    assert (bench.screen, bench.sheet) == ("held", Sheet("confirm-end", 10))


def test_buttons_of_other_screens_do_nothing() -> None:
    bench = Bench().connected(IN_VISIT)
    before = bench.view
    for intent in (Back(), ShowMyVisits(), AskSignOut(), GetReady("v2"), TryAgain(), Key("1")):
        assert bench.press(intent) == []
    assert bench.view == before


def test_volume_has_eight_steps_and_is_forgotten_after_the_inmate() -> None:
    bench = Bench().connected(IN_VISIT)
    asked = [each for _ in range(4) for each in bench.press(VolumeStep(1))]
    assert asked == [Tell(Volume(level=level)) for level in (6, 7, 8)]
    bench.push(None)
    assert bench.view.volume == 5
    for _ in range(9):
        bench.press(VolumeStep(-1))
    assert bench.view.volume == 0


def test_volume_outlives_the_media_process_of_the_visit() -> None:
    bench = Bench().connected(IN_VISIT)
    bench.press(VolumeStep(1))
    bench.do(MediaDied("crash"))
    bench.wait(1)
    assert Tell(Volume(level=6)) in bench.do(OPENED)


def test_a_kiosk_that_starts_again_has_the_seated_inmates_volume() -> None:
    again = Bench(session=Session(language="en", clock_offset_s=HUB_EPOCH, volume=7))
    again.do(HookOpened(up=True))
    again.link_up()
    again.push(seat(IN_VISIT))
    assert Tell(Volume(level=7)) in again.do(OPENED)
    again.push(None)
    assert again.view.volume == 5


def test_a_remembered_volume_is_not_the_next_inmates() -> None:
    again = Bench(session=Session(language="en", clock_offset_s=HUB_EPOCH, volume=0))
    assert again.view.volume == 0
    again.ready()
    assert again.view.volume == 5


def test_the_call_is_measured_for_the_screen_and_the_hub() -> None:
    bench = Bench().connected(IN_VISIT)
    stats = Stats(
        connection=bench.connection,
        fps_in=5.0,
        fps_out=30.0,
        width_in=640,
        height_in=480,
        kbps_in=100.0,
        kbps_out=900.0,
        video_kbps_in=60.0,
        video_kbps_out=860.0,
        rtt_ms=40.0,
        lost_in=3,
        heard_dbfs=-20.0,
        lost_out=2,
        jitter_ms=4.0,
        sound_delay_ms=41.0,
        concealed_ms=20.0,
        longest_gap_ms=66.0,
        dropped=1,
        target_kbps=1200.0,
    )
    assert sent(bench.do(stats)) == [
        CallStats(
            visit="v1",
            connection=bench.connection,
            rtt_ms=40.0,
            video_kbps_in=60.0,
            video_kbps_out=860.0,
            fps_in=5.0,
            fps_out=30.0,
            lost_in=3,
            lost_out=2,
            jitter_ms=4.0,
            sound_delay_ms=41.0,
            concealed_ms=20.0,
            longest_gap_ms=66.0,
            dropped=1,
            target_kbps=1200.0,
        )
    ]
    assert bench.view.quality == "good"
    for _ in range(3):
        bench.do(stats)
    assert bench.view.quality == "weak"
    bench.push(seat(visit(Status.IN_VISIT, visitor_camera=False)))
    bench.do(stats)
    assert bench.view.quality == "good"
    bench.do(LinkDown("gone"))
    assert sent(bench.do(stats)) == []


def test_ended_shows_the_receipt_then_my_visits() -> None:
    bench = Bench().connected(IN_VISIT)
    asked = bench.push(seat(ENDED, visit(id="v2"), at=None))
    assert StopMedia() in asked
    assert (bench.screen, bench.view.visit) == ("ended", ENDED)
    bench.press(ShowMyVisits())
    assert bench.screen == "my-visits"
    bench.push(seat(ENDED, visit(id="v2"), at="v1"))
    assert bench.screen == "my-visits"


def test_ended_comes_before_the_next_visit_even_when_the_hub_is_faster() -> None:
    bench = Bench().connected(IN_VISIT)
    bench.push(seat(ENDED, visit(id="v2"), at="v2"))
    assert bench.screen == "ended"
    asked = bench.press(Back())
    assert (bench.screen, StartMedia("v2") in asked) == ("waiting", True)


def test_ended_signs_out_after_30_s_or_when_hung_up() -> None:
    waited, hung_up = Bench().connected(IN_VISIT), Bench().connected(IN_VISIT)
    for bench in (waited, hung_up):
        bench.push(seat(ENDED, at=None))
    assert SignOut() in sent(waited.wait(30))
    assert SignOut() in sent(hung_up.hang_up())
    assert (waited.screen, hung_up.screen) == ("idle", "idle")


def test_the_end_stays_on_the_screen_when_staff_clear_the_seat() -> None:
    bench = Bench().connected(IN_VISIT)
    bench.push(seat(ENDED))
    bench.push(None)
    assert bench.screen == "ended"
    assert sent(bench.press(ShowMyVisits())) == []
    assert bench.screen == "idle"


def test_without_a_hub_the_clock_ends_the_visit_and_a_hub_that_extended_it_takes_it_back() -> None:
    bench = Bench().connected(IN_VISIT)
    bench.wait(1)
    bench.do(LinkDown("gone"))
    bench.now = ENDS_AT - HUB_EPOCH + 1.5
    bench.wait(0.25)
    assert bench.screen != "ended"
    bench.wait(0.5)
    assert bench.screen == "ended"
    ended = bench.view.visit
    assert ended is not None
    assert (ended.ended_by, ended.end_reason, ended.tracks_open) == (
        By.CLOCK,
        EndReason.EXPIRED,
        False,
    )
    assert bench.actions[-1] == StopMedia()
    bench.link_up()
    bench.push(seat(visit(Status.IN_VISIT, ends_at=ENDS_AT + 300)))
    assert bench.screen == "in-visit"


def test_without_a_hub_the_end_can_be_left_for_my_visits() -> None:
    bench = Bench().connected(IN_VISIT)
    bench.do(LinkDown("gone"))
    bench.now = ENDS_AT - HUB_EPOCH + 3
    bench.wait(0.25)
    bench.press(ShowMyVisits())
    bench.wait(1)
    assert bench.screen == "my-visits"


def test_without_a_hub_nobody_came() -> None:
    bench = Bench().signed_in()
    bench.do(LinkDown("gone"))
    bench.now = ENDS_AT - HUB_EPOCH + 3
    bench.wait(0.25)
    assert bench.view.visit is not None
    assert bench.view.visit.end_reason is EndReason.NOBODY_CAME


def test_held_by_a_lost_link_only_when_nothing_arrives() -> None:
    bench = Bench().connected(IN_VISIT)
    bench.do(LinkDown("gone"))
    assert (bench.screen, bench.view.connected) == ("held", False)


def test_moved_to_another_terminal_this_one_is_idle() -> None:
    bench = Bench().connected(IN_VISIT)
    asked = bench.push(None)
    assert (bench.screen, asked) == ("idle", [StopMedia()])


# -- out of order -----------------------------------------------------------------------------


def test_a_fault_covers_idle_tells_the_hub_and_heals() -> None:
    bench = Bench().ready()
    assert sent(bench.do(DeviceFault("HOOK-01"))) == [Health(faults=["HOOK-01"])]
    view = bench.view
    assert (view.screen, view.faults, view.fault_since) == (
        "out-of-order",
        ("HOOK-01",),
        HUB_EPOCH,
    )
    bench.press(Touch())
    bench.lift()
    assert sent(bench.do(DeviceFault("HOOK-01", mended=True))) == [Health(faults=[])]
    assert bench.screen == "idle"


@pytest.mark.parametrize("code", ["CAM-01", "CAM-02", "CAM-03", "MIC-02"])
def test_a_fault_covers_waiting_but_not_a_begun_visit(code: str) -> None:
    bench = Bench().signed_in()
    bench.do(Fault(code=code))
    assert bench.screen == "out-of-order"
    bench.push(seat(IN_VISIT))
    assert bench.screen == "in-visit"


@pytest.mark.parametrize("code", ["CAM-02", "CAM-03", "MIC-02"])
def test_a_judgement_in_a_visit_is_only_reported(code: str) -> None:
    """Who holds a hand before the camera may: nothing of the visit changes."""
    bench = Bench().signed_in()
    bench.push(seat(IN_VISIT))
    before, many = bench.view, len(bench.actions)
    bench.do(Fault(code=code))
    assert (bench.screen, bench.view.visit) == ("in-visit", before.visit)
    bench.do(Fault(code=code, mended=True))
    told = [each for each in bench.actions[many:] if isinstance(each, Send)]
    assert told == [Send(Health(faults=[code])), Send(Health(faults=[]))]
    assert not any(isinstance(each, StartMedia | StopMedia | Tell) for each in bench.actions[many:])


def test_a_faulty_device_is_probed_until_it_is_mended() -> None:
    bench = Bench().signed_in()
    bench.do(Fault(code="CAM-01"))
    asked = bench.push(None)
    assert asked == [StopMedia(), StartMedia("")]
    bench.do(Fault(code="CAM-01"))
    bench.do(OPENED)
    assert bench.screen == "out-of-order"
    asked = bench.do(Fault(code="CAM-01", mended=True))
    assert StopMedia() in asked
    assert sent(asked) == [Health(faults=[])]
    assert bench.screen == "idle"


def test_what_an_earlier_process_saw_is_forgotten_when_the_next_sees_it_well() -> None:
    bench = Bench().signed_in()
    bench.do(Fault(code="MIC-01"))
    bench.push(None)
    bench.do(OPENED)
    assert bench.screen == "idle"


def test_a_hub_that_refuses_this_terminal_is_out_of_order_until_it_welcomes_it() -> None:
    bench = Bench()
    bench.do(LinkDown("refused", "HUB-04"))
    assert (bench.screen, bench.view.faults) == ("out-of-order", ("HUB-04",))
    bench.link_up()
    assert bench.screen == "idle"


def test_an_inmate_at_a_broken_terminal_is_still_signed_out() -> None:
    bench = Bench().signed_in(visit(), at=None)
    bench.do(DeviceFault("HOOK-01"))
    asked = bench.wait(60)
    assert SignOut() in sent(asked)
    assert bench.sheet is None


def test_media_that_dies_at_once_again_and_again_is_app_01() -> None:
    bench = Bench().signed_in()
    bench.do(MediaDied("crash"))
    bench.do(MediaDied("crash"))
    assert bench.screen == "waiting"
    bench.do(MediaDied("crash"))
    assert (bench.screen, bench.view.faults) == ("out-of-order", ("APP-01",))
    assert bench.wait(4.75) == []
    assert StartMedia("v1") in bench.wait(0.25)
    bench.wait(1)  # it takes its time to open
    bench.do(OPENED)
    assert bench.screen == "waiting"


def test_statistics_while_nothing_is_sent_say_nothing_about_the_call() -> None:
    bench = Bench().connected(IN_VISIT)
    silent = msgspec.structs.replace(STATS, connection=bench.connection, fps_in=0.0, kbps_in=50.0)
    for _ in range(3):
        bench.do(silent)
    bench.push(seat(visit(Status.INTERRUPTED)))
    bench.do(silent)
    bench.push(seat(IN_VISIT))
    bench.do(silent)
    assert bench.view.quality == "good"
    for _ in range(3):
        bench.do(silent)
    assert bench.view.quality == "sound-only"


@pytest.mark.parametrize("wake", [Touch(), Key("7"), HookMoved(True)])
def test_digits_after_a_sign_in_timed_out_are_not_silently_a_number(wake: Event) -> None:
    bench = Bench().ready()
    bench.press(Touch())
    bench.type("482017")
    bench.press(Key("enter"))
    bench.type("12")
    bench.wait(20)
    assert bench.sheet == Sheet("still-there", 10)
    bench.wait(10)
    assert bench.screen == "idle"
    bench.do(HookMoved(False))
    bench.do(wake)
    assert (bench.screen, bench.view.sign_in.number) == ("sign-in", "")
    bench.type("3456")
    assert (bench.view.sign_in.number, bench.view.sign_in.error) == ("3456", "timed-out")
    bench.press(Key("clear"))
    bench.type("482017")
    bench.press(Key("enter"))
    assert (bench.view.sign_in.field, bench.view.sign_in.error) == ("pin", None)


def test_a_minute_after_a_sign_in_timed_out_a_key_starts_the_next() -> None:
    bench = Bench().ready()
    bench.press(Touch())
    bench.wait(30)
    assert bench.screen == "idle"
    bench.wait(60)
    bench.press(Key("7"))
    assert (bench.view.sign_in.number, bench.view.sign_in.error) == ("7", None)


def test_a_hub_that_said_when_it_comes_back_is_not_called_away_before() -> None:
    bench = Bench().signed_in()
    bench.do(LinkDown("the hub stops for a moment", back_in_s=5.0))
    bench.wait(5.0 + 3.9)
    assert bench.view.connected
    bench.do(LinkDown("the hub cannot be reached"))
    bench.wait(0.2)
    assert not bench.view.connected
    bench.link_up()
    assert bench.view.connected
    bench.do(LinkDown("gone"))
    assert not bench.view.connected
