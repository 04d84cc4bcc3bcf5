"""The DTLS handshake, without its second of waiting for a lost datagram.

Replaces these parts of aiortc's RTCDtlsTransport (rtcdtlstransport.py of 1.16):

- A lost datagram costs a second there: OpenSSL's first timer, which pyOpenSSL offers no way to set
  (and `DTLSv1_handle_timeout` does nothing before it is due). Here the datagrams of our last flight
  are sent again, unchanged, every RESEND_S until the other side moves us on; what it has already
  got, its replay window drops. OpenSSL's own timer goes on beside it.
- The side that spoke last cannot know that it was heard (RFC 6347 section 4.2.4, RFC 9147 section
  5.8): when the other side repeats its flight afterwards, ours is repeated too. Against one that
  repeats unchanged, as we do, OpenSSL's own answer fails: its replay window drops the repetition.
- A flight is read out to its end; upstream reads at most 1500 bytes, and then a record may be cut.
- What `do_handshake` wrote last is sent at once; upstream leaves it for the next datagram.
- Neither repetitions nor the handshake are without end.

How to use it: `class Transport(Handshake)`. Media reach such a transport by `Paths.media`, past
`_recv_next`, which here knows DTLS only and drops what else may be in the queue. `_write_ssl`,
`_recv_next` and `_do_handshake` are called by upstream's `start`, `__run`, `_send_data` and `stop`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Final

from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsTransport, State
from aiortc.rtcicetransport import RTCIceTransport
from OpenSSL import SSL

from kiosk.media.seams import private, replace_private

_log = logging.getLogger(__name__)

RESEND_S: Final = 0.05
RESENDS_MAX: Final = 100
"""Of one flight: five seconds; then OpenSSL's timer alone (1, 2, 4... s) goes on."""
ANSWERS_MAX: Final = 20
"""Repetitions of our last flight for one that repeats its own after the handshake."""
HANDSHAKE_S: Final = 30.0
DATAGRAM_MAX: Final = 1200
"""Bytes; every path on the Internet carries that (QUIC's RFC 9000 section 14 counts on it)."""
READ_SIZE: Final = 16 * 1024
SSL_READ_SIZE: Final = 16 * 1024

CHANGE_CIPHER_SPEC: Final = 20
HANDSHAKE: Final = 22
ACK: Final = 26
HEADER_SIZE: Final = 13
"""Of a plain record (RFC 6347 section 4.1); its last two bytes are the length."""


def is_of_handshake(datagram: bytes) -> bool:
    """Whether a datagram begins with a record of a handshake, and not with data or an alert."""
    first = datagram[0]
    if first >> 5 == 0b001:  # RFC 9147 section 4: a unified header, whose last bits are the epoch
        return first & 0b11 == 2
    return first in {CHANGE_CIPHER_SPEC, HANDSHAKE, ACK}


def split(flight: bytes) -> list[bytes]:
    """Return the records of a flight in datagrams of at most DATAGRAM_MAX, none of them cut.

    OpenSSL's memory BIO keeps no borders between the datagrams that were written to it.
    """
    datagrams: list[bytes] = []
    for record in _records(flight):
        if datagrams and len(datagrams[-1]) + len(record) <= DATAGRAM_MAX:
            datagrams[-1] += record
        else:
            datagrams.append(record)
    return datagrams


def _records(flight: bytes) -> Iterator[bytes]:
    while flight:
        size = _record_size(flight)
        yield flight[:size]
        flight = flight[size:]


def _record_size(data: bytes) -> int:
    """Return the size of the first record; all of `data` where it does not say."""
    first = data[0]
    if first >> 5 != 0b001:
        end_of_header = HEADER_SIZE
    elif not first & 0b100:  # no length: RFC 9147 section 4, the record is the last one
        return len(data)
    else:
        end_of_header = 1 + (2 if first & 0b1000 else 1) + 2
    return end_of_header + int.from_bytes(data[end_of_header - 2 : end_of_header])


