"""What a technician does at the terminal, and what follows from it. Pure.

```mermaid
stateDiagram-v2
    [*] --> nobody
    nobody --> pin: the number or the code is held, nobody is signed in
    pin --> nobody: back, 30 s, an inmate is seated
    pin --> at_work: the PIN is right
    at_work --> nobody: back, 5 min, an inmate is seated, restart
```
"""

from __future__ import annotations

from kiosk import device_rows
from kiosk.actions import Action, Keep, ReadHealth, Restart, Send
from kiosk.standing import Standing
from kiosk.technician_lock import FILE
from kiosk.view import (
    AskRestart,
    AskTechnician,
    Back,
    Intent,
    Key,
    RunSelfTest,
    ScreenName,
    SendReport,
    ShowDevice,
)
from signalling.messages import Ping


def asked(s: Standing) -> None:
    """Somebody held the terminal's number or its fault's code."""
    below = s.screen_below()
    # A fault covers a sign-in that nobody can go on with, and each try here would keep it.
    covered = below is ScreenName.SIGN_IN and s.screen is ScreenName.OUT_OF_ORDER
    if s.technician.lock.has_pin and s.desk.seat is None and (below is ScreenName.IDLE or covered):
        s.pad = None
        s.technician.come()


def pressed(s: Standing, intent: Intent, now: float) -> list[Action]:
    """Take a press on one of the technician's screens."""
    technician = s.technician
    match intent:
        case Key(key=key) if technician.pad is not None:
            return _typed(s, technician.pad.key(key), now)
        case Key(key=key):
            technician.key = key
        case Back() if technician.row is not None:
            technician.row = None
        case Back():
            technician.leave()
        case ShowDevice(device=device) if technician.works and device in device_rows.PREFIXES:
            technician.row = device
        case RunSelfTest() if technician.works:
            s.proving.ask(now)
        case SendReport() if technician.works:
            return _send_report(s, now)
        case AskRestart() if technician.works:
            s.patience.ask("confirm-restart", now)
        case AskTechnician():
            pass  # it is they
    return []


def _typed(s: Standing, pin: str | None, now: float) -> list[Action]:
    technician = s.technician
    if pin is None or technician.pad is None:
        return []
    before = technician.lock.encode()
    if technician.lock.opens(pin, now, s.clock.at(now)):
        technician.begin()
    else:
        technician.pad.was_wrong = True
    kept = technician.lock.encode()
    return [Keep(FILE, kept)] if kept != before else []


def _send_report(s: Standing, now: float) -> list[Action]:
    if not s.linked:
        s.technician.report = "not-connected"
        return []
    report = device_rows.report(s.seen(), s.technician, s.history)
    s.technician.report_sent(now)
    return [Send(report), Send(Ping(sent=now))]


def restart(s: Standing) -> list[Action]:
    """Restarting was confirmed."""
    s.technician.leave()
    return [Restart()]


def tick(s: Standing, now: float) -> list[Action]:
    """Measure again while a technician is at work; nobody is when an inmate is seated here."""
    technician = s.technician
    if technician.is_here and (s.desk.seat is not None or s.desk.finished is not None):
        technician.leave()
    technician.tick(now)
    actions: list[Action] = []
    if s.linked and technician.ping_due(now):
        actions.append(Send(Ping(sent=now)))
    if technician.health_due(now):
        actions.append(ReadHealth())
    return actions
