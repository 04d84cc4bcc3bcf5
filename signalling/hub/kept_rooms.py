"""What a hub does about the facilities that it begins or ceases to keep."""

from __future__ import annotations

from signalling.hub.carrying import ELSEWHERE, RESTART, Carrier
from signalling.hub.lockdowns import Lockdowns
from signalling.hub.mirror import Mirror
from signalling.hub.seats import Seats
from signalling.hub.switchboard import Switchboard
from signalling.hub.visits import Visits


class KeptRooms:
    """`shared_keeping.Rooms`."""

    def __init__(  # noqa: PLR0917 - composition
        self,
        visits: Visits,
        seats: Seats,
        board: Switchboard,
        mirror: Mirror,
        carrier: Carrier,
        lockdowns: Lockdowns,
    ) -> None:
        self._visits = visits
        self._seats = seats
        self._board = board
        self._mirror = mirror
        self._carrier = carrier
        self._lockdowns = lockdowns

    async def take(self, facility: str) -> None:
        """Read all of a facility; this hub serves it next."""
        await self._mirror.read_again()
        self._visits.take(facility)
        await self._seats.take(facility)
        await self._lockdowns.take(facility)

    def open(self, facility: str) -> None:
        """The facility is served from now on: let time have its effects."""
        self._visits.settle_all(facility)

    def leave(self, facility: str) -> None:
        """Another hub serves it from now on: send its clients there."""
        for link in self._board.terminals.values():
            if link.terminal.facility == facility:
                link.client.close(RESTART, ELSEWHERE)
        for page in self._board.pages:
            if page.session is not None and page.session.facility == facility:
                page.client.close(RESTART, ELSEWHERE)
        self._visits.leave(facility)
        self._seats.leave(facility)

    def hub_gone(self, hub: str) -> None:
        """Another hub is gone: those of our clients whom it served come back.

        What it did last it may have said to nobody.
        """
        self._carrier.call_back(hub)
        self._mirror.look_again()
        self._lockdowns.look_again()

    def may_give(self, facility: str) -> bool:
        """Whether a facility may move to another hub now: nobody is in a visit or waits for one."""
        lives = (live.visit for live in self._visits.at(facility))
        in_visit = any(each.begun_at is not None and each.ended is None for each in lives)
        return not in_visit and not self._seats.taken(facility)
