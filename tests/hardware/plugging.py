"""Plugging and unplugging in random order, and days of it in fast forward.

`fast_forward_in_child` runs anywhere; all else in a process that has umockdev's library.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Final

from hardware import discovery
from hardware.identity import Device
from hardware.plugs import Plugged, Plugs
from tests.hardware import trees
from tests.hardware.testbed import WRAPPER, Node, Testbed

CYCLE_S: Final = 10
"""Of real time that one cycle in fast forward stands for."""
SETTLE_S: Final = 10.0

Maker = Callable[[str, int], list[Node]]
MAKERS: Final[tuple[tuple[Maker, str], ...]] = (
    (lambda port, number: trees.webcam(port, 2 * number), "camera"),
    (
        lambda port, number: trees.webcam(port, 2 * number, f"SN{number:04}", card=number),
        "camera microphone",
    ),
    (lambda port, number: trees.webcam(port, 2 * number, "123456"), "camera"),
    (
        lambda port, number: trees.handset(port, number, number),
        "earpiece hook keypad microphone",
    ),
    (trees.numeric_pad, "keypad"),
    (trees.touch_screen, ""),
)
"""Each with the kinds of device that it adds."""
PORTS: Final = ("1.1", "1.2", "1.3", "1.4", "2", "3", "4")


@dataclass(frozen=True, slots=True)
class Tally:
    """What many cycles have come to."""

    cycles: int
    wall_s: float
    told: int
    descriptors: tuple[int, int]
    """Open before and after."""
    resident_kb: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Plug:
    """What is plugged in at a port; `number` is that of its nodes."""

    number: int
    nodes: list[Node]
    kinds: list[str]


class Reader:
    """Reads a Plugs to its end and keeps the list that its events lead to."""

    def __init__(self, plugs: Plugs) -> None:
        self._plugs = plugs
        self.list: set[Device] = set()
        self.count = 0
        self.is_open = False

    async def run(self) -> None:
        """Read until it is closed; an event that does not fit the list is an AssertionError."""
        self.list = set(await self._plugs.open())
        self.is_open = True
        async for event in self._plugs:
            self.count += 1
            if isinstance(event, Plugged):
                assert event.device not in self.list, f"plugged twice: {event.device}"
                self.list.add(event.device)
            else:
                self.list.remove(event.device)


async def until(condition: Callable[[], bool], reading: asyncio.Task[None]) -> None:
    """Wait for a condition, at most SETTLE_S, while the reader lives."""
    deadline = time.monotonic() + SETTLE_S
    while not condition():
        if reading.done():
            reading.result()
        assert time.monotonic() < deadline, "the list does not come to the truth"
        await asyncio.sleep(0.001)


async def drained() -> None:
    """Let the loop read what has been sent: the stand-in for netlink holds 10 uevents."""
    for _ in range(4):
        await asyncio.sleep(0)


async def reading_of(plugs: Plugs) -> tuple[Reader, asyncio.Task[None]]:
    """Return a reader that has its first list, and its task."""
    reader = Reader(plugs)
    reading = asyncio.create_task(reader.run())
    await until(lambda: reader.is_open, reading)
    return reader, reading


async def shuffle(testbed: Testbed, moves: int, seed: int) -> int:
    """Plug and unplug at random; return the number of events that were told.

    Half of the moves do not wait for the reader. After the others, and at the end, its list has to
    become what is attached.
    """
    dice = random.Random(seed)
    testbed.plug(trees.machine())
    plugs = Plugs()
    reader, reading = await reading_of(plugs)
    present: dict[str, Plug] = {}
    for move in range(moves):
        port = dice.choice(PORTS)
        if port in present:
            testbed.unplug(present.pop(port).nodes)
        else:
            number = min({*range(len(PORTS))} - {each.number for each in present.values()})
            maker, kinds = dice.choice(MAKERS)
            present[port] = Plug(number, maker(port, number), kinds.split())
            testbed.plug(present[port].nodes)
        await drained()
        if dice.random() < 0.5 or move == moves - 1:
            truth = set(discovery.attached())
            expected = [kind for each in present.values() for kind in each.kinds]
            assert sorted(each.kind for each in truth) == sorted(expected)
            await until(partial(is_told, reader, truth), reading)
    await plugs.close()
    await reading
    return reader.count


def is_told(reader: Reader, truth: set[Device]) -> bool:
    """Return whether the events have led to the truth."""
    return reader.list == truth


async def fast_forward(testbed: Testbed, cycles: int) -> Tally:
    """Plug a handset in and unplug it, each time until it was told.

    8,640 cycles stand for a day, at one each CYCLE_S.
    """
    testbed.plug(trees.machine())
    plugs = Plugs()
    reader, reading = await reading_of(plugs)
    tree = trees.handset("2", 1, 0)
    before, began_s = (0, 0), 0.0
    for cycle in range(cycles + 1):
        if cycle == 1:  # the first has loaded and opened what stays
            before, began_s = usage(), time.monotonic()
        testbed.plug(tree)
        await until(lambda: len(reader.list) == 4, reading)
        testbed.unplug(tree)
        await until(lambda: not reader.list, reading)
    after, wall_s = usage(), time.monotonic() - began_s
    await plugs.close()
    await reading
    return Tally(cycles, wall_s, reader.count, (before[0], after[0]), (before[1], after[1]))


def usage() -> tuple[int, int]:
    """Return this process's open descriptors and its resident memory in kB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    descriptors = len([*Path("/proc/self/fd").iterdir()])
    return descriptors, pages * os.sysconf("SC_PAGE_SIZE") // 1024


def fast_forward_in_child(cycles: int, timeout_s: float) -> Tally:
    """Run `fast_forward` in a process of its own. Raises CalledProcessError, TimeoutExpired."""
    command = [WRAPPER, sys.executable, "-m", "tests.hardware.plugging", str(cycles)]
    done = subprocess.run(
        command,
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
        timeout=timeout_s,
        check=True,
    )
    told = json.loads(done.stdout)
    for name in ("descriptors", "resident_kb"):
        told[name] = tuple(told[name])
    return Tally(**told)


def main(cycles: int) -> None:
    """Print the Tally as JSON."""
    testbed = Testbed()
    try:
        print(json.dumps(asdict(asyncio.run(fast_forward(testbed, cycles)))))
    finally:
        testbed.close()


if __name__ == "__main__":
    main(int(sys.argv[1]))
