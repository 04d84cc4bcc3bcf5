"""What staff keep, as the rest of the hub sees it: lockdowns, blackouts, logs by time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from signalling.hub.staff_records import Blackout, Lockdown, VisitLog
from signalling.hub.store.records import Approval, Inmate, RosterPlan


class LockdownStore(Protocol):
    """Units in which no visit goes on."""

    async def start(self, lockdown: Lockdown) -> None:
        """Keep that one goes on. Raises Duplicate when that unit, or facility, has one already."""

    async def end(self, lockdown: str, by: str) -> bool:
        """Keep that it is over; False when none with this id goes on."""

    async def all(self, *, ended_too: bool) -> list[Lockdown]:
        """Those that go on, or all, the newest first."""


class BlackoutStore(Protocol):
    """Times in which nothing can be booked, beside those of hub.toml."""

    async def add(self, blackout: Blackout) -> None: ...

    async def remove(self, blackout: str) -> Blackout | None:
        """Forget one; None when there is none with this id."""

    async def all(self, until_after: float) -> Sequence[Blackout]:
        """Those that are not over at a time, by their begin."""


class PeriodStore(Protocol):
    """Visits by when they were booked for."""

    async def count(self, facility: str, from_at: float, until_at: float) -> int:
        """How many visits of a facility start in a time."""

    async def logs(
        self, facility: str, from_at: float, until_at: float, after: tuple[float, str], limit: int
    ) -> list[VisitLog]:
        """The next of them by start and id, after one that was read; at most `limit`."""


class RosterStore(Protocol):
    """The jail's list of inmates, taken over as a whole."""

    async def apply_roster(self, plan: RosterPlan) -> list[str]:
        """Do all of a plan, or raise Duplicate; return visitors whose approvals ended.

        The audit is told of each inmate, and that `who` did it with which file.
        """

    async def set_pin(self, inmate: Inmate, mac: bytes) -> None:
        """Keep a PIN instead of the one before; wrong ones that were counted are forgotten."""

    async def without_pin(self) -> frozenset[str]:
        """Ids of inmates whose PIN ended when they left."""

    async def approved(self, inmate: str) -> list[Approval]:
        """Who may visit an inmate, or might: those that lapsed are among them."""


class FaultStore(Protocol):
    """The faults that terminals reported last: known of those too that are away."""

    async def keep(self, terminal: str, faults: Sequence[str]) -> None: ...

    async def all(self) -> dict[str, list[str]]:
        """By terminal."""
