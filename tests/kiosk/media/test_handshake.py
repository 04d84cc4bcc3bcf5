"""The DTLS handshake on a line that loses datagrams: resent at 50 ms, to an end, nothing cut."""

from __future__ import annotations

import asyncio
import datetime
import inspect
import statistics
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiortc import rtcdtlstransport
from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsTransport
from aiortc.rtcicetransport import RTCIceTransport
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from kiosk.media import handshake
from kiosk.media.handshake import Handshake, is_of_handshake, split
from kiosk.media.paths import Gatherer, Paths
from kiosk.media.seams import private
from tests.kiosk.media.lossy import Loses, LossyRelay, first, share
from tests.kiosk.media.turn import HOST, until

STOCK_TIMER_S = 1.0


def nothing(_: bytes) -> bool:
    return False


def only_dtls(loses: Loses) -> Loses:
    """Spare STUN: what is lost is the handshake's."""
    return lambda data: 19 < data[0] < 64 and loses(data)


class Ends:
    """Two DTLS transports on connected ICE transports, server first."""

    def __init__(self, relay: LossyRelay, kinds: tuple[type[RTCDtlsTransport], ...]) -> None:
        self.relay = relay
        self.ice = [RTCIceTransport(Gatherer(Paths(addresses=[HOST]))) for _ in kinds]
        self.dtls = [
            kind(ice, [RTCCertificate.generateCertificate()])
            for kind, ice in zip(kinds, self.ice, strict=True)
        ]

    async def connect(self) -> None:
        """Do ICE."""
        self.ice[0]._connection.ice_controlling = True
        for index, ice in enumerate(self.ice):
            await ice.iceGatherer.gather()
            [candidate] = ice.iceGatherer.getLocalCandidates()
            candidate.port = self.relay.ports[1 - index]
            await self.ice[1 - index].addRemoteCandidate(candidate)
        await asyncio.gather(
            *(
                ice.start(self.ice[1 - index].iceGatherer.getLocalParameters())
                for index, ice in enumerate(self.ice)
            )
        )

    async def shake(self) -> float:
        """Do DTLS; return how long it took, in seconds."""
        start = time.perf_counter()
        await asyncio.gather(
            *(
                dtls.start(self.dtls[1 - index].getLocalParameters())
                for index, dtls in enumerate(self.dtls)
            )
        )
        return time.perf_counter() - start


@asynccontextmanager
async def ends(*kinds: type[RTCDtlsTransport]) -> AsyncIterator[Ends]:
    relay = LossyRelay(nothing)
    await relay.open()
    made = Ends(relay, kinds or (Handshake, Handshake))
    try:
        await made.connect()
        yield made
    finally:
        for dtls in made.dtls:
            await dtls.stop()
        for ice in made.ice:
            await ice.stop()
        relay.close()


async def test_a_clean_line_needs_no_repetition(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handshake, "RESEND_S", 1.0)
    async with ends() as both:
        await both.shake()
        assert [dtls.state for dtls in both.dtls] == ["connected", "connected"]
        assert [dtls.resent for dtls in both.dtls if isinstance(dtls, Handshake)] == [0, 0]


@pytest.mark.parametrize("count", [1, 2, 4])
async def test_each_lost_datagram_costs_50_ms(count: int) -> None:
    async with ends() as both:
        both.relay.loses = only_dtls(first(count))
        took_s = await both.shake()
        assert [dtls.state for dtls in both.dtls] == ["connected", "connected"]
        assert count * handshake.RESEND_S <= took_s < STOCK_TIMER_S


async def test_on_a_bad_line_it_is_many_times_faster_than_upstream() -> None:
    async def median_s(kind: type[RTCDtlsTransport]) -> float:
        took_s = []
        for seed in range(3):
            async with ends(kind, kind) as both:
                both.relay.loses = only_dtls(share(0.3, seed))
                took_s.append(await both.shake())
        return statistics.median(took_s)

    ours_s, upstreams_s = await median_s(Handshake), await median_s(RTCDtlsTransport)
    assert upstreams_s > STOCK_TIMER_S
    assert ours_s < upstreams_s / 3


@pytest.mark.parametrize("client", [Handshake, RTCDtlsTransport])
async def test_a_lost_last_flight_is_sent_again(client: type[RTCDtlsTransport]) -> None:
    lose = first(1)
    async with ends(Handshake, client) as both:
        both.relay.loses = lambda data: data[0] == handshake.CHANGE_CIPHER_SPEC and lose(data)
        took_s = await both.shake()
        assert [dtls.state for dtls in both.dtls] == ["connected", "connected"]
        assert client is RTCDtlsTransport or took_s < STOCK_TIMER_S


@pytest.mark.parametrize("kinds", [(Handshake, RTCDtlsTransport), (RTCDtlsTransport, Handshake)])
async def test_it_heals_the_others_losses_too(kinds: tuple[type[RTCDtlsTransport], ...]) -> None:
    async with ends(*kinds) as both:
        both.relay.loses = only_dtls(share(0.3, seed=4))
        await both.shake()
        assert [dtls.state for dtls in both.dtls] == ["connected", "connected"]


