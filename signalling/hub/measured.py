"""The last second of a call as each end measured it: kept in memory, logged, never stored."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from signalling.messages import CallStats

log = logging.getLogger(__name__)

LOG_EVERY_S: Final = 1.0
"""In the long run a line is written so often at most for each end of a visit, whatever it sends."""


@dataclass(slots=True)
class _Last:
    stats: CallStats
    at: float
    log_from: float


class Measures:
    """What both ends of one visit said last. Times are seconds by the store's clock."""

    def __init__(self) -> None:
        self._last: dict[str, _Last] = {}

    def take(self, end: str, stats: CallStats, now: float) -> None:
        """Keep one second of `end` ("terminal" or "page"), and log it unless that is too often."""
        before = self._last.get(end)
        # Seconds of a sender's timer are never quite one: what came early is made up for by what
        # came late. A clock that was set back must not silence the log until it has caught up.
        due = min(before.log_from, now + LOG_EVERY_S) if before is not None else now
        self._last[end] = _Last(stats, now, due)
        if now >= due:
            self._last[end].log_from = max(due, now - LOG_EVERY_S) + LOG_EVERY_S
            log.info("call %s", _line(end, stats))

    def rows(self, now: float) -> list[dict[str, Any]]:
        """Return what was said last, one row an end; `age_s` is how long ago."""
        return [
            {"end": end, "age_s": round(max(0.0, now - last.at), 1), **_facts(last.stats)}
            for end, last in sorted(self._last.items())
        ]


def _facts(stats: CallStats) -> dict[str, Any]:
    facts = msgspec.structs.asdict(stats)
    del facts["visit"]
    # A browser's numbers have fifteen digits, of which the first few were measured.
    return {key: round(each, 1) if isinstance(each, float) else each for key, each in facts.items()}


def _line(end: str, stats: CallStats) -> str:
    said = " ".join(f"{key}={_text(value)}" for key, value in _facts(stats).items())
    return f"visit={stats.visit} end={end} {said}"


def _text(value: float | int | None) -> str:
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.1f}"
