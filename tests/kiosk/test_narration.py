"""The log lines that tests and staff read keep their words."""

from __future__ import annotations

import pytest

from kiosk import narration
from kiosk.actions import Action, Keep, Send, StartMedia, StopMedia, Tell
from kiosk.events import DevicePlugged, HookMoved, MediaDied
from kiosk.media.commands import (
    Connect,
    Connected,
    Drop,
    Fault,
    Finding,
    FirstPicture,
    Gate,
    Opened,
    Receiving,
    SelfTest,
    Stats,
    Volume,
)
from signalling.messages import Choose, DeviceReport, End, Health, SignIn, SignOut
from signalling.visit import Status
from signalling.visit_events import By, EndReason
from tests.kiosk.bench_of_session import ENDS_AT, Bench, seat, visit

STATS = Stats(
    connection=3,
    fps_in=24.96,
    fps_out=30.0,
    width_in=640,
    height_in=480,
    kbps_in=700.4,
    kbps_out=900.0,
    rtt_ms=12.3,
    lost_in=1,
    heard_dbfs=-20.04,
    heard_hz=659.6,
)


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (Opened(width=640, height=480, fps=30), "media=opened width=640 height=480 fps=30"),
        (MediaDied("status -9"), 'media=died reason="status -9"'),
        (HookMoved(up=False), "hook=down"),
        (
            Finding(device="camera", passed=False, code="CAM-02", detail='black"\n'),
            'finding=camera passed=false code=CAM-02 detail="black  "',
        ),
        (
            Finding(device="loop", passed=True, detail="heard"),
            'finding=loop passed=true code=- detail="heard"',
        ),
        (
            Finding(device="loop", passed=True, proved=False, detail="not heard"),
            'finding=loop passed=true code=- proved=false detail="not heard"',
        ),
        (DevicePlugged("camera", here=False), "device=camera plugged=false"),
        (Connected(connection=3, up=True), "connection=3 state=up"),
        (Receiving(connection=3, flowing=False), "connection=3 receiving=false"),
        (FirstPicture(connection=3, after_ms=41.7), "first-picture connection=3 after_ms=42"),
        (
            STATS,
            "media connection=3 fps_in=25.0 width_in=640 height_in=480 fps_out=30.0 kbps_in=700 "
            "kbps_out=900 rtt_ms=12 lost_in=1 heard_dbfs=-20.0 heard_hz=660",
        ),
        (
            Fault(code="CAM-01", detail='gone"\nlevel=INFO gate=open'),
            'fault=CAM-01 mended=false detail="gone  level=INFO gate=open"',
        ),
    ],
)
def test_what_is_said_about_an_event(event: object, line: str) -> None:
    assert list(narration.of_event(event)) == [line]


@pytest.mark.parametrize(
    ("action", "lines"),
    [
        (StartMedia("v1"), ["media=start visit=v1"]),
        (StartMedia(""), ["media=start visit=-"]),
        (StopMedia(), ["media=stop"]),
        (Tell(Gate(open=True)), ["gate=open"]),
        (Tell(Gate(open=False)), ["gate=closed"]),
        (Tell(Connect(connection=3)), ["connection=3 state=connecting"]),
        (Tell(Drop(connection=3)), ["connection=3 state=dropped"]),
        (Tell(Volume(level=3)), []),
        (Tell(SelfTest()), ["media=self-test"]),
        (Send(DeviceReport(devices=[], faults=[], facts=[])), ["sent=device-report"]),
        (Keep("technician-lock.json", b"482017"), []),
        (Send(SignIn(inmate_number="48", pin="9753")), ["sent=sign-in"]),
        (Send(SignOut()), ["sent=sign-out"]),
        (Send(Choose(visit="v1")), ["sent=choose"]),
        (Send(End(visit="v1")), ["sent=end"]),
        (Send(Health(faults=["CAM-01", "MIC-02"])), ["sent=health faults=CAM-01,MIC-02"]),
    ],
)
def test_what_is_said_about_an_action(action: Action, lines: list[str]) -> None:
    assert list(narration.of_action(action)) == lines


def test_actions_do_not_show_secrets() -> None:
    assert repr(Send(SignIn(inmate_number="48", pin="9753"))) == "Send(<sign-in>)"
    assert repr(Tell(Volume(level=3))) == "Tell(Volume)"


def test_a_screen_is_said_once_and_the_end_with_its_reason() -> None:
    bench = Bench().ready()
    idle = bench.view
    assert list(narration.of_view(None, idle)) == ["screen=idle visit=- status=- sheet=- faults=-"]
    bench.wait(2)
    assert list(narration.of_view(idle, bench.view)) == []
    bench.push(seat(visit(Status.IN_VISIT)))
    begun = bench.view
    ended = visit(
        Status.ENDED,
        used_s=61.25,
        ended_at=ENDS_AT,
        ended_by=By.INMATE,
        end_reason=EndReason.RED_X,
    )
    bench.push(seat(ended))
    assert list(narration.of_view(begun, bench.view)) == [
        "screen=ended visit=v1 status=ended sheet=- faults=-",
        "ended visit=v1 by=inmate reason=red-x used_s=61.2 lost_s=0.0 added_s=0.0",
    ]
