"""Packets back in order, and out as soon as they can be."""

from __future__ import annotations

from aiortc.jitterbuffer import JitterFrame
from aiortc.rtp import RtpPacket
from hypothesis import given
from hypothesis import strategies as st

from kiosk.media.jitter import PromptJitterBuffer


def packet(sequence: int, timestamp: int, marker: bool, data: bytes) -> RtpPacket:
    made = RtpPacket(sequence_number=sequence % 65536, timestamp=timestamp, marker=int(marker))
    made._data = data  # type: ignore[attr-defined]
    return made


def feed(buffer: PromptJitterBuffer, one: RtpPacket) -> list[JitterFrame]:
    _, first = buffer.add(one)
    return [*([first] if first is not None else []), *buffer.rest()]


def test_a_picture_leaves_with_its_marker() -> None:
    buffer = PromptJitterBuffer()
    assert feed(buffer, packet(10, 100, False, b"a")) == []
    (frame,) = feed(buffer, packet(11, 100, True, b"b"))
    assert (frame.data, frame.timestamp) == (b"ab", 100)


def test_a_picture_without_marker_leaves_with_the_next() -> None:
    buffer = PromptJitterBuffer()
    feed(buffer, packet(10, 100, False, b"a"))
    frames = feed(buffer, packet(11, 200, True, b"b"))
    assert [frame.data for frame in frames] == [b"a", b"b"]


def test_a_gap_filled_late_releases_everything_at_once() -> None:
    buffer = PromptJitterBuffer()
    feed(buffer, packet(10, 100, True, b"a"))
    for sequence in range(12, 20):
        assert feed(buffer, packet(sequence, sequence * 100, True, bytes([sequence]))) == []
    frames = feed(buffer, packet(11, 1100, True, b"b"))
    assert [frame.timestamp for frame in frames] == [1100, *range(1200, 2000, 100)]


def test_a_sender_that_begins_anew_loses_nothing_but_what_was_unfinished() -> None:
    buffer = PromptJitterBuffer()
    feed(buffer, packet(20_000, 1, True, b"a"))
    for first in (5, 40_000, 39_000, 65_535):
        lost, one = buffer.add(packet(first, 2, True, b"b"))
        assert (lost, one) == (False, None), "one alone may be a late one"
        lost, one = buffer.add(packet(first + 1, 3, True, b"c"))
        assert lost and one is not None
        assert [each.data for each in (one, *buffer.rest())] == [b"b", b"c"]


@given(st.integers(0, 65_535), st.integers(-32_768, 32_767))
def test_one_packet_from_anywhere_holds_nothing_up(first: int, off: int) -> None:
    buffer = PromptJitterBuffer()
    feed(buffer, packet(first, 0, True, b"a"))
    if not 0 < off < 3001:  # those may be in order, and are waited for
        feed(buffer, packet(first + off, 5, True, b"x"))
    assert [each.data for each in feed(buffer, packet(first + 1, 6, True, b"b"))][-1:] == [b"b"]


@given(st.integers(0, 65_535), st.permutations(range(12)))
def test_any_order_gives_every_picture_in_order(first: int, order: list[int]) -> None:
    buffer = PromptJitterBuffer()
    feed(buffer, packet(first - 1, 0, True, b""))
    out = []
    for place in order:
        one = packet(first + place, 100 + place // 3, place % 3 == 2, bytes([place]))
        out += feed(buffer, one)
    assert b"".join(frame.data for frame in out) == bytes(range(12))
    assert [frame.timestamp for frame in out] == [100, 101, 102, 103]
