"""Pure: how long what was sent took to arrive."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter


@dataclass(slots=True)
class Samples:
    """Messages under way by a key of their own, and the times of those that arrived, in ms."""

    under_way: dict[str, float] = field(default_factory=dict)
    took_ms: list[float] = field(default_factory=list)

    def left(self, key: str) -> None:
        """A message is sent now."""
        self.under_way[key] = perf_counter()

    def arrived(self, key: str) -> None:
        """It is here; said again, it counts once."""
        at = self.under_way.pop(key, None)
        if at is not None:
            self.took_ms.append((perf_counter() - at) * 1000)

    def take(self) -> list[float]:
        """Return what arrived since the last time."""
        taken, self.took_ms = self.took_ms, []
        return taken


def share(samples: list[float], percent: float) -> float:
    """Return the value that `percent` of the samples do not exceed. Raises ValueError for none."""
    if not samples:
        raise ValueError("nothing was measured")
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
