"""Reports with the right times, retransmissions with an end, and silence behind a shut gate."""

from __future__ import annotations

import time

import pytest
from aiortc.rtp import (
    RTCP_RTPFB_NACK,
    RtcpByePacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSrPacket,
    unwrap_rtx,
)

from kiosk.media.sending import NTP_EPOCH_S, RESENDS_A_SECOND, Sender
from kiosk.media.tracks import Gate
from tests.kiosk.media.parts import RTX, VP8, Wire, sending, until


async def sender(is_open: bool = True) -> tuple[Sender, Wire, Gate]:
    wire, gate = Wire(), Gate()
    gate.set(is_open)
    made = Sender("video", wire, gate, 90_000)
    await made.send(sending(VP8, RTX))
    return made, wire, gate


def send(one: Sender, count: int, timestamp: int = 0) -> None:
    now = time.monotonic()
    for packet in one.prepare([bytes([n % 256]) for n in range(count)], timestamp, now):
        one.emit(packet)


def nack(one: Sender, lost: list[int]) -> RtcpRtpfbPacket:
    packet = RtcpRtpfbPacket(fmt=RTCP_RTPFB_NACK, ssrc=1, media_ssrc=one._ssrc)
    packet.lost = lost
    return packet


async def test_the_last_packet_of_a_frame_is_marked() -> None:
    one, wire, _ = await sender()
    send(one, 3, 90_000)
    assert [bool(each.marker) for each in wire.rtp] == [False, False, True]
    assert len({each.timestamp for each in wire.rtp}) == 1
    assert [each.payload for each in wire.rtp] == [b"\0", b"\1", b"\2"]
    first = wire.rtp[0].sequence_number
    assert [each.sequence_number for each in wire.rtp] == [first, first + 1, first + 2]
    assert one.packets == 3
    await one.stop()


async def test_reports_count_what_was_in_the_packets_and_not_their_headers() -> None:
    one, wire, _ = await sender()
    send(one, 3)
    one._report()
    (report,) = [each for each in wire.rtcp if isinstance(each, RtcpSrPacket)]
    assert (report.sender_info.packet_count, report.sender_info.octet_count) == (3, 3)
    await one.stop()


async def test_a_shut_gate_lets_neither_packets_nor_reports_out() -> None:
    one, wire, gate = await sender()
    packets = one.prepare([b"a"], 0, 0.0)
    gate.set(False)
    one.emit(packets[0])
    one._report()
    one.take_report(nack(one, [one._sequence - 1]), 1.0)
    assert not wire.rtp and not wire.rtcp
    await one.stop()
    assert not wire.rtcp, "nobody says goodbye who was never there"


async def test_the_first_report_follows_the_first_frame_and_its_times_agree() -> None:
    one, wire, _ = await sender()
    send(one, 1, 90_000)
    await until(lambda: bool(wire.rtcp))
    (report,) = [each for each in wire.rtcp if isinstance(each, RtcpSrPacket)]
    info = report.sender_info
    assert info.ntp_timestamp / 2**32 - NTP_EPOCH_S == pytest.approx(time.time(), abs=1)
    since_s = (info.rtp_timestamp - wire.rtp[0].timestamp) % 2**32 / 90_000
    assert 0.015 < since_s < 1.0
    assert (info.packet_count, info.octet_count) == (one.packets, one.octets)
    await one.stop()
    assert isinstance(wire.rtcp[-1], RtcpByePacket)


async def test_what_is_asked_for_is_sent_again_in_the_other_stream() -> None:
    one, wire, _ = await sender()
    send(one, 4)
    missing = wire.rtp[2]
    one.take_report(nack(one, [missing.sequence_number, 60_000]), 10.0)
    again = wire.rtp[-1]
    assert (again.payload_type, again.ssrc) == (98, one._rtx_ssrc)
    original = unwrap_rtx(again, payload_type=97, ssrc=one._ssrc)
    assert original.sequence_number == missing.sequence_number
    assert original.payload == missing.payload and original.timestamp == missing.timestamp
    await one.stop()


async def test_a_flood_of_requests_gets_a_bounded_answer() -> None:
    one, wire, _ = await sender()
    send(one, 800)
    asked = [each.sequence_number for each in wire.rtp]
    before = len(wire.rtp)
    for _ in range(20):
        one.take_report(nack(one, asked), 10.0)
    assert len(wire.rtp) - before <= RESENDS_A_SECOND
    one.take_report(nack(one, asked[-5:]), 10.5)
    assert len(wire.rtp) - before <= RESENDS_A_SECOND + 5
    await one.stop()


@pytest.mark.parametrize("lag_s", [0.08, 0.25])
async def test_round_trip_and_loss_as_the_other_side_reports_them(lag_s: float) -> None:
    one, _, _ = await sender()
    sent = int((time.time() - lag_s - 0.5 + NTP_EPOCH_S) * 65536) & 0xFFFFFFFF
    about = RtcpReceiverInfo(
        ssrc=one._ssrc,
        fraction_lost=0,
        packets_lost=7,
        highest_sequence=0,
        jitter=0,
        lsr=sent,
        dlsr=int(0.5 * 65536),
    )
    one.take_report(RtcpRrPacket(ssrc=1, reports=[about]), 0.0)
    assert one.rtt_s == pytest.approx(lag_s, abs=0.05)
    assert one.lost == 7
    about.dlsr = 0x80000000  # nonsense: a round trip of hours
    about.packets_lost = -5
    one.take_report(RtcpRrPacket(ssrc=1, reports=[about]), 0.0)
    assert one.rtt_s == pytest.approx(lag_s, abs=0.05) and one.lost == 0
    await one.stop()


async def test_stopped_it_does_not_begin_again() -> None:
    """A connection that is closed while its handshake ends is told to send after `stop`."""
    one, wire, _ = await sender()
    await one.stop()
    await one.send(sending(VP8, RTX))
    assert not one.is_started and one._timer is None and one not in wire._parties


async def test_nothing_of_before_is_sent_again_once_it_is_forgotten() -> None:
    one, wire, _ = await sender()
    send(one, 2)
    one.forget_sent()
    one.take_report(nack(one, [each.sequence_number for each in wire.rtp]), 10.0)
    assert len(wire.rtp) == 2
    send(one, 1)
    one.take_report(nack(one, [wire.rtp[-1].sequence_number]), 10.0)
    assert len(wire.rtp) == 4
    await one.stop()
