"""Pure: the staff commands that stop visits and let them go on."""

from __future__ import annotations

from signalling.hub.staff_command import Command, Reason, Unit


class LockdownStart(Command, frozen=True, tag="lockdown start"):
    """Without `unit` the whole facility."""

    facility: str
    reason: Reason
    unit: Unit = ""


class LockdownEnd(Command, frozen=True, tag="lockdown end"):
    """Names it by its id, or by its facility and unit."""

    lockdown: str | None = None
    facility: str | None = None
    unit: Unit = ""


class LockdownList(Command, frozen=True, tag="lockdown list"):
    """With `all` those that ended too."""

    all: bool = False


class VisitPause(Command, frozen=True, tag="visit pause"):
    """Hold one visit."""

    visit: str
    reason: Reason


class VisitResume(Command, frozen=True, tag="visit resume"):
    """Let a visit that was held alone go on."""

    visit: str


StoppingCommand = LockdownStart | LockdownEnd | LockdownList | VisitPause | VisitResume
