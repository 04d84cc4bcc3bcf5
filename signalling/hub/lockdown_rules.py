"""Pure: which housing units are locked down, and what that means for a visit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from signalling.errors import UserError
from signalling.hub.live import Live
from signalling.hub.staff_records import Lockdown
from signalling.visit_events import Paused, Unpaused


def require_no_lockdown(lockdown: Lockdown | None) -> None:
    """Nobody signs in for a visit, or begins one, in a lockdown.

    Raises:
        UserError: `lockdown` with the `reason`.
    """
    if lockdown is not None:
        raise UserError("lockdown", reason=lockdown.reason)


class Locked:
    """The lockdowns that go on. A visit lies in one by where its inmate lives, or sits now."""

    def __init__(self) -> None:
        self._lockdowns: tuple[Lockdown, ...] = ()
        self._unit_of_terminal: Mapping[str, str] = {}

    def read(self, lockdowns: Iterable[Lockdown], unit_of_terminal: Mapping[str, str]) -> None:
        """Take what the store has."""
        self._lockdowns = tuple(sorted(lockdowns, key=lambda each: each.started_at))
        self._unit_of_terminal = unit_of_terminal

    def over(self, facility: str, *units: str) -> Lockdown | None:
        """Return the oldest lockdown of a facility or of one of its units."""
        here = (each for each in self._lockdowns if each.facility == facility)
        return next((each for each in here if not each.unit or each.unit in units), None)

    def over_visit(self, live: Live) -> Lockdown | None:
        """Return the oldest lockdown that a visit lies in."""
        if not self._lockdowns:
            return None
        sits_in = self._unit_of_terminal.get(live.visit.terminal or "", "")
        return self.over(live.visit.booked.facility, live.unit, sits_in)

    def due(self, live: Live) -> Paused | Unpaused | None:
        """Return what is to be recorded so that the visit is held by lockdowns, or no more.

        What staff paused by itself stays paused when a lockdown ends.
        """
        visit, over = live.visit, self.over_visit(live)
        if visit.begun_at is None or visit.ended is not None:
            return None
        if over is not None and visit.pause is None:
            return Paused(over.started_by, over.reason, over.id)
        if over is None and visit.pause is not None and visit.pause.lockdown:
            return Unpaused("lockdown")
        return None
