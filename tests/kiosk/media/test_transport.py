"""Whatever a stranger sends, nothing raises, nothing grows, and the right party hears the rest."""

from __future__ import annotations

import os

from aiortc.rtp import AnyRtcpPacket, RtcpPsfbPacket, RtpPacket
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.media.rtp_packets import ABS_SEND_TIME, Layout, Packets
from tests.kiosk.media.parts import OPUS, VP8, Wire, receiving


class Party:
    def __init__(self) -> None:
        self.packets: list[RtpPacket] = []
        self.reports: list[AnyRtcpPacket] = []

    def take(self, packet: RtpPacket, now: float) -> None:
        self.packets.append(packet)

    def take_report(self, packet: AnyRtcpPacket, now: float) -> None:
        self.reports.append(packet)


def packet(payload_type: int, ssrc: int = 5) -> bytes:
    made = Packets(Layout(ssrc, payload_type, {ABS_SEND_TIME: 3}, "1"))
    return made.stamp(made.make(1, 2, True, b"payload"), 0.0)


async def test_media_reaches_its_receiver_within_the_call() -> None:
    wire, sound, picture = Wire(), Party(), Party()
    for party, codec in ((sound, OPUS), (picture, VP8)):
        wire.join(party, receiving(5, codec))
        wire.route(party, [codec.payloadType or 0])
    wire.came(packet(97))
    wire.came(packet(96))
    wire.came(packet(100))
    assert [each.payload_type for each in picture.packets] == [97]
    assert [each.payload_type for each in sound.packets] == [96]
    assert wire.refused == 1
    wire.leave(picture)
    wire.came(packet(97))
    assert len(picture.packets) == 1 and wire.refused == 2


async def test_reports_reach_everybody() -> None:
    wire, one, two = Wire(), Party(), Party()
    for party in (one, two):
        wire.join(party, receiving(5, VP8))
    wire.came(bytes(RtcpPsfbPacket(fmt=1, ssrc=1, media_ssrc=2)))
    assert len(one.reports) == len(two.reports) == 1


async def test_ssrcs_that_a_stranger_invents_leave_nothing_behind() -> None:
    wire, party = Wire(), Party()
    wire.join(party, receiving(5, VP8))
    wire.route(party, [97])
    for ssrc in range(1000):
        wire.came(packet(97, ssrc))
    assert not wire._rtp_router.ssrc_table


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.binary(min_size=1, max_size=64), max_size=20), st.integers(128, 191))
async def test_no_bytes_make_it_raise(datagrams: list[bytes], first: int) -> None:
    wire = Wire()
    wire.join(Party(), receiving(5, VP8))
    for each in datagrams:
        wire.came(bytes([first]) + each)
        wire.came(bytes([first, 200 + each[0] % 8]) + each)  # RTCP


async def test_a_header_extension_of_the_wrong_length_is_only_refused() -> None:
    wire, party = Wire(), Party()
    wire.join(party, receiving(5, VP8))
    wire.route(party, [97])
    raw = bytearray(packet(97))
    raw[16] = 3 << 4 | 0  # abs-send-time of one byte: aiortc's parser raises struct.error
    wire.came(bytes(raw))
    assert not party.packets and wire.refused == 1


async def test_a_datagram_that_no_srtp_fits_is_refused() -> None:
    wire = Wire()
    real = __import__("pylibsrtp")
    policy = real.Policy(
        key=os.urandom(30),
        ssrc_type=real.Policy.SSRC_ANY_INBOUND,
        srtp_profile=real.Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    )
    wire._rx_srtp = real.Session(policy)
    wire.came(packet(97))
    wire.came(packet(97) + bytes(3000))
    assert wire.refused == 2
