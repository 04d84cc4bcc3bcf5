"""The bus of a single hub: handlers are called at once, on the loop's thread."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from signalling.hub.bus.interface import Change, Parcel


def new_hub_name() -> str:
    """Return a name that no hub has had."""
    return f"h-{secrets.token_hex(6)}"


class LocalBus:
    """`interface.Bus` within one process: there is no other hub."""

    def __init__(self) -> None:
        self.hub = new_hub_name()
        self._handlers: list[Callable[[Change], None]] = []

    def publish(self, change: Change) -> None:
        """Call every handler, in the order of subscription."""
        self.publish_here(change)

    def publish_here(self, change: Change) -> None:
        """Call every handler, in the order of subscription."""
        for handler in self._handlers:
            handler(change)

    def subscribe(self, handler: Callable[[Change], None]) -> None:
        """Add a handler; it stays until the process ends."""
        self._handlers.append(handler)

    def subscribe_others(self, handler: Callable[[Change | None], None]) -> None:
        """Nobody else publishes."""

    def tell(self, hub: str, parcel: Parcel) -> None:
        """Nobody else keeps a facility.

        Raises:
            ValueError: always.
        """
        raise ValueError(f"there is no hub {hub}: the bus is local")

    def receive(self, handler: Callable[[str, Parcel], None]) -> None:
        """Nobody sends one."""

    def subscribe_lost(self, handler: Callable[[str], None]) -> None:
        """Nobody can be lost."""

    def heard(self, within_s: float) -> frozenset[str]:
        """Nobody else speaks."""
        return frozenset()

    async def close(self) -> None:
        """Nothing waits."""
