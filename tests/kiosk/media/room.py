"""A room with a loudspeaker and a microphone, and voices to fill it; seeded, so always the same.

No recording is needed: a voice is a glide of harmonics through three formants, in syllables with
pauses and hisses, which is what an echo canceller's decisions hang on (pitch, onsets, silence).
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from hardware.interfaces import BLOCK_SAMPLES, SAMPLE_RATE_HZ, Block
from kiosk.media.voice import Voice

Signal = npt.NDArray[np.float64]
"""Samples between -1 and 1."""

FULL_SCALE: Final = 32_767
PLAYED_SAMPLES: Final = 480
"""A sound card asks for 10 ms at a time."""
FORMANTS_HZ: Final = (
    (730, 1090, 2440),
    (270, 2290, 3010),
    (530, 1840, 2480),
    (570, 840, 2410),
    (300, 870, 2240),
)
"""Five vowels of Peterson and Barney (1952), men."""
FORMANT_WIDTH_HZ: Final = 110.0
HISS_FROM_HZ: Final = 2_500.0
SPEECH_DBFS: Final = -23.0
"""Level of speech while somebody speaks (about what ITU-T P.56 calls active level)."""


def speech(seconds: float, seed: int, pitch_hz: float = 120.0) -> Signal:
    """A voice that speaks about 70 % of the time."""
    random = np.random.default_rng(seed)
    total = round(seconds * SAMPLE_RATE_HZ)
    said = np.zeros(total)
    at = 0
    while at < total:
        if random.random() < 0.12:
            at += round(random.uniform(0.2, 0.7) * SAMPLE_RATE_HZ)  # a breath between phrases
            continue
        syllable = _syllable(random, pitch_hz)
        end = min(total, at + syllable.size)
        said[at : max(at, end)] += syllable[: max(0, end - at)]
        at += round(syllable.size * 0.9)
    loud = said[np.abs(said) > 0.05 * np.max(np.abs(said))]
    level = 10 ** (SPEECH_DBFS / 20) / np.sqrt(np.mean(loud**2))
    result: Signal = np.clip(said * level, -0.9, 0.9)
    return result


def _syllable(random: np.random.Generator, pitch_hz: float) -> Signal:
    size = round(random.uniform(0.12, 0.3) * SAMPLE_RATE_HZ)
    share = np.linspace(0, 1, size)
    pitch = pitch_hz * random.uniform(0.8, 1.3) * (1 + random.uniform(-0.15, 0.15) * share)
    phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE_HZ
    formants = np.array(FORMANTS_HZ[random.integers(len(FORMANTS_HZ))])
    voiced = np.zeros(size)
    for number in range(1, int(5_000 / pitch.max())):
        away = (number * pitch.mean() - formants) / FORMANT_WIDTH_HZ
        strength = np.sum(np.array([1.0, 0.5, 0.25]) / (1 + away**2)) + 0.02
        voiced += strength * np.sin(number * phase + random.uniform(0, 2 * np.pi))
    rise = np.minimum(1, np.minimum(share, 1 - share) * 8)
    hiss = random.standard_normal(size) * (share < 0.2) * random.uniform(0, 0.6)
    result: Signal = (voiced + _above(hiss, HISS_FROM_HZ)) * rise * random.uniform(0.4, 1.0)
    return result


def _above(signal: Signal, hz: float) -> Signal:
    spectrum = np.fft.rfft(signal)
    spectrum[: int(hz * signal.size / SAMPLE_RATE_HZ)] = 0
    result: Signal = np.fft.irfft(spectrum, signal.size)
    return result


def response(delay_ms: float, tail_ms: float, seed: int) -> Signal:
    """From the loudspeaker to the microphone: after `delay_ms` a direct sound and a dying tail."""
    random = np.random.default_rng(seed)
    tail = random.standard_normal(round(tail_ms * SAMPLE_RATE_HZ / 1000))
    tail *= 10 ** (-3 * np.arange(tail.size) / tail.size)  # 60 dB down at its end
    tail *= 0.5 / np.sqrt(np.sum(tail**2))
    tail[0] = 0.7
    result: Signal = np.concatenate([np.zeros(round(delay_ms * SAMPLE_RATE_HZ / 1000)), tail])
    return result


def echo(far: Signal, path: Signal, gain_db: float = 0.0) -> Signal:
    """What the microphone hears of `far`: a loudspeaker that bends it a little, and the room."""
    bent = np.tanh(1.5 * far) / 1.5  # 3rd harmonic near -40 dB at speech peaks
    size = far.size + path.size
    spectrum = np.fft.rfft(bent, size) * np.fft.rfft(path, size)
    result: Signal = np.fft.irfft(spectrum, size)[: far.size] * 10 ** (gain_db / 20)
    return result


def drifted(signal: Signal, ppm: float) -> Signal:
    """What a microphone hears of a loudspeaker whose clock runs `ppm` faster than its own."""
    at = np.arange(signal.size) * (1 + ppm / 1e6)
    # Four times oversampled, a straight line between samples is 70 dB clean up to 4 kHz.
    spectrum = np.pad(np.fft.rfft(signal), (0, 3 * signal.size // 2))
    fine = np.fft.irfft(spectrum, 4 * signal.size) * 4
    result: Signal = np.interp(at * 4, np.arange(fine.size), fine)
    return result


def noise(size: int, dbfs: float, seed: int) -> Signal:
    """The room's own noise."""
    return np.random.default_rng(seed).standard_normal(size) * 10 ** (dbfs / 20)


