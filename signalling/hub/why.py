"""Pure: what a visit waits for, said to its visitors as one honest reason."""

from __future__ import annotations

from dataclasses import dataclass

from signalling.booking_messages import Why
from signalling.visit import Status, Visit


@dataclass(frozen=True, slots=True)
class Around:
    """What the hub knows beside the visit's own log."""

    elsewhere: bool = False
    """The inmate is in a visit with somebody else now."""
    linked: bool | None = None
    """Whether the link of the terminal where the inmate sits, or sat last, is up; None: nowhere."""
    locked_down: bool = False
    """Whether a lockdown keeps the visit from beginning."""
    faulty: bool = False
    """Whether that terminal reports faults."""


def why(visit: Visit, now: float, around: Around) -> Why:
    """Return what the visit waits for at `now`; empty while that is only its start, or nothing."""
    status = visit.status(max(now, visit.last_recorded_at))
    if status is Status.ENDED or status is Status.IN_VISIT:
        return ""
    if visit.begun_at is not None:
        return "paused" if visit.paused else _terminal(around) if visit.signed_in else ""
    if status is Status.SCHEDULED and now < visit.booked.sign_in_from:
        return ""
    if around.locked_down:
        return "lockdown"
    if not visit.signed_in and around.elsewhere:
        return "in-another-visit"
    waits = _terminal(around)
    if waits:
        return waits
    if not visit.signed_in:
        return "not-signed-in"
    return "ready" if status is Status.READY else ""


def _terminal(around: Around) -> Why:
    # A terminal that is away says nothing new of its faults.
    if around.linked is False:
        return "terminal-away"
    return "terminal-fault" if around.faulty else ""
