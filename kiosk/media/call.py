"""One connection at work: offer, gate, what is received, and all that is told about it."""

from __future__ import annotations

import asyncio
import functools
import logging
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final

import av

from hardware.interfaces import Block, VideoMode
from hardware.simulated import Heard
from kiosk.media.commands import Connected, FirstPicture, LocalOffer, Receiving
from kiosk.media.devices import Tell
from kiosk.media.ear import Ear
from kiosk.media.frames import UnfitFrame
from kiosk.media.lip_sync import LipSync
from kiosk.media.meter import Meter
from kiosk.media.peer import Peer
from kiosk.media.screen import Screen
from kiosk.media.showing import Showing
from kiosk.media.tracks import Feed, Gate

_log = logging.getLogger(__name__)

TICK_S: Final = 0.25
SILENT_S: Final = 0.5
"""No packet for this long: the family may only be muted and dark, so they are asked by STUN."""
LOST_S: Final = 1.5
"""Neither packets nor an answer for this long: nothing flows."""


@dataclass(frozen=True, slots=True)
class Studio:
    """What all connections of a process share."""

    gate: Gate
    pictures: Feed[av.VideoFrame]
    sounds: Feed[Block]
    screen: Screen
    ear: Ear
    heard: Callable[[], Heard]
    xruns: Callable[[], int]
    tell: Tell


class Call:
    """Runs one `Peer`. `start` makes the offer; `close` ends and joins everything."""

    def __init__(
        self, peer: Peer, studio: Studio, spawn: Callable[..., asyncio.Task[None]]
    ) -> None:
        self.peer = peer
        self._studio = studio
        self._spawn = spawn
        self._tasks: list[asyncio.Task[None]] = []
        self._deaf: Callable[[], None] | None = None
        self._lips = LipSync()
        self._showing = Showing(self._show)
        self._meter = Meter(peer, self._showing, studio.heard, studio.xruns)
        self._up = False
        self._flowing = False
        self._pictured = False
        self._unfit = 0
        self._answered_at: float | None = None
        self._closed = False

    async def start(self, mode: VideoMode) -> None:
        """Make the offer and tell it."""
        if self._closed:  # dropped before its first step: nobody would end what is begun now
            return
        studio, peer = self._studio, self.peer
        peer.camera.size = (mode.width, mode.height)
        peer.picture.on_picture = self._picture
        peer.picture.on_report = functools.partial(self._lips.report, "video")
        peer.sound.on_report = functools.partial(self._lips.report, "audio")
        studio.pictures.add(peer.camera)
        studio.sounds.add(peer.microphone)
        self._deaf = studio.gate.listen(self._gate_moved)
        peer.connection.on("connectionstatechange", self._state_changed)
        self._gate_moved()
        sdp = await peer.offer()
        if self._closed:  # meanwhile
            return
        studio.tell(LocalOffer(connection=peer.number, sdp=sdp))
        peer.tell_candidates()  # those found meanwhile: nobody knows the connection sooner
        self._run(self._watch(), "watch")

    def silence(self) -> None:
        """Let no picture and no sound pass any more, either way, from this very moment.

        The gate is all connections' own: it may open for the next one before `close` has run.
        """
        if self._closed:
            return
        self._closed = True
        studio, peer = self._studio, self.peer
        if self._deaf is not None:
            self._deaf()
            studio.pictures.remove(peer.camera)
            studio.sounds.remove(peer.microphone)
        peer.camera.silence()
        peer.microphone.silence()
        studio.screen.forget(peer.number)
        studio.ear.forget(peer.number)
        peer.sound.shut()
        peer.picture.shut()  # what is still being decoded is not shown
        self._showing.clear()

    async def close(self) -> None:
        """End the connection; idempotent."""
        self.silence()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.peer.close()

    def _run(self, work: Coroutine[Any, Any, None], name: str) -> None:
        self._tasks.append(self._spawn(work, name=f"{name} {self.peer.number}"))

    def _gate_moved(self) -> None:
        peer, ear = self.peer, self._studio.ear
        self._meter.gate_moved()
        if self._studio.gate.is_open:
            self._pictured = False
            peer.sound.open()
            peer.picture.open()
            ear.listen(peer.number, peer.sound.buffer)
        else:
            ear.forget(peer.number)
            peer.sound.shut()
            peer.picture.shut()
            self._showing.clear()
        peer.camera.gate_moved()

    def _state_changed(self) -> None:
        up = self.peer.is_up
        if up != self._up or self.peer.connection.connectionState == "failed":
            self._up = up
            self._studio.tell(Connected(connection=self.peer.number, up=up))

    def _picture(self, frame: av.VideoFrame, timestamp: int) -> None:
        now = time.monotonic()
        playing = self.peer.sound.buffer.timestamp
        if playing is not None:
            self._lips.played(playing, now)
        self._showing.put(frame, self._lips.hold_s(timestamp, now))

    def _show(self, frame: av.VideoFrame) -> None:
        try:
            self._studio.screen.show(self.peer.number, frame)
        except UnfitFrame as error:
            if self._unfit == 0:
                _log.warning("frame from the family refused: %s", error)
            self._unfit += 1
            return
        self._meter.picture(frame.width, frame.height)
        if not self._pictured:
            self._pictured = True
            waited_s = asyncio.get_running_loop().time() - self._studio.gate.opened_at
            self._studio.tell(
                FirstPicture(connection=self.peer.number, after_ms=round(waited_s * 1000, 1))
            )

    async def _watch(self) -> None:
        tick = 0
        while True:
            await asyncio.sleep(TICK_S)
            tick += 1
            if not self.peer.is_up and not self._flowing:
                continue
            await self._look()
            if self._studio.gate.is_open and not self._pictured:
                self.peer.picture.ask_key_frame()
            if tick % 4 == 0 and self.peer.is_up:
                self._studio.tell(self._meter.read())

    async def _look(self) -> None:
        """Find out whether the family's side is there, and tell when that changed."""
        now = asyncio.get_running_loop().time()
        heard = self._last_heard()
        if heard is None or now - heard > SILENT_S:
            if self.peer.is_up and await self.peer.probe():
                self._answered_at = asyncio.get_running_loop().time()
            heard, now = self._last_heard(), asyncio.get_running_loop().time()
        flowing = heard is not None and now - heard < LOST_S and self.peer.is_up
        if flowing != self._flowing:
            self._flowing = flowing
            self._studio.tell(Receiving(connection=self.peer.number, flowing=flowing))

    def _last_heard(self) -> float | None:
        times = [each.last_packet_at for each in (self.peer.sound, self.peer.picture)]
        known = [each for each in (*times, self._answered_at) if each is not None]
        return max(known, default=None)
