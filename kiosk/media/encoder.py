"""VP8 as this terminal sends it. Only VP8: FFmpeg's H.264 decoder is not offered to strangers."""

from __future__ import annotations

import math
import random
from typing import Final

import av
from aiortc.codecs.vpx import Vp8Encoder
from aiortc.mediastreams import VIDEO_TIME_BASE, convert_timebase
from av.frame import Frame
from av.video.codeccontext import VideoCodecContext

MIN_BPS: Final = 150_000
RISE: Final = 1.4
FALL: Final = 0.85
"""libvpx cannot be retuned through FFmpeg: a new rate is a new encoder and a key frame. So the
encoder follows the target only once it has left this band around the rate it runs at."""


def highest_bps(width: int, height: int) -> int:
    """Return the rate above which more bits do not show: 1.2 Mb/s at 640x480, 2.6 at 720p."""
    return int(1_200_000 * math.sqrt(width * height / (640 * 480)) ** 1.4)


class Encoder(Vp8Encoder):
    """libvpx in its cheap real-time settings (cpu-used -12, no denoiser), opened ahead of time.

    Half the CPU of aiortc's settings at 640x480 with the same picture (SSIM .916); one thread,
    since the other core draws. Use from one thread at a time, as aiortc does.
    """

    def __init__(self) -> None:
        super().__init__()
        self.picture_id = random.randrange(1 << 15)  # noqa: S311 - a counter's start, no secret
        self.frames = 0
        """Frames encoded so far."""
        self._target_bps: int | None = None

    @property
    def target_bitrate(self) -> int:
        """Bits per second asked for; None until somebody does."""
        return self._target_bps or 0

    @target_bitrate.setter
    def target_bitrate(self, bitrate: int) -> None:
        self._target_bps = bitrate

    def warm(self, width: int, height: int) -> None:
        """Open the codec now: the first picture after the press does not wait for it."""
        self.codec = self._open(width, height)

    def encode(self, frame: Frame, force_keyframe: bool = False) -> tuple[list[bytes], int]:
        """Return a frame's RTP payloads and timestamp."""
        assert isinstance(frame, av.VideoFrame)
        codec = self._codec_for(frame.width, frame.height)
        if force_keyframe:
            frame.pict_type = av.video.frame.PictureType.I
        else:
            frame.pict_type = av.video.frame.PictureType.NONE
        data = b"".join(bytes(packet) for packet in codec.encode(frame))
        payloads = self._packetize(data, self.picture_id)
        self.picture_id = (self.picture_id + 1) % (1 << 15)
        self.frames += 1
        assert frame.pts is not None and frame.time_base is not None
        return payloads, convert_timebase(frame.pts, frame.time_base, VIDEO_TIME_BASE)

    def _codec_for(self, width: int, height: int) -> VideoCodecContext:
        codec = self.codec
        if codec is not None and (codec.width, codec.height) == (width, height):
            running = codec.bit_rate or MIN_BPS
            if FALL <= self._rate(width, height) / running <= RISE:
                return codec
        self.codec = self._open(width, height)
        return self.codec

    def _rate(self, width: int, height: int) -> int:
        highest = highest_bps(width, height)
        wanted = highest * 2 // 3 if self._target_bps is None else self._target_bps
        return max(MIN_BPS, min(wanted, highest))

    def _open(self, width: int, height: int) -> VideoCodecContext:
        rate = self._rate(width, height)
        codec = av.CodecContext.create("libvpx", "w")
        assert isinstance(codec, VideoCodecContext)
        codec.width, codec.height = width, height
        codec.bit_rate = rate
        codec.pix_fmt = "yuv420p"
        codec.time_base = VIDEO_TIME_BASE
        codec.gop_size = 3000
        codec.qmin, codec.qmax = 2, 56
        codec.thread_count = 1
        codec.options = {
            "deadline": "realtime",
            "cpu-used": "-12",
            "noise-sensitivity": "0",
            "static-thresh": "1",
            "lag-in-frames": "0",
            "error-resilient": "0",
            "bufsize": str(rate),  # one second, as libvpx counts it
            "minrate": str(rate),  # with maxrate: constant rate
            "maxrate": str(rate),
            "undershoot-pct": "100",
            "overshoot-pct": "15",
        }
        codec.open()
        return codec
