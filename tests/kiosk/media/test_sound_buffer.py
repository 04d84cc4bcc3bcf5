"""Sound stays close behind its arrival, whatever the line does, and never runs away.

Everything is simulated time: seeded arrivals on one side, a sound card's pulls on the other.
"""

from __future__ import annotations

import random
import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.media import opus
from kiosk.media.lip_sync import LipSync
from kiosk.media.sound_buffer import INBOX_PACKETS, DeviceClock, SoundBuffer
from tests.kiosk.media.line import PACKETS, SEQUENCE_0, TIMESTAMP_0, Card, Sent, line, spoken

CLEAN_MS = 25
WAY_S = 0.03
EPOCH_S = 4_000_000_000
BROKEN = (4.0, 4.5)


def during(at: float) -> bool:
    return BROKEN[0] <= at < BROKEN[1]


@pytest.mark.parametrize("samples", PACKETS)
def test_a_clean_line_costs_little_and_nothing_is_touched(samples: int) -> None:
    card = Card()
    card.run(line(10, lambda number, at: WAY_S, samples), 10)
    assert card.delay_ms(0.1, 10) <= CLEAN_MS
    assert card.buffer.delay_ms == pytest.approx(card.delay_ms(8, 10), abs=1)
    assert card.gaps(0.2, 10) == 0
    assert (card.buffer.concealed_ms, card.buffer.recovered_ms, card.buffer.dropped) == (0, 0, 0)


def test_what_plays_is_what_was_said() -> None:
    card = Card()
    card.run(line(4, lambda number, at: WAY_S), 3.9)
    decoder = opus.Decoder()
    said = np.concatenate([decoder.decode(each) for each in spoken()])
    heard = card.sound[: 3 * 48_000]
    lag = int(np.argmax(np.correlate(heard[:24_000].astype(float), said[:9600].astype(float))))
    assert np.array_equal(heard[lag : lag + 96_000], said[:96_000]), "untouched, to the sample"


@pytest.mark.parametrize("samples", PACKETS)
@pytest.mark.parametrize("jitter_ms", [5, 30])
def test_jitter_is_ridden_out(jitter_ms: int, samples: int) -> None:
    chance = random.Random(7)
    card = Card()
    card.run(line(12, lambda n, at: WAY_S + chance.random() * jitter_ms / 1000, samples), 12)
    assert card.gaps(0.5, 12) == 0
    assert card.delay_ms(2, 12) < 20 + jitter_ms
    assert card.buffer.concealed_ms <= 60


def disturbed(kind: str, chance: random.Random, number: int, at: float) -> float | None:
    """Transit of a packet on a line that is broken for half a second, in several ways."""
    ways: dict[str, float | None] = {
        "lost": None,
        "held": WAY_S + BROKEN[1] - at,
        "jitter": WAY_S + chance.random() * 0.06,
        "half lost": WAY_S if number % 2 else None,
        "reordered": WAY_S + 0.05 * (number % 5 == 0),
    }
    if kind == "drained":  # held back, then twice as fast as it was sent
        return WAY_S + max(0.0, min(0.5, 0.5 - (at - BROKEN[1]))) * (at >= BROKEN[0])
    return ways[kind] if during(at) else WAY_S


@pytest.mark.parametrize("samples", PACKETS)
@pytest.mark.parametrize(
    ("kind", "gaps"),
    [("lost", 1), ("held", 1), ("drained", 1), ("jitter", 0), ("half lost", 0), ("reordered", 0)],
)
def test_two_seconds_after_a_disturbance_all_is_as_before(
    kind: str, gaps: int, samples: int
) -> None:
    chance = random.Random(3)
    card = Card()
    card.run(line(10, lambda n, at: disturbed(kind, chance, n, at), samples), 10)
    ends = BROKEN[1] + (0.5 if kind == "drained" else 0)
    assert card.delay_ms(ends + 2, ends + 3) <= CLEAN_MS
    assert card.delay_ms(ends + 3, 10) <= CLEAN_MS
    assert card.gaps(0.5, ends + 0.2) <= gaps
    assert card.gaps(ends + 0.2, 10) == 0, "catching up is no gap"


@pytest.mark.parametrize("samples", PACKETS)
@pytest.mark.parametrize("pct", [2, 10])
def test_lost_packets_leave_no_gap_and_no_delay(pct: int, samples: int) -> None:
    chance = random.Random(5)
    lost = {n for n in range(500) if chance.random() < pct / 100 and n > 20}
    card = Card()
    card.run(line(10, lambda n, at: None if n in lost else WAY_S, samples), 10)
    assert card.gaps(0.5, 10) <= len(lost) // 10
    assert card.delay_ms(1, 10) <= CLEAN_MS
    made_up = card.buffer.concealed_ms + card.buffer.recovered_ms
    assert made_up == pytest.approx(samples / 48 * len(lost), abs=10 * len(lost))


