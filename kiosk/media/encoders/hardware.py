"""H.264 by hardware, for as long as it works; by software from the very frame at which it stops.

Tried only where the device nodes are there, and used only after it encoded a picture. Read in
FFmpeg's nvenc.c, qsvenc.c, amfenc_h264.c and v4l2_m2m_enc.c; tests play the ways in which such
codecs fail, since the machines that test have none.
"""

from __future__ import annotations

import logging
import queue
import threading
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

import av
from av.video.codeccontext import VideoCodecContext

from hardware import v4l2_controls
from kiosk.media.encoders import avc, rate
from kiosk.media.encoders.h264 import (
    BUFFER_SHARE,
    H264Encoder,
    at_nominal_fps,
    compress,
    prepare,
)
from kiosk.media.encoders.interface import VideoEncoder

_log = logging.getLogger(__name__)

OPEN_S: Final = 3.0
"""A driver that has not opened and encoded a picture by then hangs."""
REOPEN_S: Final = 0.5
"""The same inside a call, where a codec that cannot be retuned is opened for a new rate."""
FRAME_S: Final = 0.1
"""A frame that takes longer is lost time for both people: software takes it over."""

_INTEL, _AMD = 0x8086, 0x1002


class Broken(Exception):
    """A hardware encoder failed; the text says how."""


class Codec(Protocol):
    """One opened codec. Raises OSError, ValueError or av.FFmpegError when it fails."""

    def encode(self, frame: av.VideoFrame, now: int, key: bool) -> bytes:
        """Return the frame as an access unit in Annex B form."""

    def retune(self, bps: int) -> bool:
        """Take a new rate; False: it has to be opened again for that."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A hardware encoder that FFmpeg knows. `nodes` returns the device nodes it would use."""

    name: str
    nodes: Callable[[Path], list[Path]]
    pix_fmt: str
    options: Mapping[str, str] = field(default_factory=dict)
    retunes: bool = False
    """Whether FFmpeg hands a new `bit_rate` to the running codec."""


def _nvidia(root: Path) -> list[Path]:
    # NVENC needs CUDA, and CUDA all three.
    nodes = [root / "dev" / name for name in ("nvidia0", "nvidiactl", "nvidia-uvm")]
    return nodes if all(node.exists() for node in nodes) else []


def _render_nodes(root: Path, vendor: int) -> list[Path]:
    found = []
    for device in sorted((root / "sys/class/drm").glob("renderD*")):
        try:
            made_by = int((device / "device/vendor").read_text(encoding="ascii"), 16)
        except (OSError, ValueError):
            continue  # not on PCI: neither of the two
        node = root / "dev/dri" / device.name
        if made_by == vendor and node.exists():
            found.append(node)
    return found


def _memory_to_memory(root: Path) -> list[Path]:
    nodes = sorted((root / "dev").glob("video*"))
    return [node for node in nodes if v4l2_controls.is_memory_to_memory(node)]


KINDS: Final = (
    Kind(
        "h264_nvenc",
        _nvidia,
        "yuv420p",
        {"preset": "p2", "tune": "ull", "rc": "cbr", "zerolatency": "1", "delay": "0",
         "forced-idr": "1", "no-scenecut": "1"},
        retunes=True,
    ),
    Kind(
        "h264_qsv",
        lambda root: _render_nodes(root, _INTEL),
        "nv12",
        {"preset": "veryfast", "async_depth": "1", "forced_idr": "1", "look_ahead": "0"},
        retunes=True,
    ),
    Kind(
        "h264_amf",
        lambda root: _render_nodes(root, _AMD),
        "nv12",
        {"usage": "ultralowlatency", "quality": "speed", "rc": "cbr", "forced_idr": "1"},
    ),
    Kind("h264_v4l2m2m", _memory_to_memory, "yuv420p", {"num_capture_buffers": "4"}),
)  # fmt: skip
"""In the order in which they are tried."""

Opener = Callable[[Kind, int, int, int], Codec]


