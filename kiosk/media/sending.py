"""What senders of picture and sound share: packets, reports, retransmission.

Replaces aiortc 1.16's `RTCRtpSender.send`, `stop`, `_run_rtp` and `_run_rtcp`: those encode, pack
and send in one serial task a track, keep 128 packets, and report NTP time 0 before the first one,
which browsers believe. Of the base class only the names that RTCPeerConnection reads remain.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from dataclasses import dataclass
from typing import Final

from aiortc import RTCRtpSender
from aiortc.codecs import is_rtx
from aiortc.rtcrtpparameters import RTCRtpCodecParameters, RTCRtpSendParameters
from aiortc.rtp import (
    RTCP_RTPFB_NACK,
    AnyRtcpPacket,
    RtcpByePacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSdesPacket,
    RtcpSenderInfo,
    RtcpSourceInfo,
    RtcpSrPacket,
)

from kiosk.media.rtp_packets import Layout, Packets
from kiosk.media.tracks import Gate
from kiosk.media.transport import Transport

REPORT_S: Final = (0.5, 1.5)
"""Reports leave at random times between these (RFC 3550, section 6.2)."""
FIRST_REPORT_S: Final = 0.02
"""The first report follows the first frame closely: until then nobody can match lips to sound."""
KEPT_PACKETS: Final = 1024
"""Sent packets that may be asked for again: some five seconds of picture."""
RESEND_AGAIN_S: Final = 0.02
"""The same packet is not sent again sooner, however often it is asked for."""
RESENDS_A_SECOND: Final = 300
NTP_EPOCH_S: Final = 2_208_988_800
MAX_RTT_S: Final = 10.0
RTT_WEIGHT: Final = 0.125
_CNAME_ITEM: Final = 1


@dataclass(slots=True)
class _Kept:
    sequence: int
    timestamp: int
    marker: bool
    payload: bytes
    resent_at: float = 0.0


class Sender(RTCRtpSender):
    """Sends one kind of media, when the gate is open. `clock_hz` is its RTP clock."""

    def __init__(self, kind: str, transport: Transport, gate: Gate, clock_hz: int) -> None:
        super().__init__(kind, transport)
        self.packets = 0
        self.octets = 0
        """Of payload (RFC 3550, section 6.4.1)."""
        self.lost = 0
        """Packets that the family's side says it missed."""
        self.rtt_s: float | None = None
        self._wire = transport
        self._gate = gate
        self._clock_hz = clock_hz
        self._loop = asyncio.get_running_loop()
        self._made: Packets | None = None
        self._resends: Packets | None = None
        self._kept: list[_Kept | None] = []
        self._sequence = secrets.randbits(15)  # the lower half: no early wrap for SRTP
        self._resend_sequence = secrets.randbits(15)
        self._timestamp_base = secrets.randbits(32)
        self._last: tuple[int, float] | None = None
        self._resend_budget = float(RESENDS_A_SECOND)
        self._budget_at = 0.0
        self._cname = ""
        self._timer: asyncio.TimerHandle | None = None
        self._stopped = False

    @property
    def is_started(self) -> bool:
        """Whether what is made can be sent."""
        return self._made is not None

    async def send(self, parameters: RTCRtpSendParameters) -> None:
        """Begin, once the connection stands.

        RTCPeerConnection calls this perhaps twice, and perhaps when it is being closed already.
        """
        if self.is_started or self._stopped:
            return
        codec = self.choose(parameters.codecs)
        ids = {each.uri: each.id for each in parameters.headerExtensions}
        self._cname = parameters.rtcp.cname or ""
        mid = parameters.muxId
        self._made = self._packets(Layout(self._ssrc, _number(codec), ids, mid))
        for each in parameters.codecs:
            if is_rtx(each) and each.parameters.get("apt") == codec.payloadType:
                self._resends = self._packets(Layout(self._rtx_ssrc, _number(each), ids, mid))
                self._kept = [None] * KEPT_PACKETS
        self._wire.join(self, parameters)
        self._report_later()
        self.started(codec)

    def silence(self) -> None:
        """Send no picture and no sound any more, ever, nor what is being encoded or waits."""
        self._stopped = True
        self._made = self._resends = None

    async def stop(self) -> None:
        """Say goodbye and send nothing more, ever; idempotent."""
        self.silence()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            if self.packets:
                self._wire.send_packet(bytes(RtcpByePacket(sources=[self._ssrc])))
        self._wire.leave(self)

    def choose(self, codecs: list[RTCRtpCodecParameters]) -> RTCRtpCodecParameters:
        """Return what to send of what both sides know."""
        return codecs[0]

    def started(self, codec: RTCRtpCodecParameters) -> None:
        """Hear that sending may begin, with this codec."""

    def take_report(self, packet: AnyRtcpPacket, now: float) -> None:
        """Take round trips and losses, and send again what is asked for."""
        if isinstance(packet, RtcpRrPacket | RtcpSrPacket):
            for report in packet.reports:
                if report.ssrc == self._ssrc:
                    self._heard(report)
                    self.reported(report.fraction_lost / 256, now)
        elif (
            isinstance(packet, RtcpRtpfbPacket)
            and packet.fmt == RTCP_RTPFB_NACK
            and packet.media_ssrc == self._ssrc
        ):
            for sequence in packet.lost:
                self._resend(sequence, now)

    def prepare(
        self, payloads: list[bytes], timestamp: int, captured_at: float, *, marked: bool = True
    ) -> list[bytearray]:
        """Return the packets of one frame; `captured_at` is monotonic time. Pass each to `emit`.

        `timestamp` counts from 0; the last payload's packet carries the marker if `marked`.
        """
        assert self._made is not None
        rtp = (self._timestamp_base + timestamp) & 0xFFFFFFFF
        first = self._last is None
        self._last = (rtp, captured_at)
        if first:
            self._report_soon()
        packets = []
        for place, payload in enumerate(payloads, 1):
            marker = marked and place == len(payloads)
            packets.append(self._made.make(self._sequence, rtp, marker, payload))
            if self._kept:
                kept = _Kept(self._sequence, rtp, marker, payload)
                self._kept[self._sequence % KEPT_PACKETS] = kept
            self._sequence = (self._sequence + 1) & 0xFFFF
        return packets

    def emit(self, packet: bytearray) -> None:
        """Send a prepared packet now, if the gate is still open."""
        made = self._made
        if made is None or not self._gate.is_open:
            return
        if self._wire.send_packet(made.stamp(packet, time.time())):
            self.packets += 1
            self.octets += len(packet) - made.header_bytes

    def forget_sent(self) -> None:
        """Send nothing of before again: what a shut gate held back may be asked for as lost."""
        self._kept = [None] * len(self._kept)

    def _packets(self, layout: Layout) -> Packets:
        return Packets(layout)

    def reported(self, loss_share: float, now: float) -> None:
        """Hear what share of the packets since the last report the family's side lost."""

    def _heard(self, report: RtcpReceiverInfo) -> None:
        self.lost = max(0, report.packets_lost)
        if not report.lsr:
            return
        # RFC 3550, section 6.4.1: now - LSR - DLSR, in 1/65536 s of NTP time.
        ticks = (_ntp_now() >> 16) - report.lsr - report.dlsr
        rtt_s = (ticks & 0xFFFFFFFF) / 65536
        if rtt_s < MAX_RTT_S:
            last = self.rtt_s
            self.rtt_s = rtt_s if last is None else last + RTT_WEIGHT * (rtt_s - last)

    def _resend(self, sequence: int, now: float) -> None:
        if self._resends is None or not self._gate.is_open:
            return
        kept = self._kept[sequence % KEPT_PACKETS]
        if kept is None or kept.sequence != sequence or now - kept.resent_at < RESEND_AGAIN_S:
            return
        earned = (now - self._budget_at) * RESENDS_A_SECOND
        self._resend_budget = min(float(RESENDS_A_SECOND), self._resend_budget + earned)
        self._budget_at = now
        if self._resend_budget < 1:
            return
        self._resend_budget -= 1
        kept.resent_at = now
        payload = sequence.to_bytes(2, "big") + kept.payload  # RFC 4588, section 4
        again = self._resends.make(self._resend_sequence, kept.timestamp, kept.marker, payload)
        self._resend_sequence = (self._resend_sequence + 1) & 0xFFFF
        self._wire.send_packet(self._resends.stamp(again, time.time()))

    def _report_later(self) -> None:
        after_s = random.uniform(*REPORT_S)  # noqa: S311 - spreads reports, no secret
        self._timer = self._loop.call_later(after_s, self._report)

    def _report_soon(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = self._loop.call_later(FIRST_REPORT_S, self._report)

    def _report(self) -> None:
        self._report_later()
        if self._last is None or self._stopped or not self._gate.is_open:
            return
        timestamp, captured_at = self._last
        since = int((time.monotonic() - captured_at) * self._clock_hz)
        info = RtcpSenderInfo(
            ntp_timestamp=_ntp_now(),
            rtp_timestamp=(timestamp + since) & 0xFFFFFFFF,
            packet_count=self.packets & 0xFFFFFFFF,
            octet_count=self.octets & 0xFFFFFFFF,
        )
        name = RtcpSourceInfo(ssrc=self._ssrc, items=[(_CNAME_ITEM, self._cname.encode())])
        report = RtcpSrPacket(ssrc=self._ssrc, sender_info=info)
        self._wire.send_packet(bytes(report) + bytes(RtcpSdesPacket(chunks=[name])))


def _number(codec: RTCRtpCodecParameters) -> int:
    assert codec.payloadType is not None, "negotiated codecs have one"
    return codec.payloadType


def _ntp_now() -> int:
    """Return the NTP time in 32.32 bits of fixed point."""
    return int((time.time() + NTP_EPOCH_S) * (1 << 32))
