"""What is reported of the devices, by the media process and here, and what follows. Pure."""

from __future__ import annotations

from kiosk.actions import Action, Send
from kiosk.events import DeviceFault, DevicePlugged, HealthRead, KeypadState
from kiosk.media.commands import Fault, Finding, Level, Opened, Report, Stats
from kiosk.meters import call_stats
from kiosk.standing import Standing


def reported(s: Standing, report: Report, now: float) -> list[Action]:
    """Take one report at monotonic `now`."""
    match report:
        case Fault(code=code, mended=True):
            s.faults.mended(code)
        case Fault(code=code, detail=detail):
            s.faults.raised(code, s.clock.at(now), detail)
        case Finding():
            s.proving.found(report, s.faults, now, s.clock.at(now))
        case Opened():
            s.faults.media_opened(proves=s.proving.runs)
            s.technician.opened = report
        case Level(microphone_dbfs=dbfs):
            s.meter.heard(dbfs, now)
            s.technician.heard(dbfs)
        case Stats():
            return _measured(s, report)
    return s.call.report(report, s.wanted())


def noticed(
    s: Standing, event: DevicePlugged | HealthRead | DeviceFault | KeypadState, now: float
) -> None:
    """Take what this process itself saw of a device or of the machine, at monotonic `now`."""
    match event:
        case DevicePlugged():
            s.proving.plugged(now)
        case HealthRead(health=health):
            s.technician.health = health
        case DeviceFault(code=code, mended=True):
            s.faults.mended(code)
        case DeviceFault(code=code, detail=detail):
            s.faults.raised(code, s.clock.at(now), detail)
        case KeypadState(code=code, detail=detail):
            s.technician.keypad = (code, detail)


def _measured(s: Standing, stats: Stats) -> list[Action]:
    visit = s.desk.visit
    if visit is None or stats.connection != s.call.connection:
        return []
    if s.wanted().gate_open:
        s.quality.measured(stats, picture_wanted=visit.visitor_camera)
    else:
        s.quality.reset()
    if not s.fresh:
        return []
    return [Send(call_stats(visit.id, stats))]
