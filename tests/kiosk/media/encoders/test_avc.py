"""H.264 payloads: what goes in comes out of a stranger's depacketizer, whatever the sizes."""

from __future__ import annotations

import random

import pytest
from aiortc.codecs.h264 import h264_depayload
from hypothesis import given
from hypothesis import strategies as st

from kiosk.media.encoders import avc

CODE = b"\0\0\0\1"


def unit(kind: int, size: int, importance: int = 3) -> bytes:
    body = bytes(random.Random(size).choices(range(1, 256), k=size - 1))
    return bytes([importance << 5 | kind]) + body


SPS, PPS = unit(7, 20), unit(8, 6)


@given(st.lists(st.integers(2, 5_000), min_size=1, max_size=8))
def test_every_unit_arrives_whole_and_in_order(sizes: list[int]) -> None:
    sent = CODE.join([b"", *(unit(1, size) for size in sizes)])
    made = avc.payloads(sent)
    assert b"".join(map(h264_depayload, made)) == sent
    assert max(map(len, made)) <= avc.PAYLOAD_BYTES


@pytest.mark.parametrize("size", [1_199, 1_200, 1_201, 2_397, 2_398])
def test_fragments_say_where_they_begin_and_end(size: int) -> None:
    made = avc.payloads(CODE + unit(5, size))
    if size <= 1_200:
        assert made == [unit(5, size)]
        return
    assert {each[0] for each in made} == {3 << 5 | 28}
    assert [each[1] & 0xC0 for each in made] == [0x80, *[0] * (len(made) - 2), 0x40]
    assert {each[1] & 0x1F for each in made} == {5}
    assert len(made) == -(-(size - 1) // 1_198)


def test_headers_travel_together_before_their_picture() -> None:
    made = avc.payloads(CODE.join([b"", SPS, PPS, unit(5, 3_000)]))
    assert made[0][0] & 31 == 24
    assert [each[0] & 31 for each in made[1:]] == [28, 28, 28]
    small = avc.payloads(CODE.join([b"", SPS, PPS, unit(5, 300)]))
    assert len(small) == 1


def test_an_aggregate_is_as_important_as_its_most_important_unit() -> None:
    made = avc.payloads(CODE.join([b"", unit(1, 30, 0), unit(1, 30, 2), unit(1, 30, 1)]))
    assert [each[0] for each in made] == [2 << 5 | 24]


def test_what_decoders_do_not_need_is_left_out() -> None:
    assert avc.payloads(CODE.join([b"", unit(9, 2), SPS, unit(6, 700)])) == [SPS]


def test_both_start_codes_are_understood() -> None:
    stream = b"\0\0\1" + SPS + b"\0\0\0\1" + PPS + b"\0\0\1" + unit(1, 9)
    assert list(avc.units(stream)) == [SPS, PPS, unit(1, 9)]
    assert list(avc.units(b"")) == []
    assert list(avc.units(b"no start code")) == []
