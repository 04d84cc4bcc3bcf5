"""Pictures leave with their last packet; what cannot be a picture never reaches the decoder."""

from __future__ import annotations

import time
from collections.abc import Iterator
from fractions import Fraction
from functools import partial

import av
import numpy as np
import pytest
from aiortc.codecs.vpx import Vp8Encoder
from aiortc.jitterbuffer import JitterFrame
from aiortc.rate import BandwidthUsage
from aiortc.rtp import (
    RTCP_PSFB_APP,
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    RtcpPsfbPacket,
    RtcpRtpfbPacket,
    RtpPacket,
    unpack_remb_fci,
)

from kiosk.media import vp8
from kiosk.media.video_receiver import ENCODED_FRAMES, FLOOR_BPS, FlooredEstimator, VideoReceiver
from tests.kiosk.media.parts import H264, RTX, VP8, Wire, receiving, until

SSRC = 5


def pictures(count: int, width: int = 64, height: int = 48) -> Iterator[list[bytes]]:
    """Yield the payloads of each frame of a moving gradient; the first is a key frame."""
    encoder = Vp8Encoder()
    for number in range(count):
        luma = (np.add.outer(np.arange(height), np.arange(width)) * 3 + 9 * number) % 256
        planes = np.full((height * 3 // 2, width), 128, np.uint8)
        planes[:height] = luma
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, 30)
        yield encoder.encode(frame)[0]


def packets(frames: list[list[bytes]], sequence: int = 100) -> list[RtpPacket]:
    made = []
    for number, payloads in enumerate(frames):
        for place, payload in enumerate(payloads, 1):
            one = RtpPacket(
                payload_type=97,
                sequence_number=sequence & 0xFFFF,
                timestamp=3000 * number,
                marker=int(place == len(payloads)),
                payload=payload,
            )
            one.ssrc = SSRC
            made.append(one)
            sequence += 1
    return made


def split(payloads: list[bytes], size: int) -> list[bytes]:
    """Return the one payload in parts of this many bytes."""
    [payload] = payloads
    descriptor, data = payload[:4], payload[4:]
    parts = [data[at : at + size] for at in range(0, len(data), size)]
    rest = bytes([descriptor[0] & 0xEF]) + descriptor[1:]  # RFC 7741: S says where it begins
    return [(descriptor if not at else rest) + part for at, part in enumerate(parts)]


def repeated(packet: RtpPacket) -> RtpPacket:
    """Return the packet as it is sent again (RFC 4588, section 4)."""
    made = RtpPacket(
        payload_type=98,
        sequence_number=9,
        timestamp=packet.timestamp,
        marker=packet.marker,
        payload=packet.sequence_number.to_bytes(2, "big") + packet.payload,
    )
    made.ssrc = 6
    return made


class Stage:
    def __init__(self) -> None:
        self.wire = Wire()
        self.receiver = VideoReceiver(self.wire, 1)
        self.seen: list[tuple[int, int, int]] = []
        self.receiver.on_picture = self._picture

    async def begin(self) -> None:
        await self.receiver.receive(receiving(SSRC, VP8, RTX, H264))
        self.receiver.open()

    def _picture(self, frame: av.VideoFrame, timestamp: int) -> None:
        self.seen.append((frame.width, frame.height, timestamp))

    def asked(self) -> int:
        """How often a key frame was asked for."""
        about = [each for each in self.wire.rtcp if isinstance(each, RtcpPsfbPacket)]
        return sum(each.fmt == RTCP_PSFB_PLI for each in about)


@pytest.fixture
async def stage() -> Stage:
    made = Stage()
    await made.begin()
    return made


def has_seen(stage: Stage, timestamp: int) -> bool:
    return bool(stage.seen) and stage.seen[-1][2] == timestamp


async def test_each_picture_is_shown_as_soon_as_it_is_whole(stage: Stage) -> None:
    sent = packets(list(pictures(5)))
    for number, one in enumerate(sent):
        stage.receiver.take(one, float(number))
        if one.marker:
            await until(partial(has_seen, stage, one.timestamp))
    assert [each[2] for each in stage.seen] == [0, 3000, 6000, 9000, 12000]
    assert stage.asked() == 0
    await stage.receiver.stop()


async def test_shut_it_counts_but_opens_nothing(stage: Stage) -> None:
    stage.receiver.shut()
    for one in packets(list(pictures(2))):
        stage.receiver.take(one, 7.0)
    assert stage.receiver.packets == 2 and stage.receiver.last_packet_at == 7.0
    assert not stage.seen and stage.asked() == 0
    assert stage.receiver._decoder is not None and stage.receiver._decoder._queue.empty()
    await stage.receiver.stop()


async def test_without_its_key_frame_nothing_is_decoded_and_one_is_asked_for(stage: Stage) -> None:
    _, *rest = list(pictures(6))
    for one in packets(rest):
        stage.receiver.take(one, 0.0)
    assert stage.receiver.refused == 5 and stage.asked() == 1
    for one in packets(list(pictures(1)), sequence=105):
        stage.receiver.take(one, 0.0)
    await until(lambda: len(stage.seen) == 1)
    await stage.receiver.stop()


async def test_a_picture_of_8192_by_8192_is_refused_before_it_is_decoded(stage: Stage) -> None:
    (payloads,) = pictures(1)
    frame = bytearray(b"".join(payload[4:] for payload in payloads))
    assert vp8.key_frame_size(bytes(frame)) == (64, 48)
    frame[6:10] = (8192).to_bytes(2, "little") * 2
    huge = packets([[payloads[0][:4] + bytes(frame)]])
    for one in [*huge, *packets(list(pictures(3))[1:], sequence=101)]:
        stage.receiver.take(one, 0.0)
    assert stage.receiver.refused == 3
    for one in packets(list(pictures(1)), sequence=103):
        stage.receiver.take(one, 0.0)
    await until(lambda: len(stage.seen) == 1)
    assert stage.seen[0][:2] == (64, 48)
    await stage.receiver.stop()


async def test_a_lost_packet_is_asked_for(stage: Stage) -> None:
    first, second, third = packets(list(pictures(3)))
    stage.receiver.take(first, 0.0)
    stage.receiver.take(third, 0.0)
    (nack,) = [each for each in stage.wire.rtcp if isinstance(each, RtcpRtpfbPacket)]
    assert (nack.fmt, nack.lost) == (RTCP_RTPFB_NACK, [second.sequence_number])
    stage.receiver.take(repeated(second), 0.0)
    await until(lambda: len(stage.seen) == 3)
    await stage.receiver.stop()


async def test_a_hole_that_stays_is_given_up_and_the_picture_goes_on(stage: Stage) -> None:
    sent = packets(list(pictures(20)))
    del sent[3]
    for number, one in enumerate(sent):
        stage.receiver.take(one, number / 30)
    assert stage.asked() >= 1
    await until(lambda: len(stage.seen) == 3)
    for one in packets(list(pictures(2)), sequence=120):
        one.timestamp += 90_000
        stage.receiver.take(one, 1.0)
    await until(lambda: len(stage.seen) >= 5)
    assert [each[2] for each in stage.seen] == [0, 3000, 6000, 90_000, 93_000]
    assert stage.receiver.given_up == 1
    await stage.receiver.stop()


async def test_what_comes_when_it_was_given_up_makes_no_new_hole(stage: Stage) -> None:
    sent = packets(list(pictures(20)))
    late = sent.pop(3)
    for number, one in enumerate(sent):
        stage.receiver.take(one, number / 30)
        if stage.receiver.given_up:
            break
    await until(lambda: len(stage.seen) == 3)  # more at once than the loop sees are dropped
    stage.receiver.take(repeated(late), 1.0)
    follows = packets(list(pictures(2)), sequence=sent[number].sequence_number + 1)
    for one in follows:
        one.timestamp += 90_000
        stage.receiver.take(one, 1.0)
    await until(partial(has_seen, stage, 93_000))
    nacks = [each for each in stage.wire.rtcp if isinstance(each, RtcpRtpfbPacket)]
    assert len(nacks) == 1, "nothing that was given up is asked for again"
    await stage.receiver.stop()


def decoded(stage: Stage) -> list[int]:
    """Return a list of the RTP times of what is decoded from now on."""
    decoder = stage.receiver._decoder
    assert decoder is not None
    times: list[int] = []

    def put(frame: JitterFrame) -> bool:
        times.append(frame.timestamp)
        return True

    decoder.put = put  # type: ignore[method-assign]  # played
    return times


@pytest.mark.parametrize("back", [50, 99, 100, 120, 200])
@pytest.mark.parametrize("again", [False, True], ids=["late", "sent again"])
async def test_an_old_packet_costs_no_picture(stage: Stage, back: int, again: bool) -> None:
    times = decoded(stage)
    sent = packets(list(pictures(400)), sequence=65_400)
    for number, one in enumerate(sent):
        stage.receiver.take(one, number * 0.005)
        if number == 299:
            # Also two in a row, where they say themselves that they are old.
            old = sent[299 - back : 301 - back] if again else [sent[299 - back]]
            for each in old:
                stage.receiver.take(repeated(each) if again else each, 1.5)
    assert times == [one.timestamp for one in sent]
    assert stage.asked() == stage.receiver.refused == stage.receiver.given_up == 0
    await stage.receiver.stop()


async def test_a_sender_that_begins_anew_is_seen_and_asked_for_what_is_missing(
    stage: Stage,
) -> None:
    times = decoded(stage)
    for sequence in (30_000, 7):
        for one in packets(list(pictures(20)), sequence=sequence):
            stage.receiver.take(one, 0.0)
    assert len(times) == 40
    (one,) = packets(list(pictures(1)), sequence=28)
    stage.receiver.take(one, 0.0)
    (nack,) = [each for each in stage.wire.rtcp if isinstance(each, RtcpRtpfbPacket)]
    assert nack.lost == [27]
    await stage.receiver.stop()


async def test_a_doubled_packet_before_a_pause_is_not_waited_for(stage: Stage) -> None:
    times = decoded(stage)
    sent = packets([split(payloads, 100) for payloads in pictures(6)])
    end = 1 + next(place for place, one in enumerate(sent) if one.marker)
    for one in sent[:end]:
        stage.receiver.take(one, 0.0)
    for doubled in (sent[end - 1], repeated(sent[end - 1])):
        stage.receiver.take(doubled, 0.0)
    for one in sent[end:]:
        stage.receiver.take(one, 2.0)
    assert len(times) == 6
    assert stage.receiver.given_up == stage.asked() == 0
    await stage.receiver.stop()


async def test_after_a_long_pause_the_rate_is_estimated_anew_at_once(stage: Stage) -> None:
    first, second = packets([[b"\x10"], [b"\x10"]])
    for one, at in ((first, 1.0), (second, 1.0 + 8 * 3600)):
        one.extensions.abs_send_time = int(at * (1 << 18)) & 0xFFFFFF
        began = time.process_time()
        stage.receiver.take(one, at)
        assert time.process_time() - began < 0.5, "millisecond by millisecond it takes 5 s"
    told = [each for each in stage.wire.rtcp if isinstance(each, RtcpPsfbPacket)]
    rates = [unpack_remb_fci(each.fci)[0] for each in told if each.fmt == RTCP_PSFB_APP]
    assert len(rates) == 2
    assert rates == pytest.approx([FLOOR_BPS] * 2, rel=0.01)
    await stage.receiver.stop()


async def test_leaps_of_the_sequence_number_cost_nothing(stage: Stage) -> None:
    (first,) = packets([[b"\x10"]])
    began = time.process_time()
    for number in range(2000):
        first.sequence_number = number * 30_000 & 0xFFFF
        stage.receiver.take(first, 0.0)
    assert time.process_time() - began < 2.0, "number by number it would be a minute"
    assert len(stage.receiver._nack.missing) <= 128
    await stage.receiver.stop()


async def test_a_large_picture_may_take_its_time(stage: Stage) -> None:
    (payloads,) = pictures(1)
    for number, one in enumerate(packets([split(payloads, 40)])):
        stage.receiver.take(one, number * 0.1)
    await until(lambda: len(stage.seen) == 1)
    assert stage.asked() == 0
    await stage.receiver.stop()


async def test_more_than_the_decoder_can_do_is_dropped_and_begun_anew(stage: Stage) -> None:
    decoder = stage.receiver._decoder
    assert decoder is not None
    sent = packets(list(pictures(ENCODED_FRAMES * 4, 640, 480)))
    for one in sent:
        stage.receiver.take(one, 0.0)  # without once letting the loop run
    assert decoder._queue.qsize() <= ENCODED_FRAMES
    await until(decoder._queue.empty)
    assert stage.receiver.dropped > 0
    await stage.receiver.stop()


async def test_garbage_is_asked_again_and_kills_nothing(stage: Stage) -> None:
    (payloads,) = pictures(1)
    cut, noise = payloads[0][:30], payloads[0][:4] + b"\1\2\3"
    for one in packets([[cut], [b""], [b"\x10"], [b"\xff" * 9], [noise]]):
        stage.receiver.take(one, 0.0)
    for one in packets(list(pictures(2)), sequence=105):
        stage.receiver.take(one, 0.0)
    await until(lambda: len(stage.seen) >= 2)
    await stage.receiver.stop()


async def test_a_decoder_that_fails_as_none_should_begins_anew(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("as none should")

    sent = packets(list(pictures(2)))
    with monkeypatch.context() as patch:
        patch.setattr("kiosk.media.video_receiver.Vp8Decoder.decode", fails)
        stage.receiver.take(sent[0], 0.0)
        await until(lambda: stage.asked() == 1)
    for one in packets(list(pictures(1)), sequence=101):
        stage.receiver.take(one, 0.1)
    await until(lambda: len(stage.seen) == 1)
    await stage.receiver.stop()


async def test_strangers_and_their_h264_are_not_decoded(stage: Stage) -> None:
    assert 101 not in stage.receiver._codecs
    (payloads,) = pictures(1)
    for one in packets([payloads]):
        one.ssrc = 99
        stage.receiver.take(one, 0.0)
    assert stage.receiver.lost == 0 and stage.receiver._statistics is None
    await stage.receiver.stop()


def test_the_rate_has_a_floor_until_something_looks_full() -> None:
    estimator = FlooredEstimator()
    told = [estimator.add(ms, ms * 262, 1200, 7) for ms in range(0, 2000, 20)]
    rates = [each for each in told if each is not None]
    assert rates[0] == (FLOOR_BPS, [7])
    assert 3 <= len(rates) <= 5
    estimator.detector.hypothesis = BandwidthUsage.OVERUSING
    estimator.detector.detect = lambda *_: BandwidthUsage.OVERUSING  # type: ignore[method-assign]  # played
    squeezed = [estimator.add(2000 + ms, (2000 + ms) * 262, 1200, 7) for ms in range(0, 600, 20)]
    assert min(each[0] for each in squeezed if each is not None) < FLOOR_BPS


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (b"", None),
        (b"\x01\x02\x03", None),
        (b"\x10\x02\x00\x9d\x01\x2a\x80\x02\xe0\x01rest", (640, 480)),
        (b"\x10\x02\x00\x9d\x01\x2a\x80\xc2\xe0\x41rest", (640, 480)),
        (b"\x10\x02\x00\x9d\x01", (0, 0)),
        (b"\x10\x02\x00\x9d\x01\x2b\x80\x02\xe0\x01", (0, 0)),
    ],
)
def test_the_size_that_a_key_frame_claims(data: bytes, size: tuple[int, int] | None) -> None:
    assert vp8.key_frame_size(data) == size
