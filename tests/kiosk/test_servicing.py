"""A technician at a terminal: the way in and out, and that no inmate's visit is in their way."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kiosk.actions import Action, Keep, ReadHealth, Restart, Send, StartMedia, StopMedia
from kiosk.events import DeviceFault, Event, HealthRead, HookMoved
from kiosk.fault_history import FILE as HISTORY
from kiosk.faults import STEADY_S
from kiosk.media.commands import Fault, Level, Opened, SelfTest
from kiosk.session import Session
from kiosk.technician import Technician
from kiosk.technician_lock import FILE, TechnicianLock
from kiosk.view import (
    AskRestart,
    AskTechnician,
    Back,
    ChooseLanguage,
    Confirm,
    DeviceRow,
    Dismiss,
    Intent,
    Key,
    RunSelfTest,
    SendReport,
    Sheet,
    ShowDevice,
    Touch,
)
from signalling.link_events import LinkDown
from signalling.messages import DeviceReport, Health, Ping, Pong, Refused, SignOut
from signalling.visit import Status
from tests.kiosk.bench_of_session import HUB_EPOCH, OPENED, WELL, Bench, seat, sent, told, visit
from tests.kiosk.test_device_rows import HEALTH
from tests.kiosk.test_technician_lock import PIN, SETTINGS


def at_terminal() -> Bench:
    technician = Technician(TechnicianLock(SETTINGS), (("kivy", "2.3.1"),))
    return Bench(
        session=Session(language="en", clock_offset_s=HUB_EPOCH, technician=technician)
    ).ready()


def at_work() -> Bench:
    bench = at_terminal()
    bench.press(AskTechnician())
    bench.type(f"{PIN}e")
    assert bench.screen == "technician"
    return bench


def row(bench: Bench, device: str) -> DeviceRow:
    return next(each for each in bench.view.technician.rows if each.device == device)


def pong(bench: Bench, asked: list[Action]) -> None:
    ping = next(each for each in sent(asked) if isinstance(each, Ping))
    bench.do(Pong(sent=ping.sent, now=HUB_EPOCH + bench.now))


# -- the way in -------------------------------------------------------------------------------


@pytest.mark.parametrize("faults", [(), ("HOOK-01",)])
def test_the_number_or_the_code_asks_for_the_pin(faults: tuple[str, ...]) -> None:
    bench = at_terminal()
    for code in faults:
        bench.do(DeviceFault(code))
    bench.press(AskTechnician())
    assert (bench.screen, bench.view.sign_in.field) == ("technician-pin", "pin")
    bench.type("48")
    assert bench.view.sign_in.pin_length == 2
    bench.press(Back())
    assert bench.screen == ("out-of-order" if faults else "idle")


def test_a_sign_in_that_a_fault_covers_is_in_nobodys_way() -> None:
    bench = at_terminal()
    bench.press(Touch())
    bench.type("48")
    bench.do(DeviceFault("HOOK-01"))
    assert bench.screen == "out-of-order"
    bench.press(AskTechnician())
    assert bench.screen == "technician-pin"
    bench.press(Back())
    bench.do(DeviceFault("HOOK-01", mended=True))
    assert bench.screen == "idle"


def test_without_a_pin_nothing_happens() -> None:
    bench = Bench().ready()
    bench.press(AskTechnician())
    assert bench.screen == "idle"


def seated_without_visit() -> Bench:
    bench = at_terminal()
    bench.push(seat(visit(), at=None))
    return bench


def pad_open() -> Bench:
    bench = at_terminal()
    bench.press(Touch())
    return bench


def waiting() -> Bench:
    bench = at_terminal()
    bench.push(seat(visit()))
    return bench


def in_visit_with_a_fault() -> Bench:
    bench = at_terminal()
    bench.push(seat(visit(Status.IN_VISIT)))
    bench.do(DeviceFault("HOOK-01"))
    return bench


def waiting_out_of_order() -> Bench:
    bench = waiting()
    bench.do(DeviceFault("HOOK-01"))
    return bench


@pytest.mark.parametrize(
    "made", [seated_without_visit, pad_open, waiting, in_visit_with_a_fault, waiting_out_of_order]
)
def test_nobody_gets_in_while_somebody_is_here(made: Callable[[], Bench]) -> None:
    bench = made()
    before = bench.screen
    bench.press(AskTechnician())
    bench.type(f"{PIN}e")
    assert not bench.screen.startswith("technician")
    assert bench.screen == before
    assert bench.view.technician.rows == ()


def test_wrong_pins_are_counted_kept_and_lock_it() -> None:
    bench = at_terminal()
    bench.press(AskTechnician())
    for left in (2, 1):
        (keep,) = [each for each in bench.type("111111e") if isinstance(each, Keep)]
        assert keep.name == FILE
        assert "111111" not in repr(keep)
        assert bench.view.sign_in.error == "wrong-sign-in"
        assert bench.view.sign_in.tries_left == left
    bench.type("111111e")
    assert bench.view.sign_in.error == "locked"
    assert bench.view.sign_in.unlock_at == HUB_EPOCH + 900
    assert not any(isinstance(each, Keep) for each in bench.type(f"{PIN}e"))
    assert bench.screen == "technician-pin"
    bench.now += 900
    bench.wait(0.25)
    assert bench.screen == "idle"
    bench.press(AskTechnician())
    (keep,) = [each for each in bench.type(f"{PIN}e") if isinstance(each, Keep)]
    assert bench.screen == "technician"
    assert TechnicianLock.decode(keep.data).count == 0


def test_the_pin_pad_is_left_alone_for_half_a_minute_only() -> None:
    bench = at_terminal()
    bench.press(AskTechnician())
    bench.press(ChooseLanguage("es"))
    bench.wait(20)
    assert bench.sheet == Sheet("still-there", 10)
    assert sent(bench.wait(10)) == []
    assert (bench.screen, bench.view.language) == ("idle", "en")
    bench.press(Touch())
    assert bench.view.sign_in.error is None, "no inmate timed out"


# -- at work ----------------------------------------------------------------------------------


def test_the_devices_are_opened_while_a_technician_is_here() -> None:
    bench = at_work()
    assert StartMedia("") in bench.actions
    bench.do(OPENED)
    assert bench.wait(0.25) == []
    bench.do(Level(microphone_dbfs=-20.0))
    assert bench.view.technician.level > 0
    measured = {each.device: each.measured for each in bench.view.technician.rows}
    assert (measured["camera"], measured["microphone"]) == ("640 x 480, 30 fps", "-20 dB")
    bench.hang_up()
    assert measured["hook"] == "hook-up"
    assert {each.device: each.measured for each in bench.view.technician.rows}[
        "hook"
    ] == "hook-down"
    bench.press(Key("5"))
    assert {each.device: each.state for each in bench.view.technician.rows}["keypad"] == "pass"
    assert StopMedia() in bench.press(Back())
    assert bench.screen == "idle"


def test_five_minutes_without_a_touch_and_they_are_out() -> None:
    bench = at_work()
    bench.wait(290)
    assert bench.sheet == Sheet("still-there", 10)
    bench.press(Dismiss())
    assert bench.sheet is None
    bench.wait(299.5)
    assert bench.screen == "technician"
    asked = bench.wait(0.5)
    assert bench.screen == "idle"
    assert StopMedia() in asked
    assert SignOut() not in sent(asked)


def test_a_lifted_handset_is_a_device_and_no_inmate() -> None:
    bench = at_work()
    bench.do(HookMoved(up=False))
    bench.do(HookMoved(up=True))
    assert bench.screen == "technician"


@pytest.mark.parametrize("at", ["v1", None])
def test_an_inmate_who_is_seated_here_comes_first(at: str | None) -> None:
    bench = at_work()
    bench.press(ShowDevice("camera"))
    bench.push(seat(visit(), at=at))
    assert bench.screen == ("waiting" if at else "my-visits")
    bench.push(None)
    assert bench.screen == "idle"


def test_a_row_is_opened_and_left() -> None:
    bench = at_work()
    bench.do(DeviceFault("HOOK-01"))
    assert bench.screen == "technician", "no fault covers it"
    bench.press(ShowDevice("hook"))
    assert bench.view.technician.shown == "hook"
    assert [each.code for each in bench.view.technician.past] == ["HOOK-01"]
    bench.press(ShowDevice("nonsense"))
    assert bench.view.technician.shown == "hook"
    bench.press(Back())
    assert bench.screen == "technician"
    assert bench.view.technician.shown is None


def test_a_self_test_is_shown_while_it_runs_and_then_what_it_found() -> None:
    bench = at_work()
    bench.do(OPENED)
    asked = bench.press(RunSelfTest())
    assert SelfTest() in told(asked)
    assert bench.view.technician.testing
    assert [each.state for each in bench.view.technician.rows[:3]] == ["testing"] * 3
    for each in WELL:
        bench.do(each)
    assert not bench.view.technician.testing
    assert [each.state for each in bench.view.technician.rows[:3]] == ["pass"] * 3
    assert StopMedia() not in bench.wait(1), "the picture goes on"


def test_the_machine_and_the_hub_are_measured() -> None:
    bench = at_terminal()
    bench.press(AskTechnician())
    asked = bench.type(f"{PIN}e")
    assert ReadHealth() in asked
    bench.do(HealthRead(HEALTH))
    assert ("temperature", "52 °C") in bench.view.technician.facts
    bench.now += 0.03
    pong(bench, asked)
    assert (row(bench, "hub").state, row(bench, "hub").measured) == ("pass", "30 ms")


# -- the report -------------------------------------------------------------------------------


def test_a_report_is_sent_and_the_screen_says_when_it_is_kept() -> None:
    bench = at_work()
    bench.wait(0.25)
    asked = bench.press(SendReport())
    assert [type(each) for each in sent(asked)] == [DeviceReport, Ping]
    assert bench.view.technician.report == "sending"
    pong(bench, asked)
    assert bench.view.technician.report == "sent"


@pytest.mark.parametrize(
    ("event", "why"),
    [(LinkDown("gone"), "not-connected"), (Refused(about="device-report", code="busy"), "refused")],
)
def test_the_screen_says_why_a_report_was_not_sent(event: Event, why: str) -> None:
    bench = at_work()
    bench.press(SendReport())
    bench.do(event)
    assert bench.view.technician.report == why


def test_without_a_hub_no_report_is_sent() -> None:
    bench = at_work()
    bench.do(LinkDown("gone"))
    assert sent(bench.press(SendReport())) == []
    assert bench.view.technician.report == "not-connected"


# -- restart ----------------------------------------------------------------------------------


def test_a_restart_asks_first() -> None:
    bench = at_work()
    bench.press(AskRestart())
    assert bench.sheet == Sheet("confirm-restart", 10)
    assert Restart() not in bench.press(Confirm()), "too soon to be meant"
    bench.wait(1)
    assert Restart() in bench.press(Confirm())
    assert bench.screen == "idle"


def test_a_question_that_is_not_answered_closes() -> None:
    bench = at_work()
    bench.press(AskRestart())
    bench.wait(10)
    assert (bench.sheet, bench.screen) == (None, "technician")


@pytest.mark.parametrize(
    "intent", [ShowDevice("camera"), RunSelfTest(), SendReport(), AskRestart()]
)
def test_at_the_pin_nothing_of_it_can_be_done(intent: Intent) -> None:
    bench = at_terminal()
    bench.press(AskTechnician())
    assert bench.press(intent) == []
    assert (bench.screen, bench.sheet) == ("technician-pin", None)


# -- what is kept -----------------------------------------------------------------------------


def test_faults_are_kept_as_they_come_and_go() -> None:
    bench = at_terminal()
    names = [each.name for each in bench.do(DeviceFault("HOOK-01")) if isinstance(each, Keep)]
    assert names == [HISTORY]
    assert not any(isinstance(each, Keep) for each in bench.wait(5))
    mended = bench.do(DeviceFault("HOOK-01", mended=True))
    assert [each.name for each in mended if isinstance(each, Keep)] == [HISTORY]


def test_opened_says_what_the_camera_gives() -> None:
    bench = at_work()
    bench.do(Opened(width=1920, height=1080, fps=15))
    assert bench.view.technician.rows[0].measured == "1920 x 1080, 15 fps"
    assert Send(DeviceReport(devices=[], faults=[], facts=[])) not in bench.actions


def test_a_loose_plug_floods_neither_hub_nor_history_nor_the_screen() -> None:
    bench = at_terminal()
    for _ in range(200):
        bench.do(DeviceFault("HOOK-01"))
        bench.wait(0.25)
        bench.do(DeviceFault("HOOK-01", mended=True))
        bench.wait(0.25)
    assert len([each for each in bench.sent if isinstance(each, Health)]) <= 6
    assert len([each for each in bench.actions if isinstance(each, Keep)]) <= 6
    assert bench.screen == "out-of-order"
    bench.wait(STEADY_S)
    assert bench.screen == "idle"
    (kept,) = bench.session._s.history.newest_first
    assert (kept.times, kept.mended_at is not None) == (3, True)


def test_it_is_live_only_while_the_camera_gives_a_picture() -> None:
    bench = at_work()
    assert not bench.view.technician.live
    bench.do(OPENED)
    assert bench.view.technician.live
    bench.do(Fault(code="CAM-01", detail="unplugged"))
    assert not bench.view.technician.live
    bench.do(Fault(code="CAM-01", mended=True))
    assert bench.view.technician.live
