"""PortAudio, which records and plays through the system's ALSA: any PCM by ALSA's own name.

By ctypes, not by the sounddevice package: PortAudio lists the cards once, when it is loaded, and
sounddevice opens nothing else, so that a card that comes later could only be found with every
stream closed. PortAudio itself opens what is not in its list by ALSA's name for it
(pa_linux_alsa.h, PaAlsaStreamInfo), with other streams running; nothing has to be loaded anew.

PyAV's wheel brings an ALSA of its own that looks for its settings in the world-writable temporary
folder, so it is not used for sound.
"""

from __future__ import annotations

import ctypes
import errno
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Literal

from hardware.cards import Listed, Pcm
from hardware.interfaces import (
    SAMPLE_RATE_HZ,
    DeviceBusy,
    DeviceNotFound,
    DeviceRefused,
)

Direction = Literal["input", "output"]
Exchange = Callable[[int, int], None]
"""Called with the address of so many samples (int16, mono), to be read or filled."""

LIBRARY: Final = "libportaudio.so.2"
ALSA_LIBRARY: Final = "libasound.so.2"
LATENCY_S: Final = 0.02
"""Two blocks: one that is recorded or played while the other is in our hands."""
SILENT_S: Final = 0.6
"""A running card calls each 10 ms; not for this long means that it is gone or has stalled."""
FIRST_S: Final = 3.0
"""For so long after it was opened it may stand still: a sound server asks at once for what its
buffer holds, and then not before it has woken its card."""
END_S: Final = 0.1
"""Within this a running stream ends by itself once it is told to."""

# portaudio.h, pa_linux_alsa.h
_NO_DEVICE_NUMBER: Final = -2
_ALSA: Final = 8
_INT16: Final = 8
_CONTINUE, _ABORT = 0, 2
_INPUT_OVERFLOW, _OUTPUT_UNDERFLOW = 2, 4
_UNAVAILABLE: Final = -9985
_HOST_ERROR: Final = -9999


class _DeviceInfo(ctypes.Structure):
    _fields_ = (
        ("version", ctypes.c_int),
        ("name", ctypes.c_char_p),
        ("host", ctypes.c_int),
        ("inputs", ctypes.c_int),
        ("outputs", ctypes.c_int),
        ("latencies", ctypes.c_double * 4),
        ("rate", ctypes.c_double),
    )


class _HostInfo(ctypes.Structure):
    _fields_ = (
        ("version", ctypes.c_int),
        ("type", ctypes.c_int),
        ("name", ctypes.c_char_p),
        ("devices", ctypes.c_int),
        ("input", ctypes.c_int),
        ("output", ctypes.c_int),
    )


class _HostErrorInfo(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("code", ctypes.c_long),
        ("text", ctypes.c_char_p),
    )


class _StreamInfo(ctypes.Structure):
    _fields_ = (
        ("version", ctypes.c_int),
        ("input_s", ctypes.c_double),
        ("output_s", ctypes.c_double),
        ("rate", ctypes.c_double),
    )


class _AlsaInfo(ctypes.Structure):
    """PaAlsaStreamInfo: the PCM by its name."""

    _fields_ = (
        ("size", ctypes.c_ulong),
        ("type", ctypes.c_int),
        ("version", ctypes.c_ulong),
        ("name", ctypes.c_char_p),
    )


class _Parameters(ctypes.Structure):
    _fields_ = (
        ("device", ctypes.c_int),
        ("channels", ctypes.c_int),
        ("format", ctypes.c_ulong),
        ("latency_s", ctypes.c_double),
        ("info", ctypes.c_void_p),
    )


_CALLBACK: Final = ctypes.CFUNCTYPE(
    ctypes.c_int,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_ulong,
    ctypes.c_void_p,
    ctypes.c_ulong,
    ctypes.c_void_p,
)
_FINISHED: Final = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
_SAY_NOTHING: Final = ctypes.CFUNCTYPE(
    None, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p
)(lambda *_: None)
"""snd_lib_error_handler_t, without the arguments that its last text has places for."""


