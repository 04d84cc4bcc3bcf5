"""Who sits here, and which visit is theirs now: the hub's seat, adopted whole. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from signalling.visit import Status
from signalling.visit_events import By, EndReason
from signalling.wire import Seat, VisitView


def visit_in(seat: Seat | None, visit: str | None) -> VisitView | None:
    """Return the visit of that id in the seat."""
    if seat is None or visit is None:
        return None
    return next((each for each in seat.visits if each.id == visit), None)


@dataclass(slots=True)
class Desk:
    """The seat and what the inmate still looks at.

    `finished` is an ended visit whose end is on the screen; it stays until the inmate goes on,
    even when the hub has cleared the seat meanwhile.
    """

    seat: Seat | None = None
    finished: VisitView | None = None
    leaving: bool = False
    """Signed out here, and the hub has not said so yet: an older seat must not come back."""
    _dismissed: str | None = None

    @property
    def visit(self) -> VisitView | None:
        """The visit that waits or runs here; None when none, or when it has ended."""
        if self.finished is not None:
            return None
        visit = visit_in(self.seat, self.seat.visit if self.seat else None)
        if visit is None or visit.status is Status.ENDED or visit.id == self._dismissed:
            return None
        return visit

    def adopt(self, seat: Seat | None) -> None:
        """Adopt what the hub pushed."""
        if self.leaving and seat is not None:
            return
        self.leaving = False
        before = self.visit or self.finished
        self.seat = seat
        for visit_id in (before.id if before else None, seat.visit if seat else None):
            visit = visit_in(seat, visit_id)
            if visit is not None:
                self._note_end(visit)

    def _note_end(self, visit: VisitView) -> None:
        if visit.status is not Status.ENDED:
            # If it ended here, then by the clock alone; the hub knows better.
            if self.finished is not None and self.finished.id == visit.id:
                self.finished = None
            if self._dismissed == visit.id:
                self._dismissed = None
        elif visit.id != self._dismissed and (
            self.finished is None or self.finished.id == visit.id
        ):
            self.finished = visit

    def end_by_clock(self, now: float) -> None:
        """The visit's time is over and no hub says anything: end it here, hub's time `now`."""
        visit = self.visit
        if visit is None:
            return
        came = visit.begun_at is not None
        self.finished = msgspec.structs.replace(
            visit,
            status=Status.ENDED,
            ended_at=min(now, visit.ends_at),
            ended_by=By.CLOCK,
            end_reason=EndReason.EXPIRED if came else EndReason.NOBODY_CAME,
            tracks_open=False,
            breaks=(),
        )

    def dismiss(self) -> None:
        """The inmate has seen the end."""
        if self.finished is not None:
            self._dismissed, self.finished = self.finished.id, None

    def leave(self) -> None:
        """Clear the seat at once; the hub is told and will follow."""
        self.leaving = self.seat is not None or self.leaving
        self.seat = None
        self.finished = None
        self._dismissed = None