def test_a_lost_packet_comes_back_when_the_next_is_already_here() -> None:
    carrying = [n for n, each in enumerate(spoken()) if opus.carries_previous(each)]
    lost = {n - 1 for n in carrying[::6] if n > 110}
    chance = random.Random(9)
    card = Card()
    jitter = line(4, lambda n, at: None if n in lost else WAY_S + chance.random() * 0.04)
    card.run(jitter, 4)
    assert card.buffer.recovered_ms > 5 * len(lost)


def test_packets_out_of_order_are_put_in_order() -> None:
    """Every third packet comes 10 ms after the one behind it: nobody hears it for long."""
    card = Card()
    packets = line(6, lambda n, at: WAY_S + 0.03 * (n % 3 == 0))
    assert [each.number for each in packets[:4]] == [1, 0, 2, 4]
    card.run([each for each in packets if each.arrives_at < 2], 2)
    before = card.buffer.concealed_ms, card.buffer.recovered_ms, card.buffer.dropped
    card.run([each for each in packets if each.arrives_at >= 2], 6)
    after = card.buffer.concealed_ms, card.buffer.recovered_ms, card.buffer.dropped
    assert before == after and before[0] < 100


@pytest.mark.parametrize("samples", PACKETS)
@pytest.mark.parametrize("ppm", [-200, 200])
def test_clocks_that_drift_apart_for_ten_minutes(ppm: int, samples: int) -> None:
    minutes = 10
    card = Card(ppm)
    card.run(line(60 * minutes, lambda n, at: WAY_S, samples), 60 * minutes)
    delays = np.asarray(card.delays[100:])
    assert np.nanmin(delays) > 4 and np.nanmax(delays) < 30
    assert card.buffer.concealed_ms == 0
    assert card.gaps(1, 60 * minutes) == 0
    assert card.buffer.dropped == 0


def test_silence_that_is_not_sent_is_no_loss() -> None:
    """Speech, half a second of nothing sent with the sequence going on, speech."""
    packets, sequence = [], 0
    card = Card()
    for number, payload in enumerate(spoken() * 2):
        if number % 100 < 75:
            packets.append((number, sequence, payload))
            sequence += 1
    arrived = {number: number * 0.02 + WAY_S for number, _, _ in packets}
    waiting = packets[::-1]
    while card.now < 7.4:
        while waiting and arrived[waiting[-1][0]] <= card.now:
            number, sequence, payload = waiting.pop()
            timestamp = (TIMESTAMP_0 + number * 960) % 2**32
            card.buffer.put(sequence % 2**16, timestamp, payload, arrived[number])
        card.pull()
    assert card.buffer.concealed_ms == 0
    assert card.buffer.delay_ms <= CLEAN_MS
    assert card.buffer.dropped == 0


def test_nothing_came_yet_and_nothing_comes_any_more() -> None:
    card = Card()
    card.run([], 0.5)
    assert not card.sound.any() and card.buffer.timestamp is None
    card.run(line(1, lambda n, at: 0.5 + WAY_S), 1.5)
    card.run([], 5)
    assert not card.sound[int(1.7 * 48_000) :].any(), "made-up sound has faded"


def test_sound_that_ended_plays_at_no_time_and_holds_no_picture() -> None:
    card, lips = Card(), LipSync()
    lips.report("audio", EPOCH_S << 32, TIMESTAMP_0)
    lips.report("video", EPOCH_S << 32, 0)
    packets = line(12, lambda n, at: WAY_S)
    packets = [each for each in packets if not 3 < each.arrives_at < 9]
    times: dict[int, int | None] = {}
    for tick in range(360):
        now = tick / 30
        before, packets = (
            [each for each in packets if each.arrives_at < now],
            [each for each in packets if each.arrives_at >= now],
        )
        card.run(before, now)
        times[tick] = playing = card.buffer.timestamp
        if playing is not None:
            lips.played(playing, now)
        assert lips.hold_s(int((now - WAY_S) * 90_000) & 0xFFFFFFFF, now) < 0.01
    known = {tick for tick, playing in times.items() if playing is not None}
    assert set(range(3, 147)) <= known, "what is made up has a time too"
    assert known.isdisjoint(range(156, 270))
    assert set(range(285, 360)) <= known, "as soon as sound comes again"


