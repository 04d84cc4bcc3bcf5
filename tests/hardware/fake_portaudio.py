"""A stand-in for libportaudio.so.2: takes the calls and the structs that the real one takes."""

from __future__ import annotations

import ctypes
import threading
from dataclasses import dataclass, field
from typing import Any

from hardware.portaudio import PortAudio, _AlsaInfo, _DeviceInfo, _HostInfo, _Parameters

ALSA, JACK = 8, 12
HANDLE = 0x1000


@dataclass
class Opened:
    """What was asked for by Pa_OpenStream."""

    is_input: bool
    pcm: str
    device: int
    channels: int
    samples: int
    rate: float
    callback: Any
    finished: Any = None


@dataclass
class Library:
    """The functions that are used. Streams call back only when a test does it for them."""

    devices: tuple[tuple[str, int, int, int], ...] = ()
    """Name, host API's type, inputs, outputs."""
    open_error: int = 0
    start_error: int = 0
    opened: list[Opened] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    let_go: threading.Event = field(default_factory=threading.Event)
    """Aborting waits for it."""

    def __post_init__(self) -> None:
        """Let go; whoever wants it to hang clears it."""
        self.let_go.set()
        for name in (each for each in dir(self) if each.startswith("Pa_")):
            method = getattr(self, name)
            setattr(self, name, lambda *args, _method=method: _method(*args))

    def system(self) -> PortAudio:
        return PortAudio(lambda _: self)

    def snd_lib_error_set_handler(self, handler: Any) -> None:
        self.calls.append("quiet" if handler else "loud")

    def Pa_Initialize(self) -> int:
        self.calls.append("Initialize")
        return 0

    def Pa_GetErrorText(self, number: int) -> bytes:
        return f"error {number}".encode()

    def Pa_GetLastHostErrorInfo(self) -> Any:
        raise AssertionError("no host error was told")

    def Pa_GetDeviceCount(self) -> int:
        return len(self.devices)

    def Pa_GetDeviceInfo(self, number: int) -> Any:
        name, host, inputs, outputs = self.devices[number]
        return ctypes.pointer(_DeviceInfo(2, name.encode(), host, inputs, outputs))

    def Pa_GetHostApiInfo(self, number: int) -> Any:
        return ctypes.pointer(_HostInfo(1, number, b""))

    def Pa_GetStreamInfo(self, handle: Any) -> Any:
        raise AssertionError("nobody asks")

    def Pa_OpenStream(
        self, handle: Any, one: Any, two: Any, rate: float, samples: int, flags: int,
        callback: Any, data: Any,
    ) -> int:  # fmt: skip
        self.calls.append("Open")
        if self.open_error:
            return self.open_error
        told: _Parameters = (one if two is None else two)._obj
        info = ctypes.cast(told.info, ctypes.POINTER(_AlsaInfo)).contents
        assert (info.size, info.type, info.version) == (ctypes.sizeof(_AlsaInfo), ALSA, 1)
        handle._obj.value = HANDLE
        self.opened.append(
            Opened(
                two is None, info.name.decode(), told.device, told.channels, samples, rate, callback
            )
        )
        return 0

    def Pa_SetStreamFinishedCallback(self, handle: Any, finished: Any) -> int:
        self.opened[-1].finished = finished
        return 0

    def Pa_StartStream(self, handle: Any) -> int:
        self.calls.append("Start")
        return self.start_error

    def Pa_AbortStream(self, handle: Any) -> int:
        self.calls.append("Abort")
        self.let_go.wait(10)
        return 0

    def Pa_CloseStream(self, handle: Any) -> int:
        self.calls.append("Close")
        return 0

    def call(self, samples: Any, flags: int = 0) -> int:
        """Have the newest stream exchange a buffer (ctypes array of int16)."""
        opened = self.opened[-1]
        address = ctypes.addressof(samples)
        heard, wanted = (address, None) if opened.is_input else (None, address)
        result: int = opened.callback(heard, wanted, len(samples), None, flags, None)
        if result:
            self.calls.append("ended itself")
            opened.finished(None)
        return result
