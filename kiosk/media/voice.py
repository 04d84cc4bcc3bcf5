"""The inmate's voice: cleaned for the family, and given back to the own ear.

WebRTC's audio processing (pywebrtc-audio: the echo canceller AEC3, its noise suppressor, AGC2
with its limiter, a high-pass) cleans each block of the microphone, with exactly what was played as
its reference. By kind of sound device:

- speakerphone: echo cancelled, noise 12 dB down, gain up to 24 dB for who stands away from it; no
  sidetone, it would howl.
- handset: noise only 6 dB down, gain up to 18 dB, sidetone. The echo canceller runs here too: it
  costs 1.1 % of a core and 8 ms, but without it the gain takes the leak from earpiece to mouthpiece
  for quiet speech and lifts it (30 dB under the voice became 14, measured). The sidetone is taken
  out of its reference, or it would cancel the voice itself (correlation .89 instead of .92).

A block of 10 ms goes in, one comes out at once. The library's filters delay what is in it by 15 ms:
1 for its bands, 8 for the canceller, 6 for the noise suppressor (measured in samples: 46, 386,
288). Gain never clips: AGC2 ends in a limiter. For the ear, see `limiter.mixed`.

Who calls what. The media process makes one Voice of its devices. The microphone's task passes
each block through `heard` before it is published to the connections, and measures the level that
the screen shows from the block *before*: "is my microphone working" asks about the microphone, and
a gain that lifts a dead one's noise would answer wrongly. The ear asks in the sound card's thread
for `sidetone`, mixes it in, and hands what comes out, as it is played, to `played`. All this runs
before the visit begins too: nothing of the family's is played then, but the inmate hears oneself
in the sound check, and gain and noise are known by the time it begins. `handset_up` silences
the sidetone of a handset that hangs on the wall.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
from pywebrtc_audio import AudioProcessor

from config.schema import Devices
from hardware.interfaces import SAMPLE_RATE_HZ, Block
from kiosk.media.echo_reference import EchoReference
from kiosk.media.sidetone import NONE_DB, Sidetone

Kind = Literal["handset", "speakerphone"]


@dataclass(frozen=True, slots=True)
class Cleaning:
    """How much is done to the voice of one kind of device."""

    noise_level: int
    """The library's: 0 to 3 for 6, 12, 18 and 21 dB less noise."""
    max_gain_db: float
    sidetone: bool


CLEANING: Final[dict[Kind, Cleaning]] = {
    "handset": Cleaning(noise_level=0, max_gain_db=18.0, sidetone=True),
    "speakerphone": Cleaning(noise_level=1, max_gain_db=24.0, sidetone=False),
}
assert set(CLEANING) == set(get_args(Kind))


class Voice:
    """One microphone and what is played beside it.

    `heard` belongs to the loop, `sidetone` and `played` to the sound card's thread; those two wait
    for nothing but a lock held for microseconds, and never raise.
    """

    def __init__(
        self,
        kind: Kind,
        sidetone_db: float = NONE_DB,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        cleaning = CLEANING[kind]
        self.reference = EchoReference(clock)
        self.own = Sidetone(sidetone_db if cleaning.sidetone else NONE_DB)
        self.handset_up = True
        """Set False while it hangs: no sidetone then."""
        self._mixed_in: Block | None = None
        self._processor = AudioProcessor(
            sample_rate=SAMPLE_RATE_HZ,
            echo_cancellation=True,
            noise_suppression=True,
            high_pass_filter=True,
            auto_gain_control=True,
            ns_level=cleaning.noise_level,
            agc_max_gain_db=cleaning.max_gain_db,
        )

    @classmethod
    def of(cls, devices: Devices) -> Voice:
        """Return the voice for the configured devices."""
        kind: Kind = "speakerphone" if devices.sound == "speakerphone" else "handset"
        return cls(kind, devices.sidetone_db)

    def heard(self, block: Block) -> Block:
        """Return the microphone's block (10 ms) cleaned. Raises ValueError for anything else."""
        self.own.put(block)
        far = self.reference.take(block.size)
        result: Block = self._processor.process(block, far)
        return result

    def sidetone(self, samples: int) -> Block:
        """Return what to mix into the next `samples` that are played."""
        own = self.own.take(samples)
        if not self.handset_up:
            own[:] = 0
        self._mixed_in = own
        return own

    def played(self, block: Block) -> None:
        """Take what is being played, exactly as the card gets it."""
        own, self._mixed_in = self._mixed_in, None
        if own is not None and own.size == block.size and own.any():
            block = np.clip(block.astype(np.int32) - own, -32_768, 32_767).astype(np.int16)
        self.reference.put(block)
