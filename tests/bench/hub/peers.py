"""Clients of a bare relay: PeerJS' wire, which `relay.py` speaks too."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final

from tests.bench.hub.crowd import SDP
from tests.bench.hub.samples import Samples
from tests.bench.hub.sizes import CANDIDATES
from tests.bench.hub.sockets import End
from tests.signalling.hub.harness import ANSWER_SDP

HEARTBEAT_S: Final = 5.0
"""As PeerJS' own client."""
STEPS: Final = 50


class PeerEnd(End):
    """One client."""

    def __init__(self, number: int, url: str, samples: Samples) -> None:
        super().__init__()
        self.options = {"ping_interval": None}
        self.id, self.samples = f"p{number}", samples
        self.url = f"{url}/peerjs?key=peerjs&id={self.id}&token=bench{number}&version=1.5.4"

    async def begin(self) -> None:
        """OPEN comes by itself."""

    def take(self, frame: bytes) -> None:
        """Take a message."""
        message = json.loads(frame)
        if message["type"] == "OPEN":
            self.here = True
        else:
            self.samples.arrived(message["payload"]["key"])

    async def send(self, kind: str, to: str, key: str, payload: dict[str, Any]) -> None:
        """Send something to another client."""
        assert self.socket is not None
        self.samples.left(key)
        message = {"type": kind, "dst": to, "payload": {**payload, "key": key}}
        await self.socket.send(json.dumps(message))


class PeerPair:
    """Two clients that make a call."""

    def __init__(self, terminal: PeerEnd, page: PeerEnd) -> None:
        self.terminal, self.page = terminal, page
        self.samples = terminal.samples
        self.connection = 0
        self.goes_on = False

    async def offer(self) -> None:
        """Returns when the other one has it."""
        self.connection += 1
        key = self._key("offer")
        await self.terminal.send("OFFER", self.page.id, key, {"sdp": SDP})
        await self.page.until(lambda: key not in self.samples.under_way)

    async def agree(self) -> None:
        """All candidates, the answer: returns when everything arrived."""
        await self._candidates("a", self.terminal, self.page)
        key = self._key("answer")
        await self.page.send("ANSWER", self.terminal.id, key, {"sdp": ANSWER_SDP})
        await self._candidates("b", self.page, self.terminal)
        await self.terminal.until(lambda: not self._under_way("b", "answer"))
        await self.page.until(lambda: not self._under_way("a"))

    def _key(self, what: str) -> str:
        return f"{self.terminal.id} {self.connection} {what}"

    def _under_way(self, side: str, *more: str) -> bool:
        whats = (*(f"{side}{number}" for number in range(CANDIDATES)), *more)
        return any(self._key(each) in self.samples.under_way for each in whats)

    async def _candidates(self, side: str, end: PeerEnd, other: PeerEnd) -> None:
        for number in range(CANDIDATES):
            found = f"candidate:{number} 1 udp 2113937151 8.8.4.4 {50_000 + number} typ host"
            key = self._key(f"{side}{number}")
            await end.send("CANDIDATE", other.id, key, {"candidate": found})


async def beat_all(ends: list[PeerEnd]) -> None:
    """Have every client say that it is there, as PeerJS' own does; until cancelled."""
    step = 0
    while True:
        for each in ends[step::STEPS]:
            if each.here and each.socket is not None:
                await each.socket.send('{"type":"HEARTBEAT"}')
        step = (step + 1) % STEPS
        await asyncio.sleep(HEARTBEAT_S / STEPS)
