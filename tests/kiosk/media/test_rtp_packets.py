"""Our packets are what aiortc's own parser, and so the RFCs, make of them."""

from __future__ import annotations

from aiortc.rtp import HeaderExtensionsMap, RtpPacket, unpack_header_extensions
from hypothesis import given
from hypothesis import strategies as st

from kiosk.media.rtp_packets import ABS_SEND_TIME, MID, PLAYOUT_DELAY, Layout, Packets
from tests.kiosk.media.parts import sending

IDS = {MID: 1, ABS_SEND_TIME: 3, PLAYOUT_DELAY: 4}
LAYOUT = Layout(ssrc=0xDEADBEEF, payload_type=97, extensions=IDS, mid="1")


def parsed(packet: bytes) -> RtpPacket:
    known = HeaderExtensionsMap()
    known.configure(sending())
    return RtpPacket.parse(packet, known)


@given(
    sequence=st.integers(0, 0xFFFF),
    timestamp=st.integers(0, 0xFFFFFFFF),
    marker=st.booleans(),
    payload=st.binary(max_size=1200),
    wall_s=st.floats(0, 4e9),
)
def test_what_goes_in_comes_out(
    sequence: int, timestamp: int, marker: bool, payload: bytes, wall_s: float
) -> None:
    packets = Packets(LAYOUT, playout_delay_ms=(0, 0))
    one = parsed(packets.stamp(packets.make(sequence, timestamp, marker, payload), wall_s))
    assert (one.sequence_number, one.timestamp, bool(one.marker)) == (sequence, timestamp, marker)
    assert (one.ssrc, one.payload_type, one.payload) == (0xDEADBEEF, 97, payload)
    assert one.extensions.mid == "1"
    assert one.extensions.abs_send_time == int(wall_s * 2**18) & 0xFFFFFF


def test_the_playout_delay_is_in_tens_of_milliseconds() -> None:
    packets = Packets(LAYOUT, playout_delay_ms=(20, 400))
    raw = packets.stamp(packets.make(0, 0, False, b""), 0.0)
    length = int.from_bytes(raw[14:16], "big") * 4
    values = dict(unpack_header_extensions(0xBEDE, raw[16 : 16 + length]))
    assert int.from_bytes(values[4], "big") == 2 << 12 | 40


def test_only_what_was_negotiated_is_written() -> None:
    packets = Packets(Layout(ssrc=1, payload_type=96, extensions={MID: 7}, mid="0"))
    raw = packets.stamp(packets.make(0, 0, True, b"x"), 1.0)
    assert unpack_header_extensions(0xBEDE, raw[16:20]) == [(7, b"0")]
    assert raw[20:] == b"x"
