"""What microphone and earpiece share: PortAudio through sounddevice, loaded only when needed.

The system's PortAudio uses the system's ALSA. PyAV's wheel brings an ALSA of its own that looks
for its configuration in the world-writable temporary folder, so it is not used for sound.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from hardware.interfaces import (
    BLOCK_SAMPLES,
    SAMPLE_RATE_HZ,
    DeviceBusy,
    DeviceError,
    DeviceNotFound,
    DeviceRefused,
)

Kind = Literal["input", "output"]

_UNAVAILABLE = -9985
"""paDeviceUnavailable"""
_INVALID = -9996
"""paInvalidDevice"""


def load() -> Any:
    """Return the sounddevice module. Raises DeviceNotFound when PortAudio is not installed.

    The first call looks for the library, by running ldconfig: a process that will give up running
    programs calls this before.
    """
    try:
        import sounddevice  # noqa: PLC0415 - loads a system library that may be missing
    except OSError as error:
        raise DeviceNotFound(f"PortAudio does not load ({error}): install libportaudio2") from error
    return sounddevice


def choose(sounddevice: Any, name: str | None, kind: Kind) -> int | str:
    """Return the device of this name, or the default one. Raises DeviceNotFound."""
    devices = [each for each in sounddevice.query_devices() if each[f"max_{kind}_channels"] > 0]
    if name is not None:
        if not any(name in each["name"] for each in devices):
            raise DeviceNotFound(f"no sound {kind} called {name!r}")
        return name
    if not devices:
        raise DeviceNotFound(f"no sound {kind} is attached")
    default = sounddevice.default.device[0 if kind == "input" else 1]
    return int(default) if default >= 0 else int(devices[0]["index"])


def start(
    name: str | None,
    kind: Kind,
    callback: Callable[[Any, int, Any, Any], None],
    samples: int = BLOCK_SAMPLES,
) -> Any:
    """Return a running stream that calls back, in a thread of its own, for each so many samples.

    It has the least latency that the driver calls safe. May take long: not for the loop.
    Raises DeviceNotFound, DeviceBusy, DeviceRefused.
    """
    sounddevice = load()
    device = choose(sounddevice, name, kind)
    streams = {"input": sounddevice.RawInputStream, "output": sounddevice.RawOutputStream}
    try:
        stream = streams[kind](
            samplerate=SAMPLE_RATE_HZ,
            blocksize=samples,
            latency="low",
            channels=1,
            dtype="int16",
            device=device,
            callback=callback,
        )
        stream.start()
    except sounddevice.PortAudioError as error:
        raise failure_of(sounddevice, error) from error
    except ValueError as error:  # how it says that several cards go by this name, and which
        raise DeviceRefused("; ".join(str(error).splitlines())) from error
    return stream


def failure_of(sounddevice: Any, error: Exception) -> DeviceError:
    """Return the DeviceError for a PortAudioError."""
    code = error.args[1] if len(error.args) > 1 else None
    if code == _UNAVAILABLE:
        return DeviceBusy(str(error))
    if code == _INVALID:
        return DeviceNotFound(str(error))
    return DeviceRefused(str(error))