def device_paths(encoder: str, root: Path = Path("/")) -> list[Path]:
    """Return what has to stay reachable for the configured encoder; nothing for software.

    Beside the nodes, the folders in which the drivers' libraries look for their hardware.
    """
    wanted = [kind for kind in KINDS if encoder in ("auto", kind.name)]
    nodes = [node for kind in wanted for node in kind.nodes(root)]
    if not nodes:
        return []
    folders = ("sys/class/drm", "sys/dev/char", "sys/devices", "sys/bus", "proc/driver/nvidia",
               "usr/share/libdrm", "etc/OpenCL", "dev/shm")  # fmt: skip
    return [*nodes, *(path for name in folders if (path := root / name).exists())]


class FfmpegCodec:
    """A hardware codec through PyAV, opened."""

    def __init__(self, kind: Kind, width: int, height: int, bps: int) -> None:
        codec = av.CodecContext.create(kind.name, "w")
        assert isinstance(codec, VideoCodecContext)
        prepare(codec, width, height)
        codec.pix_fmt = kind.pix_fmt
        codec.bit_rate = bps
        buffer = rate.highest_bps(width, height) // BUFFER_SHARE
        codec.options = {**kind.options, "maxrate": str(bps), "bufsize": str(buffer)}
        codec.open()
        self._codec = codec
        self._kind = kind

    def encode(self, frame: av.VideoFrame, now: int, key: bool) -> bytes:
        """Return the frame as an access unit."""
        fit = frame
        if frame.format.name != self._kind.pix_fmt:
            fit = frame.reformat(format=self._kind.pix_fmt)
        return compress(self._codec, fit, now, key)

    def retune(self, bps: int) -> bool:
        """Set the rate, where FFmpeg passes it on."""
        if self._kind.retunes:
            self._codec.bit_rate = bps
        return self._kind.retunes


_Work = queue.SimpleQueue[Callable[[], None] | None]


def _obey(work: _Work) -> None:
    while (job := work.get()) is not None:
        job()
        del job  # it holds the codec and whoever asked


class _Worker:
    """A codec in a thread of its own, because a driver's call may never return."""

    def __init__(self, name: str) -> None:
        self._work: _Work = queue.SimpleQueue()
        threading.Thread(target=_obey, args=(self._work,), name=name, daemon=True).start()
        weakref.finalize(self, self._work.put, None)  # an encoder dropped unclosed ends it too

    def ask(self, call: Callable[[], bytes], timeout_s: float) -> bytes:
        """Return what `call` gives. Raises Broken when it raises or does not return in time."""
        answer: queue.SimpleQueue[bytes | Exception] = queue.SimpleQueue()

        def work() -> None:
            try:
                answer.put(call())
            except Exception as error:  # raised again where the answer is awaited
                answer.put(error)

        self._work.put(work)
        try:
            result = answer.get(timeout=timeout_s)
        except queue.Empty:
            raise Broken(f"gave nothing for {timeout_s:g} s") from None
        if isinstance(result, Exception):
            raise Broken(str(result) or type(result).__name__) from result
        return result

    def end(self) -> None:
        """Let the thread go once it has done what it is at."""
        self._work.put(None)


class _Running:
    """One hardware encoder at work. Everything here raises Broken."""

    def __init__(self, kind: Kind, opener: Opener, width: int, height: int, bps: int) -> None:
        self.kind = kind
        self.size = (width, height)
        self._opener = opener
        self._bps = bps
        self._clock = rate.FrameClock()
        self._force_key = True
        self._codec: Codec | None = None
        self._worker = _Worker(kind.name)
        self._open(bps, OPEN_S)

    def encode(self, frame: av.VideoFrame, key: bool, bps: int) -> bytes:
        self._follow(at_nominal_fps(bps, self._clock.fps))
        key, self._force_key = key or self._force_key, False
        now = self._clock.tick(frame)
        codec = self._codec
        assert codec is not None
        data = self._worker.ask(lambda: codec.encode(frame, now, key), FRAME_S)
        self._check(data, key)
        return data

    def close(self) -> None:
        self._codec = None
        self._worker.end()

    def _open(self, bps: int, timeout_s: float) -> None:
        """Open the codec and have it encode a grey picture, which nobody sees."""

        def opened() -> bytes:
            codec = self._opener(self.kind, *self.size, bps)
            grey = av.VideoFrame(*self.size, "yuv420p")
            for plane in grey.planes:
                plane.update(b"\x80" * plane.buffer_size)
            data = codec.encode(grey, 0, True)
            self._codec = codec
            return data

        try:
            self._check(self._worker.ask(opened, timeout_s), True)
        except Broken:
            self._worker.end()
            raise
        self._bps, self._force_key = bps, True

    def _follow(self, bps: int) -> None:
        """Bring the codec to a new rate once it has left its band."""
        codec = self._codec
        assert codec is not None
        if rate.in_band(bps, self._bps):
            return
        if codec.retune(bps):
            self._bps = bps
        else:
            self._codec, self._clock = None, rate.FrameClock()
            self._open(bps, REOPEN_S)

    def _check(self, data: bytes, key: bool) -> None:
        if not data:
            raise Broken("kept a frame back")
        if key and not (avc.is_key(data) and len(avc.parameter_sets(data)) >= 2):
            raise Broken("gave no key frame when asked for one")


