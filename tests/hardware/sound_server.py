"""A PulseAudio of a test's own: two cards that are not there, in real time, and clients of them.

What is played to the card "mouth" is heard by ALSA's PCM of that name; what is played to the PCM
"ear" can be recorded, and is heard by the PCM "loop". No D-Bus, no network; its socket and settings
are in the test's folder.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal

import numpy as np

from hardware.interfaces import SAMPLE_RATE_HZ, Block

MOUTH, EAR, LOOP = "mouth", "ear", "loop"
START_S: Final = 15.0
AWAKE_S: Final = 0.2
CHUNK: Final = SAMPLE_RATE_HZ // 200
"""Clients play and record 5 ms at a time."""
AHEAD: Final = 10
"""So many chunks a player is ahead: a busy machine must not make it stutter."""
ALSA_SETTINGS: Final = """
</usr/share/alsa/alsa.conf>
pcm.mouth { type pulse device "mouth.monitor" }
pcm.ear { type pulse device "ear" }
pcm.loop { type pulse device "ear.monitor" }
"""
_S16LE: Final = 3
_PLAYBACK, _RECORD = 1, 2
_UNSET: Final = 0xFFFFFFFF


@contextmanager
def sound_server(folder: Path) -> Iterator[dict[str, str]]:
    """Run one; gives the environment in which it and its PCMs are found."""
    runtime = folder / "run"
    runtime.mkdir(mode=0o700)
    (folder / "alsa.conf").write_text(ALSA_SETTINGS)
    environ = {
        "XDG_RUNTIME_DIR": str(runtime),
        "HOME": str(folder),
        "ALSA_CONFIG_PATH": str(folder / "alsa.conf"),
    }
    modules = ["module-native-protocol-unix"] + [
        f"module-null-sink sink_name={name} rate={SAMPLE_RATE_HZ} channels=1"
        for name in (MOUTH, EAR)
    ]
    loads = [argument for each in modules for argument in ("-L", each)]
    with (folder / "pulseaudio.log").open("wb") as log:
        server = subprocess.Popen(
            ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", *loads],
            env={**os.environ, **environ},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        _wait(lambda: (runtime / "pulse" / "native").exists() or server.poll() is not None)
        assert server.poll() is None, (folder / "pulseaudio.log").read_text()
        with _awake(environ):
            yield environ
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


@contextmanager
def _awake(environ: dict[str, str]) -> Iterator[None]:
    """Keep both cards awake: left alone they take two seconds to wake, as no real one does."""
    program = "from tests.hardware.sound_server import keep_awake; keep_awake()"
    with subprocess.Popen(
        [sys.executable, "-c", program],
        env={**os.environ, **environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"awake\n"
        yield
        child.communicate(b"", 10)


def keep_awake() -> None:
    """Play silence to both cards until the standard input ends."""

    def silence(wall_s: float, samples: int) -> Block:
        return np.zeros(samples, dtype=np.int16)

    with Speaking(silence, MOUTH) as one, Speaking(silence, EAR) as two:
        _wait(lambda: max(one.latency_s, two.latency_s) < AWAKE_S)
        print("awake", flush=True)
        sys.stdin.read()


class Client:
    """One stream of another program's: libpulse-simple, 48 kHz mono; it says what it delays.

    Its calls wait; use it in a thread.
    """

    def __init__(self, direction: Literal["play", "record"], device: str) -> None:
        self._library: Any = ctypes.CDLL("libpulse-simple.so.0")
        self._library.pa_simple_new.restype = ctypes.c_void_p
        self._library.pa_simple_get_latency.restype = ctypes.c_uint64
        for name in ("get_latency", "free"):
            getattr(self._library, f"pa_simple_{name}").argtypes = (
                (ctypes.c_void_p, ctypes.c_void_p) if name == "get_latency" else (ctypes.c_void_p,)
            )
        for name in ("read", "write"):
            getattr(self._library, f"pa_simple_{name}").argtypes = (
                ctypes.c_void_p,
                ctypes.c_void_p,
                ctypes.c_size_t,
                ctypes.c_void_p,
            )
        spec, size = _Spec(_S16LE, SAMPLE_RATE_HZ, 1), CHUNK * 2
        # pa_buffer_attr: the most, what is aimed at, before it begins, at least asked, a fragment.
        buffers = (ctypes.c_uint32 * 5)(_UNSET, AHEAD * size, AHEAD * size, size, size)
        way = _PLAYBACK if direction == "play" else _RECORD
        self._error = ctypes.c_int()
        self._handle = ctypes.c_void_p(
            self._library.pa_simple_new(
                None, b"test", way, device.encode(), b"test", ctypes.byref(spec), None,
                ctypes.byref(buffers), ctypes.byref(self._error),
            )
        )  # fmt: skip
        assert self._handle.value is not None, f"PulseAudio refuses: {self._error.value}"

    def latency_s(self) -> float:
        """How long from the next write to the ear, or since the mouth for what is read next."""
        told = self._library.pa_simple_get_latency(self._handle, ctypes.byref(self._error))
        return int(told) / 1e6

    def write(self, block: Block) -> None:
        data = block.astype("<i2").tobytes()
        done = self._library.pa_simple_write(
            self._handle, data, len(data), ctypes.byref(self._error)
        )
        assert done == 0, f"PulseAudio refuses: {self._error.value}"

    def read(self) -> Block:
        data = ctypes.create_string_buffer(CHUNK * 2)
        done = self._library.pa_simple_read(
            self._handle, data, len(data), ctypes.byref(self._error)
        )
        assert done == 0, f"PulseAudio refuses: {self._error.value}"
        return np.frombuffer(data.raw, dtype="<i2").astype(np.int16)

    def close(self) -> None:
        self._library.pa_simple_free(self._handle)


class Speaking:
    """Plays to a card until it is left: `source(wall_s, samples)` as chirp.said, or any other.

    `wall_s` is when the first of these samples is heard, in Unix seconds.
    """

    def __init__(self, source: Callable[[float, int], Block], device: str = MOUTH) -> None:
        self.latency_s = 1e6
        """What it was at the last write."""
        self._source = source
        self._device = device
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="speaking", daemon=True)

    def __enter__(self) -> Speaking:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join(10)

    def _run(self) -> None:
        client = Client("play", self._device)
        while not self._stop.is_set():
            client.write(self._source(time.time() + client.latency_s(), CHUNK))
            self.latency_s = client.latency_s()
        client.close()


class Listening:
    """Records a card until it is left; `blocks` are (when the first sounded, samples)."""

    def __init__(self, device: str = f"{EAR}.monitor") -> None:
        self.blocks: list[tuple[float, Block]] = []
        self._device = device
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="listening", daemon=True)

    def __enter__(self) -> Listening:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join(10)

    def samples(self) -> Block:
        """Return all that was heard so far."""
        return np.concatenate([block for _, block in self.blocks] or [np.zeros(0, np.int16)])

    def _run(self) -> None:
        client = Client("record", self._device)
        while not self._stop.is_set():
            block = client.read()
            next_at = time.time() - client.latency_s()
            self.blocks.append((next_at - CHUNK / SAMPLE_RATE_HZ, block))
        client.close()


class Tone:
    """One pitch without a break, whoever asks for how much of it."""

    def __init__(self, hz: float, amplitude: float = 8000) -> None:
        self._hz = hz
        self._amplitude = amplitude
        self._next = 0

    def __call__(self, samples: int) -> Block:
        at = self._next + np.arange(samples)
        self._next += samples
        wave = np.sin(2 * np.pi * self._hz / SAMPLE_RATE_HZ * at)
        block: Block = (self._amplitude * wave).astype(np.int16)
        return block

    def spoken(self, wall_s: float, samples: int) -> Block:
        """Return the same, for `Speaking`."""
        return self(samples)


class _Spec(ctypes.Structure):
    _fields_ = (("format", ctypes.c_int), ("rate", ctypes.c_uint32), ("channels", ctypes.c_uint8))


def _wait(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + START_S
    while not condition():
        assert time.monotonic() < until, "PulseAudio does not start"
        time.sleep(0.01)
