"""The family's picture, from its packets to decoded frames: bounded, in order, at once."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import av
from aiortc.codecs import depayload, is_rtx
from aiortc.codecs.vpx import Vp8Decoder
from aiortc.jitterbuffer import JitterFrame
from aiortc.rate import BandwidthUsage, RemoteBitrateEstimator
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.rtcrtpreceiver import NackGenerator
from aiortc.rtp import (
    RTCP_PSFB_APP,
    RTCP_RTPFB_NACK,
    RTP_HISTORY_SIZE,
    RtcpPsfbPacket,
    RtcpRtpfbPacket,
    RtpPacket,
    pack_remb_fci,
)

from hardware.handoff import deliver
from kiosk.media import vp8
from kiosk.media.frames import MAX_HEIGHT, MAX_WIDTH
from kiosk.media.jitter import PromptJitterBuffer
from kiosk.media.receiving import Receiver
from kiosk.media.transport import MALFORMED, Transport

_log = logging.getLogger(__name__)

ENCODED_FRAMES: Final = 30
"""Frames that wait for the decoder; then all are dropped, and a key frame is asked for."""
DECODED_FRAMES: Final = 3
"""Decoded frames on their way to the loop; then a frame is dropped as it is decoded."""
TELL_MS: Final = 500
FLOOR_BPS: Final = 2_500_000
"""What the family's browser is told it may send while nothing looks congested. aiortc's estimate
follows what arrives, and so keeps a browser that started low at that rate (tried: 149 kb/s)."""
HOLE_S: Final = 0.3
"""A packet that has been asked for and has not come by then is given up, with its picture."""
PAUSE_S: Final = 2.0
"""After so long without packets the estimate begins anew: what it knew is of a second ago at most,
and aiortc's counter goes through the pause a millisecond at a time (.3 s of work after 30 min)."""
KEY_FRAME_EVERY_S: Final = 0.3
"""How often a key frame is asked for while one is needed."""

OnPicture = Callable[[av.VideoFrame, int], None]


class FlooredEstimator(RemoteBitrateEstimator):
    """aiortc's estimate of the rate to ask for, but not below a floor while nothing looks full.

    It says so from the first packet on; aiortc's says nothing for three seconds.
    """

    def __init__(self) -> None:
        super().__init__()
        self._told_at_ms = -TELL_MS

    def add(
        self, arrival_time_ms: int, abs_send_time: int, payload_size: int, ssrc: int
    ) -> tuple[int, list[int]] | None:
        """Return (bits per second, ssrcs) when it is time to tell the sender."""
        told = super().add(arrival_time_ms, abs_send_time, payload_size, ssrc)
        if told is None and arrival_time_ms - self._told_at_ms < TELL_MS:
            return None
        self._told_at_ms = arrival_time_ms
        rate, ssrcs = told or (FLOOR_BPS, list(self.ssrcs))
        if self.detector.state() is not BandwidthUsage.OVERUSING:
            rate = max(rate, FLOOR_BPS)
        return rate, ssrcs


class Missing(NackGenerator):
    """aiortc's list of what is missing, without its loop over every number of a huge leap."""

    def add(self, packet: RtpPacket) -> bool:
        """Note a packet; True when it shows that others are missing."""
        if self.max_seq is not None:
            leap = packet.sequence_number - self.max_seq & 0xFFFF
            if RTP_HISTORY_SIZE < leap < 0x8000:  # nobody has those any more
                self.missing.clear()
                self.max_seq = packet.sequence_number
                return False
        return bool(super().add(packet))