def test_a_card_that_stops_for_a_while_hears_the_newest() -> None:
    """Nobody pulls for 3 s: what waited is bounded, and the delay is soon as before."""
    card = Card()
    packets = line(10, lambda n, at: WAY_S)
    card.run([each for each in packets if each.arrives_at < 2], 2)
    card.now = 5.0
    card.run([each for each in packets if each.arrives_at >= 2], 10)
    assert card.buffer.dropped > 100
    assert card.delay_ms(7, 10) <= CLEAN_MS


def test_the_inbox_is_bounded_when_nobody_pulls() -> None:
    buffer = SoundBuffer()
    for number in range(10 * INBOX_PACKETS):
        buffer.put(number, number * 960, b"\xf8", 0.0)
    assert buffer.dropped == 9 * INBOX_PACKETS


def test_a_sender_that_begins_anew_is_heard_again() -> None:
    card = Card()
    card.run(line(2, lambda n, at: WAY_S), 2)
    packets = spoken()
    for number in range(100):
        arrives_at = 2 + number * 0.02
        while card.now < arrives_at:
            card.pull()
        card.buffer.put(30_000 + number, 777 + number * 960, packets[number], arrives_at)
    assert card.gaps(2.3, 3.9) == 0
    assert card.buffer.delay_ms <= CLEAN_MS


@pytest.mark.parametrize("kind", ["random", "one timestamp", "flood", "no opus", "far timestamps"])
def test_a_hundred_thousand_hostile_packets(kind: str) -> None:
    chance = random.Random(kind)
    packets = spoken()
    card = Card()
    for number in range(100_000):
        sequence, timestamp, payload = number, number * 960, packets[number % 200]
        match kind:
            case "random":
                sequence, timestamp = chance.getrandbits(16), chance.getrandbits(32)
            case "one timestamp":
                timestamp = 5
            case "no opus":
                payload = chance.randbytes(9)
            case "far timestamps":
                timestamp = chance.getrandbits(32)
        card.buffer.put(sequence & 0xFFFF, timestamp & 0xFFFFFFFF, payload, card.now)
        if number % 50 == 0:
            card.pull()
    assert card.buffer.dropped > 10_000
    resumed = card.now
    good = line(3, lambda n, at: WAY_S)
    shifted = [Sent(each.arrives_at + resumed, each.number, each.payload) for each in good]
    card.run(shifted, resumed + 3)
    assert card.gaps(resumed + 1, resumed + 3) == 0, "an honest stream plays again"
    assert card.buffer.delay_ms <= CLEAN_MS + 10


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 2**16 - 1) | st.integers(SEQUENCE_0, SEQUENCE_0 + 9),
            st.integers(0, 2**32 - 1) | st.integers(0, 9600),
            st.binary(max_size=5) | st.integers(0, 199),
            st.floats(-1, 1),
            st.sampled_from([480, 960]),
        ),
        max_size=60,
    )
)
def test_anything_put_gives_blocks(
    steps: list[tuple[int, int, bytes | int, float, int]],
) -> None:
    now = 0.0
    buffer = SoundBuffer(lambda: now)
    for sequence, timestamp, what, jump_s, samples in steps:
        payload = spoken()[what] if isinstance(what, int) else what
        buffer.put(sequence, timestamp, payload, now + jump_s)
        block = buffer.pull(samples)
        assert block.shape == (samples,) and block.dtype == np.int16
        assert buffer.timestamp is None or 0 <= buffer.timestamp < 2**32
        now += max(0.0, jump_s)


def test_a_card_that_asks_irregularly_has_one_clock() -> None:
    """Callbacks late by up to 8 ms, two at once: the blocks begin every 10 ms."""
    chance = random.Random(2)
    now = 0.0
    clock = DeviceClock(lambda: now)
    begins = []
    for number in range(300):
        now = 5 + (number // 2) * 0.02 + chance.random() * 0.008
        begins.append(clock.pulled(480) - number * 0.01)
    assert max(begins[40:]) - min(begins[40:]) < 0.003, "of 18 ms"


def test_two_threads_share_it() -> None:
    buffer = SoundBuffer()
    packets = spoken()

    def talk() -> None:
        for number in range(2000):
            buffer.put(number & 0xFFFF, number * 960, packets[number % 200], time.monotonic())

    threads = [threading.Thread(target=talk, name="talk")]
    threads[0].start()
    pulled = [buffer.pull(480) for _ in range(1000)]
    threads[0].join()
    assert {block.size for block in pulled} == {480}
