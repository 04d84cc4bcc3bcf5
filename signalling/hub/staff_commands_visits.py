"""Pure: the staff commands that stop visits and let them go on."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from signalling.hub.staff_command import Command, Reason, Unit
from signalling.visit import Status


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


class BlackoutAdd(Command, frozen=True, tag="blackout add"):
    """Days or hours without visits; `until` is left out where `start` is a whole day."""

    facility: str
    start: str
    reason: Reason
    until: str | None = None
    unit: Unit = ""
    cancel: bool = False


class BlackoutList(Command, frozen=True, tag="blackout list"):
    facility: str | None = None


class BlackoutRemove(Command, frozen=True, tag="blackout remove"):
    blackout: str


class BlackoutCancel(Command, frozen=True, tag="blackout cancel"):
    """Cancel the visits that are booked in it."""

    blackout: str


class VisitBook(Command, frozen=True, tag="visit book"):
    """With `anyway` in a blackout too."""

    inmate: str
    visitors: Annotated[tuple[str, ...], Meta(min_length=1, max_length=8)]
    start: str
    length_s: float
    facility: str | None = None
    anyway: bool = False


class VisitMove(Command, frozen=True, tag="visit move"):
    """Without `length_s` it stays as long as it was."""

    visit: str
    start: str
    length_s: float | None = None
    anyway: bool = False


class VisitList(Command, frozen=True, tag="visit list"):
    """Without days those that are open or ended in the last hours."""

    facility: str | None = None
    first: str | None = None
    last: str | None = None
    status: Status | None = None
    inmate: str | None = None
    visitor: str | None = None


class SlotsList(Command, frozen=True, tag="slots list"):
    """What staff could book for an inmate on a day; today when none is named."""

    inmate: str
    facility: str | None = None
    day: str | None = None
    visitors: Annotated[tuple[str, ...], Meta(max_length=8)] = ()


StoppingCommand = LockdownStart | LockdownEnd | LockdownList | VisitPause | VisitResume
BookingCommand = VisitBook | VisitMove | VisitList | SlotsList
BlackoutCommand = BlackoutAdd | BlackoutList | BlackoutRemove | BlackoutCancel
