"""Two ICE transports with a seeded, lossy line between them, on loopback."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import cast

Loses = Callable[[bytes], bool]


def first(count: int) -> Loses:
    """Lose the first `count` datagrams."""
    left = count

    def loses(_: bytes) -> bool:
        nonlocal left
        left -= 1
        return left >= 0

    return loses


def share(part: float, seed: int) -> Loses:
    """Lose this part of the datagrams, the same ones each time."""
    dice = random.Random(seed)
    return lambda _: dice.random() < part


class LossyRelay:
    """A UDP relay between two addresses: what comes from one is passed to the other."""

    class _End(asyncio.DatagramProtocol):
        def __init__(self, relay: LossyRelay, index: int) -> None:
            self.relay, self.index = relay, index
            self.transport: asyncio.DatagramTransport | None = None

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = cast(asyncio.DatagramTransport, transport)

        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            self.relay.passed(self.index, data, addr)

    def __init__(self, loses: Loses) -> None:
        self.loses = loses
        self.delay_s = 0.0
        """How long a datagram takes from end to end."""
        self.seen: list[bytes] = []
        self.peers: list[tuple[str, int] | None] = [None, None]
        self.ports: list[int] = []
        self._ends: list[LossyRelay._End] = []

    async def open(self) -> None:
        """Bind both ends."""
        loop = asyncio.get_running_loop()
        for index in (0, 1):
            transport, end = await loop.create_datagram_endpoint(
                lambda index=index: self._End(self, index),  # type: ignore[misc]
                local_addr=("127.0.0.1", 0),
            )
            self._ends.append(end)
            self.ports.append(transport.get_extra_info("sockname")[1])

    def passed(self, index: int, data: bytes, addr: tuple[str, int]) -> None:
        """Pass a datagram from the peer at end `index` to the other peer, or lose it."""
        self.peers[index] = addr
        self.seen.append(data)
        onward, peer = self._ends[1 - index].transport, self.peers[1 - index]
        if peer is not None and onward is not None and not self.loses(data):
            asyncio.get_running_loop().call_later(self.delay_s, onward.sendto, data, peer)

    def close(self) -> None:
        """Close both ends."""
        for end in self._ends:
            assert end.transport is not None
            end.transport.close()
