"""H.264 by libx264 as this terminal sends it. Nothing here decodes: strangers' H.264 is refused.

Settings were chosen on a talking face (`make bench`, quality), 640x480 at 500 kb/s and 1280x720
at 1,000, as SSIM against the scene without the camera's noise, and CPU time a frame in one run:

- ultrafast .957 and .966 at 1.2 and 4.3 ms: it does not deblock, and shows blocks in the skin; on
  test patterns and graphics that goes unnoticed. With deblocking .973 and .982 at 1.3 and 5.8 ms.
- superfast .980 and .983 at 2.0 and 6.0 ms: its adaptive quantisation spends bits on the noise.
- superfast without that .985 and .987 at 1.8 and 5.9 ms, and still .978 at half the rate. Chosen:
  at 400 kb/s it looks better than all others do at 1,000, and fewer bits are less work here too.
- libvpx cpu-used -12 .979 and .981 at 2.0 and 6.4 ms.

All rates: docs/media.md.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType

from kiosk.media.encoders import avc, rate

NOMINAL_FPS: Final = 30
SLOWEST_FPS: Final = 15
"""x264 counts frames, not seconds, when it may not look ahead. So at fewer frames a second it is
asked for more bits a second; below this rate a picture no longer gets larger."""
BUFFER_SHARE: Final = 4
"""The rate control's buffer is a quarter of a second at the highest rate, so half a second at
half of it. FFmpeg has no way to change it later. Half as much cost .01 of SSIM at 250 kb/s and an
eighth of the rate; twice as much overshot a fall from 900 to 300 kb/s for two thirds of a second
longer."""
_KEY_FRAMES_APART: Final = 3_000
"""In frames: none comes by itself for 100 s."""

_LIMITED_RANGE: Final = 1
_BT709: Final = 1
_SMPTE170M: Final = 6
# ITU-T H.264, table A-1: level, macroblocks a frame, macroblocks a second.
_LEVELS: Final = (
    (31, 3_600, 108_000),
    (32, 5_120, 216_000),
    (40, 8_192, 245_760),
    (42, 8_704, 522_240),
)


def level(width: int, height: int, fps: float = NOMINAL_FPS) -> int:
    """Return ten times the lowest level, 3.1 at least, that a picture fits: 40 for 1080p30."""
    blocks = -(-width // 16) * -(-height // 16)
    for number, most, most_a_second in _LEVELS:
        if blocks <= most and blocks * fps <= most_a_second:
            return number
    raise ValueError(f"{width}x{height} at {fps:.0f} frames a second is beyond level 4.2")


class H264Encoder:
    """libx264, superfast, constrained baseline, no delay; the rate is changed while it runs.

    How: the codec is opened at constant bit rate with the highest `maxrate`. FFmpeg's libx264
    compares `bit_rate` with x264's own at each frame and calls x264_encoder_reconfig when they
    differ; x264 keeps constant bit rate constant, so its maximum follows. No new codec, no key
    frame (libavcodec/libx264.c, reconfig_encoder; x264's encoder/ratecontrol.c).
    """

    name = "libx264"

    def __init__(self, preset: str = "superfast", parameters: str = "aq-mode=0") -> None:
        """Make one; `parameters` are x264's own, on top of the preset."""
        self.target_bps = 0
        self._preset = preset
        self._parameters = parameters
        self._clock = rate.FrameClock()
        self._codec: VideoCodecContext | None = None

    def warm(self, width: int, height: int) -> None:
        """Open the codec for this size."""
        self._codec_for(width, height)

    def encode(self, frame: av.VideoFrame, key: bool) -> list[bytes]:
        """Return the frame's RTP payloads, RFC 6184 packetization-mode 1."""
        return avc.payloads(self.access_unit(frame, key))

    def access_unit(self, frame: av.VideoFrame, key: bool) -> bytes:
        """Return the frame as one access unit in Annex B form."""
        codec = self._codec_for(frame.width, frame.height)
        now = self._clock.tick(frame)
        bps = rate.fit_bps(self.target_bps, frame.width, frame.height)
        codec.bit_rate = at_nominal_fps(bps, self._clock.fps)
        return compress(codec, frame, now, key)

    def close(self) -> None:
        """Let the codec go."""
        self._codec = None

    def _codec_for(self, width: int, height: int) -> VideoCodecContext:
        if self._codec is None or (self._codec.width, self._codec.height) != (width, height):
            self._codec = _open(self._preset, self._parameters, width, height)
        return self._codec


def at_nominal_fps(bps: int, fps: float) -> int:
    """Return what to ask of a codec that shares `bps` out among 30 frames a second."""
    return round(bps * NOMINAL_FPS / max(SLOWEST_FPS, fps))


def compress(codec: VideoCodecContext, frame: av.VideoFrame, now: int, key: bool) -> bytes:
    """Encode `frame` at `now` (1/90,000 s); it keeps its own time, which PyAV would change."""
    pts, time_base = frame.pts, frame.time_base
    frame.pict_type = PictureType.I if key else PictureType.NONE
    frame.pts, frame.time_base = now, rate.TIME_BASE
    try:
        return b"".join(bytes(packet) for packet in codec.encode(frame))
    finally:
        frame.pts = pts
        if time_base is not None:
            frame.time_base = time_base


def prepare(codec: VideoCodecContext, width: int, height: int) -> None:
    """Set what all H.264 encoders here have in common; `bit_rate` is the highest."""
    codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
    codec.bit_rate = rate.highest_bps(width, height)
    codec.time_base = rate.TIME_BASE
    codec.framerate = Fraction(NOMINAL_FPS)
    codec.gop_size = _KEY_FRAMES_APART
    codec.max_b_frames = 0
    codec.thread_count = 1  # the other core draws
    codec.profile = "Baseline"
    # What cameras deliver unless they say otherwise (USB Video Class 1.5, section 3.9.2.6);
    # unsaid, a browser takes a large picture for BT.709.
    codec.color_range, codec.colorspace = _LIMITED_RANGE, _SMPTE170M
    codec.color_primaries, codec.color_trc = _BT709, _BT709


def _open(preset: str, parameters: str, width: int, height: int) -> VideoCodecContext:
    codec = av.CodecContext.create("libx264", "w")
    assert isinstance(codec, VideoCodecContext)
    prepare(codec, width, height)
    highest = rate.highest_bps(width, height)
    most = highest * NOMINAL_FPS // SLOWEST_FPS
    codec.bit_rate = most
    codec.options = {
        "preset": preset,
        "x264-params": parameters,
        "tune": "zerolatency",
        "level": str(level(width, height)),
        "forced-idr": "1",
        "maxrate": str(most),  # with bit_rate: constant bit rate
        "bufsize": str(highest // BUFFER_SHARE),
        "sc_threshold": "0",  # no key frame because somebody switched the light on
    }
    codec.open()
    unused = dict(codec.options)
    if unused:
        raise ValueError(f"libx264 does not know {unused}")
    return codec
