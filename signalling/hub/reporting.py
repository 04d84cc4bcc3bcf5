"""Pure: from visits' logs to what became of them, and sums of that by day, unit, terminal, cause.

Seconds are counted as the log counts them (`signalling.visit`) and rounded once, in the sums.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

from signalling.hub.scheduling import zone
from signalling.visit import Visit, book
from signalling.visit_events import By, EndReason, Event

Kind = Literal["visits", "minutes", "lost"]
Key = Literal["day", "facility", "unit", "terminal", "cause"]
Row = dict[str, Any]

PAUSED: Final = "paused by staff"
NOWHERE: Final = "-"
"""Of no unit, or before anybody had signed in at a terminal."""


@dataclass(frozen=True, slots=True)
class Lost:
    """One time without a visit."""

    cause: str
    """Whose side and why, such as "visitor link"."""
    terminal: str
    from_at: float
    until_at: float

    @property
    def seconds(self) -> float:
        """How long it was."""
        return self.until_at - self.from_at


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one visit."""

    day: str
    facility: str
    unit: str
    terminal: str
    """Where the inmate signed in last."""
    booked_s: float
    became: str
    """`held`, `nobody_came`, `cancelled_by_visitor`, `cancelled_by_staff` or `open`."""
    used_s: float = 0.0
    added_s: float = 0.0
    lost: tuple[Lost, ...] = ()


def outcome(events: Iterable[Event], unit: str, time_zone: str, now: float) -> Outcome:
    """Fold a visit's log into what became of it until `now`."""
    visit: Visit | None = None
    terminal = ""
    lost: list[Lost] = []
    for event in events:
        after = book(event) if visit is None else visit.append(event)
        if visit is not None:
            _lost(lost, visit, after.counted_until, terminal)
        visit, terminal = after, after.terminal or terminal
    assert visit is not None
    at = visit.at(max(now, visit.last_recorded_at))
    if visit.ended is None:
        _lost(lost, visit, at.ended_at or at.now, terminal)
    starts = datetime.fromtimestamp(visit.booked.starts_at, UTC).astimezone(zone(time_zone))
    return Outcome(
        day=starts.date().isoformat(),
        facility=visit.booked.facility,
        unit=unit or NOWHERE,
        terminal=terminal or NOWHERE,
        booked_s=visit.booked.ends_at - visit.booked.starts_at,
        became=_became(visit, at.end_reason, at.ended_by),
        used_s=at.used_s,
        added_s=at.added_s,
        lost=tuple(lost),
    )


def _lost(lost: list[Lost], before: Visit, until: float, terminal: str) -> None:
    """Note what the time from the last change until then was lost to, if it was."""
    from_at = before.counted_until
    if before.begun_at is None or until <= from_at:
        return
    breaks = before.open_breaks()
    if before.paused:
        cause = PAUSED
    elif breaks:
        cause = f"{breaks[0].side} {breaks[0].cause}"
    else:
        return
    last = lost[-1] if lost else None
    if last and (last.cause, last.terminal, last.until_at) == (cause, terminal or NOWHERE, from_at):
        from_at = lost.pop().from_at  # something else happened in it
    lost.append(Lost(cause, terminal or NOWHERE, from_at, until))


def _became(visit: Visit, reason: EndReason | None, by: By | None) -> str:
    if visit.begun_at is not None:
        return "held"
    if reason is None:
        return "open"
    if reason is EndReason.NOBODY_CAME:
        return "nobody_came"
    return "cancelled_by_staff" if by is By.STAFF else "cancelled_by_visitor"


# -- sums -------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Sum:
    """Numbers by column; minutes are seconds until the end."""

    values: dict[str, float] = field(default_factory=dict)

    def add(self, column: str, value: float) -> None:
        self.values[column] = self.values.get(column, 0.0) + value


VISITS: Final = (
    "booked",
    "held",
    "nobody_came",
    "cancelled_by_visitor",
    "cancelled_by_staff",
    "open",
)
MINUTES: Final = ("held", "booked_min", "used_min", "lost_min", "paused_min", "added_min")
LOST: Final = ("times", "lost_min")
COLUMNS: Final[dict[Kind, tuple[str, ...]]] = {"visits": VISITS, "minutes": MINUTES, "lost": LOST}
KEYS: Final[dict[Kind, tuple[Key, ...]]] = {
    "visits": ("day", "facility", "unit", "terminal"),
    "minutes": ("day", "facility", "unit", "terminal"),
    "lost": ("cause", "terminal", "day", "facility", "unit"),
}
"""What each kind can be summed by; the first is the default."""


class Report:
    """Takes outcomes one by one; holds sums only, however long the time is."""

    def __init__(self, kind: Kind, by: Key) -> None:
        self._kind: Kind = kind
        self._by: Key = by
        self._sums: dict[str, _Sum] = {}
        self._total = _Sum()

    def take(self, each: Outcome) -> None:
        """Count one visit."""
        counts: dict[Kind, Callable[[Outcome], None]] = {
            "visits": self._visit,
            "minutes": self._minutes,
            "lost": self._losses,
        }
        counts[self._kind](each)

    def _add(self, key: str, column: str, value: float) -> None:
        self._sums.setdefault(key, _Sum()).add(column, value)
        self._total.add(column, value)

    def _key(self, each: Outcome) -> str:
        return str(getattr(each, self._by))

    def _visit(self, each: Outcome) -> None:
        self._add(self._key(each), "booked", 1)
        self._add(self._key(each), each.became, 1)

    def _minutes(self, each: Outcome) -> None:
        if each.became != "held":
            return
        paused = sum(lost.seconds for lost in each.lost if lost.cause == PAUSED)
        lost = sum(lost.seconds for lost in each.lost) - paused
        values = (1.0, each.booked_s, each.used_s, lost, paused, each.added_s)
        for column, value in zip(MINUTES, values, strict=True):
            self._add(self._key(each), column, value)

    def _losses(self, each: Outcome) -> None:
        for lost in each.lost:
            of_loss = {"cause": lost.cause, "terminal": lost.terminal}
            key = of_loss.get(self._by) or self._key(each)
            self._add(key, "times", 1)
            self._add(key, "lost_min", lost.seconds)

    def rows(self) -> list[Row]:
        """A row a day (or unit, terminal, cause), in order."""
        return [{self._by: key, **self._numbers(each)} for key, each in sorted(self._sums.items())]

    def total(self) -> Row:
        """All of them in one."""
        return self._numbers(self._total)

    def _numbers(self, sums: _Sum) -> Row:
        return {
            column: round(value / 60, 1) if column.endswith("_min") else round(value)
            for column in COLUMNS[self._kind]
            for value in (sums.values.get(column, 0.0),)
        }


def columns_of(kind: Kind, by: Key) -> Sequence[str]:
    """Return the heading of a report."""
    return (by, *COLUMNS[kind])
