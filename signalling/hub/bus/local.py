"""The bus of a single hub: handlers are called at once, on the loop's thread."""

from __future__ import annotations

from collections.abc import Callable

from signalling.hub.bus.interface import Change


class LocalBus:
    """`interface.Bus` within one process."""

    def __init__(self) -> None:
        self._handlers: list[Callable[[Change], None]] = []

    def publish(self, change: Change) -> None:
        """Call every handler, in the order of subscription."""
        for handler in self._handlers:
            handler(change)

    def subscribe(self, handler: Callable[[Change], None]) -> None:
        """Add a handler; it stays until the process ends."""
        self._handlers.append(handler)
