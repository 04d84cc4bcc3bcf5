"""The terminal's log lines: what changed, key=value, one line each. Pure; never a secret.

End-to-end tests and staff read these lines: a key once written keeps its name and meaning.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from kiosk.actions import Action, Send, StartMedia, StopMedia, Tell
from kiosk.events import DevicePlugged, HookMoved, MediaDied
from kiosk.media.commands import (
    Connect,
    Connected,
    Drop,
    Finding,
    FirstPicture,
    Gate,
    Opened,
    SelfTest,
    Stats,
)
from kiosk.media.commands import Fault as MediaFault
from kiosk.media.commands import Receiving as MediaReceiving
from kiosk.view import ScreenName, View
from signalling.messages import Choose, DeviceReport, End, Health, Refused, SignIn, SignOut

NONE: Final = "-"


def of_view(before: View | None, now: View) -> Iterator[str]:
    """Yield what is to be said when the view changed."""
    if before is None or _place(before) != _place(now):
        visit = now.visit
        status = visit.status.value if visit else NONE
        yield (
            f"screen={now.screen.value} visit={visit.id if visit else NONE} status={status} "
            f"sheet={now.sheet.kind if now.sheet else NONE} faults={','.join(now.faults) or NONE}"
        )
    ended = now.screen is ScreenName.ENDED and now.visit is not None
    if ended and (before is None or before.screen is not ScreenName.ENDED):
        assert now.visit is not None
        visit = now.visit
        yield (
            f"ended visit={visit.id} by={visit.ended_by or NONE} reason={visit.end_reason or NONE} "
            f"used_s={visit.used_s:.1f} lost_s={visit.lost_s:.1f} added_s={visit.added_s:.1f}"
        )


def _place(view: View) -> tuple[object, ...]:
    visit = view.visit
    return (
        view.screen,
        visit.id if visit else None,
        visit.status if visit else None,
        view.sheet.kind if view.sheet else None,
        view.faults,
    )


def of_action(action: Action) -> Iterator[str]:
    """Yield what is to be said about an action."""
    match action:
        case StartMedia(visit=visit):
            yield f"media=start visit={visit or NONE}"
        case StopMedia():
            yield "media=stop"
        case Tell(command=SelfTest()):
            yield "media=self-test"
        case Tell(command=Gate(open=is_open)):
            yield f"gate={'open' if is_open else 'closed'}"
        case Tell(command=Connect(connection=connection)):
            yield f"connection={connection} state=connecting"
        case Tell(command=Drop(connection=connection)):
            yield f"connection={connection} state=dropped"
        case Send(message=SignIn() | SignOut() | Choose() | End() | DeviceReport() as message):
            yield f"sent={message.__struct_config__.tag}"
        case Send(message=Health(faults=faults)):
            yield f"sent=health faults={','.join(faults) or NONE}"


def of_event(event: object) -> Iterator[str]:
    """Yield what is to be said about something that happened."""
    match event:
        case MediaDied(reason=reason):
            yield f'media=died reason="{plain(reason)}"'
        case HookMoved(up=up):
            yield f"hook={'up' if up else 'down'}"
        case Opened(width=width, height=height, fps=fps):
            yield f"media=opened width={width} height={height} fps={fps}"
        case MediaFault(code=code, mended=mended, detail=detail):
            yield f'fault={code} mended={str(mended).lower()} detail="{plain(detail)}"'
        case Finding(device=device, passed=passed, code=code, detail=detail, proved=proved):
            told = f"finding={device} passed={str(passed).lower()} code={code or NONE}"
            doubt = "" if proved else " proved=false"
            yield f'{told}{doubt} detail="{plain(detail)}"'
        case DevicePlugged(kind=kind, here=here):
            yield f"device={kind} plugged={str(here).lower()}"
        case Connected(connection=connection, up=up):
            yield f"connection={connection} state={'up' if up else 'down'}"
        case MediaReceiving(connection=connection, flowing=flowing):
            yield f"connection={connection} receiving={str(flowing).lower()}"
        case Refused(about=about, code=code, facts=facts):
            told = " ".join(f"{key}={plain(str(value))}" for key, value in sorted(facts.items()))
            yield f"refused={plain(code)} about={plain(about)} {told}".rstrip()
        case FirstPicture(connection=connection, after_ms=after_ms):
            yield f"first-picture connection={connection} after_ms={after_ms:.0f}"
        case Stats():
            yield _stats(event)


def _stats(stats: Stats) -> str:
    rtt = NONE if stats.rtt_ms is None else f"{stats.rtt_ms:.0f}"
    heard_hz = NONE if stats.heard_hz is None else f"{stats.heard_hz:.0f}"
    return (
        f"media connection={stats.connection} fps_in={stats.fps_in:.1f} "
        f"width_in={stats.width_in} height_in={stats.height_in} fps_out={stats.fps_out:.1f} "
        f"kbps_in={stats.kbps_in:.0f} kbps_out={stats.kbps_out:.0f} rtt_ms={rtt} "
        f"lost_in={stats.lost_in} heard_dbfs={stats.heard_dbfs:.1f} heard_hz={heard_hz}"
    )


def plain(text: str) -> str:
    """One line, printable: a log line must not be forged by what a device or stranger says."""
    return "".join(each if each.isprintable() and each != '"' else " " for each in text)