class PortAudio:
    """The library, loaded when it is first needed: one for all streams of a process.

    Its calls may take long, and are made from any thread but the loop's.
    """

    def __init__(self, load: Callable[[str], Any] = ctypes.CDLL) -> None:
        self._load = load
        self._library: Any = None
        self._lock = threading.Lock()
        """PortAudio keeps its streams in one list, without a lock of its own."""

    def prepare(self) -> None:
        """Load the library, which tries every PCM. Raises DeviceNotFound: it is not installed."""
        with self._lock:
            if self._library is None:
                self._library = self._loaded()

    def listed(self) -> tuple[Listed, ...]:
        """Return ALSA's PCMs as they were when it was loaded. Raises DeviceNotFound."""
        self.prepare()
        found = []
        for number in range(self._library.Pa_GetDeviceCount()):
            info = self._library.Pa_GetDeviceInfo(number).contents
            host = self._library.Pa_GetHostApiInfo(info.host).contents
            if host.type == _ALSA:
                name = info.name.decode(errors="replace")
                found.append(Listed(name, info.inputs, info.outputs))
        return tuple(found)

    def open(self, pcm: Pcm, direction: Direction, samples: int, exchange: Exchange) -> Stream:
        """Return a running stream, mono at 48 kHz, that exchanges so many samples at a time.

        `exchange` is called in a thread of the stream's own; what it raises ends the stream.
        Raises DeviceNotFound, DeviceBusy, DeviceRefused.
        """
        self.prepare()
        check(pcm)
        stream = Stream(self._library, self._lock, pcm, direction, exchange)
        with self._lock:
            failure = stream.open(samples)
        if failure:
            words = f"{pcm.device or pcm.name} does not open: {self._words(failure)}"
            raise DeviceBusy(words) if failure == _UNAVAILABLE else DeviceRefused(words)
        return stream

    def _loaded(self) -> Any:
        try:
            library = self._load(LIBRARY)
        except OSError as error:
            raise DeviceNotFound(
                f"PortAudio does not load ({error}): install libportaudio2"
            ) from error
        library.Pa_GetErrorText.restype = ctypes.c_char_p
        library.Pa_GetDeviceInfo.restype = ctypes.POINTER(_DeviceInfo)
        library.Pa_GetHostApiInfo.restype = ctypes.POINTER(_HostInfo)
        library.Pa_GetLastHostErrorInfo.restype = ctypes.POINTER(_HostErrorInfo)
        library.Pa_GetStreamInfo.restype = ctypes.POINTER(_StreamInfo)
        library.Pa_OpenStream.argtypes = (
            *(ctypes.c_void_p,) * 3,
            ctypes.c_double,
            *(ctypes.c_ulong,) * 2,
            _CALLBACK,
            ctypes.c_void_p,
        )
        library.Pa_SetStreamFinishedCallback.argtypes = (ctypes.c_void_p, _FINISHED)
        for name in ("StartStream", "AbortStream", "CloseStream", "GetStreamInfo"):
            getattr(library, f"Pa_{name}").argtypes = (ctypes.c_void_p,)
        alsa = self._load(ALSA_LIBRARY)
        # It would say in 70 lines, each time, which of the PCMs in its settings are not there.
        alsa.snd_lib_error_set_handler(_SAY_NOTHING)
        failure = library.Pa_Initialize()
        alsa.snd_lib_error_set_handler(None)
        if failure:
            raise DeviceNotFound(
                f"PortAudio does not start: {library.Pa_GetErrorText(failure).decode()}"
            )
        return library

    def _words(self, failure: int) -> str:
        text: bytes = self._library.Pa_GetErrorText(failure)
        if failure == _HOST_ERROR:
            text = self._library.Pa_GetLastHostErrorInfo().contents.text or text
        return text.decode(errors="replace")