class HardwareEncoder:
    """The first of `kinds` that works, else software. Says once in the log what it came to."""

    def __init__(
        self,
        kinds: tuple[Kind, ...],
        *,
        named: bool,
        opener: Opener = FfmpegCodec,
        root: Path = Path("/"),
        software: Callable[[], VideoEncoder] = H264Encoder,
    ) -> None:
        """`named`: the configuration asked for this kind, so its absence is told too."""
        self.target_bps = 0
        self._kinds = kinds
        self._named = named
        self._opener = opener
        self._root = root
        self._make_software = software
        self._running: _Running | None = None
        self._software: VideoEncoder | None = None

    @property
    def name(self) -> str:
        """What encodes now; "h264" before anything was tried."""
        if self._running is not None:
            return self._running.kind.name
        return self._software.name if self._software is not None else "h264"

    def warm(self, width: int, height: int) -> None:
        """Find out what works."""
        if self._ready(width, height) is None:
            self._in_software().warm(width, height)

    def encode(self, frame: av.VideoFrame, key: bool) -> list[bytes]:
        """Return the frame's RTP payloads; software's, a key frame, when hardware fails at it."""
        running = self._ready(frame.width, frame.height)
        if running is not None:
            try:
                return avc.payloads(running.encode(frame, key, self._bps(frame)))
            except Broken as error:
                self._running = None
                running.close()
                self._fall_back([f"{running.kind.name} {error}"])
        return self._in_software().encode(frame, key)

    def close(self) -> None:
        """Let go of whatever is open."""
        if self._running is not None:
            self._running.close()
            self._running = None
        if self._software is not None:
            self._software.close()

    def _bps(self, frame: av.VideoFrame) -> int:
        return rate.fit_bps(self.target_bps, frame.width, frame.height)

    def _ready(self, width: int, height: int) -> _Running | None:
        """Return the hardware encoder for this size; None when software has taken over."""
        if self._software is not None:
            return None
        if self._running is not None and self._running.size == (width, height):
            return self._running
        if self._running is not None:
            self._running.close()
            self._running = None
        failed = []
        for kind in self._kinds:
            if not kind.nodes(self._root):
                if self._named:
                    failed.append(f"{kind.name} has no device here")
                continue
            bps = rate.fit_bps(self.target_bps, width, height)
            try:
                self._running = _Running(kind, self._opener, width, height, bps)
            except Broken as error:
                failed.append(f"{kind.name} {error}")
                continue
            _log.info("%s encodes %dx%d%s", kind.name, width, height, _after(failed))
            return self._running
        self._fall_back(failed)
        return None

    def _fall_back(self, failed: list[str]) -> None:
        """Encode in software from now on; a new connection tries the hardware anew."""
        self._software = self._make_software()
        if failed:
            _log.warning("%s encodes instead: %s", self._software.name, "; ".join(failed))

    def _in_software(self) -> VideoEncoder:
        assert self._software is not None
        self._software.target_bps = self.target_bps
        return self._software


def _after(failed: list[str]) -> str:
    return f" ({'; '.join(failed)})" if failed else ""