class Handshake(RTCDtlsTransport):
    """A DTLS transport that resends from 50 ms on."""

    def __init__(self, transport: RTCIceTransport, certificates: list[RTCCertificate]) -> None:
        super().__init__(transport, certificates)
        self.resent = 0
        """Flights sent again."""
        self._now = asyncio.get_running_loop().time
        self._flight: list[bytes] = []
        self._flight_resent = 0
        self._resend_at = 0.0
        self._spoke_last = False
        self._answered = 0

    @property
    def _openssl(self) -> SSL.Connection:
        assert self._ssl is not None, "start() makes it"
        return self._ssl

    async def _do_handshake(self) -> None:
        try:
            async with asyncio.timeout(HANDSHAKE_S):
                while not self.encrypted:
                    try:
                        self._openssl.do_handshake()
                    except SSL.WantReadError:
                        await self._write_ssl()
                        await self._recv_next()
                    else:
                        await self._write_ssl()
                        self.encrypted = True
        except (SSL.Error, ConnectionError, TimeoutError) as problem:
            _log.warning("the DTLS handshake failed: %s", problem or type(problem).__name__)
            self._set_state(State.FAILED)

    async def _write_ssl(self) -> None:
        """Send what OpenSSL has written; a flight is kept, to be sent again."""
        datagrams = split(self._read_out())
        if not datagrams:
            return
        if not self.encrypted or is_of_handshake(datagrams[0]):
            self._flight = datagrams
            self._flight_resent = 0
        await self._send_all(datagrams)

    def _read_out(self) -> bytes:
        written = b""
        while True:
            try:
                written += self._openssl.bio_read(READ_SIZE)
            except SSL.Error:  # WantReadError: nothing more
                return written

    async def _send_all(self, datagrams: list[bytes]) -> None:
        self._resend_at = self._now() + RESEND_S
        for datagram in datagrams:
            await self.transport._send(datagram)
            self._count("tx", datagram)

    async def _recv_next(self) -> None:
        """Take the next DTLS datagram, or send our flight again when it is time to."""
        try:
            async with asyncio.timeout(self._wait_s()):
                datagram = await self.transport._recv()
        except TimeoutError:
            await self._resend()
            return
        self._count("rx", datagram)
        if not 19 < datagram[0] < 64:
            return
        self._openssl.bio_write(datagram)
        try:
            data = self._openssl.recv(SSL_READ_SIZE)
        except SSL.ZeroReturnError:
            raise ConnectionError("the other side closed DTLS") from None
        except SSL.Error:  # mostly WantReadError; DTLS drops what it cannot read, and so do we
            data = b""
        sent = private(self, RTCDtlsTransport, "tx_packets")
        await self._write_ssl()
        was_answered = private(self, RTCDtlsTransport, "tx_packets") > sent
        if not self.encrypted:
            self._spoke_last = was_answered
        elif self._spoke_last and not was_answered and is_of_handshake(datagram):
            await self._answer_repetition()
        if data and self._data_receiver is not None:
            await self._data_receiver._handle_data(data)

    def _wait_s(self) -> float | None:
        """Return how long to wait for a datagram until something is to be sent; None: for ever."""
        openssl_s = self._openssl.DTLSv1_get_timeout()
        if openssl_s is None and self.encrypted:
            return None
        ours_s = None
        if self._flight and self._flight_resent < RESENDS_MAX:
            ours_s = max(0.0, self._resend_at - self._now())
        return min((each for each in (openssl_s, ours_s) if each is not None), default=None)

    async def _resend(self) -> None:
        if self._openssl.DTLSv1_handle_timeout():
            await self._write_ssl()
        elif self._flight and self._flight_resent < RESENDS_MAX:
            self._flight_resent += 1
            self.resent += 1
            await self._send_all(self._flight)

    async def _answer_repetition(self) -> None:
        if self._answered < ANSWERS_MAX and self._now() >= self._resend_at:
            self._answered += 1
            self.resent += 1
            await self._send_all(self._flight)

    def _count(self, way: str, datagram: bytes) -> None:
        for name, more in ((f"{way}_packets", 1), (f"{way}_bytes", len(datagram))):
            now = private(self, RTCDtlsTransport, name)
            replace_private(self, RTCDtlsTransport, name, now + more)
