"""The newest picture, whole when asked for, at once when the gate opens, never after it shut."""

from __future__ import annotations

import asyncio
import threading
from functools import partial

import av
from aiortc.rtp import (
    RTCP_PSFB_APP,
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    pack_remb_fci,
)

from kiosk.media.encoders.rate import usual_bps
from kiosk.media.tracks import Gate
from kiosk.media.video_sender import FAILURES, KEY_FRAME_EVERY_S, VideoSender
from tests.kiosk.media.parts import H264, RTX, VP8, Wire, sending, until


class Encoder:
    """Says which frames it was given; each is one payload. Waits while `held`."""

    name = "counting"

    def __init__(self) -> None:
        self.target_bps = 0
        self.warmed: tuple[int, int] | None = None
        self.keys: list[bool] = []
        self.failures = 0
        self.closed = 0
        self.free = threading.Event()
        self.free.set()

    def warm(self, width: int, height: int) -> None:
        self.warmed = (width, height)

    def encode(self, frame: av.VideoFrame, key: bool) -> list[bytes]:
        self.free.wait(5)
        self.keys.append(key)
        if self.failures:
            self.failures -= 1
            raise ValueError("the encoder fails")
        return [bytes([frame.width // 16])]

    def close(self) -> None:
        self.closed += 1


def picture(number: int) -> av.VideoFrame:
    return av.VideoFrame(16 * number, 16, "yuv420p")


async def sender(wire: Wire, gate: Gate, encoder: Encoder) -> VideoSender:
    made = VideoSender(wire, gate, lambda _: encoder)
    made.size = (640, 480)
    await made.send(sending(VP8))
    await until(lambda: encoder.warmed == (640, 480))
    return made


def pli(one: VideoSender) -> RtcpPsfbPacket:
    return RtcpPsfbPacket(fmt=RTCP_PSFB_PLI, ssrc=1, media_ssrc=one._ssrc)


async def test_the_picture_that_stands_there_is_the_first_one_and_whole() -> None:
    wire, gate, encoder = Wire(), Gate(), Encoder()
    one = await sender(wire, gate, encoder)
    for number in range(1, 4):
        one.take(picture(number))
    assert not wire.rtp
    gate.set(True)
    one.gate_moved()
    await until(lambda: len(wire.rtp) == 1)
    assert wire.rtp[0].payload == bytes([3]) and encoder.keys == [True]
    await one.stop()


async def test_an_old_picture_is_not_shown_to_anybody() -> None:
    wire, gate, encoder = Wire(), Gate(), Encoder()
    one = await sender(wire, gate, encoder)
    one.take(picture(1))
    assert one._standing is not None
    one._standing = (one._standing[0], one._standing[1] - 1.0)
    gate.set(True)
    one.gate_moved()
    one.take(picture(2))
    await until(lambda: len(wire.rtp) == 1)
    assert wire.rtp[0].payload == bytes([2])
    await one.stop()


async def test_newest_wins_while_the_encoder_is_busy() -> None:
    wire, gate, encoder = Wire(), Gate(), Encoder()
    one = await sender(wire, gate, encoder)
    gate.set(True)
    encoder.free.clear()
    one.take(picture(1))
    await asyncio.sleep(0)
    for number in range(2, 9):
        await asyncio.sleep(0)
        one.take(picture(number))
    encoder.free.set()
    await until(lambda: len(wire.rtp) == 2)
    assert [each.payload for each in wire.rtp] == [bytes([1]), bytes([8])]
    assert one.skipped == 6
    await one.stop()


async def test_what_was_being_encoded_when_the_gate_shut_stays_here() -> None:
    wire, gate, encoder = Wire(), Gate(), Encoder()
    one = await sender(wire, gate, encoder)
    gate.set(True)
    encoder.free.clear()
    one.take(picture(1))
    await asyncio.sleep(0.01)
    gate.set(False)
    one.gate_moved()
    encoder.free.set()
    await until(lambda: len(encoder.keys) == 1)
    gate.set(True)
    one.take(picture(2))
    await until(lambda: len(encoder.keys) == 2)
    await until(lambda: bool(wire.rtp))
    assert [each.payload for each in wire.rtp] == [bytes([2])]
    await one.stop()


def has_encoded(encoder: Encoder, count: int) -> bool:
    return len(encoder.keys) == count


async def test_key_frames_on_demand_but_not_more_often_than_they_help() -> None:
    wire, gate, encoder = Wire(), Gate(), Encoder()
    one = await sender(wire, gate, encoder)
    gate.set(True)
    began = asyncio.get_running_loop().time()
    for number in range(60):
        one.take_report(pli(one), 0.0)
        one.take(picture(1 + number % 9))
        await until(partial(has_encoded, encoder, number + 1))
    took_s = asyncio.get_running_loop().time() - began
    assert encoder.keys[0] and 1 <= sum(encoder.keys) <= 1 + took_s / KEY_FRAME_EVERY_S
    async with asyncio.timeout(5):
        while sum(encoder.keys) < 3:  # what was asked for within that time is not forgotten
            one.take(picture(1))
            await asyncio.sleep(0.01)
            one.take_report(pli(one), 0.0)
    await one.stop()


async def test_on_a_full_path_the_rate_that_the_family_allows_reaches_the_encoder() -> None:
    wire, gate, encoder = Wire(), Gate(), Encoder()
    one = await sender(wire, gate, encoder)
    assert encoder.target_bps == usual_bps(640, 480)
    allowed = RtcpPsfbPacket(fmt=RTCP_PSFB_APP, ssrc=1, media_ssrc=0)
    for fci in (
        pack_remb_fci(300_000, [one._ssrc]),
        pack_remb_fci(90_000, [one._ssrc ^ 1]),
        b"REMB\x05",
        b"REMB\xff\0\0\0",
    ):
        allowed.fci = fci
        one.take_report(allowed, 0.0)
    one.octets = 1_000_000
    for fraction_lost, now in ((0, 0.0), (26, 1.0)):
        one.octets += 125_000
        report = RtcpReceiverInfo(
            ssrc=one._ssrc,
            fraction_lost=fraction_lost,
            packets_lost=0,
            highest_sequence=0,
            jitter=0,
            lsr=0,
            dlsr=0,
        )
        one.take_report(RtcpRrPacket(ssrc=1, reports=[report]), now)
    assert encoder.target_bps == 300_000
    await one.stop()


async def test_a_picture_that_cannot_be_encoded_is_not_the_last_one() -> None:
    wire, gate, encoder = Wire(), Gate(), Encoder()
    one = await sender(wire, gate, encoder)
    gate.set(True)
    encoder.failures = 2
    for number in range(1, 4):
        one.take(picture(number))
        await until(partial(has_encoded, encoder, number))
    await until(lambda: len(wire.rtp) == 1)
    assert wire.rtp[0].payload == bytes([3]) and encoder.keys[-1]
    assert encoder.closed == 2, "those that failed"
    await one.stop()
    await one.stop()
    await until(lambda: encoder.closed == 3)


async def test_an_encoder_that_never_works_is_no_secret() -> None:
    wire, gate, encoder = Wire(), Gate(), Encoder()
    said: list[tuple[str, bool]] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: said.append((context["message"], context["fatal"]))
    )
    one = await sender(wire, gate, encoder)
    gate.set(True)
    encoder.failures = FAILURES
    for number in range(1, FAILURES + 1):
        one.take(picture(number))
        await until(partial(has_encoded, encoder, number))
    await until(lambda: bool(said))
    assert said == [("the picture is not sent any more", True)]
    await one.stop()


async def test_h264_where_the_browser_takes_it() -> None:
    one = VideoSender(Wire(), Gate(), lambda _: Encoder())
    assert one.choose([VP8, H264]).name == "H264"
    assert one.choose([VP8]).name == "VP8"


async def test_stopped_before_the_connection_stands_it_starts_nothing() -> None:
    wire, encoder = Wire(), Encoder()
    one = VideoSender(wire, Gate(), lambda _: encoder)
    await one.stop()
    await one.send(sending(VP8))
    assert one._task is None, "it would have no thread, and end the process"


async def test_what_was_sent_before_the_gate_shut_is_not_sent_again() -> None:
    wire, gate, encoder = Wire(), Gate(), Encoder()
    one = VideoSender(wire, gate, lambda _: encoder)
    await one.send(sending(VP8, RTX))
    gate.set(True)
    one.gate_moved()
    one.take(picture(1))
    await until(lambda: len(wire.rtp) == 1)
    for is_open in (False, True):
        gate.set(is_open)
        one.gate_moved()
    lost = RtcpRtpfbPacket(fmt=RTCP_RTPFB_NACK, ssrc=1, media_ssrc=one._ssrc)
    lost.lost = [wire.rtp[0].sequence_number]
    one.take_report(lost, 10.0)
    assert len(wire.rtp) == 1
    await one.stop()


async def test_a_camera_that_came_later_gets_what_suits_it_and_no_more_than_allowed() -> None:
    wire, gate, encoder = Wire(), Gate(), Encoder()
    one = VideoSender(wire, gate, lambda _: encoder)
    await one.send(sending(VP8))
    gate.set(True)
    one.take(av.VideoFrame(640, 480, "yuv420p"))
    await until(lambda: len(wire.rtp) == 1)
    assert encoder.target_bps == usual_bps(640, 480)
    one.take(av.VideoFrame(1280, 720, "yuv420p"))
    await until(lambda: len(wire.rtp) == 2)
    assert encoder.target_bps == usual_bps(1280, 720)
    await one.stop()
