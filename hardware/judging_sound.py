"""Whether microphone and earpiece work, from samples of 48 kHz. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from hardware import sound
from hardware.finding import FROZEN, REFUSED, SILENT, Finding, failed
from hardware.interfaces import SAMPLE_RATE_HZ, Block
from hardware.sweep import Hit, Sweep

SILENT_DBFS: Final = -80.0
"""Below this a microphone is dead. The quietest room and the amplifier behind any microphone give
-70 or more; an input with nothing in its socket gives the converter's own -90."""

CLIPPED: Final = 32_700
CLIPPED_SHARE: Final = 0.001
"""From so many samples at full scale words are torn. A cough or a knock on the handset has fewer,
over a second."""

MAINS_HZ: Final = (50.0, 60.0)
HARMONICS: Final = 8
"""Hum is what is at the mains' frequency and its multiples: lamps and power supplies give the even
ones, earth loops the odd ones, and above 480 Hz hardly anything is left of either."""
LINE_HZ: Final = 1.5
"""Half a line's width: the mains keep within 0.2 Hz (of the eighth multiple that is 1.6, but most
of hum is below), and the window spreads a line hardly beyond 1 Hz each way."""
HUM_DB: Final = 10.0
"""How far over all the rest hum must be. Speech is not, though its pitch be exactly 100 Hz: more
of it lies above these lines than on them."""
HUM_DBFS: Final = -50.0
"""Hum that is softer hides below the voice, which is at -30 to -20, after the filters that cut the
lowest frequencies off before it is sent."""
LOWEST_HZ: Final = 30.0
"""Steps, doors and the converter's offset are below: they are no sound that anybody hears."""
HUM_NEEDS_S: Final = 0.9

SWEEP: Final = Sweep(300.0, 3000.0, 0.3, 3_276)
"""Within what a telephone's earpiece and mouthpiece pass. -20 dBFS at the peaks, -23 in the mean:
as loud as a voice from the other end, so that it may be at an ear."""
SURE: Final = 0.25
"""Likeness from which the sweep was heard: noise, speech and tones reach .1 by chance (the test has
them), the sweep still .37 when it arrives 7 dB under the noise."""
MIN_PACE, MAX_PACE = 0.75, 1.33
"""Samples that an earpiece asks for, of those that its time has. Cards keep within 0.0001; a busy
machine and a sound server ask in lumps, which over a second makes 0.1. Half or double is a
card that runs at another rate than it says."""


@dataclass(frozen=True, slots=True)
class Played:
    """How an earpiece asked for the sweep, and for the silence after it."""

    samples: int
    elapsed_s: float
    """From its first question to its last."""


def judge_microphone(samples: Block) -> Finding:
    """Judge a microphone by what it gave, whatever there was to hear, for a second or more."""
    if not samples.size:
        return failed("microphone", FROZEN, "it is open and gives no sound", PLUG)
    level = sound.rms_dbfs(_without_offset(samples))
    if not samples.any():
        return failed("microphone", SILENT, "silent: nothing but zeros", UNMUTE)
    if level < SILENT_DBFS:
        return failed("microphone", SILENT, f"silent: {level:.0f} dBFS, less than any room", UNMUTE)
    clipped = float(np.mean(np.abs(samples.astype(np.int32)) >= CLIPPED))
    if clipped >= CLIPPED_SHARE:
        return failed(
            "microphone",
            REFUSED,
            f"clipping: {clipped:.1%} of the samples are at full scale",
            "Turn its gain down (alsamixer, F4); switch off a boost.",
            usable=True,
        )
    return _humming(samples) or Finding("microphone", True, f"hears {level:.0f} dBFS")


