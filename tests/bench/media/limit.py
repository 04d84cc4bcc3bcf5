"""The bare codec: what nobody can go under who encodes and decodes a two-way call in software.

One thread, no network, no clock: the CPU time of libvpx or libx264 both ways and of Opus both ways
for each second of a call, through PyAV, on the simulated camera's own picture.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any, cast

import av
import numpy as np

from hardware.scene import Scene

FPS = 30
KBPS = {480: 450, 720: 980}
"""What the terminal sends (encoders/rate.py)."""
ENCODERS: dict[str, tuple[str, dict[str, str]]] = {
    "VP8": (
        "libvpx",
        {"deadline": "realtime", "cpu-used": "-12", "noise-sensitivity": "0",
         "lag-in-frames": "0", "error-resilient": "1"},
    ),
    "H264": (
        "libx264",
        {"preset": "superfast", "tune": "zerolatency", "x264-params": "aq-mode=0",
         "profile": "baseline"},
    ),
}  # fmt: skip
DECODERS = {"VP8": "libvpx", "H264": "h264"}


@cache
def call_percent(width: int, height: int, sent: str, received: str = "VP8") -> float:
    """Return % of a core for a two-way call: picture and sound out and in."""
    encoding, _ = _picture_percent(width, height, sent)
    _, decoding = _picture_percent(width, height, received)
    return encoding + decoding + _sound_percent()


@cache
def _picture_percent(width: int, height: int, codec: str, seconds: int = 4) -> tuple[float, float]:
    """Return % of a core for one picture out, and for one in, at 30 frames a second."""
    scene = Scene(width, height)
    frames = []
    for number in range(seconds * FPS):
        frame = scene.draw(number, number / FPS)
        frame.pts = number
        frames.append(frame)
    encoder = _encoder(width, height, codec)
    decoder = cast(Any, av.CodecContext.create(DECODERS[codec], "r"))
    decoder.thread_count = 1
    packets: list[Any] = []

    def encode() -> None:
        for frame in frames:
            packets.extend(encoder.encode(frame))

    def decode() -> None:
        for packet in packets:
            decoder.decode(packet)

    encoding_s, decoding_s = _cpu_s(encode), _cpu_s(decode)
    return 100 * encoding_s / seconds, 100 * decoding_s / seconds


@cache
def _sound_percent(seconds: int = 10) -> float:
    """Return % of a core for Opus out and in: mono, 32 kb/s, 20 ms."""
    encoder = cast(Any, av.CodecContext.create("libopus", "w"))
    encoder.sample_rate, encoder.layout, encoder.format = 48_000, "mono", "s16"
    encoder.bit_rate = 32_000
    encoder.options = {"application": "voip", "fec": "1", "packet_loss": "5"}
    decoder = cast(Any, av.CodecContext.create("libopus", "r"))
    wave = (8000 * np.sin(np.arange(960 * 50 * seconds) * 0.09)).astype(np.int16)

    def work() -> None:
        for number, block in enumerate(wave.reshape(-1, 1, 960)):
            frame = av.AudioFrame.from_ndarray(block, format="s16", layout="mono")
            frame.sample_rate, frame.pts = 48_000, number * 960
            for packet in encoder.encode(frame):
                decoder.decode(packet)

    return 100 * _cpu_s(work) / seconds


def _encoder(width: int, height: int, codec: str) -> Any:
    name, options = ENCODERS[codec]
    encoder = cast(Any, av.CodecContext.create(name, "w"))
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, FPS), Fraction(FPS, 1)
    encoder.bit_rate, encoder.gop_size = KBPS[height] * 1000, 3000
    encoder.thread_count, encoder.options = 1, options
    return encoder


def _cpu_s(work: Callable[[], None]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began
