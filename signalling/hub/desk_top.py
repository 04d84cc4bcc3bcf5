"""What `visit-hub top` asks: how the hub is at this moment."""

from __future__ import annotations

from typing import Any, Final

from signalling.hub import staff_commands as ask
from signalling.hub.levels import look
from signalling.hub.live import Live
from signalling.hub.metrics import memory_bytes
from signalling.hub.scheduling import wall_text
from signalling.hub.services import Services

WORST: Final = 10
"""Calls that are told of."""
MIB: Final = 1024 * 1024


class TopDesk:
    """One method per command, as `Desk`."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def hub_show(self, _command: ask.HubShow, _who: str) -> Any:
        """Levels of this moment, recent delays, and the calls that go worst."""
        services, metrics = self._services, self._services.metrics
        levels = await look(services)
        return {
            "hub": services.config.name,
            "state": services.lifetime.why_not() or "serving",
            "memory_mib": round(memory_bytes() / MIB),
            "connections": levels.connections,
            "terminals": levels.terminals,
            "visits": levels.visits,
            "log_ins_a_minute": metrics.log_ins_a_minute(),
            "lockdowns": await self._lockdowns(),
            "mails": levels.mails,
            "store_waiting": levels.store_waiting,
            "store_ms": metrics.store_ms(),
            "longest_pause_ms": round(metrics.pulse.worst_s() * 1000, 1),
            "calls": self._worst(),
        }

    async def _lockdowns(self) -> list[dict[str, Any]]:
        zones = {each.id: each.time_zone for each in self._services.config.facility}
        return [
            {
                "facility": each.facility,
                "unit": each.unit or None,
                "reason": each.reason,
                "started": wall_text(each.started_at, zones.get(each.facility, "UTC")),
                "started_by": each.started_by,
            }
            for each in await self._services.store.lockdowns.all(ended_too=False)
        ]

    def _worst(self) -> list[dict[str, Any]]:
        now = self._services.store.clock()
        rows = [row for live in self._going() for row in _rows(live, now)]
        return sorted(rows, key=badness, reverse=True)[:WORST]

    def _going(self) -> list[Live]:
        return [
            live
            for live in self._services.visits.some()
            if live.visit.begun_at is not None and live.visit.ended is None
        ]


def _rows(live: Live, now: float) -> list[dict[str, Any]]:
    return [{"visit": live.id, **row} for row in live.measures.rows(now)]


def badness(row: dict[str, Any]) -> float:
    """Return how bad a second of a call is: sound that was made up counts before all else.

    An end that has stopped telling is worse than any that still does.
    """
    rtt_ms = row["rtt_ms"] or 0.0
    silent_s = max(0.0, row["age_s"] - 3.0)
    gap_ms = float(row["longest_gap_ms"])
    return float(silent_s * 1000 + 5 * row["concealed_ms"] + gap_ms + rtt_ms)
