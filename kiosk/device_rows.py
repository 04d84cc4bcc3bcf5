"""What a technician reads of each device, on the screen and in the report to the hub. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec

from config.schema import NONE, SIMULATED
from kiosk.fault_history import FaultHistory, PastFault, plain
from kiosk.media.commands import Finding
from kiosk.technician import MachineHealth, Technician
from kiosk.view import DeviceRow
from signalling.device_report import (
    MAX_DETAIL,
    MAX_FACT,
    MAX_FACTS,
    MAX_INSTANT,
    MAX_MEASURED,
    MAX_PAST,
    DeviceReport,
    DeviceState,
    Fact,
    PastFaultView,
)

PREFIXES: Final[Mapping[str, tuple[str, ...]]] = {
    "camera": ("CAM",),
    "microphone": ("MIC",),
    "earpiece": ("EAR",),
    "hook": ("HOOK",),
    "keypad": ("KEY",),
    "screen": ("SCR",),
    "hub": ("HUB", "NET"),
    "program": ("APP",),
}
"""The rows from top to bottom, and how the codes of their faults begin."""
TESTED: Final = ("camera", "microphone", "earpiece")
CONFIGURED: Final = (*TESTED, "hook", "keypad")
"""Those that terminal.toml has a word for."""
REPORTED: Final = {"none": "unknown"}
"""States that the wire has no word for: of what is not to be there nothing is known."""
GIB: Final = 1 << 30


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of the devices now."""

    faults: tuple[str, ...]
    findings: Mapping[str, Finding]
    found_at: Mapping[str, float]
    testing: bool
    handset_up: bool
    linked: bool
    media_open: bool
    details: Mapping[str, str] = field(default_factory=dict)
    """What is known of a fault, in words, by its code."""


def rows(seen: Seen, technician: Technician) -> tuple[DeviceRow, ...]:
    """Return one row for each device."""
    return tuple(_row(device, seen, technician) for device in PREFIXES)


def of_device(device: str, code: str) -> bool:
    """Return whether a fault's code is that device's."""
    return code.partition("-")[0] in PREFIXES[device]


def past_of(device: str | None, history: FaultHistory) -> tuple[PastFault, ...]:
    """Return the device's faults, the newest first; none of no device."""
    if device is None:
        return ()
    return tuple(each for each in history.newest_first if of_device(device, each.code))


def _row(device: str, seen: Seen, technician: Technician) -> DeviceRow:
    finding = _finding(device, seen)
    code = next((each for each in seen.faults if of_device(device, each)), "")
    if device == "keypad":
        code = technician.keypad[0]
    detail, fix = _words(device, code, finding, seen, technician)
    return DeviceRow(
        device=device,
        state=_state(device, code, finding, seen, technician),
        measured=_measured(device, seen, technician),
        code=code,
        detail=detail,
        fix=fix,
        tested_at=seen.found_at.get(device),
        simulated=device in CONFIGURED and technician.word(device) == SIMULATED,
    )


def _words(
    device: str, code: str, finding: Finding | None, seen: Seen, technician: Technician
) -> tuple[str, str]:
    """Return what is the matter and what to do: the fault's own words before older ones."""
    said = seen.details.get(code, "")
    if device == "keypad":
        said = technician.keypad[1]
    elif device == "hub" and not seen.linked:
        said = said or technician.link_down
    if said and (finding is None or finding.code != code):
        return said, ""
    if finding is not None:
        return finding.detail, finding.fix
    complaints = _complaints(device, technician)
    return "".join(complaints[:1]), ". ".join(complaints[1:])


def _finding(device: str, seen: Seen) -> Finding | None:
    """The device's, and with the earpiece's that of the way from it to the microphone."""
    finding, loop = seen.findings.get(device), seen.findings.get("loop")
    if device != "earpiece" or finding is None or loop is None:
        return finding
    if not (finding.passed and loop.passed):
        return finding if not finding.passed else loop
    return msgspec.structs.replace(
        finding, detail=f"{finding.detail}; {loop.detail}", fix=finding.fix or loop.fix
    )


def _complaints(device: str, technician: Technician) -> tuple[str, ...]:
    """What is wrong with the screen, or with the machine that the program runs on, in words."""
    if device == "screen":
        return tuple(filter(None, (technician.screen.complaint,)))
    if device == "program" and technician.health is not None:
        return tuple(each[:1].upper() + each[1:] for each in technician.health.complaints())
    return ()