def judge_earpiece(played: Played | None) -> Finding:
    """Judge an earpiece by how it asked for the sweep; None: it did not take all of it in time."""
    if played is None:
        return failed("earpiece", FROZEN, "it is open and does not ask for sound", PLUG)
    pace = played.samples / max(played.elapsed_s, 1e-3) / SAMPLE_RATE_HZ
    if not MIN_PACE <= pace <= MAX_PACE:
        return failed(
            "earpiece",
            REFUSED,
            f"it plays {pace:.1f} times as fast as it should",
            "Plug it in again; if it stays so, it cannot do 48 kHz: replace it.",
            usable=True,
        )
    return Finding("earpiece", True, "took the sweep in its time")


def judge_loop(recording: Block, played_after_s: float) -> Finding:
    """Judge the way from earpiece to microphone.

    `recording` holds what the microphone gave around the sweep, which began to be played
    `played_after_s` after its first sample. A good handset lets nothing through, so not to hear it
    is no fault.
    """
    hit = SWEEP.find(recording, SURE)
    if hit is None:
        return Finding(
            "loop",
            True,
            "the microphone did not hear the earpiece",
            fix="To prove both, press the earpiece to the mouthpiece and test again.",
            proved=False,
        )
    return Finding("loop", True, _told(hit, played_after_s))


def hum_db(samples: Block, mains_hz: float) -> tuple[float, float]:
    """Return the level of the hum at `mains_hz` in dBFS, and its excess over all the rest in dB.

    Of samples of at least HUM_NEEDS_S, or the lines are as wide as their distance.
    """
    window = np.hanning(samples.size)
    power = np.square(np.abs(np.fft.rfft(samples.astype(np.float64) * window)))
    hz = np.fft.rfftfreq(samples.size, 1 / SAMPLE_RATE_HZ)
    audible = hz >= LOWEST_HZ
    number = np.round(hz / mains_hz)
    on_line = np.abs(hz - number * mains_hz) <= LINE_HZ
    humming = audible & on_line & (number >= 1) & (number <= HARMONICS)
    hum, rest = float(power[humming].sum()), float(power[audible & ~humming].sum())
    # One-sided spectrum: the sum of both sides is the windowed mean square, times both sizes.
    mean_square = 2 * hum / (samples.size * float(np.square(window).sum()))
    level = 10 * math.log10(max(mean_square, 1e-3) / 32_768**2)
    return level, 10 * math.log10(max(hum, 1e-3) / max(rest, 1e-3))


def _humming(samples: Block) -> Finding | None:
    if samples.size < HUM_NEEDS_S * SAMPLE_RATE_HZ:
        return None
    for mains_hz in MAINS_HZ:
        level, over = hum_db(samples, mains_hz)
        if level > HUM_DBFS and over > HUM_DB and not _is_one_tone(samples, mains_hz):
            return failed(
                "microphone",
                REFUSED,
                f"humming at {mains_hz:.0f} Hz: {level:.0f} dBFS, {over:.0f} dB over the rest",
                "Look at its cable and its earth; lead it away from mains cables and lamps.",
                usable=True,
            )
    return None


def _is_one_tone(samples: Block, mains_hz: float) -> bool:
    """Return whether it is a single tone above the mains' second multiple, such as a test tone."""
    pitch = sound.loudest_hz(samples)
    return pitch is not None and pitch > 3.5 * mains_hz


def _told(hit: Hit, played_after_s: float) -> str:
    delay_ms = (hit.begin_s - played_after_s) * 1000
    return (
        f"the microphone heard the earpiece at {hit.level_dbfs:.0f} dBFS, {delay_ms:.0f} ms later"
    )


def _without_offset(samples: Block) -> Block:
    """Return samples about zero: a dead input's constant is no level."""
    about_zero: npt.NDArray[np.float64] = samples - np.mean(samples, dtype=np.float64)
    result: Block = np.clip(np.round(about_zero), -32_768, 32_767).astype(np.int16)
    return result


PLUG: Final = "Plug it in again; if that does not help, replace it."
UNMUTE: Final = (
    "Unmute it and turn it up (alsamixer, F4), look at the handset's cable; if it stays silent, "
    "replace it."
)
