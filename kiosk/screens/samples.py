"""A view of every screen and state, for the gallery and for tests. Pure. Names are examples."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from msgspec import structs

from kiosk.fault_history import PastFault
from kiosk.set_up import NO_FILE
from kiosk.view import DeviceRow, ScreenName, SetUp, Sheet, SignInView, TechnicianView, View
from signalling.visit import Status
from signalling.visit_events import By, Cause, EndReason, Side
from signalling.wire import BreakView, FacilityView, Neighbour, Person, VisitView

START: Final = 1795379400
"""2026-11-22 14:30 in Chicago."""

FACILITY: Final = FacilityView(
    id="lindell", name="Lindell County Jail", time_zone="America/Chicago", clock_24h=True
)


def visit(**changes: Any) -> VisitView:
    """Return a visit with Maria, half an hour from START."""
    fields: dict[str, Any] = {
        "id": "v1", "status": Status.SCHEDULED, "inmate": "Daniel",
        "visitors": (Person(name="Maria", relation="Wife"),),
        "starts_at": START, "ends_at": START + 1800, "signed_in": False, "terminal": None,
        "visitor_here": False, "page": None, "tracks_open": False, "private": False,
        "recorded": True, "watched": True, "used_s": 0.0, "lost_s": 0.0, "lost_by": {},
        "added_s": 0.0, "owed_s": 0.0, "breaks": (), "paused": False, "begun_at": None,
        "ended_at": None, "ended_by": None, "end_reason": None,
        "visitor_camera": True, "visitor_microphone": True,
    }  # fmt: skip
    return VisitView(**(fields | changes))


LONG_REASON: Final = (
    "A medical emergency in the unit; nobody may leave a cell until the nurse and the sergeant"
    " have finished their round"
)

LAWYER: Final = visit(
    id="v2", visitors=(Person(name="Ms. Okafor", relation="Lawyer"),), private=True,
    recorded=False, watched=False, starts_at=START + 5400, ends_at=START + 7200,
)  # fmt: skip
MOTHER: Final = visit(
    id="v3", visitors=(Person(name="Rosa", relation="Mother"),), status=Status.ENDED,
    starts_at=START - 16200, ends_at=START - 15000, begun_at=START - 16200, used_s=1200.0,
    ended_at=START - 15000, ended_by=By.CLOCK, end_reason=EndReason.EXPIRED,
)  # fmt: skip
READY: Final = visit(
    status=Status.READY, signed_in=True, terminal="t4", visitor_here=True, page="p1"
)
BEGUN: Final = visit(
    status=Status.IN_VISIT, signed_in=True, terminal="t4", visitor_here=True, page="p1",
    tracks_open=True, begun_at=START, added_s=120.0, ends_at=START + 1920,
)  # fmt: skip
ENDED: Final = visit(
    status=Status.ENDED, begun_at=START, used_s=1800.0, lost_s=120.0,
    lost_by={Side.VISITOR.value: 120.0}, added_s=120.0, ends_at=START + 1920,
    ended_at=START + 1920, ended_by=By.CLOCK, end_reason=EndReason.EXPIRED,
)  # fmt: skip

IDLE: Final = View(
    screen=ScreenName.IDLE, now=START - 480, language="en", label="4", unit="C",
    facility=FACILITY, connected=True, next_start_at=START,
)  # fmt: skip


UNKNOWN: Final = replace(
    IDLE, label="", unit="", connected=False, next_start_at=None,
    facility=FacilityView(id="", name="", time_zone="UTC"),
)  # fmt: skip
"""What is known before a hub has ever answered."""


def _held(side: Side, cause: Cause, page: str | None = "p1", **changes: Any) -> View:
    why = BreakView(side=side, cause=cause, since=START + 900)
    held = visit(
        status=Status.INTERRUPTED, signed_in=True, terminal="t4", visitor_here=True, page=page,
        begun_at=START, ends_at=START + 1920, breaks=(why,),
    )  # fmt: skip
    fields: dict[str, Any] = {
        "screen": ScreenName.HELD, "now": START + 928, "inmate": "Daniel", "visit": held,
    }  # fmt: skip
    return replace(IDLE, **(fields | changes))


def _sign_in(**changes: Any) -> View:
    return replace(IDLE, screen=ScreenName.SIGN_IN, sign_in=SignInView(**changes))


MY_VISITS: Final = replace(
    IDLE, screen=ScreenName.MY_VISITS, inmate="Daniel", visits=(visit(), LAWYER, MOTHER)
)
WAITING: Final = replace(
    IDLE, screen=ScreenName.WAITING, now=START, inmate="Daniel", visit=READY, level=10
)
IN_VISIT: Final = replace(
    WAITING, screen=ScreenName.IN_VISIT, now=START + 848, visit=BEGUN, volume=6
)
END: Final = replace(
    IDLE, screen=ScreenName.ENDED, now=START + 1920, inmate="Daniel", visit=ENDED,
    visits=(ENDED, LAWYER), sign_out_in_s=24,
)  # fmt: skip
OUT_OF_ORDER: Final = replace(
    IDLE, screen=ScreenName.OUT_OF_ORDER, faults=("CAM-01",), fault_since=START - 1920,
    free_terminal=Neighbour(label="3", unit="C"),
)  # fmt: skip

FACTS: Final = (
    ("visitbooth", "0.1.0"), ("python", "3.11.2"), ("kernel", "6.1.0-28-amd64"),
    ("kivy", "2.3.1"), ("temperature", "52 °C"), ("disk", "11.4 GiB"),
    ("clock", "synchronised"), ("link eth0", "up, 1000 Mbit/s"),
)  # fmt: skip
ROWS: Final = (
    DeviceRow("camera", "pass", "1280 x 720, 30 fps", detail="brightness 112, sharp, moving",
              tested_at=START - 900),
    DeviceRow("microphone", "pass", "-18 dB", tested_at=START - 900),
    DeviceRow("earpiece", "pass", "tone-played", tested_at=START - 900),
    DeviceRow("hook", "pass", "hook-down"),
    DeviceRow("keypad", "unknown", "press-a-key"),
    DeviceRow("screen", "pass", "1280 x 800, x11, 80 %"),
    DeviceRow("hub", "pass", "12 ms"),
    DeviceRow("program", "pass", "media-runs"),
)  # fmt: skip
BLACK: Final = DeviceRow(
    "camera", "fail", "1280 x 720, 30 fps", "CAM-02", "mean brightness 2 of 255, under 16",
    "Take the cover off the lens, or turn the light on.", START - 60,
)  # fmt: skip
FAILING: Final = (
    BLACK, *ROWS[1:3], DeviceRow("hook", "fail", "hook-up", "HOOK-01"),
    DeviceRow("keypad", "pass", "5"), ROWS[5], DeviceRow("hub", "fail", "not-connected"), ROWS[7],
)  # fmt: skip
COMPLAINING: Final = (
    *ROWS[:5],
    DeviceRow("screen", "fail", "1024 x 768, offscreen", detail="SDL took offscreen, not x11: "
              "nothing may be seen; look at its log"),
    ROWS[6],
    DeviceRow("program", "fail", "needs-attention",
              detail="91 C is too hot: clear its vents, look at its fan",
              fix="Only 12 MB free where its state is kept: make room. The clock follows no time "
              "server: start systemd-timesyncd, or let NTP through. No network link is up: look at "
              "the cable and the switch"),
)  # fmt: skip
BARE: Final = (
    replace(ROWS[0], simulated=True), replace(ROWS[1], simulated=True),
    replace(ROWS[2], simulated=True), DeviceRow("hook", "none", "no-hook"),
    DeviceRow("keypad", "none", "no-keypad"), *ROWS[5:],
)  # fmt: skip
"""A terminal on a desk."""
PAST: Final = (
    PastFault(code="CAM-02", since=START - 60, detail="mean brightness 2 of 255, under 16"),
    PastFault(code="CAM-01", since=START - 90000, mended_at=START - 86400,
              detail="/dev/video0: no such device"),
)  # fmt: skip
TECHNICIAN: Final = replace(
    IDLE, screen=ScreenName.TECHNICIAN,
    technician=TechnicianView(rows=ROWS, facts=FACTS, level=9, live=True),
)  # fmt: skip
TECHNICIAN_PIN: Final = replace(
    IDLE, screen=ScreenName.TECHNICIAN_PIN, sign_in=SignInView(field="pin")
)


def _technician(**changes: Any) -> View:
    return replace(TECHNICIAN, technician=replace(TECHNICIAN.technician, **changes))


LONG: Final = (
    Person(name="Guadalupe Esperanza Hernández de la Cruz-Villanueva", relation="Grandmother"),
)
TWO: Final = (Person(name="Maria", relation="Wife"), Person(name="Rosa", relation="Mother"))

CLOCK: Final = (
    "The certificate of visits.example:443 is not valid yet, and this machine's clock says"
    " 2019-01-01 00:04 UTC: is the clock wrong? Set it (timedatectl set-time), or have NTP do it."
)
MISTAKES: Final = SetUp("file", said=(
    ("stick sdb1: terminal.toml, line 3, hubb",
     "there is no such key; the nearest is hub."),
    ("stick sdb1: terminal.toml, line 12, devices.fps",
     "found 100, expected a whole number from 5 to 60."),
    ("stick sdb1: terminal.toml, line 13, devices.camera",
     'found "webcam", expected "auto", "simulated" or a device as `visit-hardware list` names it'
     " (usb:046d:0825..., at:... or /dev/...)."),
    ("stick sdb1: terminal.toml, line 14, enrolment_code",
     "found something (it is not shown), expected the code that `visit-hub terminal add` printed,"
     " such as K7QF-2MXR."),
), more=3)  # fmt: skip


SAMPLES: Final[dict[str, View]] = {
    "k1-idle": IDLE,
    "k1-idle-away": replace(IDLE, connected=False, next_start_at=None),
    "k1-unknown": UNKNOWN,
    "k2-unknown": replace(UNKNOWN, screen=ScreenName.SIGN_IN),
    "k2-timed-out": _sign_in(error="timed-out"),
    "k2-number": _sign_in(number="48201"),
    "k2-pin": _sign_in(number="482017", field="pin", pin_length=2),
    "k2-error": _sign_in(
        number="482017", field="pin", error="wrong-sign-in", tries_left=2, max_tries=3
    ),
    "k2-locked": _sign_in(number="482017", field="pin", error="locked", unlock_at=START + 900),
    "k2-elsewhere": _sign_in(
        number="482017", field="pin", error="signed-in-elsewhere", other_terminal="3"
    ),
    "k2-lockdown": _sign_in(
        number="482017", field="pin", error="lockdown", reason="Count in all units"
    ),
    "k2-busy": _sign_in(number="482017", field="pin", pin_length=6, busy=True),
    "k2-away": replace(_sign_in(number="48", error="not-connected"), connected=False),
    "k3-visits": MY_VISITS,
    "k3-several": replace(
        MY_VISITS, now=START, visits=(READY, visit(id="v4", visitors=TWO, status=Status.PENDING))
    ),
    "k3-ended": replace(MY_VISITS, visits=(MOTHER, visit(
        id="v5", starts_at=START + 172800, ends_at=START + 174600))),
    "k3-none": replace(MY_VISITS, visits=()),
    "k3-loading": replace(MY_VISITS, visits=(), loading=True),
    "k3-failed": replace(MY_VISITS, visits=(), loading=True, connected=False),
    "k3-still-there": replace(MY_VISITS, sheet=Sheet("still-there", 10)),
    "k3-long": replace(MY_VISITS, visits=(
        visit(visitors=LONG), visit(id="v6", visitors=LONG, private=True, recorded=False,
                                    starts_at=START + 3600, ends_at=START + 5400), MOTHER)),
    "k4-ready": WAITING,
    "k4-early": replace(WAITING, now=START - 480, level=0, silent=True, visit=visit(
        signed_in=True, terminal="t4")),
    "k4-lift": replace(WAITING, handset_up=False, sign_out_in_s=42),
    "k4-lockdown": replace(WAITING, visit=visit(
        status=Status.READY, signed_in=True, terminal="t4", visitor_here=True,
        pause_reason="Count in all units")),
    "k4-private": replace(WAITING, visit=visit(
        id="v2", visitors=LAWYER.visitors, private=True, recorded=False, watched=False,
        status=Status.READY, signed_in=True, terminal="t4")),
    "k4-sign-out": replace(WAITING, sheet=Sheet("confirm-sign-out")),
    "k4-long": replace(WAITING, visit=visit(
        status=Status.READY, signed_in=True, terminal="t4", visitors=LONG)),
    "k5-visit": IN_VISIT,
    "k5-last": replace(IN_VISIT, now=START + 1815, quality="weak", volume=8),
    "k5-warning": replace(IN_VISIT, now=START + 1320, quality="sound-only", volume=0),
    "k5-ending": replace(IN_VISIT, ending=True, connected=False),
    "k5-private": replace(IN_VISIT, quality="fair", visit=visit(
        id="v2", visitors=LAWYER.visitors, private=True, recorded=False, watched=False,
        status=Status.IN_VISIT, signed_in=True, terminal="t4", visitor_here=True, page="p1",
        tracks_open=True, begun_at=START)),
    "k5-camera-off": replace(IN_VISIT, visit=structs.replace(
        BEGUN, visitor_camera=False, visitor_microphone=False)),
    "k5-muted": replace(IN_VISIT, visit=structs.replace(
        BEGUN, visitors=TWO, visitor_microphone=False)),
    "k5-end": replace(IN_VISIT, sheet=Sheet("confirm-end", 10)),
    "k6-visitor": _held(Side.VISITOR, Cause.LINK),
    "k6-ending": _held(Side.TERMINAL, Cause.LINK, ending=True, connected=False),
    "k6-page": _held(Side.VISITOR, Cause.PAGE, page=None),
    "k6-press": _held(Side.VISITOR, Cause.PAGE),
    "k6-terminal": _held(Side.TERMINAL, Cause.LINK, connected=False),
    "k6-network": _held(Side.NETWORK, Cause.MEDIA),
    "k6-handset": _held(Side.TERMINAL, Cause.HANDSET, handset_up=False, sign_out_in_s=57),
    "k6-signed-out": _held(Side.TERMINAL, Cause.SIGNED_OUT),
    "k6-paused": replace(IN_VISIT, screen=ScreenName.HELD, visit=visit(
        status=Status.INTERRUPTED, signed_in=True, terminal="t4", visitor_here=True, page="p1",
        begun_at=START, paused=True, paused_since=IN_VISIT.now - 28,
        pause_reason="Count in all units")),
    "k6-paused-long": replace(IN_VISIT, screen=ScreenName.HELD, handset_up=False,
                              sign_out_in_s=57, visit=visit(
        status=Status.INTERRUPTED, signed_in=True, terminal="t4", begun_at=START, paused=True,
        paused_since=IN_VISIT.now - 28, pause_reason=LONG_REASON)),
    "k6-end": _held(Side.VISITOR, Cause.LINK, sheet=Sheet("confirm-end", 7)),
    "k7-ended": END,
    "k7-red-x": replace(END, now=START + 400, visits=(), visit=visit(
        status=Status.ENDED, begun_at=START, used_s=390.0, lost_s=10.0,
        lost_by={Side.TERMINAL.value: 10.0}, ended_at=START + 400, ended_by=By.INMATE,
        end_reason=EndReason.RED_X)),
    "k7-nobody": replace(END, now=START + 1800, visit=visit(
        status=Status.ENDED, ended_at=START + 1800, ended_by=By.CLOCK,
        end_reason=EndReason.NOBODY_CAME)),
    "k7-not-added": replace(END, now=START + 1800, visit=visit(
        status=Status.ENDED, begun_at=START, used_s=1200.0, lost_s=600.0, owed_s=600.0,
        lost_by={Side.NETWORK.value: 600.0}, ended_at=START + 1800, ended_by=By.CLOCK,
        end_reason=EndReason.EXPIRED)),
    "k7-staff": replace(END, visit=visit(
        status=Status.ENDED, begun_at=START, used_s=600.0, ended_at=START + 600,
        ended_by=By.STAFF, end_reason=EndReason.STAFF)),
    "k7-family": replace(END, visit=visit(
        status=Status.ENDED, begun_at=START, used_s=600.0, ended_at=START + 600,
        ended_by=By.VISITOR, end_reason=EndReason.RED_X)),
    "k8-camera": OUT_OF_ORDER,
    "k8-unknown": replace(UNKNOWN, screen=ScreenName.OUT_OF_ORDER, faults=("HUB-01",)),
    "k8-clock": replace(UNKNOWN, screen=ScreenName.OUT_OF_ORDER, faults=("NET-04",), set_up=SetUp(
        "hub", said=((", ", CLOCK),))),
    "k8-away": replace(OUT_OF_ORDER, faults=("HUB-01",), connected=False, free_terminal=None),
    "k9-pin": replace(TECHNICIAN_PIN, sign_in=SignInView(field="pin", pin_length=3)),
    "k9-pin-wrong": replace(TECHNICIAN_PIN, sign_in=SignInView(
        field="pin", error="wrong-sign-in", tries_left=2, max_tries=3)),
    "k9-pin-locked": replace(TECHNICIAN_PIN, sign_in=SignInView(
        field="pin", error="locked", tries_left=0, unlock_at=START + 900)),
    "k9-pass": TECHNICIAN,
    "k9-fail": replace(_technician(rows=FAILING, level=0, report="not-connected"),
                       connected=False),
    "k9-testing": _technician(testing=True, report="sending", rows=tuple(
        replace(each, state="testing") if each.tested_at else each for each in ROWS)),
    "k9-camera": _technician(rows=FAILING, shown="camera", past=PAST),
    "k9-machine": _technician(rows=COMPLAINING),
    "k9-program": _technician(rows=COMPLAINING, shown="program", past=(
        PastFault(code="APP-03", since=START - 9000, mended_at=START - 8000, times=12,
                  detail="no judgement: opening"),)),
    "k9-keypad": _technician(shown="keypad"),
    "k9-bare": _technician(rows=BARE),
    "k9-keypad-missing": _technician(
        rows=(*ROWS[:4], DeviceRow("keypad", "fail", "press-a-key", "KEY-01",
                                   "the keypad usb:16c0:0483 is not attached (attached: none)"),
              *ROWS[5:]),
        shown="keypad",
    ),
    "k9-restart": replace(TECHNICIAN, sheet=Sheet("confirm-restart")),
    "k9-still-there": replace(TECHNICIAN, sheet=Sheet("still-there", 10)),
    "k9-sent": _technician(report="sent"),
    "k10-none": replace(UNKNOWN, screen=ScreenName.SET_UP, set_up=SetUp("file", said=((
        "/etc/visitbooth/terminal.toml", f"{NO_FILE}."),))),
    "k10-mistakes": replace(UNKNOWN, screen=ScreenName.SET_UP, set_up=MISTAKES),
    "k10-asks": replace(UNKNOWN, screen=ScreenName.SET_UP, set_up=SetUp(
        "hub", said=(("unit-c-4, wss://visits.example", ""),))),
    "k10-clock": replace(UNKNOWN, screen=ScreenName.SET_UP, faults=("NET-04",), set_up=SetUp(
        "hub", said=(("unit-c-4, wss://visits.example",
                      CLOCK),))),
}  # fmt: skip
"""By name; the first two letters are the screen's in the mock-ups."""


def in_language(view: View, language: str) -> View:
    """Return the same view in another language."""
    return replace(view, language=language)


def on_12_hour_clock(view: View) -> View:
    """Return the same view at a facility that says 2:30 PM."""
    facility = FacilityView(
        id=FACILITY.id, name=FACILITY.name, time_zone=FACILITY.time_zone, clock_24h=False
    )
    return replace(view, facility=facility)