def _state(
    device: str, code: str, finding: Finding | None, seen: Seen, technician: Technician
) -> str:
    if device in TESTED and seen.testing:
        return "testing"
    # A fault that was mended since takes the judgement with it that found it.
    stands = finding is not None and (not finding.code or finding.code in seen.faults)
    failed = finding is not None and not finding.passed and stands
    dark = device == "screen" and technician.health is not None and technician.health.backlight == 0
    complains = bool(_complaints(device, technician))
    if device in CONFIGURED and technician.word(device) == NONE:
        return "none"
    if code or failed or dark or complains or (device == "hub" and not seen.linked):
        return "fail"
    if device in TESTED:
        return "unknown" if finding is None else "pass"
    if device == "keypad":
        return "pass" if technician.key else "unknown"
    if device == "program":
        return "pass" if seen.media_open else "unknown"
    return "pass"


def _measured(device: str, seen: Seen, technician: Technician) -> str:
    opened = technician.opened
    match device:
        case "camera" if opened is not None and opened.width and seen.media_open:
            return f"{opened.width} x {opened.height}, {opened.fps} fps"
        case "microphone" if technician.dbfs is not None:
            return f"{technician.dbfs} dB"
        case "earpiece" if "earpiece" in seen.findings:
            return "tone-played"
        case "hook" | "keypad" if technician.word(device) == NONE:
            return f"no-{device}"
        case "hook":
            return "hook-up" if seen.handset_up else "hook-down"
        case "keypad":
            return technician.key or "press-a-key"
        case "screen":
            return _screen(technician)
        case "hub" if technician.round_trip_ms is not None:
            return f"{technician.round_trip_ms} ms"
        case "hub" if not seen.linked:
            return "not-connected"
        case "program" if _complaints(device, technician):
            return "needs-attention"
        case "program":
            return "media-runs" if seen.media_open else "media-stopped"
    return "no-measure"


def _screen(technician: Technician) -> str:
    """Size, driver and backlight, as far as they are known."""
    health, known = technician.health, [technician.screen.measured]
    if health is not None and health.backlight is not None:
        known.append(f"{round(health.backlight * 100)} %")
    return ", ".join(filter(None, known)) or "touched"


def facts(technician: Technician) -> tuple[tuple[str, str], ...]:
    """Return versions and the machine's health: name and value, neither in any language."""
    return (*technician.versions, *_health(technician.health))


def _health(health: MachineHealth | None) -> Iterator[tuple[str, str]]:
    if health is None:
        return
    if health.temperature_c is not None:
        yield "temperature", f"{health.temperature_c:.0f} °C"
    yield "disk", f"{health.disk_free_bytes / GIB:.1f} GiB"
    if health.clock_synchronised is not None:
        yield "clock", "synchronised" if health.clock_synchronised else "not-synchronised"
    for link in health.links:
        speed = f", {link.speed_mbps} Mbit/s" if link.up and link.speed_mbps else ""
        yield f"link {link.name}", ("up" if link.up else "down") + speed


def report(seen: Seen, technician: Technician, history: FaultHistory) -> DeviceReport:
    """Return what the hub is told: no longer than its message may be."""
    return DeviceReport(
        devices=[
            DeviceState(
                device=each.device,
                state=REPORTED.get(each.state, each.state),
                measured=plain(_in_words(each), MAX_MEASURED),
                code=each.code,
                detail=plain(". ".join(filter(None, (each.detail, each.fix))), MAX_DETAIL),
            )
            for each in rows(seen, technician)
        ],
        faults=[
            PastFaultView(
                code=each.code,
                since=_instant(each.since),
                mended_at=None if each.mended_at is None else _instant(each.mended_at),
                detail=plain(each.said, MAX_DETAIL),
            )
            for each in history.newest_first[:MAX_PAST]
        ],
        facts=[
            Fact(name=plain(name, MAX_FACT), value=plain(value, MAX_FACT))
            for name, value in facts(technician)
        ][:MAX_FACTS],
    )


def _in_words(row: DeviceRow) -> str:
    """What the screen has words for is plain enough in English: "tone-played"."""
    measured = row.measured
    words = measured.replace("-", " ") if measured[:1].isalpha() else measured
    return f"simulated: {words}" if row.simulated else words


def _instant(at: float) -> float:
    return min(max(0.0, at), MAX_INSTANT)  # a clock that was never set must not cost the link
