"""What was played is paired with what the microphone heard of it, whatever the two clocks do."""

from __future__ import annotations

import numpy as np
import pytest

from hardware.interfaces import BLOCK_SAMPLES, SAMPLE_RATE_HZ, Block
from kiosk.media.echo_reference import (
    MAX_SAMPLES,
    RESERVE_SAMPLES,
    EchoReference,
)
from tests.kiosk.media.room import PLAYED_SAMPLES, Clock

TAKE_S = BLOCK_SAMPLES / SAMPLE_RATE_HZ


class Card:
    """Plays a ramp, each sample one more than the one before, so that samples have names."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.reference = EchoReference(self.clock)
        self._next = 0

    def plays(self, at_s: float) -> None:
        self.clock.now_s = at_s
        ramp = np.arange(self._next, self._next + PLAYED_SAMPLES) % 32_768
        self._next += PLAYED_SAMPLES
        self.reference.put(ramp.astype(np.int16))

    def hears(self, at_s: float) -> Block:
        self.clock.now_s = at_s
        return self.reference.take(BLOCK_SAMPLES)

    def runs(
        self,
        first_s: float,
        last_s: float,
        ppm: float = 0.0,
        deaf: tuple[float, float] = (0.0, 0.0),
    ) -> list[tuple[float, Block]]:
        """Play and hear, the latter not while `deaf`; each block heard with its time."""
        out_s = 0.01 / (1 + ppm / 1e6)
        outs = np.arange(first_s, last_s, out_s) + 0.004
        ins = np.arange(first_s + TAKE_S, last_s, TAKE_S)
        events = sorted([(at, True) for at in outs] + [(at, False) for at in ins])
        heard = []
        for at, is_out in events:
            if is_out:
                self.plays(at)
            elif not deaf[0] <= at < deaf[1]:
                heard.append((at, self.hears(at)))
        return heard


def test_the_reference_is_whole_and_in_order() -> None:
    card = Card()
    blocks = [block for _, block in card.runs(0, 5) if block.any()]
    told = np.concatenate(blocks).astype(np.int32)
    assert set(np.diff(told).tolist()) <= {1, 1 - 32_768}
    assert (card.reference.missing, card.reference.dropped, card.reference.slipped) == (0, 0, 0)


def test_it_waits_about_the_reserve() -> None:
    card = Card()
    at, block = card.runs(0, 0.9)[-1]
    asked = (at - 0.004) * SAMPLE_RATE_HZ + PLAYED_SAMPLES  # by now, were it sample by sample
    assert (asked - float(block[-1])) % 32_768 == pytest.approx(RESERVE_SAMPLES, abs=48)


@pytest.mark.parametrize("ppm", [200.0, -200.0, 50.0])
def test_clocks_that_drift_are_followed_sample_by_sample(ppm: float) -> None:
    card = Card()
    waits = []
    for at, block in card.runs(0, 240, ppm):
        played = (at - 0.004) * SAMPLE_RATE_HZ * (1 + ppm / 1e6)
        waits.append((played - float(block[-1])) % 32_768)
    settled = np.array(waits[2000:])
    assert card.reference.slipped == pytest.approx(240 * SAMPLE_RATE_HZ * ppm / 1e6, abs=120)
    assert card.reference.missing == 0
    assert card.reference.dropped == 0
    assert float(np.ptp(settled)) < SAMPLE_RATE_HZ * 0.001, "held within a millisecond"


def test_jitter_slips_nothing() -> None:
    card = Card()
    random = np.random.default_rng(1)
    events = [(n * 0.01 + random.uniform(0, 0.006), True) for n in range(12_000)]
    events += [(n * TAKE_S + random.uniform(0, 0.006), False) for n in range(1, 12_000)]
    for at, is_out in sorted(events):
        card.plays(at) if is_out else card.hears(at)
    assert (card.reference.slipped, card.reference.missing, card.reference.dropped) == (0, 0, 0)


def test_a_card_that_is_late_is_given_more_time() -> None:
    """Late by up to 45 ms: it runs dry a few times at most, not for ever."""
    card = Card()
    random = np.random.default_rng(1)
    outs = np.maximum.accumulate(np.arange(6_000) * 0.01 + random.uniform(0, 0.045, 6_000))
    events = [(at, True) for at in outs] + [(n * TAKE_S, False) for n in range(1, 6_000)]
    dry = []
    for at, is_out in sorted(events):
        before = card.reference.missing
        card.plays(at) if is_out else card.hears(at)
        dry += [at] if card.reference.missing > before else []
    assert 1 <= len(dry) <= 3
    assert max(dry) < 30


def test_what_a_stalled_microphone_never_heard_is_cut() -> None:
    card = Card()
    lost = card.runs(0, 10, deaf=(6.0, 6.07))  # seven blocks that the microphone dropped
    told = np.concatenate([block for _, block in lost[-100:]]).astype(np.int32)
    assert card.reference.dropped == pytest.approx(7 * BLOCK_SAMPLES, abs=48)
    assert card.reference.missing == 0
    assert set(np.diff(told).tolist()) <= {1, 1 - 32_768}


def test_nobody_who_takes_does_not_fill_it() -> None:
    card = Card()
    for number in range(10_000):
        card.plays(number * 0.01)
    assert card.reference.dropped == 0, "a microphone that never ran lost nothing"
    blocks = sum(1 for _ in range(40) if card.hears(100.0).any())
    assert blocks * BLOCK_SAMPLES <= MAX_SAMPLES


def test_overflow_while_running_drops_the_oldest_and_counts() -> None:
    card = Card()
    card.runs(0, 3)
    for number in range(100):
        card.plays(3 + number * 0.01)
    assert card.reference.dropped >= 100 * PLAYED_SAMPLES - MAX_SAMPLES
    block = card.hears(4.0)
    assert np.all(np.diff(block.astype(np.int32)) == 1)


def test_a_closed_card_leaves_silence_and_the_usual_reserve() -> None:
    card = Card()
    card.runs(0, 3)
    silent = [card.hears(3 + (number + 1) * TAKE_S) for number in range(20)]
    assert not silent[-1].any()
    before = card.reference.missing
    assert not card.hears(4.0).any()
    assert card.reference.missing == before, "nothing is missed while nothing is played"
    _, block = card.runs(5, 5.5)[-1]
    assert block.any()