class Stream:
    """One direction of one PCM. Made by `PortAudio.open`; `close` ends it."""

    def __init__(
        self, library: Any, lock: threading.Lock, pcm: Pcm, direction: Direction, exchange: Exchange
    ) -> None:
        self.xruns = 0
        """How often sound was lost because this program (or its turn) came too late."""
        self._library = library
        self._lock = lock
        self._pcm = pcm
        self._direction = direction
        self._exchange = exchange
        self._handle = ctypes.c_void_p()
        self._opened_at = self._called_at = 0.0
        self._failure = ""
        self._ending = False
        self._ended = threading.Event()
        self._node = pcm.device.node if pcm.device is not None else None
        self._inode = _inode(self._node)
        # ctypes forgets a callback that nothing refers to, though PortAudio still has it.
        self._callback = _CALLBACK(self._called)
        self._finished = _FINISHED(lambda _: self._ended.set())

    @property
    def latency_s(self) -> float:
        """What PortAudio says that its buffers and ALSA's take."""
        info = self._library.Pa_GetStreamInfo(self._handle).contents
        return float(info.input_s if self._direction == "input" else info.output_s)

    def open(self, samples: int) -> int:
        """Open and start; 0 or PortAudio's error. For `PortAudio.open` alone."""
        name = _AlsaInfo(ctypes.sizeof(_AlsaInfo), _ALSA, 1, self._pcm.name.encode())
        info = ctypes.cast(ctypes.pointer(name), ctypes.c_void_p)
        one = _Parameters(_NO_DEVICE_NUMBER, 1, _INT16, LATENCY_S, info)
        is_input = self._direction == "input"
        library, handle = self._library, self._handle
        failure: int = library.Pa_OpenStream(
            ctypes.byref(handle),
            ctypes.byref(one) if is_input else None,
            None if is_input else ctypes.byref(one),
            float(SAMPLE_RATE_HZ),
            samples,
            0,
            self._callback,
            None,
        )
        if failure:
            return failure
        library.Pa_SetStreamFinishedCallback(handle, self._finished)
        failure = library.Pa_StartStream(handle)
        self._opened_at = self._called_at = time.monotonic()
        if failure:
            library.Pa_CloseStream(handle)
        return failure

    def lost(self) -> str | None:
        """Return in words why no more sound will pass; None while it does."""
        if self._failure:
            return self._failure
        if self._ended.is_set():
            return f"{self._pcm.name} has ended"
        if _inode(self._node) != self._inode:
            return f"{self._pcm.device} is unplugged"
        now = time.monotonic()
        still_s = now - self._called_at
        if still_s > SILENT_S and now - self._opened_at > FIRST_S:
            return f"{self._pcm.name} has stood still for {still_s:.1f} s"
        return None

    def close(self) -> None:
        """End it. May take long, or with a driver that has stalled, for ever.

        It is asked to end by itself first: PortAudio aborts by cancelling its thread, and one that
        is cancelled while it waits for Python's lock would never give that back. Also one that has
        stood still, which may have been this whole process that did: then it waits for it just now.
        """
        self._ending = True
        self._ended.wait(END_S)
        self._library.Pa_AbortStream(self._handle)
        with self._lock:
            self._library.Pa_CloseStream(self._handle)

    def abandon(self) -> None:
        """Close it in a thread of its own, when nobody waits for it any more."""
        threading.Thread(target=self.close, name="close sound", daemon=True).start()

    def _called(
        self, heard: int | None, wanted: int | None, samples: int, _: int, flags: int, __: int
    ) -> int:
        self._called_at = time.monotonic()
        if self._ending:
            return _ABORT
        if flags & (_INPUT_OVERFLOW | _OUTPUT_UNDERFLOW):
            self.xruns += 1
        try:
            self._exchange(heard or wanted or 0, samples)
        except Exception as error:  # it has no caller that could catch it; told by `lost`
            self._failure = f"{type(error).__name__}: {error}"
            return _ABORT
        return _CONTINUE


def _inode(node: str | None) -> tuple[int, int] | None:
    """Return what a device node is: another one after it was unplugged; None: none is there."""
    if node is None:
        return None
    try:
        found = Path(node).stat()
    except OSError:
        return None
    return found.st_ino, found.st_rdev


def check(pcm: Pcm) -> None:
    """Try whether the card can be opened at all, because PortAudio says too little of why not.

    Raises DeviceNotFound, DeviceBusy, DeviceRefused. PCMs of ALSA's settings are not tried.
    """
    if pcm.device is None:
        return
    node = pcm.device.node
    try:
        os.close(os.open(node, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC))
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENODEV, errno.ENXIO):
            raise DeviceNotFound(f"{pcm.device} is unplugged") from error
        if error.errno in (errno.EBUSY, errno.EAGAIN):
            raise DeviceBusy(f"{pcm.device} is used by another program") from error
        if error.errno in (errno.EACCES, errno.EPERM):
            raise DeviceRefused(
                f"{node} may not be opened: is the kiosk's user in the group audio?"
            ) from error
        raise DeviceRefused(f"{pcm.device} does not open: {error.strerror}") from error
