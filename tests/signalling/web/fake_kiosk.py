"""A kiosk's side of a call for a page's test: a real offerer in aiortc with a moving picture."""

from __future__ import annotations

import asyncio
import fractions
from types import TracebackType

import numpy as np
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
    VideoStreamTrack,
)
from aiortc.mediastreams import AudioStreamTrack
from aiortc.sdp import candidate_from_sdp
from av import VideoFrame

from signalling.descriptions import AddressPolicy, check_answer, check_candidate
from signalling.messages import Answer, Ice, Offer

LOOPBACK = AddressPolicy.of(allow=("0.0.0.0/0", "::/0"))
"""The page and this kiosk are on one machine."""


class MovingPicture(VideoStreamTrack):
    """A bar that walks over a wall."""

    def __init__(self) -> None:
        super().__init__()
        self._count = 0

    async def recv(self) -> VideoFrame:
        pts, time_base = await self.next_timestamp()
        picture = np.full((480, 640, 3), (196, 205, 200), np.uint8)
        at = self._count * 8 % 600
        picture[140:, at : at + 40] = (60, 110, 118)
        self._count += 1
        frame = VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts, frame.time_base = pts, fractions.Fraction(time_base)
        return frame


class FakeKiosk:
    """Offers, takes the page's answer as the real kiosk does, and sends when told to."""

    def __init__(self, visit: str, connection: int) -> None:
        self.visit = visit
        self.connection = connection
        self.kinds: list[str] = []
        self.frames = 0
        self._pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._tasks: list[asyncio.Task[None]] = []
        self._offer = ""
        self._senders = [
            self._pc.addTransceiver(kind, direction="sendrecv").sender
            for kind in ("audio", "video")
        ]
        self._pc.on("track", self._track)

    async def __aenter__(self) -> FakeKiosk:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Be gone."""
        for task in self._tasks:
            task.cancel()
        await self._pc.close()

    def _track(self, track: MediaStreamTrack) -> None:
        self.kinds.append(track.kind)
        self._tasks.append(asyncio.create_task(self._drain(track)))

    async def _drain(self, track: MediaStreamTrack) -> None:
        while True:
            await track.recv()
            self.frames += track.kind == "video"

    async def offer(self, page: str) -> Offer:
        """Return the offer for a page."""
        await self._pc.setLocalDescription(await self._pc.createOffer())
        self._offer = self._pc.localDescription.sdp
        return Offer(visit=self.visit, page=page, connection=self.connection, sdp=self._offer)

    async def offer_bare(self, page: str) -> tuple[Offer, list[Ice]]:
        """Return an offer that names no address of this kiosk, and the addresses by themselves."""
        whole = await self.offer(page)
        lines = whole.sdp.split("\r\n")
        mine = [line for line in lines if line.startswith("a=candidate:")]
        bare = "\r\n".join(
            line
            for line in lines
            if not line.startswith(("a=candidate:", "a=end-of-candidates", "a=rtcp:"))
        )
        candidates = [line.removeprefix("a=") for line in dict.fromkeys(mine)]
        offer = Offer(visit=self.visit, page=page, connection=self.connection, sdp=bare)
        return offer, [self._ice(each) for each in (*candidates, "")]

    def _ice(self, candidate: str) -> Ice:
        return Ice(
            visit=self.visit,
            connection=self.connection,
            candidate=candidate,
            sdp_m_line_index=0,
        )

    async def take_blindly(self, answer: Answer) -> None:
        """Take the page's answer without its addresses: only the page can find this kiosk."""
        lines = answer.sdp.split("\r\n")
        blind = "\r\n".join(line for line in lines if not line.startswith("a=candidate:"))
        await self.take(Answer(visit=answer.visit, connection=answer.connection, sdp=blind))

    async def take(self, answer: Answer) -> None:
        """Take the page's answer, checked as hub and kiosk check it."""
        assert answer.connection == self.connection
        sdp = check_answer(answer.sdp, self._offer, LOOPBACK)
        await self._pc.setRemoteDescription(RTCSessionDescription(sdp, "answer"))

    async def take_ice(self, ice: Ice) -> None:
        """Take one of the page's candidates."""
        text = check_candidate(ice.candidate, LOOPBACK)
        if not text or ice.connection != self.connection:
            return
        candidate = candidate_from_sdp(text.removeprefix("candidate:"))
        candidate.sdpMid, candidate.sdpMLineIndex = ice.sdp_mid, ice.sdp_m_line_index
        await self._pc.addIceCandidate(candidate)

    @property
    def state(self) -> str:
        """The connection's state, in the words of WebRTC."""
        return self._pc.connectionState

    def send(self, *, audio: bool = True) -> None:
        """Let picture and sound out."""
        self._senders[0].replaceTrack(AudioStreamTrack() if audio else None)
        self._senders[1].replaceTrack(MovingPicture())

    def freeze(self) -> None:
        """Send no more pictures; sound goes on."""
        self._senders[1].replaceTrack(None)
