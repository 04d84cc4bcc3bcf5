"""Pure: what became of a visit, folded from its log in whole seconds that add up.

Every instant is rounded to a whole second first, and every length is the distance of two such
instants. So `used_s + lost_s + paused_s` is the time from begin to end to the second, the losses
add up to `lost_s`, and `ends_at` is `booked_end + added_s`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from signalling.visit import GIVEN_BACK, MAX_EVENTS, Visit, book
from signalling.visit_events import By, Cause, EndReason, Event, Extended, Side

LEAST_EXTENSION_S: Final = 1.0
"""Less lost time than this waits until more is owed: each extension is an event."""
LOST_TIME: Final = "lost-time"

NotAdded = Literal["", "limit", "next-visit", "held-to-the-end", "ended-early", "too-short"]
"""Why time that the rules give back was not added: the facility's limit; somebody's next visit;
the visit was held until its end; a person ended it first; less than a whole second."""


class NotEnded(Exception):
    """The log has no end yet, so there is nothing final to say."""


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """One time without a visit. `by_rule`: the rules give it back, for it was nobody's choice."""

    from_at: int
    until_at: int
    lost_s: int
    side: Side
    cause: Cause
    by_rule: bool


class Addition(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds that were added to the end."""

    added_at: int
    added_s: int
    reason: str


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """How a visit used its time. Instants are whole seconds since the epoch (UTC)."""

    visit: str
    private: bool
    booked_start: int
    booked_end: int
    ends_at: int
    begun_at: int | None
    ended_at: int
    ended_by: By
    end_reason: EndReason
    used_s: int
    lost_s: int
    paused_s: int
    losses: tuple[Loss, ...]
    additions: tuple[Addition, ...]
    added_s: int
    not_added_s: int
    not_added_why: NotAdded

    @property
    def lost_by(self) -> dict[Side, int]:
        """Lost seconds by side."""
        sides = dict.fromkeys(each.side for each in self.losses)
        return {
            side: sum(each.lost_s for each in self.losses if each.side is side) for side in sides
        }


@dataclass(frozen=True, slots=True)
class _Span:
    """A time under one mode: `held` by a side and a cause, paused (None and not used) or used."""

    from_at: int
    until_at: int
    held: tuple[Side, Cause] | None
    used: bool


@dataclass(frozen=True, slots=True)
class GiveBack:
    """The most that is added to a visit's end, in seconds, as in hub.toml."""

    max_s: float
    """For time lost to a fault."""
    pause_max_s: float
    """For time in which staff held the visit, besides."""

    def most_s(self, paused_s: float) -> float:
        """Return the most for a visit that was held for so long."""
        return self.max_s + min(paused_s, self.pause_max_s)


def receipt_of(events: Iterable[Event], limits: GiveBack) -> Receipt:
    """Return the receipt of an ended visit.

    Raises:
        NotEnded: its log has no end. IllegalEvent: the log breaks a rule.
    """
    visit: Visit | None = None
    spans: list[_Span] = []
    additions: list[Addition] = []
    for event in events:
        if visit is None:
            visit = book(event)
            continue
        after = visit.append(event)
        spans += _passed(visit, after)
        if isinstance(event.what, Extended):
            additions.append(
                Addition(
                    added_at=round(event.happened_at),
                    added_s=round(after.ends_at) - round(visit.ends_at),
                    reason=event.what.reason,
                )
            )
        visit = after
    if visit is None or visit.ended is None or visit.ended_at is None:
        raise NotEnded
    return _made(visit, spans, additions, limits)


def _passed(before: Visit, after: Visit) -> list[_Span]:
    """Return the time that the step from one to the other accounted for, if any."""
    from_at, until_at = round(before.counted_until), round(after.counted_until)
    if before.begun_at is None or until_at <= from_at:
        return []
    if before.paused:
        return [_Span(from_at, until_at, None, used=False)]
    breaks = before.at(max(before.last_recorded_at, before.counted_until)).breaks
    held = (breaks[0].side, breaks[0].cause) if breaks else None
    return [_Span(from_at, until_at, held, used=not breaks)]


def _made(visit: Visit, spans: list[_Span], additions: list[Addition], limits: GiveBack) -> Receipt:
    assert visit.ended is not None and visit.ended_at is not None
    losses = _losses(spans)
    added_s = sum(each.added_s for each in additions)
    paused_s = sum(
        each.until_at - each.from_at for each in spans if not each.used and each.held is None
    )
    due_s = paused_s + sum(each.lost_s for each in losses if each.by_rule)
    not_added_s = max(0, due_s - added_s)
    return Receipt(
        visit=visit.id,
        private=visit.private,
        booked_start=round(visit.booked.starts_at),
        booked_end=round(visit.booked.ends_at),
        ends_at=round(visit.ends_at),
        begun_at=None if visit.begun_at is None else round(visit.begun_at),
        ended_at=max(round(visit.ended_at), round(visit.counted_until)),
        ended_by=visit.ended.by,
        end_reason=visit.ended.reason,
        used_s=sum(each.until_at - each.from_at for each in spans if each.used),
        lost_s=sum(each.lost_s for each in losses),
        paused_s=paused_s,
        losses=losses,
        additions=tuple(additions),
        added_s=added_s,
        not_added_s=not_added_s,
        not_added_why=_why_not(visit, limits) if not_added_s else "",
    )


def _losses(spans: list[_Span]) -> tuple[Loss, ...]:
    """Return the losses; what directly follows under the same cause is one loss."""
    losses: list[Loss] = []
    for each in spans:
        if each.held is None:
            continue
        side, cause = each.held
        from_at = each.from_at
        last = losses[-1] if losses else None
        if last and (last.side, last.cause, last.until_at) == (side, cause, from_at):
            losses.pop()
            from_at = last.from_at
        losses.append(
            Loss(
                from_at=from_at,
                until_at=each.until_at,
                lost_s=each.until_at - from_at,
                side=side,
                cause=cause,
                by_rule=cause in GIVEN_BACK,
            )
        )
    return tuple(losses)


def _why_not(visit: Visit, limits: GiveBack) -> NotAdded:
    assert visit.ended is not None
    if visit.owed_s < LEAST_EXTENSION_S:
        return "too-short"
    most_s = limits.most_s(visit.paused_s)
    if visit.added_s > most_s - LEAST_EXTENSION_S or visit.length > MAX_EVENTS:
        return "limit"
    if visit.ended.reason is not EndReason.EXPIRED:
        return "ended-early"
    if visit.paused:
        return "next-visit"  # a pause moves the end on as long as nobody's visit is in the way
    if visit.breaks or not visit.signed_in:
        return "held-to-the-end"
    return "next-visit"
