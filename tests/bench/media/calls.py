"""Calls between two sides: connecting them, and the press of the green telephone, timed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from kiosk.media.peer import START_KBPS
from signalling.wire import IceServer
from tests.bench.media import chirps, samples
from tests.bench.media.browser import Browser
from tests.bench.media.samples import Delay
from tests.bench.media.sides import Candidate, Frame
from tests.bench.media.terminal import Terminal

FPS = 30
NO_SERVERS: dict[str, object] = {"iceServers": []}


@dataclass(frozen=True, slots=True)
class Press:
    """From the press to the first picture, milliseconds."""

    family_ms: float
    """Painted by the family's page."""
    kiosk_ms: float
    """In the screen's hands (terminal); painted (Chromium in its place)."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What both sides saw and heard of each other since the last time."""

    to_wall: list[Frame]
    to_family: list[Frame]
    wall_delay: Delay
    family_delay: Delay


@dataclass(frozen=True, slots=True)
class Chirps:
    """Mouth to ear, milliseconds: one for each second; None where no chirp was heard."""

    to_wall_ms: list[float | None]
    to_family_ms: list[float | None]


class Call(Protocol):
    """A wall side and a family, and the connections between them."""

    async def connect(self) -> None:
        """Pre-warm a new connection: all stands, no picture or sound flows."""

    async def press(self) -> Press:
        """Press the green telephone on the warm connection."""

    async def press_cold(self) -> Press:
        """Press with no connection there yet: it is made in the press."""

    async def measure(self) -> None:
        """Read every frame from now on; nothing is painted any more."""

    async def rest(self, resting: bool) -> None:
        """Read nothing on the wall's side while its CPU is measured, or again."""

    async def listen(self) -> None:
        """Keep all sound from now on."""

    async def heard(self) -> Chirps:
        """Say when the chirps heard since then were heard."""

    async def take(self) -> Taken:
        """Take what was read since the last time."""

    async def hang_up(self) -> None:
        """End the connection."""


class Ours:
    """The terminal and a family's browser."""

    def __init__(self, wall: Terminal, family: Browser) -> None:
        self.wall, self.family = wall, family
        self.number = 0
        self.servers: tuple[IceServer, ...] = ()
        """What the terminal is told; the family's page is told of none."""
        self._held: list[Candidate] | None = []
        wall.on_candidate = self._from_wall
        family.on_candidate = self._from_family
        family.on_press = self._pressed

    async def connect(self) -> None:
        """Offer, answer and trickle until the connection stands; nothing flows yet."""
        self.number += 1
        await self._negotiate(live=False)
        await self.wall.connected(self.number)
        await self.family.call("connected", self.number)

    async def press(self) -> Press:
        """Press the green telephone; both sides are told, as the hub would."""
        pressed_ms = await self.family.call("press", self.number)
        return await self._pictures(pressed_ms)

    async def press_cold(self) -> Press:
        """Press with no connection: the terminal offers only now, as a plain page would."""
        self.number += 1
        pressed_ms = await self.family.call("pressCold", self.number, NO_SERVERS)
        await self._negotiate(live=True)
        return await self._pictures(pressed_ms)

    async def measure(self) -> None:
        """Read every frame from now on."""
        await self.family.call("measure", self.number)

    async def rest(self, resting: bool) -> None:
        """Nothing: the bench itself reads what the terminal shows."""

    async def listen(self) -> None:
        """Keep all sound from now on."""
        self.wall.statistics()
        await self.family.call("listen", self.number)

    async def heard(self) -> Chirps:
        """Say when the chirps heard since then were heard."""
        return Chirps(
            self.wall.take_chirps(), chirps.delays_ms(await self.family.heard(self.number))
        )

    async def take(self) -> Taken:
        """Take what was read since the last time."""
        to_family = await self.family.frames(self.number)
        to_wall = self.wall.take_remote()
        return Taken(
            to_wall=to_wall,
            to_family=to_family,
            wall_delay=samples.clock_delays(to_wall),
            family_delay=samples.numbered_delays(to_family, self.wall.own, FPS),
        )

    async def hang_up(self) -> None:
        """End the connection."""
        await self.wall.gate(False)
        await self.wall.drop(self.number)
        await self.family.call("hangUp", self.number)

    async def _negotiate(self, *, live: bool) -> None:
        number, self._held = self.number, []
        sdp = await self.wall.offer(number, self.servers)
        answer = await self.family.call("answer", number, sdp, live, NO_SERVERS)
        await self.wall.answer(number, answer)
        held, self._held = self._held, None
        for each in held:
            await self.wall.candidate(number, each)

    async def _pictures(self, pressed_ms: float) -> Press:
        painted_ms = await self.family.call("painted", self.number)
        return Press(painted_ms - pressed_ms, await self.wall.first_picture() - pressed_ms)

    async def _pressed(self, number: int) -> None:
        await self.wall.gate(True)

    async def _from_family(self, number: int, one: Candidate) -> None:
        if self._held is not None:
            self._held.append(one)
        else:
            await self.wall.candidate(number, one)

    async def _from_wall(self, number: int, one: Candidate) -> None:
        await self.family.tell("candidate", number, one.line, one.mid)