class Decoder:
    """Decodes VP8 in a thread of its own, so that no picture, however large, holds up the rest.

    `put` never waits; each decoded frame is given to `show` on the loop.
    """

    def __init__(self, show: OnPicture, broken: Callable[[], None]) -> None:
        self.dropped = 0
        self._show = show
        self._broken = broken
        self._loop = asyncio.get_running_loop()
        self._queue: queue.SimpleQueue[JitterFrame | None] = queue.SimpleQueue()
        self._room = threading.Semaphore(DECODED_FRAMES)
        self._thread = threading.Thread(target=self._run, name="decode", daemon=True)
        self._thread.start()

    def put(self, frame: JitterFrame) -> bool:
        """Queue an encoded frame. False when there are too many: it and those are dropped."""
        if self._queue.qsize() >= ENCODED_FRAMES:
            self._forget()
            self.dropped += 1
            return False
        self._queue.put(frame)
        return True

    def close(self) -> None:
        """Have the thread end after the frame that it is at; nothing more is shown."""
        self._forget()
        self._queue.put(None)

    def _forget(self) -> None:
        with suppress(queue.Empty):
            while True:
                self._queue.get_nowait()
                self.dropped += 1

    def _run(self) -> None:
        codec = Vp8Decoder()
        while (frame := self._queue.get()) is not None:
            try:
                pictures: list[Any] = codec.decode(frame)
            except av.FFmpegError as error:
                _log.info("picture from the family not decoded: %s", error)
                deliver(self._loop, self._broken)
                continue
            except Exception:  # a thread that ended here would be a picture gone for ever
                _log.exception("the decoder failed and begins anew")
                codec = Vp8Decoder()
                deliver(self._loop, self._broken)
                continue
            for picture in pictures:
                if self._room.acquire(blocking=False):
                    deliver(self._loop, self._arrived, picture, frame.timestamp)
                else:
                    self.dropped += 1

    def _arrived(self, picture: av.VideoFrame, timestamp: int) -> None:
        self._room.release()
        self._show(picture, timestamp)


