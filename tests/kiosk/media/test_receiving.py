"""Every queue on the way in has an end, and a rule for it."""

from __future__ import annotations

import asyncio

from aiortc import RTCConfiguration, RTCRtpReceiver
from aiortc.rate import BandwidthUsage
from aiortc.rtp import RtpPacket

from kiosk.media.peer import Connection
from kiosk.media.receiving import (
    DATAGRAMS,
    DECODED_FRAMES,
    ENCODED_FRAMES,
    FLOOR_BPS,
    DatagramQueue,
    DecodedQueue,
    FlooredEstimator,
    Receiver,
)
from kiosk.media.seams import private
from kiosk.media.tracks import CameraTrack, Gate


async def receiver() -> tuple[Connection, Receiver]:
    connection = Connection(RTCConfiguration(iceServers=[]), Gate(), [])
    made = connection.addTransceiver(CameraTrack(Gate())).receiver
    assert isinstance(made, Receiver)
    return connection, made


def test_a_flood_of_datagrams_is_dropped_but_the_end_is_not() -> None:
    queue = DatagramQueue()
    for number in range(DATAGRAMS + 500):
        queue.put_nowait((b"", number))
    assert (queue.qsize(), queue.dropped) == (DATAGRAMS, 500)
    queue.put_nowait(None)
    assert queue.qsize() == DATAGRAMS + 1


async def test_decoded_frames_nobody_takes_are_replaced() -> None:
    queue = DecodedQueue()
    async with asyncio.timeout(1):
        for number in range(10):
            await queue.put(number)
    assert [queue.get_nowait() for _ in range(DECODED_FRAMES)] == [7, 8, 9]


async def test_frames_faster_than_the_decoder_ask_for_a_key_frame() -> None:
    connection, one = await receiver()
    queue = private(one, RTCRtpReceiver, "decoder_queue")
    error = private(one, RTCRtpReceiver, "decoder_error")
    for number in range(ENCODED_FRAMES):
        queue.put(number)
    assert not error.is_set()
    queue.put("newest")
    assert error.is_set() and queue.qsize() == 1 and queue.dropped == ENCODED_FRAMES
    await connection.close()


async def test_shut_it_counts_but_takes_nothing() -> None:
    connection, one = await receiver()
    packet = RtpPacket(payload_type=97, sequence_number=1, timestamp=1, payload=b"\x10\0\0")
    await one._handle_rtp_packet(packet, 0)
    assert one.packets == 1 and one.last_packet_at is not None
    assert private(one, RTCRtpReceiver, "jitter_buffer")._origin is None
    await connection.close()


def test_the_rate_has_a_floor_until_something_looks_full() -> None:
    estimator = FlooredEstimator()
    told = [estimator.add(ms, ms * 262, 1200, 7) for ms in range(0, 2000, 20)]
    rates = [each for each in told if each is not None]
    assert rates[0] == (FLOOR_BPS, [7])
    assert 3 <= len(rates) <= 5
    estimator.detector.hypothesis = BandwidthUsage.OVERUSING
    estimator.detector.detect = lambda *_: BandwidthUsage.OVERUSING  # type: ignore[method-assign]
    squeezed = [estimator.add(2000 + ms, (2000 + ms) * 262, 1200, 7) for ms in range(0, 600, 20)]
    assert min(each[0] for each in squeezed if each is not None) < FLOOR_BPS
