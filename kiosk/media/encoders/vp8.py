"""VP8 by libvpx as this terminal sends it, for browsers that want no H.264.

cpu-used -12 was chosen on a talking face (`make bench`, quality; the figures stand in h264.py):
-16 loses .04 of SSIM at 250 kb/s; -8 costs a tenth to a half more time and looks the same.
"""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Final

import av
from av.video.codeccontext import VideoCodecContext

from kiosk.media.encoders import rate
from kiosk.media.encoders.h264 import compress

PAYLOAD_BYTES: Final = 1_200
PICTURE_IDS: Final = 1 << 15

_DESCRIPTOR_BYTES: Final = 4
# RFC 7741, section 4.2: X (extension), S (start of partition 0); I and M (15-bit picture id).
_EXTENDED, _BEGINS, _HAS_PICTURE_ID, _LONG_ID = 0x80, 0x10, 0x80, 0x8000


def payloads(data: bytes, picture_id: int) -> list[bytes]:
    """Return one frame's RTP payloads, of even size."""
    end = bytes([_HAS_PICTURE_ID]) + (_LONG_ID | picture_id).to_bytes(2, "big")
    count = -(-len(data) // (PAYLOAD_BYTES - _DESCRIPTOR_BYTES))
    edges = [len(data) * number // count for number in range(count + 1)] if count else []
    return [
        bytes([_EXTENDED | _BEGINS * (begin == 0)]) + end + data[begin:stop]
        for begin, stop in pairwise(edges)
    ]


class Vp8Encoder:
    """libvpx in its cheap real-time settings: cpu-used -12, no denoiser, one thread.

    FFmpeg cannot retune libvpx: the codec is opened anew, with a key frame, when the rate leaves
    its band.
    """

    name = "libvpx"

    def __init__(self, cpu_used: int = -12) -> None:
        self.target_bps = 0
        self._cpu_used = cpu_used
        self._picture_id = random.randrange(PICTURE_IDS)  # noqa: S311 - a counter's start, no secret
        self._clock = rate.FrameClock()
        self._codec: VideoCodecContext | None = None
        self._bps = 0

    def warm(self, width: int, height: int) -> None:
        """Open the codec for this size."""
        self._codec_for(width, height)

    def encode(self, frame: av.VideoFrame, key: bool) -> list[bytes]:
        """Return the frame's RTP payloads, RFC 7741; none when libvpx dropped the frame."""
        made = payloads(self.compressed(frame, key), self._picture_id)
        if made:
            self._picture_id = (self._picture_id + 1) % PICTURE_IDS
        return made

    def compressed(self, frame: av.VideoFrame, key: bool) -> bytes:
        """Return the frame as VP8."""
        codec = self._codec_for(frame.width, frame.height)
        return compress(codec, frame, self._clock.tick(frame), key)

    def close(self) -> None:
        """Let the codec go."""
        self._codec = None

    def _codec_for(self, width: int, height: int) -> VideoCodecContext:
        wanted = rate.fit_bps(self.target_bps, width, height)
        codec = self._codec
        if (
            codec is not None
            and (codec.width, codec.height) == (width, height)
            and rate.in_band(wanted, self._bps)
        ):
            return codec
        self._codec, self._bps = _open(self._cpu_used, width, height, wanted), wanted
        return self._codec


def _open(cpu_used: int, width: int, height: int, bps: int) -> VideoCodecContext:
    codec = av.CodecContext.create("libvpx", "w")
    assert isinstance(codec, VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
    codec.bit_rate = bps
    codec.time_base = rate.TIME_BASE
    codec.gop_size = 3000
    codec.qmin, codec.qmax = 2, 56
    codec.thread_count = 1
    codec.options = {
        "deadline": "realtime",
        "cpu-used": str(cpu_used),
        "noise-sensitivity": "0",
        "static-thresh": "1",
        "lag-in-frames": "0",
        "error-resilient": "0",
        "bufsize": str(bps),  # one second, as libvpx counts it
        "minrate": str(bps),  # with maxrate: constant rate
        "maxrate": str(bps),
        "undershoot-pct": "100",
        "overshoot-pct": "15",
    }
    codec.open()
    return codec
