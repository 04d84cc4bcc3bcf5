"""How much of the family's voice a speakerphone sends back, and what that costs the inmate's own.

A simulated room at full volume (loudspeaker that bends, 45 ms away, 120 ms of reverberation); the
real `Voice`, fed as the sound card and the microphone feed it, with jitter. Levels are of what
leaves the terminal, gain included, against what the microphone heard.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

from hardware.interfaces import SAMPLE_RATE_HZ
from kiosk.media.voice import Kind, Voice
from tests.bench.report import Benchmark, Row
from tests.kiosk.media import room
from tests.kiosk.media.room import Signal, level_db, seconds

LENGTH_S = 60.0
NEAR_FROM_S, NEAR_TO_S = 12.0, 22.0
"""The inmate speaks too (double talk)."""
JUMP_S, JUMP_MS = 40.0, 40.0
"""The sound card's buffer grows in the middle of a call."""
DELAY_SAMPLES = 720
SPEAKING_DB = -32.0
"""In a half second under this the family was all but silent: there is no echo to measure."""
SETTLED_DB = 30.0
ROUNDS = 5


class Scene:
    """One room and two people in it, always the same."""

    def __init__(self) -> None:
        size = round(LENGTH_S * SAMPLE_RATE_HZ)
        self.far = room.speech(LENGTH_S, 1)
        self.echo = room.echo(self.far, room.response(45, 120, 3))
        self.near = room.speech(LENGTH_S, 2, 200.0)
        at = np.arange(size) / SAMPLE_RATE_HZ
        self.near[(at < NEAR_FROM_S) | (at >= NEAR_TO_S)] = 0
        self.noise = room.noise(size, -70, 5)

    def jumped(self) -> Signal:
        """The echo, 40 ms later from JUMP_S on."""
        first = round(JUMP_S * SAMPLE_RATE_HZ)
        late = round(JUMP_MS * SAMPLE_RATE_HZ / 1000)
        return np.concatenate([self.echo[:first], np.zeros(late), self.echo[first:-late]])


def cleaned(scene: Scene, echo: Signal, kind: Kind, ppm: float = 0.0) -> tuple[Signal, Signal]:
    """Return what the microphone heard and what `Voice` made of it."""
    heard = echo + scene.near + scene.noise
    clock = room.Clock()
    voice = Voice(kind, clock=clock)
    return heard, room.through(voice, clock, scene.far, heard, ppm=ppm)


def less_db(heard: Signal, out: Signal, first: float, last: float) -> float:
    """How many dB less came out than was heard."""
    return level_db(seconds(heard, first, last)) - level_db(seconds(out, first, last))


def until_settled_s(heard: Signal, out: Signal) -> float:
    """Seconds until every half second with echo in it (before both speak) is SETTLED_DB less."""
    settled = 0.0
    for at in np.arange(0, NEAR_FROM_S - 0.5, 0.1):
        loud = level_db(seconds(heard, at, at + 0.5)) > SPEAKING_DB
        if loud and less_db(heard, out, at, at + 0.5) < SETTLED_DB:
            settled = float(at) + 0.5
    return settled


def cpu_percent(kind: Kind) -> float:
    """Of one core, for `heard`, `played` and `sidetone` together: the median of some rounds."""
    far, near = room.int16(room.speech(4, 1)), room.int16(room.speech(4, 2))
    shares = []
    for _ in range(ROUNDS):
        voice = Voice(kind, -20.0)
        began = time.thread_time()
        for at in range(0, far.size, 960):
            for half in (at, at + 480):
                voice.sidetone(480)
                voice.played(far[half : half + 480])
            voice.heard(near[at : at + 960])
        shares.append((time.thread_time() - began) / 4 * 100)
    return statistics.median(shares)


def echo_rows(bench: Benchmark, scene: Scene) -> None:
    """Add what is left of the echo: steady, with drifting clocks, after a jump."""
    quiet = (30.0, JUMP_S)
    heard, out = cleaned(scene, scene.jumped(), "speakerphone")
    bench.add(
        Row("echo less, speakerphone", "dB", less_db(heard, out, *quiet), None, None, 35, True)
    )
    for what, at in (("in the first second", 0.0), ("in the second after a jump", JUMP_S)):
        less = less_db(heard, out, at, at + 1)
        bench.add(Row(f"echo less, {what}", "dB", less, None, None, 15, True))
    bench.add(Row("until 30 dB less", "s", until_settled_s(heard, out), None, None, 8))
    talk = (NEAR_FROM_S, NEAR_TO_S)
    said, left = seconds(scene.near, *talk), seconds(out, *talk)
    like = room.likeness(said, left, DELAY_SAMPLES)
    bench.add(Row("voice kept while both speak", "1", like, None, None, 0.65, True))
    louder = level_db(left) - level_db(said)
    bench.add(Row("its level, against the mouth's", "dB", louder, None, None, 0, True))
    for ppm in (200.0, -200.0):
        heard, out = cleaned(scene, room.drifted(scene.echo, ppm), "speakerphone", ppm)
        less = less_db(heard, out, 30, LENGTH_S - 1)
        bench.add(Row(f"echo less, clocks {ppm:+.0f} ppm apart", "dB", less, None, None, 35, True))


def voice_rows(bench: Benchmark, scene: Scene) -> None:
    """Add what the cleaning does to a voice alone, and what it costs."""
    for kind in ("handset", "speakerphone"):
        _, out = cleaned(scene, np.zeros(scene.near.size), kind)
        span = (NEAR_FROM_S + 4, NEAR_TO_S)
        like = room.likeness(seconds(scene.near, *span), seconds(out, *span), DELAY_SAMPLES)
        bench.add(Row(f"voice kept, {kind}, no echo", "1", like, None, None, 0.85, True))
        bench.add(Row(f"CPU, {kind}", "% of a core", cpu_percent(kind), None, None, None))
    delay_ms = DELAY_SAMPLES / SAMPLE_RATE_HZ * 1000
    bench.add(Row("delay of the filters", "ms", delay_ms, None, None, None))


def main() -> bool:
    """Measure and report; whether every goal was met."""
    bench, scene = Benchmark("echo"), Scene()
    steps: tuple[Callable[[Benchmark, Scene], None], ...] = (echo_rows, voice_rows)
    for add in steps:
        add(bench, scene)
    return bench.finish("dB")


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
