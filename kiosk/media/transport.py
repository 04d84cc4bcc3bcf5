"""DTLS and SRTP of one connection, with media going straight from the socket to its receiver.

aiortc hands every datagram through a queue to a task that decrypts it and awaits its receiver: at
300 packets a second those hops cost more than the codecs. Here a media datagram is decrypted,
parsed and given to its receiver in the call that read it, and a packet is encrypted and sent in
the call that made it. DTLS itself keeps aiortc's way.

Replaced of aiortc 1.16: `RTCDtlsTransport._send_rtp`, the part of `_recv_next` that takes SRTP,
and the router, which remembers every SSRC that a stranger invents. What a stranger sends makes
nothing raise here: a datagram that does not decrypt, or does not parse, is counted and dropped.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Iterable
from typing import Final, Protocol

import pylibsrtp
from aiortc.rtcdtlstransport import RTCCertificate, State
from aiortc.rtcicetransport import RTCIceTransport
from aiortc.rtcrtpparameters import RTCRtpParameters
from aiortc.rtp import AnyRtcpPacket, RtcpPacket, RtpPacket, is_rtcp

from kiosk.media.handshake import Handshake
from kiosk.media.paths import Paths

MALFORMED: Final = (ValueError, IndexError, struct.error, AssertionError)
"""What aiortc's parsers raise for bytes that are no RTP or RTCP."""


class Party(Protocol):
    """A sender or receiver on the transport."""

    def take_report(self, packet: AnyRtcpPacket, now: float) -> None:
        """Take one RTCP packet, which may be about somebody else."""


class Taker(Party, Protocol):
    """A receiver on the transport."""

    def take(self, packet: RtpPacket, now: float) -> None:
        """Take one RTP packet; `now` is the monotonic time at which it was read."""


class Transport(Handshake):
    """The transport that all senders and receivers of a connection share."""

    def __init__(self, transport: RTCIceTransport, certificates: list[RTCCertificate]) -> None:
        super().__init__(transport, certificates)
        self.bytes_in = self.bytes_out = 0
        self.refused = 0
        """Datagrams that did not decrypt or parse, or were for nobody."""
        self.unsent = 0
        """Packets made before the connection stood or after it was gone."""
        self._takers: dict[int, Taker] = {}
        self._parties: list[Party] = []
        assert isinstance(transport._connection, Paths)
        self._ice = transport._connection
        self._ice.media = self._media_came

    def join(self, party: Party, parameters: RTCRtpParameters) -> None:
        """Give every RTCP packet to `party`."""
        self._rtp_header_extensions_map.configure(parameters)
        self._parties.append(party)

    def route(self, taker: Taker, payload_types: Iterable[int]) -> None:
        """Give RTP of these payload types to `taker`; each kind of media has its own."""
        for payload_type in payload_types:
            self._takers[payload_type] = taker

    def leave(self, party: Party) -> None:
        """Give nothing more to `party`."""
        if party in self._parties:
            self._parties.remove(party)
        self._takers = {kind: each for kind, each in self._takers.items() if each is not party}

    def send_packet(self, packet: bytes) -> bool:
        """Encrypt and send RTP or RTCP now. False, and counted, when there is no way to."""
        if self._state is not State.CONNECTED:
            self.unsent += 1
            return False
        protect = self._tx_srtp.protect_rtcp if is_rtcp(packet) else self._tx_srtp.protect
        data = protect(packet)
        if not self._ice.send_now(data):
            self.unsent += 1
            return False
        self.bytes_out += len(data)
        return True

    async def stop(self) -> None:
        """Close DTLS; nothing comes any more."""
        self._ice.media = None
        await super().stop()

    async def _send_rtp(self, data: bytes) -> None:
        self.send_packet(data)

    def _media_came(self, data: bytes) -> None:
        session = self._rx_srtp
        self.bytes_in += len(data)
        if session is None:  # media before the keys: the browser is quicker than its handshake
            self.refused += 1
            return
        now = time.monotonic()  # libuv's own time is as old as the loop's turn, and in whole ms
        try:
            if is_rtcp(data):
                for report in RtcpPacket.parse(session.unprotect_rtcp(data)):
                    for party in self._parties:
                        party.take_report(report, now)
                return
            packet = RtpPacket.parse(session.unprotect(data), self._rtp_header_extensions_map)
        except (pylibsrtp.Error, *MALFORMED):
            self.refused += 1
            return
        taker = self._takers.get(packet.payload_type)
        if taker is None:
            self.refused += 1
        else:
            taker.take(packet, now)