class VideoReceiver(Receiver):
    """Puts packets together to frames and gives each decoded one to `on_picture`, on the loop."""

    def __init__(self, transport: Transport, own_ssrc: int) -> None:
        super().__init__("video", transport, own_ssrc)
        self.on_picture: OnPicture | None = None
        self.refused = 0
        """Frames that were not decoded: too large, cut off, or without what they build on."""
        self.given_up = 0
        """Pictures that were not waited for any longer."""
        self._jitter = PromptJitterBuffer()
        self._nack = Missing()
        self._estimator = FlooredEstimator()
        self._estimated_at = 0.0
        self._repeated: RtpPacket | None = None
        """The last packet that came in a retransmission, asked for or to probe the path."""
        self._decoder: Decoder | None = None
        self._waiting: tuple[float, int] | None = None
        """Since when no picture has become whole, and of which RTP time the packet was."""
        self._key_needed = True
        self._key_asked_at = -KEY_FRAME_EVERY_S

    @property
    def dropped(self) -> int:
        """Frames dropped by full queues."""
        return self._decoder.dropped if self._decoder is not None else 0

    def understands(self, codec: RTCRtpCodecParameters) -> bool:
        """VP8 and its retransmissions: FFmpeg's H.264 decoder is not fed by strangers."""
        return codec.name == "VP8" or is_rtx(codec)

    def opened(self) -> None:
        """Forget everything from before, and wait for a key frame."""
        self._jitter = PromptJitterBuffer()
        self._nack = Missing()
        self._estimator = FlooredEstimator()
        self._key_needed = True
        self._waiting = None
        if self._decoder is None:
            self._decoder = Decoder(self._decoded, self._lost_picture)

    async def stop(self) -> None:
        """Take nothing more and end the decoder; idempotent."""
        await super().stop()
        decoder, self._decoder = self._decoder, None
        if decoder is not None:
            decoder.close()

    def accept(self, packet: RtpPacket, now: float) -> None:
        """Take a packet; a frame is decoded with its last one."""
        self._estimate(packet, now)
        if packet is self._repeated and self._jitter.is_past(packet.sequence_number):
            self._nack.missing.discard(packet.sequence_number)
            return
        self._depacketize(packet)
        lost_picture, frame = self._jitter.add(packet)
        if packet is self._jitter.stray:
            return
        if lost_picture:
            self._nack = Missing()
            self._lost_picture()
        self._ask_missing(packet)
        if frame is not None:
            self._waiting = None
            self._decode(frame)
            for more in self._jitter.rest():
                self._decode(more)
        elif self._jitter.holds(packet):
            self._wait(packet, now)

    def _unwrapped(self, packet: RtpPacket, codec: RTCRtpCodecParameters) -> RtpPacket | None:
        self._repeated = super()._unwrapped(packet, codec)
        return self._repeated

    def _depacketize(self, packet: RtpPacket) -> None:
        codec = self._codecs[packet.payload_type]
        try:
            data = depayload(codec, packet.payload) if packet.payload else b""
        except MALFORMED:
            self.refused += 1
            data = b""  # its place is taken: nobody waits for what will not come
        packet._data = data  # type: ignore[attr-defined]  # where aiortc's buffer looks

    def _ask_missing(self, packet: RtpPacket) -> None:
        if self._nack.add(packet):
            lost = RtcpRtpfbPacket(fmt=RTCP_RTPFB_NACK, ssrc=self._own_ssrc, media_ssrc=packet.ssrc)
            lost.lost = sorted(self._nack.missing)
            self._wire.send_packet(bytes(lost))

    def _wait(self, packet: RtpPacket, now: float) -> None:
        """Wait for the rest of the pictures that this packet is of or behind; not for ever."""
        if self._waiting is None:
            self._waiting = (now, packet.timestamp)
        since, timestamp = self._waiting
        # A large picture over a slow line takes its time; packets of the next say that some of
        # this one are missing.
        newest = packet.sequence_number == self._nack.max_seq
        if newest and now - since > HOLE_S and packet.timestamp != timestamp:
            self._skip(packet)

    def _skip(self, packet: RtpPacket) -> None:
        """Wait no more for what is missing: go on behind this packet, from a key frame.

        What is left of its picture is none to the decoder, and refused; what comes late of those
        before it has no place any more.
        """
        self.given_up += 1
        self._jitter.give_up(packet.sequence_number)
        self._nack.missing.clear()
        self._waiting = None
        self._lost_picture()

    def _decode(self, frame: JitterFrame) -> None:
        decoder = self._decoder
        assert decoder is not None
        if not frame.data:  # to FFmpeg this would say that the stream has ended
            self.refused += 1
            return
        size = vp8.key_frame_size(frame.data)
        if size is not None and not (2 <= size[0] <= MAX_WIDTH and 2 <= size[1] <= MAX_HEIGHT):
            # A few bytes may ask for a picture of 8192x8192: refused before it is decoded, and
            # with it all that builds on it.
            self.refused += 1
            self._key_needed = True
            return
        if size is None and self._key_needed:
            self.refused += 1
            self._want_key()
            return
        if decoder.put(frame):
            self._key_needed = False
        else:
            self._lost_picture()

    def _decoded(self, picture: av.VideoFrame, timestamp: int) -> None:
        if self.is_open and self.on_picture is not None:
            self.on_picture(picture, timestamp)

    def _lost_picture(self) -> None:
        self._key_needed = True
        self._want_key()

    def _want_key(self) -> None:
        now = self._loop.time()
        if now - self._key_asked_at >= KEY_FRAME_EVERY_S:
            self._key_asked_at = now
            self.ask_key_frame()

    def _estimate(self, packet: RtpPacket, now: float) -> None:
        sent = packet.extensions.abs_send_time
        if sent is None:
            return
        if now - self._estimated_at > PAUSE_S:
            self._estimator = FlooredEstimator()
        self._estimated_at = now
        size = len(packet.payload) + packet.padding_size
        told = self._estimator.add(int(now * 1000), sent, size, packet.ssrc)
        if told is not None:
            remb = RtcpPsfbPacket(fmt=RTCP_PSFB_APP, ssrc=self._own_ssrc, media_ssrc=0)
            remb.fci = pack_remb_fci(*told)
            self._wire.send_packet(bytes(remb))
