"""What every hook switch is made of, and the one of a terminal that has none."""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

from hardware.debounce import Debounce
from hardware.handoff import DropOldest
from hardware.interfaces import DeviceLost, Hook

_CHANGES: Final = 16
"""Counted moves that may wait; the oldest are dropped."""


class CountedHook(Hook, Protocol):
    """A hook switch that tells how often it moved, so that a flapping or a stuck one is noticed."""

    @property
    def moves(self) -> int:
        """Raw moves since the program began, bounces too."""


class NoHook:
    """A terminal without a hook switch: the handset counts as up."""

    def __init__(self) -> None:
        self.moves = 0
        self._closed = asyncio.Event()

    async def open(self) -> bool:
        """Open: up."""
        self._closed = asyncio.Event()
        return True

    async def change(self) -> bool:
        """Wait for ever, or until it is closed."""
        await self._closed.wait()
        raise DeviceLost("the hook was closed")

    async def close(self) -> None:
        """Close."""
        self._closed.set()


class Switch:
    """What every adapter's raw moves go through: debounced, queued, and over when it is lost.

    Use it from the loop's thread. `hold_s` is for how long a move must be still to count;
    `inverted`: the switch is on while the handset hangs.
    """

    def __init__(self, hold_s: float, *, inverted: bool = False) -> None:
        self._hold_s = hold_s
        self._inverted = inverted
        self._debounce = Debounce(hold_s, False)
        self._moves_before = 0
        self._changes: DropOldest[bool] | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def moves(self) -> int:
        """Raw moves since the program began, bounces too."""
        return self._moves_before + self._debounce.moves

    @property
    def up(self) -> bool:
        """Whether the handset is up, debounced."""
        return self._debounce.state

    def start(self, on: bool) -> None:
        """Begin: the device is open and its switch is `on`."""
        self._moves_before = self.moves
        self._debounce = Debounce(self._hold_s, on != self._inverted)
        self._changes = DropOldest(_CHANGES)

    def show(self, on: bool) -> None:
        """Take what the switch shows now."""
        if self._changes is None:
            return
        self._debounce.move(on != self._inverted, asyncio.get_running_loop().time())
        self._settle()

    async def change(self) -> bool:
        """Wait for the next move that counts; DeviceLost."""
        if self._changes is None:
            raise DeviceLost("the hook is not open")
        return await self._changes.get()

    def stop(self, reason: DeviceLost) -> None:
        """End: whoever waits gets the reason; idempotent."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        changes, self._changes = self._changes, None
        if changes is not None:
            changes.fail(reason)

    def _settle(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._changes is None:
            return
        loop = asyncio.get_running_loop()
        if self._debounce.settle(loop.time()):
            self._changes.put(self._debounce.state)
        due_at = self._debounce.due_at()
        if due_at is not None:
            self._timer = loop.call_at(due_at, self._settle)
