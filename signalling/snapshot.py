"""A visit at one moment, as `signalling.visit` folds it from its log. Pure.

All times are seconds since the Unix epoch (UTC).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from signalling.visit_events import By, Cause, EndReason, Side


class Status(StrEnum):
    """What a visit is now, in the words of the help page."""

    SCHEDULED = "scheduled"
    PENDING = "pending"
    READY = "ready"
    IN_VISIT = "in-visit"
    INTERRUPTED = "interrupted"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Break:
    """One open reason why a visit is held."""

    side: Side
    cause: Cause
    since: float

    @property
    def given_back(self) -> bool:
        """Whether time lost to this is added to the end (a choice of a person is not)."""
        return self.cause in GIVEN_BACK


@dataclass(frozen=True, slots=True)
class Pause:
    """Staff hold the visit since then; both sides read the reason. All its time is given back."""

    since: float
    reason: str
    lockdown: str = ""
    """The id of the lockdown that it is part of; empty: of this visit alone."""


GIVEN_BACK: Final = frozenset({Cause.LINK, Cause.MEDIA})


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A visit at one moment: what every screen and the receipt are made of."""

    status: Status
    now: float
    starts_at: float
    ends_at: float
    used_s: float
    lost_s: float
    lost_by: dict[Side, float]
    owed_s: float
    """Lost seconds that are given back by rule and not yet added to the end."""
    added_s: float
    breaks: tuple[Break, ...]
    pause: Pause | None
    paused_s: float
    """Seconds that staff held it, so far."""
    begun_at: float | None
    ended_at: float | None
    ended_by: By | None
    end_reason: EndReason | None

    @property
    def paused(self) -> bool:
        """Whether staff hold the visit."""
        return self.pause is not None

    @property
    def left_s(self) -> float:
        """Seconds until the visit ends by the clock; 0 when ended."""
        return 0.0 if self.status is Status.ENDED else max(0.0, self.ends_at - self.now)
