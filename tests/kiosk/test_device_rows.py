"""What is read of each device, on the screen and in the report; the report always fits."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from config.schema import Devices
from kiosk import device_rows
from kiosk.device_rows import Seen
from kiosk.fault_history import FaultHistory, PastFault
from kiosk.media.commands import Finding, Opened
from kiosk.technician import ScreenSeen, Technician
from kiosk.view import DeviceRow
from signalling.device_report import Fact
from signalling.messages import TERMINAL_TO_HUB, encode
from signalling.wire import MAX_FRAME


@dataclass(frozen=True)
class FakeLink:
    name: str
    up: bool
    speed_mbps: int | None


@dataclass(frozen=True)
class FakeHealth:
    """As `hardware.health.Health`."""

    temperature_c: float | None
    disk_free_bytes: int
    clock_synchronised: bool | None
    links: tuple[FakeLink, ...]
    backlight: float | None
    said: tuple[str, ...] = ()

    def complaints(self) -> tuple[str, ...]:
        return self.said


HEALTH = FakeHealth(
    temperature_c=51.6,
    disk_free_bytes=12 << 30,
    clock_synchronised=False,
    links=(FakeLink("eth0", True, 1000), FakeLink("wlan0", True, None), FakeLink("eth1", False, 1)),
    backlight=0.8,
)
NOTHING = Seen(
    faults=(), findings={}, found_at={}, testing=False, handset_up=False, linked=True,
    media_open=False,
)  # fmt: skip


def working() -> Technician:
    made = Technician(versions=(("visitbooth", "0.1.0"),))
    made.begin()
    return made


def row(device: str, seen: Seen, technician: Technician | None = None) -> DeviceRow:
    found = device_rows.rows(seen, technician or working())
    return next(each for each in found if each.device == device)


def found(device: str, passed: bool, code: str = "") -> Finding:
    return Finding(device=device, passed=passed, detail="seen", code=code, fix="do")


def test_there_is_one_row_for_each_device_whatever_is_known() -> None:
    rows = device_rows.rows(NOTHING, working())
    assert [(each.device, each.state, each.measured) for each in rows] == [
        ("camera", "unknown", "no-measure"),
        ("microphone", "unknown", "no-measure"),
        ("earpiece", "unknown", "no-measure"),
        ("hook", "pass", "hook-down"),
        ("keypad", "unknown", "press-a-key"),
        ("screen", "pass", "touched"),
        ("hub", "pass", "no-measure"),
        ("program", "unknown", "media-stopped"),
    ]


def test_what_was_measured_is_shown() -> None:
    made = working()
    made.opened = Opened(width=1280, height=720, fps=30)
    made.heard(-17.6)
    made.key, made.health = "5", HEALTH
    made.ping_due(10.0)
    made.answered(10.0, 10.0124)
    seen = replace(
        NOTHING, media_open=True, handset_up=True, findings={"earpiece": found("earpiece", True)}
    )
    assert [each.measured for each in device_rows.rows(seen, made)] == [
        "1280 x 720, 30 fps", "-18 dB", "tone-played", "hook-up", "5", "80 %", "12 ms",
        "media-runs",
    ]  # fmt: skip
    assert {each.state for each in device_rows.rows(seen, made)[2:]} == {"pass"}


def test_the_screen_says_what_sdl_took_and_fails_by_what_is_wrong_with_it() -> None:
    made = Technician(screen=ScreenSeen("1024 x 768, offscreen", "SDL took offscreen"))
    shown = row("screen", NOTHING, made)
    assert (shown.state, shown.measured, shown.detail) == (
        "fail", "1024 x 768, offscreen", "SDL took offscreen",
    )  # fmt: skip
    made = Technician(screen=ScreenSeen("1280 x 800, x11"))
    made.health = HEALTH
    shown = row("screen", NOTHING, made)
    assert (shown.state, shown.measured) == ("pass", "1280 x 800, x11, 80 %")


def test_what_is_wrong_with_the_machine_fails_the_program_that_runs_on_it() -> None:
    made = working()
    made.health = replace(HEALTH, said=("too hot", "no room", "no time"))
    shown = row("program", replace(NOTHING, media_open=True), made)
    assert (shown.state, shown.measured) == ("fail", "needs-attention")
    assert (shown.detail, shown.fix) == ("Too hot", "No room. No time")
    (told,) = [
        each
        for each in device_rows.report(NOTHING, made, FaultHistory()).devices
        if each.device == "program"
    ]
    assert told.detail == "Too hot. No room. No time"


def test_a_camera_that_did_not_open_gives_no_size() -> None:
    made = working()
    made.opened = Opened(width=0, height=0, fps=0)
    assert row("camera", replace(NOTHING, media_open=True), made).measured == "no-measure"


@pytest.mark.parametrize(
    ("device", "code"),
    [("camera", "CAM-02"), ("hook", "HOOK-01"), ("hub", "NET-04"), ("program", "APP-01")],
)
def test_a_fault_fails_its_device_and_no_other(device: str, code: str) -> None:
    rows = device_rows.rows(replace(NOTHING, faults=(code,)), working())
    assert [(each.device, each.code) for each in rows if each.state == "fail"] == [(device, code)]


def test_a_judgement_is_shown_with_its_words_and_its_time() -> None:
    seen = replace(
        NOTHING,
        faults=("CAM-02",),
        findings={"camera": found("camera", False, "CAM-02"), "microphone": found("m", True)},
        found_at={"camera": 9.0},
    )
    failed = row("camera", seen)
    assert (failed.state, failed.detail, failed.fix, failed.tested_at) == ("fail", "seen", "do", 9)
    assert row("microphone", seen).state == "pass"
    assert row("camera", replace(seen, testing=True)).state == "testing"
    assert row("hook", replace(seen, testing=True)).state == "pass"
    assert row("camera", replace(seen, faults=())).state == "pass", "mended since"


def test_a_loop_that_fails_is_the_earpieces() -> None:
    findings = {"earpiece": found("earpiece", True), "loop": found("loop", False)}
    assert row("earpiece", replace(NOTHING, findings=findings)).state == "fail"
    findings["loop"] = found("loop", True)
    well = row("earpiece", replace(NOTHING, findings=findings))
    assert (well.state, well.detail, well.fix) == ("pass", "seen; seen", "do")
    findings["earpiece"] = found("earpiece", False, "EAR-03")
    assert row("earpiece", replace(NOTHING, findings=findings)).detail == "seen"


def test_a_hub_that_is_away_and_a_dark_screen_fail() -> None:
    away = row("hub", replace(NOTHING, linked=False))
    assert (away.state, away.measured) == ("fail", "not-connected")
    made = working()
    made.health = replace(HEALTH, backlight=0.0)
    assert row("screen", NOTHING, made).state == "fail"


def test_the_machine_says_what_it_knows() -> None:
    made = working()
    assert device_rows.facts(made) == (("visitbooth", "0.1.0"),)
    made.health = HEALTH
    assert device_rows.facts(made)[1:] == (
        ("temperature", "52 °C"),
        ("disk", "12.0 GiB"),
        ("clock", "not-synchronised"),
        ("link eth0", "up, 1000 Mbit/s"),
        ("link wlan0", "up"),
        ("link eth1", "down"),
    )
    made.health = FakeHealth(None, 0, None, (), None)
    assert device_rows.facts(made)[1:] == (("disk", "0.0 GiB"),)


def test_a_devices_past_is_its_own() -> None:
    history = FaultHistory(
        (PastFault(code="CAM-01", since=1.0), PastFault(code="HUB-04", since=2.0),
         PastFault(code="CAM-02", since=3.0))
    )  # fmt: skip
    assert [each.code for each in device_rows.past_of("camera", history)] == ["CAM-02", "CAM-01"]
    assert device_rows.past_of(None, history) == ()


def test_the_report_holds_devices_faults_and_facts() -> None:
    made = working()
    made.health = HEALTH
    history = FaultHistory((PastFault(code="CAM-01", since=1.0, mended_at=2.0, detail="gone"),))
    seen = replace(
        NOTHING, faults=("CAM-02",), findings={"camera": found("camera", False, "CAM-02")}
    )
    report = device_rows.report(seen, made, history)
    assert [each.device for each in report.devices] == list(device_rows.PREFIXES)
    assert (report.devices[0].state, report.devices[0].detail) == ("fail", "seen. do")
    assert [each.measured for each in report.devices[3:5]] == ["hook down", "press a key"]
    assert [(each.code, each.mended_at) for each in report.faults] == [("CAM-01", 2.0)]
    assert Fact(name="disk", value="12.0 GiB") in report.facts


def test_the_longest_report_of_the_strangest_words_fits_and_is_accepted() -> None:
    long = '\U0001f4f7\n\u202e\x00"' * 100
    made = Technician(versions=tuple((long, long) for _ in range(40)))
    made.key = long
    made.health = replace(HEALTH, links=tuple(FakeLink(long, True, 1) for _ in range(40)))
    history = FaultHistory(
        tuple(
            PastFault(code="CAM-01", since=-1.0, mended_at=1e300, detail=long) for _ in range(200)
        )
    )
    finding = Finding(device="camera", passed=False, detail=long, fix=long)
    seen = replace(NOTHING, findings=dict.fromkeys(("camera", "microphone", "earpiece"), finding))
    frame = encode(device_rows.report(seen, made, history))
    assert 20_000 < len(frame.encode()) <= MAX_FRAME
    assert TERMINAL_TO_HUB.decode(frame, limit=MAX_FRAME) == device_rows.report(seen, made, history)


def test_a_simulated_device_is_never_taken_for_a_real_one() -> None:
    made = Technician(devices=Devices(camera="simulated", microphone="usb:046d:0825"))
    made.begin()
    made.opened = Opened(width=640, height=480, fps=30)
    seen = replace(NOTHING, media_open=True, findings={"camera": found("camera", True)})
    assert row("camera", seen, made).simulated
    assert not row("microphone", seen, made).simulated
    told = device_rows.report(seen, made, FaultHistory()).devices
    assert [each.measured for each in told[:2]] == ["simulated: 640 x 480, 30 fps", "no measure"]


def test_what_terminal_toml_says_is_not_there_is_neither_tested_nor_passed() -> None:
    made = Technician(devices=Devices(hook="none", keypad="none"))
    for device in ("hook", "keypad"):
        shown = row(device, replace(NOTHING, handset_up=True), made)
        assert (shown.state, shown.measured) == ("none", f"no-{device}")
    told = device_rows.report(NOTHING, made, FaultHistory()).devices[3:5]
    assert [(each.state, each.measured) for each in told] == [
        ("unknown", "no hook"), ("unknown", "no keypad"),
    ]  # fmt: skip


def test_a_keypad_that_fails_fails_its_row_with_its_reason_on_screen_and_in_the_report() -> None:
    made = Technician(devices=Devices(keypad="auto"))
    made.keypad = ("KEY-01", "no keypad is attached")
    shown = row("keypad", NOTHING, made)
    assert (shown.state, shown.code, shown.detail) == ("fail", "KEY-01", "no keypad is attached")
    told = device_rows.report(NOTHING, made, FaultHistory()).devices[4]
    assert (told.state, told.code, told.detail) == ("fail", "KEY-01", "no keypad is attached")


def test_a_fault_is_told_in_its_own_words_before_older_ones() -> None:
    seen = replace(
        NOTHING,
        faults=("HOOK-01", "CAM-01"),
        details={"HOOK-01": "no hook is attached", "CAM-01": "unplugged"},
        findings={"camera": found("camera", True)},
    )
    assert row("hook", seen).detail == "no hook is attached"
    assert (row("camera", seen).detail, row("camera", seen).fix) == ("unplugged", "")
    told = device_rows.report(seen, working(), FaultHistory()).devices[3]
    assert told.detail == "no hook is attached"


def test_the_hubs_row_says_why_it_is_away_and_forgets_it_when_it_is_back() -> None:
    made = working()
    made.link_down = "the hub cannot be reached: Connection refused"
    assert row("hub", replace(NOTHING, linked=False), made).detail == made.link_down
    refused = replace(
        NOTHING, linked=False, faults=("HUB-04",), details={"HUB-04": "the hub calls itself 'x'"}
    )
    assert row("hub", refused, made).detail == "the hub calls itself 'x'"
    assert row("hub", NOTHING, made).detail == ""
