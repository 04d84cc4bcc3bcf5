"""Between devices and connections: the gate that media waits at, and the feeds that hand it on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")


class Gate:
    """Whether picture and sound may pass. Closed at first; only the screen's command opens it."""

    def __init__(self) -> None:
        self._open = asyncio.Event()
        self._listeners: list[Callable[[], None]] = []
        self.opened_at = 0.0
        """Loop time of the last opening."""

    @property
    def is_open(self) -> bool:
        """Whether media passes."""
        return self._open.is_set()

    def set(self, is_open: bool) -> None:
        """Open or close; listeners hear of a change at once."""
        if is_open == self.is_open:
            return
        if is_open:
            self.opened_at = asyncio.get_running_loop().time()
            self._open.set()
        else:
            self._open.clear()
        for listener in self._listeners:
            listener()

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` after each change. Returns what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)


# One T for the whole file: a contravariant twin would say no more to its readers.
class Taker(Protocol[T]):  # type: ignore[misc]
    """Takes each item of a feed."""

    def take(self, item: T) -> None:
        """Take one item; never waits."""


class Feed(Generic[T]):
    """One device's frames or blocks, handed to each connection's track."""

    def __init__(self) -> None:
        self._takers: list[Taker[T]] = []

    def publish(self, item: T) -> None:
        """Hand an item to every taker."""
        for taker in self._takers:
            taker.take(item)

    def add(self, taker: Taker[T]) -> None:
        """Begin to hand items to a taker."""
        self._takers.append(taker)

    def remove(self, taker: Taker[T]) -> None:
        """Stop that."""
        self._takers.remove(taker)
