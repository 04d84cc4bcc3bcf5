"""How much load: the whole measure, and a short form for CI."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Size:
    """Terminals and pages are half of `clients` each."""

    clients: int
    starting: int
    """Visits that start within `window_s`, evenly spread."""
    window_s: float
    pending: int
    """Visits that become Pending in one second."""
    alone: int
    """Offers one after the other, by eight pairs, while nothing else happens."""
    idle_s: float
    writes: int
    """Events by each of 16 writers."""
    pending_after_s: float
    """From the restart of the hub: long enough for all to be back."""
    timers: int
    """Visits that become pending, and as many that end, while a hub takes over from another."""


FULL: Final = Size(
    clients=10_000,
    starting=1000,
    window_s=60.0,
    pending=2000,
    alone=20_000,
    idle_s=10.0,
    writes=1500,
    pending_after_s=60.0,
    timers=100,
)
SHORT: Final = Size(
    clients=1000,
    starting=100,
    window_s=6.0,
    pending=200,
    alone=4000,
    idle_s=3.0,
    writes=300,
    pending_after_s=15.0,
    timers=40,
)
FACILITIES: Final = 50
"""What the terminals are spread over: a hundred in each, in the whole measure."""
PAIRS: Final = 8
PACE_S: Final = 0.005
"""Between two offers, where delay is measured of hubs that are not busy."""
SDP_BYTES: Final = 1400
CANDIDATES: Final = 3
"""Of each side, after its description."""
