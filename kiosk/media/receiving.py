"""What comes from the family, from packet to decoder: bounded, and shut until the gate opens.

aiortc's queues have no end: whoever sends faster than this machine decodes fills its memory and
falls ever further behind (tried: 26 MB a second). Each is replaced here by one that drops.
"""

from __future__ import annotations

import asyncio
import queue
from typing import Any, Final

from aiortc import RTCRtpReceiver
from aiortc.codecs import is_rtx
from aiortc.rate import BandwidthUsage, RemoteBitrateEstimator
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtcrtpreceiver import NackGenerator
from aiortc.rtp import RtpPacket

from kiosk.media.jitter import PromptJitterBuffer
from kiosk.media.seams import private, replace_private

DATAGRAMS: Final = 1024
"""Datagrams that wait for decryption; then the newest are dropped, as a full socket would."""
ENCODED_FRAMES: Final = 30
DECODED_FRAMES: Final = 3
TELL_MS: Final = 500
FLOOR_BPS: Final = 2_500_000
"""What the family's browser is told it may send while nothing looks congested. aiortc's estimate
follows what arrives, and so keeps a browser that started low at that rate (tried: 149 kb/s)."""


class DatagramQueue(asyncio.Queue[Any]):
    """Datagrams from ICE. Full: what comes is dropped and counted; the end (None) always fits."""

    def __init__(self) -> None:
        super().__init__()
        self.dropped = 0

    def put_nowait(self, item: Any) -> None:
        """Add, or drop."""
        if item is not None and self.qsize() >= DATAGRAMS:
            self.dropped += 1
            return
        super().put_nowait(item)


class DecodedQueue(asyncio.Queue[Any]):
    """Decoded frames on their way to their track's reader. Full: the oldest is dropped."""

    async def put(self, item: Any) -> None:
        """Add at once."""
        if self.qsize() >= DECODED_FRAMES and item is not None:
            self.get_nowait()
        self.put_nowait(item)


class EncodedQueue(queue.Queue[Any]):
    """Encoded frames for the decoder thread. Full: all are dropped and a key frame is asked for."""

    def __init__(self, receiver: Receiver) -> None:
        super().__init__()
        self.dropped = 0
        self._receiver = receiver

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Add at once; None ends the thread."""
        if item is not None and self.qsize() >= ENCODED_FRAMES:
            with self.mutex:
                self.dropped += len(self.queue)
                self.queue.clear()
            private(self._receiver, RTCRtpReceiver, "decoder_error").set()
        super().put(item)


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


class Receiver(RTCRtpReceiver):
    """One kind of media from the family. Packets are counted but not parsed while it is shut."""

    def __init__(self, kind: str, transport: RTCDtlsTransport) -> None:
        super().__init__(kind, transport)
        self.packets = 0
        self.last_packet_at: float | None = None
        """Loop time of the last RTP packet, taken or not."""
        self._ssrc: int | None = None
        self._kind = kind
        self._loop = asyncio.get_running_loop()
        self._jitter = PromptJitterBuffer(kind)
        self._enabled = False
        replace_private(self, RTCRtpReceiver, "decoder_queue", EncodedQueue(self))
        self._renew()

    def open(self) -> None:
        """Let packets through to the decoder, from a clean start."""
        if not self._enabled:
            self._renew()
            self._enabled = True

    def shut(self) -> None:
        """Drop what comes from now on."""
        self._enabled = False

    async def ask_key_frame(self) -> None:
        """Send a picture loss indication, if anything has come that could be a picture."""
        if self._ssrc is not None and self._enabled:
            await self._send_rtcp_pli(self._ssrc)

    async def _handle_rtp_packet(self, packet: RtpPacket, arrival_time_ms: int) -> None:
        self.packets += 1
        self.last_packet_at = self._loop.time()
        codec = private(self, RTCRtpReceiver, "codecs").get(packet.payload_type)
        if codec is not None and not is_rtx(codec):
            self._ssrc = packet.ssrc
        await super()._handle_rtp_packet(packet, arrival_time_ms)
        if self._enabled:
            self._decode_rest()

    def _decode_rest(self) -> None:
        for frame in self._jitter.rest():
            mapper = private(self, RTCRtpReceiver, "timestamp_mapper")
            frame.timestamp = mapper.map(frame.timestamp)
            codecs = private(self, RTCRtpReceiver, "codecs").values()
            codec = next(each for each in codecs if not is_rtx(each))
            private(self, RTCRtpReceiver, "decoder_queue").put((codec, frame))

    def _renew(self) -> None:
        self._jitter = PromptJitterBuffer(self._kind)
        replace_private(self, RTCRtpReceiver, "jitter_buffer", self._jitter)
        if self._kind == "video":
            replace_private(self, RTCRtpReceiver, "nack_generator", NackGenerator())
            replace_private(self, RTCRtpReceiver, "remote_bitrate_estimator", FlooredEstimator())