class Peers:
    """Chromium in the terminal's place, and a family's browser."""

    def __init__(self, wall: Browser, family: Browser) -> None:
        self.wall, self.family = wall, family
        self.number = 0
        self.configuration = NO_SERVERS
        """What the wall side is told; the family's page is told of no server."""
        wall.on_candidate = self._from_wall
        family.on_candidate = self._from_family
        family.on_press = self._pressed

    async def connect(self) -> None:
        """Pre-warm in the same manner."""
        self.number += 1
        await self._negotiate(live=False)
        await self.wall.call("connected", self.number)
        await self.family.call("connected", self.number)

    async def press(self) -> Press:
        """Press the green telephone; both sides are told."""
        pressed_ms = await self.family.call("press", self.number)
        return await self._pictures(pressed_ms)

    async def press_cold(self) -> Press:
        """Press with no connection: connecting in the press, as pages usually do."""
        self.number += 1
        self.family.on_press = self._nothing
        pressed_ms = await self.family.call("pressCold", self.number, NO_SERVERS)
        self.family.on_press = self._pressed
        await self._negotiate(live=True)
        return await self._pictures(pressed_ms)

    async def measure(self) -> None:
        """Read every frame from now on."""
        for side in (self.wall, self.family):
            await side.call("measure", self.number)

    async def rest(self, resting: bool) -> None:
        """Decode on the wall's side, but throw frames away unread, or read them again."""
        await self.wall.call("rest", self.number, resting)

    async def listen(self) -> None:
        """Keep all sound from now on."""
        for side in (self.wall, self.family):
            await side.call("listen", self.number)

    async def heard(self) -> Chirps:
        """Say when the chirps heard since then were heard."""
        sounds = [await side.heard(self.number) for side in (self.wall, self.family)]
        return Chirps(*(chirps.delays_ms(each) for each in sounds))

    async def take(self) -> Taken:
        """Take what was read since the last time."""
        to_wall = await self.wall.frames(self.number)
        to_family = await self.family.frames(self.number)
        return Taken(
            to_wall=to_wall,
            to_family=to_family,
            wall_delay=samples.clock_delays(to_wall),
            family_delay=samples.clock_delays(to_family),
        )

    async def hang_up(self) -> None:
        """End the connection."""
        for side in (self.wall, self.family):
            await side.call("hangUp", self.number)

    async def _negotiate(self, *, live: bool) -> None:
        number = self.number
        sdp = await self.wall.call("offer", number, live, self.configuration)
        answer = await self.family.call("answer", number, hinted(sdp), live, NO_SERVERS)
        await self.wall.call("accept", number, hinted(answer), live)
        if live:
            await self.wall.call("expect", number)

    async def _pictures(self, pressed_ms: float) -> Press:
        family_ms = await self.family.call("painted", self.number)
        wall_ms = await self.wall.call("painted", self.number)
        return Press(family_ms - pressed_ms, wall_ms - pressed_ms)

    async def _pressed(self, number: int) -> None:
        await self.wall.tell("begun", number)

    async def _nothing(self, number: int) -> None:
        """Connecting is what the press does here."""

    async def _from_wall(self, number: int, one: Candidate) -> None:
        await self.family.tell("candidate", number, one.line, one.mid)

    async def _from_family(self, number: int, one: Candidate) -> None:
        await self.wall.tell("candidate", number, one.line, one.mid)


def hinted(sdp: str) -> str:
    """Hint the start rate to a Chromium as the terminal's offer does, so that both are alike.

    Without it, asked for 1280x720, it sent 480x270 for many seconds.
    """
    vp8 = re.search(r"a=rtpmap:(\d+) VP8/90000\r\n", sdp)
    if vp8 is None:
        raise ValueError("no VP8 in the description")
    hint = f"a=fmtp:{vp8[1]} x-google-start-bitrate={START_KBPS}\r\n"
    return sdp[: vp8.end()] + hint + sdp[vp8.end() :]
