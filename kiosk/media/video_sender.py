"""The camera on its way to the family: newest frame, encoder's thread, packets, pacer."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import av
from aiortc.codecs import is_rtx
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.rtp import (
    RTCP_PSFB_APP,
    RTCP_PSFB_FIR,
    RTCP_PSFB_PLI,
    AnyRtcpPacket,
    RtcpPsfbPacket,
    unpack_remb_fci,
)

from hardware.handoff import DropOldest
from kiosk.media.allowance import Allowance
from kiosk.media.encoders import VideoEncoder
from kiosk.media.encoders.rate import usual_bps
from kiosk.media.pacer import Pacer
from kiosk.media.rtp_packets import Layout, Packets
from kiosk.media.sending import Sender
from kiosk.media.tracks import Gate
from kiosk.media.transport import MALFORMED, Transport

_log = logging.getLogger(__name__)

VIDEO_CLOCK_HZ: Final = 90_000
FRESH_S: Final = 0.1
"""A picture taken at most so long before the gate opened is the first one shown."""
PACE_S: Final = 0.008
"""A frame's packets leave within this time: a key frame is no burst, and no delay one would see."""
KEY_FRAME_EVERY_S: Final = 0.2
"""Key frames on demand, but not more often: each costs as much as ten other frames."""
FAILURES: Final = 3
"""So many pictures in a row that cannot be encoded are no accident."""
PLAYOUT_DELAY_MS: Final = (0, 0)
"""What we ask of the family's browser: to show a picture when it has come, without smoothing."""

MakeEncoder = Callable[[str], VideoEncoder]


class VideoSender(Sender):
    """Encodes and sends pictures. Newest wins: what the encoder has no time for is skipped."""

    def __init__(self, transport: Transport, gate: Gate, make_encoder: MakeEncoder) -> None:
        super().__init__("video", transport, gate, VIDEO_CLOCK_HZ)
        self.frames = 0
        """Frames sent so far."""
        self.size = (0, 0)
        """Width and height that the camera gives; those it will give at first, as far as known,
        for which the encoder is opened ahead."""
        self.encoder: VideoEncoder | None = None
        self._make_encoder = make_encoder
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="encode")
        self._standing: tuple[av.VideoFrame, float] | None = None
        self._frames: DropOldest[tuple[av.VideoFrame, float]] = DropOldest(1)
        self._task: asyncio.Task[None] | None = None
        self._key_wanted = True
        self._key_at = 0.0
        self._allowance = Allowance()
        self._octets_at: tuple[int, float] | None = None
        self._pacer = Pacer(self.emit, on_drop=self._want_key)

    @property
    def skipped(self) -> int:
        """Frames that came while others were being encoded or sent, and were given up."""
        return self._frames.dropped + self._pacer.dropped

    def take(self, frame: av.VideoFrame) -> None:
        """Send this frame, unless a newer one comes before its turn; never waits."""
        now = time.monotonic()
        if not self._gate.is_open:
            self._standing = (frame, now)
        elif self.is_started:
            self._frames.put((frame, now))

    def gate_moved(self) -> None:
        """Begin at once with the picture that stands there, whole; or stop."""
        standing, self._standing = self._standing, None
        if not self._gate.is_open:
            self.forget_sent()
            return
        self._key_wanted, self._key_at = True, 0.0
        if standing and self.is_started and time.monotonic() - standing[1] < FRESH_S:
            self._frames.put((standing[0], time.monotonic()))

    def choose(self, codecs: list[RTCRtpCodecParameters]) -> RTCRtpCodecParameters:
        """H.264 where the browser takes it: it costs this terminal half of VP8."""
        known = [each for each in codecs if not is_rtx(each)]
        return next((each for each in known if each.name == "H264"), known[0])

    def started(self, codec: RTCRtpCodecParameters) -> None:
        """Begin to encode."""
        self._task = asyncio.create_task(self._run(codec.mimeType), name="send picture")
        self._task.add_done_callback(self._ended)

    def take_report(self, packet: AnyRtcpPacket, now: float) -> None:
        """Take also requests for key frames, and the rate that the path is said to carry."""
        super().take_report(packet, now)
        if not isinstance(packet, RtcpPsfbPacket):
            return
        if packet.fmt in (RTCP_PSFB_PLI, RTCP_PSFB_FIR):
            if packet.media_ssrc == self._ssrc or packet.fmt == RTCP_PSFB_FIR:
                self._key_wanted = True
        elif packet.fmt == RTCP_PSFB_APP:
            try:
                rate, ssrcs = unpack_remb_fci(packet.fci)
            except MALFORMED:
                return
            if self._ssrc in ssrcs:
                self._allowance.told(rate)

    def reported(self, loss_share: float, now: float) -> None:
        """Send less when the path is full, more when it is free."""
        octets, since = self._octets_at or (self.octets, now)
        self._octets_at = (self.octets, now)
        sent_bps = (self.octets - octets) * 8 / max(now - since, 0.1)
        self._allowance.heard(loss_share, self.rtt_s, sent_bps, now)
        if self.encoder is not None:
            self.encoder.target_bps = self._target_bps()

    async def stop(self) -> None:
        """Stop encoding and sending; idempotent."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        self._pacer.close()
        encoder, self.encoder = self.encoder, None
        if encoder is not None:
            self._thread.submit(encoder.close)
        self._thread.shutdown(wait=False)
        await super().stop()

    def _target_bps(self) -> int:
        """What suits the picture's size; less when the path does not carry it."""
        return min(self._allowance.bps, usual_bps(*self.size))

    def _want_key(self) -> None:
        self._key_wanted = True

    def _packets(self, layout: Layout) -> Packets:
        return Packets(layout, PLAYOUT_DELAY_MS)

    async def _run(self, mime: str) -> None:
        loop = self._loop
        encoder = self.encoder = self._make_encoder(mime)
        encoder.target_bps = self._target_bps()
        if all(self.size):
            await loop.run_in_executor(self._thread, encoder.warm, *self.size)
        failures = 0
        while True:
            frame, taken_at = await self._frames.get()
            if self.size != (frame.width, frame.height):  # a camera that came later, or another
                self.size = frame.width, frame.height
                encoder.target_bps = self._target_bps()
            key = self._key_wanted and loop.time() - self._key_at >= KEY_FRAME_EVERY_S
            if key:
                self._key_wanted, self._key_at = False, loop.time()
            try:
                payloads = await loop.run_in_executor(self._thread, encoder.encode, frame, key)
            except (av.FFmpegError, ValueError) as error:
                failures += 1
                if failures >= FAILURES:
                    raise
                _log.warning("%s failed, the next picture begins anew: %s", encoder.name, error)
                self._thread.submit(encoder.close)
                encoder = self.encoder = self._make_encoder(mime)
                encoder.target_bps = self._target_bps()
                self._key_wanted, self._key_at = True, 0.0
                continue
            failures = 0
            if payloads and self.is_started and self._gate.is_open:
                self._send_frame(taken_at, payloads)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            # Without a picture the visit is worth little: the process's handler ends it, and the
            # screen starts another.
            told = {"message": "the picture is not sent any more", "exception": error}
            self._loop.call_exception_handler({**told, "fatal": True})

    def _send_frame(self, taken_at: float, payloads: list[bytes]) -> None:
        # The time at which the picture came, not the camera's own count: that one starts anew
        # when the camera comes back, and both streams' reports need one clock.
        timestamp = int(taken_at * VIDEO_CLOCK_HZ)
        self._pacer.put(self.prepare(payloads, timestamp, taken_at), PACE_S)
        self.frames += 1
