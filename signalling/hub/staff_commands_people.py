"""Pure: the staff commands that look at one person, and give an inmate a new PIN."""

from __future__ import annotations

from signalling.hub.staff_command import Command


class InmateShow(Command, frozen=True, tag="inmate show"):
    number: str
    facility: str | None = None


class InmatePin(Command, frozen=True, tag="inmate pin"):
    """Answered by the new PIN."""

    number: str
    facility: str | None = None


class VisitorShow(Command, frozen=True, tag="visitor show"):
    email: str


class VisitorRelease(Command, frozen=True, tag="visitor release"):
    """Let a visitor who tried too often try again."""

    email: str


PeopleCommand = InmateShow | InmatePin | VisitorShow | VisitorRelease
