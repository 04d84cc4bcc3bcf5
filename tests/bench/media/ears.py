"""Mouth to ear, both ways, without sound cards: chirps at whole seconds of the wall clock.

Both sides chirp. What comes back is no echo to a canceller: its second is long over by then.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from tests.bench.media import samples
from tests.bench.media.browser import browser
from tests.bench.media.calls import Call, Chirps, Ours, Peers
from tests.bench.media.session import RAMP_S, Say
from tests.bench.media.terminal import terminal
from tests.bench.namespaces import Host
from tests.bench.report import Row

SIZE: Final = (640, 480)
GOAL_MS: Final = 50.0


@dataclass(frozen=True, slots=True)
class Ears:
    """What was heard in a call of each kind."""

    ours: Chirps
    peer: Chirps


async def measured(hosts: tuple[Host, Host], seconds: float, say: Say) -> Ears:
    """Hold a call of each kind in which both sides chirp."""
    wall_host, family_host = hosts
    say("mouth to ear: the terminal and Chromium, Chromium and Chromium")
    async with browser(family_host, *SIZE) as family:
        await family.call("chirping", True)
        async with terminal(wall_host, *SIZE, chirp=True) as wall:
            ours = await _heard(Ours(wall, family), seconds)
        async with browser(wall_host, *SIZE) as other:
            await other.call("chirping", True)
            peer = await _heard(Peers(other, family), seconds)
    return Ears(ours, peer)


async def _heard(call: Call, seconds: float) -> Chirps:
    await call.connect()
    await call.press()
    await asyncio.sleep(RAMP_S)
    await call.listen()
    await asyncio.sleep(seconds)
    found = await call.heard()
    await call.hang_up()
    return found


def rows(ears: Ears) -> list[Row]:
    """Return the rows of both ways. Raises ValueError when a side heard nothing at all."""
    made = []
    for direction, ours, peer in (
        ("family to kiosk", ears.ours.to_wall_ms, ears.peer.to_wall_ms),
        ("kiosk to family", ears.ours.to_family_ms, ears.peer.to_family_ms),
    ):
        mine, theirs = came(ours), came(peer)
        missed, missed_by_peer = len(ours) - len(mine), len(peer) - len(theirs)
        what = f"mouth to ear, {direction}"
        middle = samples.median(theirs)
        made += [
            Row(f"{what}, median", "ms", samples.median(mine), middle, None, GOAL_MS),
            Row("  worst", "ms", max(mine), max(theirs), None, None),
            Row("  seconds without their chirp", "", missed, missed_by_peer, None, 0),
        ]
    return made


def came(delays_ms: list[float | None]) -> list[float]:
    """Return those that were heard. Raises ValueError when none was."""
    found = [each for each in delays_ms if each is not None]
    if not found:
        raise ValueError("not one chirp was heard")
    return found
