"""What is reported of a stream: what came, counted rightly, whether or not it was opened."""

from __future__ import annotations

from aiortc.rtp import RtcpRrPacket, RtpPacket

from kiosk.media.receiving import Receiver
from tests.kiosk.media.parts import OPUS, Wire, receiving

SSRC = 5


class Ears(Receiver):
    """Counts what it is given."""

    def __init__(self, wire: Wire) -> None:
        super().__init__("audio", wire, 1)
        self.accepted = 0

    def accept(self, packet: RtpPacket, now: float) -> None:
        self.accepted += 1


async def ears() -> tuple[Ears, Wire]:
    wire = Wire()
    made = Ears(wire)
    await made.receive(receiving(SSRC, OPUS))
    return made, wire


def packet(sequence: int, timestamp: int = 0) -> RtpPacket:
    made = RtpPacket(
        payload_type=96, sequence_number=sequence & 0xFFFF, timestamp=timestamp & 0xFFFFFFFF
    )
    made.ssrc = SSRC
    return made


async def test_what_came_while_it_was_shut_is_not_lost() -> None:
    one, wire = await ears()
    for sequence in range(300):
        if sequence == 100:
            one.open()
        if sequence == 200:
            one.shut()
        one.take(packet(sequence), 0.0)
    one.open()
    one.take(packet(300), 0.0)
    one._report()
    (report,) = [each for each in wire.rtcp if isinstance(each, RtcpRrPacket)]
    (about,) = report.reports
    assert (about.fraction_lost, about.packets_lost, one.lost) == (0, 0, 0)
    assert one.accepted == 101
    await one.stop()


async def test_the_highest_number_counts_its_wraps() -> None:
    one, wire = await ears()
    for sequence in range(65_530, 65_540):
        one.take(packet(sequence), 0.0)
    one._report()
    (report,) = [each for each in wire.rtcp if isinstance(each, RtcpRrPacket)]
    assert report.reports[0].highest_sequence == 65_539  # RFC 3550, section 6.4.1: extended
    await one.stop()


async def test_jitter_does_not_leap_where_time_wraps() -> None:
    one, _ = await ears()
    one.open()
    for number in range(10):
        one.take(packet(number, 2**32 - 5 * 960 + number * 960), 0.0)
    assert one.jitter_ms < 1000
    await one.stop()


async def test_stopped_it_does_not_begin_again() -> None:
    """A connection that is closed while its handshake ends is told to receive after `stop`."""
    wire = Wire()
    one = Ears(wire)
    await one.stop()
    await one.receive(receiving(SSRC, OPUS))
    assert one._timer is None and one not in wire._parties and not wire._takers