async def test_a_peer_that_repeats_itself_for_ever_is_not_answered_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with ends() as both:
        await both.shake()
        server, client = both.dtls
        assert isinstance(server, Handshake) and isinstance(client, Handshake)
        monkeypatch.setattr(handshake, "RESEND_S", 0.0)
        before = server.resent
        for _ in range(5 * handshake.ANSWERS_MAX):
            seen = private(server, RTCDtlsTransport, "rx_packets")
            await client._send_all(client._flight)
            await until(lambda: private(server, RTCDtlsTransport, "rx_packets") > seen)  # noqa: B023
            await asyncio.sleep(0.002)
        assert server.resent - before == handshake.ANSWERS_MAX
        assert client.resent == 0, "the two of us do not answer each other's answers"
        assert server.state == "connected"


async def test_with_nobody_there_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handshake, "RESEND_S", 0.01)
    monkeypatch.setattr(handshake, "RESENDS_MAX", 3)
    monkeypatch.setattr(handshake, "HANDSHAKE_S", 0.5)
    async with ends() as both:
        both.relay.loses = only_dtls(lambda _: True)
        both.relay.seen.clear()
        await both.shake()
        assert [dtls.state for dtls in both.dtls] == ["failed", "failed"]
        assert len([data for data in both.relay.seen if is_of_handshake(data)]) == 1 + 3


async def test_a_flight_of_many_datagrams_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtcdtlstransport, "generate_certificate", large_certificate)
    async with ends() as both:
        both.relay.seen.clear()
        took_s = await both.shake()
        assert [dtls.state for dtls in both.dtls] == ["connected", "connected"]
        sizes = [len(data) for data in both.relay.seen if is_of_handshake(data)]
        assert sum(sizes) > 2 * 4000
        assert max(sizes) <= handshake.DATAGRAM_MAX
        assert took_s < STOCK_TIMER_S


def large_certificate(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    """Return a certificate of more than 4000 bytes."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "large")])
    now = datetime.datetime.now(tz=datetime.UTC)
    ballast = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), bytes(4000))
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(ballast, critical=False)
        .sign(key, hashes.SHA256())
    )


def plain(kind: int, size: int) -> bytes:
    """Return a plain record of `size` bytes."""
    body = size - handshake.HEADER_SIZE
    return bytes([kind, 0xFE, 0xFD]) + bytes(8) + body.to_bytes(2) + bytes(body)


def test_records_are_grouped_but_never_cut() -> None:
    records = [plain(22, 700), plain(22, 500), plain(20, 14), plain(22, 2000), plain(22, 61)]
    assert split(b"".join(records)) == [
        records[0] + records[1],
        records[2],
        records[3],
        records[4],
    ]
    assert split(b"") == []


def test_records_of_dtls_1_3_are_told_apart() -> None:
    long_header = bytes([0b0010_1110, 0, 7]) + (1190).to_bytes(2) + bytes(1190)
    short_header = bytes([0b0010_0110, 7]) + (40).to_bytes(2) + bytes(40)
    unsized = bytes([0b0010_1010, 0, 8]) + bytes(30)
    assert split(long_header + short_header + unsized) == [long_header, short_header + unsized]


@pytest.mark.parametrize(
    ("first_byte", "is_one"),
    [(20, True), (22, True), (26, True), (21, False), (23, False), (0x2E, True), (0x2F, False)],
)
def test_what_belongs_to_a_handshake(first_byte: int, is_one: bool) -> None:
    assert is_of_handshake(bytes([first_byte, 0, 0])) is is_one


def test_upstream_still_calls_what_we_override() -> None:
    callers: dict[str, Callable[..., Any]] = {
        "await self._do_handshake()": RTCDtlsTransport.start,
        "await self._recv_next()": private(RTCDtlsTransport, RTCDtlsTransport, "run"),
        "await self._write_ssl()": RTCDtlsTransport.stop,
        "await self.transport._send(data)": RTCDtlsTransport._write_ssl,
        "bio_read(1500)": RTCDtlsTransport._write_ssl,
        "DTLSv1_get_timeout()": RTCDtlsTransport._recv_next,
    }
    for words, caller in callers.items():
        assert words in inspect.getsource(caller)
    for name in ("_do_handshake", "_recv_next", "_write_ssl"):
        ours, theirs = getattr(Handshake, name), getattr(RTCDtlsTransport, name)
        assert inspect.iscoroutinefunction(theirs)
        assert list(inspect.signature(ours).parameters) == ["self"]
        assert list(inspect.signature(theirs).parameters) == ["self"]


async def test_the_counters_that_we_raise_are_upstreams() -> None:
    async with ends() as both:
        await both.shake()
        for dtls in both.dtls:
            [stats] = [each for each in dtls._get_stats().values() if each.type == "transport"]
            assert stats.packetsSent >= 2 and stats.packetsReceived >= 2
            assert stats.bytesSent > 100 and stats.bytesReceived > 100
