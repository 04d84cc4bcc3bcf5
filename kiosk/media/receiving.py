"""What receivers of picture and sound share: who sends, receiver reports, counters.

Replaces aiortc 1.16's `RTCRtpReceiver.receive`, `stop`, `_handle_rtp_packet` and `_run_rtcp`:
those await per packet, queue without bound, and decode in a thread that is joined on the loop.
Of the base class only the names that RTCPeerConnection reads remain.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from typing import Final

from aiortc import RTCRtpReceiver
from aiortc.codecs import is_rtx
from aiortc.rtcrtpparameters import RTCRtpCodecParameters, RTCRtpReceiveParameters
from aiortc.rtcrtpreceiver import StreamStatistics
from aiortc.rtp import (
    RTCP_PSFB_PLI,
    AnyRtcpPacket,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpSrPacket,
    RtpPacket,
    unwrap_rtx,
)

from kiosk.media.sending import REPORT_S
from kiosk.media.transport import Transport

TIMESTAMPS: Final = 1 << 32


class Arrived(StreamStatistics):
    """aiortc's counters of one stream, without a leap of the jitter where RTP time wraps around."""

    def add(self, packet: RtpPacket) -> None:
        """Count a packet of the stream."""
        last = self._last_timestamp
        if last is not None and last - packet.timestamp > TIMESTAMPS // 2:
            self._last_timestamp = last - TIMESTAMPS
        super().add(packet)


class Receiver(RTCRtpReceiver):
    """One kind of media from the family. Packets are counted but not opened while it is shut."""

    def __init__(self, kind: str, transport: Transport, own_ssrc: int) -> None:
        super().__init__(kind, transport)
        self.packets = 0
        self.octets = 0
        """Payload of all of them, in bytes."""
        self.last_packet_at: float | None = None
        """Monotonic time of the last RTP packet, taken or not."""
        self.ssrc: int | None = None
        """Whose media this is: as signalled, else the first that came. Others are dropped."""
        self.is_open = False
        self.on_report: Callable[[int, int], None] | None = None
        """Hears the NTP and the RTP time of each report of the stream's sender."""
        self._wire = transport
        self._own_ssrc = own_ssrc
        self._loop = asyncio.get_running_loop()
        self._codecs: dict[int, RTCRtpCodecParameters] = {}
        self._statistics: Arrived | None = None
        self._rtx_ssrc: int | None = None
        self._last_report: tuple[int, float] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._stopped = False

    async def receive(self, parameters: RTCRtpReceiveParameters) -> None:
        """Begin, once the connection stands.

        RTCPeerConnection calls this perhaps twice, and perhaps when it is being closed already.
        """
        if self._codecs or self._stopped:
            return
        self._codecs = {
            each.payloadType: each
            for each in parameters.codecs
            if each.payloadType is not None and self.understands(each)
        }
        for encoding in parameters.encodings:
            self.ssrc = encoding.ssrc
            if encoding.rtx is not None:
                self._rtx_ssrc = encoding.rtx.ssrc
        self._wire.join(self, parameters)
        self._wire.route(self, self._codecs)
        self._report_later()

    async def stop(self) -> None:
        """Take nothing more, ever; idempotent."""
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._wire.leave(self)
        self.shut()

    def understands(self, codec: RTCRtpCodecParameters) -> bool:
        """Whether packets of this codec are taken."""
        return True

    def open(self) -> None:
        """Let packets through, from a clean start."""
        if not self.is_open:
            self.is_open = True
            self.opened()

    def shut(self) -> None:
        """Drop what comes from now on."""
        self.is_open = False

    def opened(self) -> None:
        """Forget everything from before."""

    def take(self, packet: RtpPacket, now: float) -> None:
        """Take one RTP packet; `now` is monotonic time."""
        self.packets += 1
        self.octets += len(packet.payload)
        self.last_packet_at = now
        codec = self._codecs[packet.payload_type]
        if is_rtx(codec):
            media = self._unwrapped(packet, codec) if self.is_open else None
            if media is not None:
                self.accept(media, now)
            return
        if self.ssrc is None:
            self.ssrc = packet.ssrc
        if packet.ssrc != self.ssrc:
            return
        if self._statistics is None:
            self._statistics = Arrived(codec.clockRate)
        # Also while it is shut: what came then is not lost, and must not be reported so.
        self._statistics.add(packet)
        if self.is_open:
            self.accept(packet, now)

    def accept(self, packet: RtpPacket, now: float) -> None:
        """Take a packet of the one stream; it may come late, twice, or never."""
        raise NotImplementedError

    def take_report(self, packet: AnyRtcpPacket, now: float) -> None:
        """Note when the sender's last report came: it measures its round trip by ours."""
        if isinstance(packet, RtcpSrPacket) and packet.ssrc == self.ssrc:
            info = packet.sender_info
            self._last_report = (info.ntp_timestamp >> 16 & 0xFFFFFFFF, now)
            if self.on_report is not None:
                self.on_report(info.ntp_timestamp, info.rtp_timestamp)

    @property
    def lost(self) -> int:
        """Packets that never came, or only when they were asked for again."""
        return max(0, self._statistics.packets_lost) if self._statistics is not None else 0

    @property
    def jitter_ms(self) -> float:
        """RFC 3550's interarrival jitter."""
        statistics = self._statistics
        if statistics is None:
            return 0.0
        return float(statistics.jitter) * 1000 / next(iter(self._codecs.values())).clockRate

    def ask_key_frame(self) -> None:
        """Send a picture loss indication, if anything has come that could be a picture."""
        if self.ssrc is not None and self.is_open:
            pli = RtcpPsfbPacket(fmt=RTCP_PSFB_PLI, ssrc=self._own_ssrc, media_ssrc=self.ssrc)
            self._wire.send_packet(bytes(pli))

    def _unwrapped(self, packet: RtpPacket, codec: RTCRtpCodecParameters) -> RtpPacket | None:
        """Return the packet inside a retransmission (RFC 4588, section 4)."""
        original = codec.parameters.get("apt")
        known = isinstance(original, int) and original in self._codecs
        if not known or self.ssrc is None or len(packet.payload) < 2:
            return None
        if self._rtx_ssrc is not None and packet.ssrc != self._rtx_ssrc:
            return None
        assert isinstance(original, int)
        return unwrap_rtx(packet, payload_type=original, ssrc=self.ssrc)

    def _report_later(self) -> None:
        after_s = random.uniform(*REPORT_S)  # noqa: S311 - spreads reports, no secret
        self._timer = self._loop.call_later(after_s, self._report)

    def _report(self) -> None:
        self._report_later()
        statistics = self._statistics
        if statistics is None or self.ssrc is None:
            return
        lsr, since = 0, 0
        if self._last_report is not None:
            lsr, heard_at = self._last_report
            since = min(int((time.monotonic() - heard_at) * 65536), 0xFFFFFFFF)
        report = RtcpReceiverInfo(
            ssrc=self.ssrc,
            fraction_lost=statistics.fraction_lost,
            packets_lost=statistics.packets_lost,
            highest_sequence=(statistics.cycles + (statistics.max_seq or 0)) & 0xFFFFFFFF,
            jitter=statistics.jitter & 0xFFFFFFFF,
            lsr=lsr,
            dlsr=since,
        )
        self._wire.send_packet(bytes(RtcpRrPacket(ssrc=self._own_ssrc, reports=[report])))