def int16(signal: Signal) -> Block:
    """As a sound card gives it."""
    result: Block = np.round(np.clip(signal, -1, 1) * FULL_SCALE).astype(np.int16)
    return result


def level_db(signal: Signal) -> float:
    """Mean power in dB of full scale."""
    return float(10 * np.log10(np.mean(np.square(signal)) + 1e-12))


class Clock:
    """Time that stands still until it is set."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def through(
    voice: Voice,
    clock: Clock,
    far: Signal,
    heard: Signal,
    *,
    ppm: float = 0.0,
    late_ms: float = 3.0,
) -> Signal:
    """Return what `voice` (made with `clock`) makes of `heard` while `far` is played.

    The card asks for 10 ms at a time by a clock that runs `ppm` fast; the microphone gives as much,
    10 ms after the last of it was heard. Both are up to `late_ms` late, by chance.
    """
    random = np.random.default_rng(7)
    played, captured = int16(far), int16(heard)
    period_s = PLAYED_SAMPLES / SAMPLE_RATE_HZ / (1 + ppm / 1e6)
    outs = np.arange(far.size // PLAYED_SAMPLES)
    ins = np.arange(heard.size // BLOCK_SAMPLES)
    asked = outs * period_s + random.uniform(0, late_ms / 1000, outs.size)
    given = (
        (ins + 1) * (BLOCK_SAMPLES / SAMPLE_RATE_HZ)
        + 0.01
        + random.uniform(0, late_ms / 1000, ins.size)
    )
    events = [(at, True, int(number)) for at, number in zip(asked, outs, strict=True)]
    events += [(at, False, int(number)) for at, number in zip(given, ins, strict=True)]
    cleaned: list[Block] = []
    for at, is_out, number in sorted(events):
        clock.now_s = at
        if is_out:
            voice.played(played[number * PLAYED_SAMPLES :][:PLAYED_SAMPLES])
        else:
            cleaned.append(voice.heard(captured[number * BLOCK_SAMPLES :][:BLOCK_SAMPLES]))
    result: Signal = np.concatenate(cleaned) / FULL_SCALE
    return result


def seconds(signal: Signal, first: float, last: float) -> Signal:
    """Return the part from `first` to `last`."""
    return signal[round(first * SAMPLE_RATE_HZ) : round(last * SAMPLE_RATE_HZ)]


def likeness(said: Signal, cleaned: Signal, delay: int) -> float:
    """Correlation, 1 for the same, of what was said and what came out `delay` samples later."""
    first, second = said[: said.size - delay], cleaned[delay:]
    return float(np.dot(first, second) / np.sqrt(np.dot(first, first) * np.dot(second, second)))
