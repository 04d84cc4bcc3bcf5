"""What every device is: small Protocols. They know no visit and no hub.

For all devices: `open` and `close` are idempotent; `open` may take long but never blocks the
loop; use them only from the loop's thread. Loss is an exception from the waiting call
(`DeviceLost`); whoever hears of it closes the device, and may open it again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

if TYPE_CHECKING:  # the screen process has use for hook and keypad, none for these (12 MB)
    import av
    import numpy as np
    import numpy.typing as npt

SAMPLE_RATE_HZ = 48_000
BLOCK_SAMPLES = 480
"""A microphone gives mono blocks of 10 ms: int16 arrays of this length."""

PLAYED_SAMPLES = 480
"""An earpiece asks for 10 ms at a time."""

Block: TypeAlias = "npt.NDArray[np.int16]"
SoundSource = Callable[[int], Block]
"""Gives the next so many samples to be played."""


class DeviceError(Exception):
    """Root of device trouble. `code` is the suffix of the fault code: 01 missing, ..."""

    code = "01"


class DeviceNotFound(DeviceError):
    """No such device is attached."""

    code = "01"


class DeviceBusy(DeviceError):
    """Another program has it."""

    code = "04"


class DeviceAmbiguous(DeviceError):
    """Several would do; the text names them as terminal.toml would."""

    code = "04"


class DeviceRefused(DeviceError):
    """The device is there but does not do what is asked (permission, format)."""

    code = "04"


class DeviceLost(DeviceError):
    """It was open and is gone."""

    code = "01"


@dataclass(frozen=True, slots=True)
class VideoMode:
    """What a camera delivers."""

    width: int
    height: int
    fps: int


class CameraEncoder(Protocol):
    """The encoder inside a camera. Both return at once and raise nothing; not every camera can."""

    def force_key(self) -> None:
        """Have the next picture encoded as a key frame."""

    def set_bitrate(self, bps: int) -> None:
        """Encode at this rate, in bits a second."""


@dataclass(frozen=True, slots=True)
class EncodedFrame:
    """What the camera itself made of a picture. The picture carries it: `encoded_by_camera`."""

    data: bytes
    """One H.264 access unit in Annex B form."""
    number: int
    """Counted since the camera was opened: a gap means that what follows cannot be decoded."""
    encoder: CameraEncoder
    """Whom to ask for key frames; another one after each opening."""


def encoded_by_camera(frame: av.VideoFrame) -> EncodedFrame | None:
    """Return what the camera encoded of this picture; None from a camera that does not encode."""
    made = frame.opaque
    return made if isinstance(made, EncodedFrame) else None


@runtime_checkable
class Camera(Protocol):
    """One camera. Newest frame wins: a slow reader misses frames, never falls behind."""

    async def open(self) -> VideoMode:
        """Open; raises DeviceNotFound, DeviceBusy, DeviceRefused."""

    async def frame(self) -> av.VideoFrame:
        """Wait for the newest frame not yet returned (yuv420p, pts in time_base); DeviceLost."""

    async def close(self) -> None:
        """Close."""


@runtime_checkable
class Microphone(Protocol):
    """One microphone. At most 10 blocks (100 ms) wait; the oldest is dropped and counted."""

    @property
    def dropped(self) -> int:
        """Blocks that nobody took in time."""

    @property
    def xruns(self) -> int:
        """How often the card had sound that could not be stored any more, since it was made."""

    async def open(self) -> None:
        """Open; raises DeviceNotFound, DeviceBusy, DeviceRefused."""

    async def block(self) -> Block:
        """Wait for the next 10 ms; DeviceLost."""

    async def close(self) -> None:
        """Close."""


@runtime_checkable
class Earpiece(Protocol):
    """One earpiece. It plays on its own clock: 10 ms at a time are asked for when they are due."""

    @property
    def xruns(self) -> int:
        """How often the card ran out of sound to play, since it was made."""

    async def open(self, source: SoundSource) -> None:
        """Open; raises DeviceNotFound, DeviceBusy, DeviceRefused.

        From now on `source(480)` is called each 10 ms in a thread of the device's. It must neither
        wait nor raise.
        """

    async def lost(self) -> None:
        """Wait until it is gone, and raise DeviceLost; at once when it is not open."""

    async def close(self) -> None:
        """Close; the source may be asked once more meanwhile, and never after."""


@runtime_checkable
class Hook(Protocol):
    """The handset's hook switch, debounced."""

    async def open(self) -> bool:
        """Open and return whether the handset is up; raises DeviceNotFound, DeviceRefused."""

    async def change(self) -> bool:
        """Wait until the handset was lifted (True) or hung up (False); DeviceLost."""

    async def close(self) -> None:
        """Close."""


@runtime_checkable
class Keypad(Protocol):
    """A keypad of digits. Keys: "0" to "9", "delete", "enter"."""

    async def open(self) -> None:
        """Open; raises DeviceNotFound, DeviceBusy, DeviceRefused."""

    async def key(self) -> str:
        """Wait for the next key; DeviceLost."""

    async def close(self) -> None:
        """Close."""
