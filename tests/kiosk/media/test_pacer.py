"""A picture's packets are spread, in order, in time, and never pile up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
import uvloop
from hypothesis import given
from hypothesis import strategies as st

from kiosk.media.pacer import BURST_PACKETS, MAX_PACKETS, TICK_S, Pacer


class Call:
    def __init__(self, when: float, callback: Callable[[], object]) -> None:
        self.when, self.callback, self.cancelled = when, callback, False

    def cancel(self) -> None:
        self.cancelled = True


class Clock:
    """A loop whose time passes only when told to."""

    def __init__(self) -> None:
        self.now = 100.0
        self.calls: list[Call] = []
        self.sent: list[tuple[float, bytes]] = []

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Callable[[], object], /) -> Call:
        assert not [call for call in self.calls if not call.cancelled], "one timer at a time"
        self.calls.append(Call(when, callback))
        return self.calls[-1]

    def send(self, packet: bytes) -> None:
        self.sent.append((round((self.now - 100.0) * 1000, 6), packet))

    def advance(self, seconds: float) -> None:
        end = self.now + seconds
        while True:
            self.calls = [call for call in self.calls if not call.cancelled]
            if not self.calls or self.calls[0].when > end:
                break
            call = self.calls.pop(0)
            self.now = max(self.now, call.when)
            call.callback()
        self.now = end


def picture(count: int, first: int = 0) -> list[bytes]:
    return [number.to_bytes(2, "big") for number in range(first, first + count)]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pacer(clock: Clock) -> Pacer[bytes]:
    return Pacer(clock.send, loop=clock)


def test_a_small_picture_waits_for_nothing(clock: Clock, pacer: Pacer[bytes]) -> None:
    pacer.put(picture(BURST_PACKETS), 0.010)
    assert clock.sent == [(0, packet) for packet in picture(BURST_PACKETS)]
    assert clock.calls == []


def test_a_key_frame_is_spread_evenly_to_its_deadline(clock: Clock, pacer: Pacer[bytes]) -> None:
    pacer.put(picture(48), 0.010)
    assert len(clock.sent) == 8
    clock.advance(0.005)
    assert len(clock.sent) == pytest.approx(8 + 20, abs=2)
    clock.advance(0.005)
    assert [packet for _, packet in clock.sent] == picture(48)
    assert pacer.waiting == 0
    at_once = [sum(1 for at, _ in clock.sent if at == when) for when, _ in clock.sent[8:]]
    assert max(at_once) <= 6, "4 a millisecond, and what is due in the next half"


def test_the_next_picture_keeps_its_place_and_its_deadline(
    clock: Clock, pacer: Pacer[bytes]
) -> None:
    pacer.put(picture(40), 0.010)
    clock.advance(0.004)
    pacer.put(picture(20, 40), 0.010)
    clock.advance(0.010)
    assert [packet for _, packet in clock.sent] == picture(60)
    assert clock.sent[39][0] <= 10
    assert clock.sent[-1][0] <= 14


def test_a_shorter_deadline_hurries_nobody_out_of_order(clock: Clock, pacer: Pacer[bytes]) -> None:
    pacer.put(picture(40), 0.010)
    pacer.put(picture(20, 40), 0.002)
    clock.advance(0.011)
    assert [packet for _, packet in clock.sent] == picture(60)


def test_a_loop_that_was_busy_catches_up_at_once(clock: Clock, pacer: Pacer[bytes]) -> None:
    pacer.put(picture(40), 0.010)
    clock.now += 0.5
    clock.advance(0)
    assert len(clock.sent) == 40


def test_too_many_packets_drop_the_oldest_whole_pictures(clock: Clock) -> None:
    asked: list[int] = []
    pacer = Pacer(clock.send, lambda: asked.append(len(asked) + 1), clock)
    for number in range(8):
        pacer.put(picture(100, number * 100), 0.010)
    assert pacer.waiting <= MAX_PACKETS
    assert pacer.dropped == 3
    assert asked == [1, 2, 3]
    clock.advance(0.011)
    order = [int.from_bytes(packet, "big") for _, packet in clock.sent]
    assert order == sorted(order)
    assert order[-500:] == list(range(300, 800)), "the newest are whole"


def test_a_picture_above_the_bound_is_dropped_itself(clock: Clock) -> None:
    asked: list[bool] = []
    pacer = Pacer(clock.send, lambda: asked.append(True), clock)
    pacer.put(picture(MAX_PACKETS + 1), 0.010)
    assert (pacer.waiting, pacer.dropped, asked, clock.sent) == (0, 1, [True], [])
    pacer.put(picture(3), 0.010)
    assert len(clock.sent) == 3


def test_closed_it_sends_nothing_more(clock: Clock, pacer: Pacer[bytes]) -> None:
    pacer.put(picture(30), 0.010)
    pacer.close()
    pacer.close()
    clock.advance(1)
    pacer.put(picture(3), 0.010)
    assert len(clock.sent) == BURST_PACKETS
    assert pacer.waiting == 0


def test_a_send_that_fails_holds_up_nothing(clock: Clock) -> None:
    def send(packet: bytes) -> None:
        clock.send(packet)
        if len(clock.sent) == 10:
            raise OSError

    pacer = Pacer(send, loop=clock)
    pacer.put(picture(30), 0.010)
    with pytest.raises(OSError):
        clock.advance(1)
    clock.advance(0)
    clock.advance(1)
    assert pacer.waiting == 0
    assert clock.sent[-1][1] == picture(30)[-1]


def test_nothing_to_send_is_nothing(clock: Clock, pacer: Pacer[bytes]) -> None:
    pacer.put([], 0.010)
    assert clock.sent == []
    assert clock.calls == []


@given(
    st.lists(st.tuples(st.integers(1, 80), st.floats(0, 0.012), st.floats(0, 0.040)), max_size=20)
)
def test_every_packet_leaves_once_in_order_and_in_time(
    pictures: list[tuple[int, float, float]],
) -> None:
    clock = Clock()
    pacer = Pacer(clock.send, loop=clock)
    latest: list[float] = []
    for count, deadline_s, pause_s in pictures:
        latest += [clock.now - 100 + deadline_s] * count
        pacer.put(picture(count, len(latest) - count), deadline_s)
        clock.advance(pause_s)
    clock.advance(1)
    # Those dropped (20 x 80 packets in no time) are counted elsewhere.
    if pacer.dropped == 0:
        assert [packet for _, packet in clock.sent] == picture(len(latest))
        deadline = 0.0
        for (at, _), own in zip(clock.sent, latest, strict=True):
            deadline = max(deadline, own)
            assert at / 1000 <= deadline + TICK_S / 2 + 1e-6


def test_on_the_loop_that_is_used() -> None:
    async def run() -> tuple[list[float], float]:
        loop = asyncio.get_running_loop()
        times: list[float] = []
        done = asyncio.Event()

        def send(packet: bytes) -> None:
            times.append(loop.time() - began)
            if len(times) == 48:
                done.set()

        pacer = Pacer(send)
        began = loop.time()
        pacer.put(picture(48), 0.030)
        first = len(times)
        await asyncio.wait_for(done.wait(), 5)
        return times, first

    times, first = uvloop.run(run())
    assert first == BURST_PACKETS
    assert times[-1] > 0.015, "it was spread"
