"""From a camera's bytes to pictures: raw ones are copied, Motion JPEG and H.264 decoded.

What comes out is yuv420p of limited range and nobody else's, but for H.264: there it may be what
the decoder decodes the next from, and is only read.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final, Protocol

import av
import numpy as np
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import ColorRange, VideoReformatter

from hardware.interfaces import EncodedFrame
from hardware.modes import H264, JPEG
from hardware.scene import rows_of
from hardware.v4l2 import Picture
from hardware.v4l2_controls import V4l2Encoder

RAW_FORMATS: Final = {
    "YU12": "yuv420p",
    "NV12": "nv12",
    "YUYV": "yuyv422",
    "UYVY": "uyvy422",
    "RGB3": "rgb24",
    "BGR3": "bgr24",
}
"""V4L2's names and FFmpeg's."""
RGB: Final = ("RGB3", "BGR3")
SLICES: Final = (1, 5)
"""The NAL units that are pictures (ITU-T H.264, table 7-1, without what cameras never send)."""
INTRODUCTION_MAX_BYTES: Final = 64 * 1024
"""More parameters and remarks than this before a picture are nonsense."""


class Damaged(Exception):
    """What the camera gave is no whole picture."""


class Decoder(Protocol):
    """Makes pictures of what one format's buffers hold. Used by the camera's thread only."""

    def decode(self, data: memoryview, missed: int) -> av.VideoFrame | None:
        """Return the picture; None when it comes with the bytes after these. Raises Damaged.

        `missed`: how many pictures were lost since the one before.
        """

    def close(self) -> None:
        """Let go of what it holds."""


def decoder_of(picture: Picture, encoder: V4l2Encoder | None) -> Decoder:
    """Return the decoder for what the camera was set to.

    `encoder`: the one inside the camera, when its H.264 is to be carried by the pictures.
    """
    if picture.pixel_format in H264:
        return H264Decoder(encoder)
    return JpegDecoder() if picture.pixel_format in JPEG else RawCopier(picture)


class RawCopier:
    """Pictures that are pixels. One copy out of the driver's buffer, which it wants back."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._reformatter = VideoReformatter()

    def decode(self, data: memoryview, missed: int) -> av.VideoFrame | None:
        """Return the picture. Raises Damaged when there are too few bytes for one."""
        set_to = self._picture
        frame = av.VideoFrame(set_to.width, set_to.height, RAW_FORMATS[set_to.pixel_format])
        start = 0
        for plane, line in zip(frame.planes, self._lines(frame), strict=True):
            end = start + line * plane.height
            if end > len(data):
                raise Damaged
            if line == plane.line_size:
                # It takes any buffer, though PyAV's types say bytes: those would be a copy more.
                plane.update(data[start:end])  # type: ignore[arg-type]
            else:  # lines are padded, there and here, each to its own length
                there = np.frombuffer(data[start:end], np.uint8).reshape(plane.height, line)
                used = min(line, plane.line_size)
                rows_of(plane, padded=True)[:, :used] = there[:, :used]
            start = end
        if set_to.pixel_format not in RGB:
            frame.color_range = ColorRange.JPEG if set_to.full_range else ColorRange.MPEG
        return fitted(frame, self._reformatter)

    def close(self) -> None:
        """Nothing to let go."""

    def _lines(self, frame: av.VideoFrame) -> list[int]:
        """Return the bytes of a line of each plane in the driver's buffer."""
        planes = len(frame.planes)
        if planes == 1:
            pixel_bytes = 3 if self._picture.pixel_format in RGB else 2
            return [self._picture.bytes_per_line or self._picture.width * pixel_bytes]
        luma = self._picture.bytes_per_line or self._picture.width
        return [luma, *[luma // (planes - 1)] * (planes - 1)]


class JpegDecoder:
    """Motion JPEG: each picture by itself. One that is cut short or garbled is not shown."""

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()
        self._codec = _codec("mjpeg")
        # Else half a picture would be made up and said to be whole.
        self._codec.options = {"err_detect": "explode"}

    def decode(self, data: memoryview, missed: int) -> av.VideoFrame | None:
        """Return the picture. Raises Damaged."""
        try:
            # A copy: a packet that outlived this would keep the driver's buffer mapped.
            decoded = self._codec.decode(av.Packet(bytes(data)))
        except av.FFmpegError as error:
            raise Damaged from error
        if not decoded:
            raise Damaged
        return fitted(decoded[0], self._reformatter)

    def close(self) -> None:
        """Nothing to let go."""


class H264Decoder:
    """H.264: each picture carries the access unit that it was decoded from, if `encoder` is given.

    A picture that is missing or cannot be decoded leaves a gap in the numbers, and the camera is
    asked once for a key frame.
    """

    def __init__(self, encoder: V4l2Encoder | None) -> None:
        self._encoder = encoder
        self._reformatter = VideoReformatter()
        self._codec = _codec("h264")
        self._codec.flags |= Flags.low_delay
        self._number = 0
        self._waiting = b""
        self._is_asked = False

    def decode(self, data: memoryview, missed: int) -> av.VideoFrame | None:
        """Return the picture; None when the bytes only introduce one. Raises Damaged."""
        if missed:
            self._gap(missed)
        self._waiting += bytes(data)
        if is_introduction(self._waiting):
            return None
        decoded: list[av.VideoFrame] = []
        with suppress(av.FFmpegError):
            decoded = self._codec.decode(av.Packet(self._waiting))
        if not decoded:
            # Cut short on the bus, or of a group whose beginning nobody has seen.
            self._gap(1)
            raise Damaged
        return self._carrying(decoded[-1])

    def close(self) -> None:
        """Have the encoder driven no more: its camera closes."""
        if self._encoder is not None:
            self._encoder.close()

    def _carrying(self, decoded: av.VideoFrame) -> av.VideoFrame:
        frame = fitted(decoded, self._reformatter)
        if self._encoder is not None:
            frame.opaque = EncodedFrame(self._waiting, self._number, self._encoder)
        self._number, self._waiting, self._is_asked = self._number + 1, b"", False
        return frame

    def _gap(self, pictures: int) -> None:
        self._number, self._waiting = self._number + pictures, b""
        if self._encoder is not None and not self._is_asked:
            self._encoder.force_key()
        self._is_asked = True


def is_introduction(data: bytes) -> bool:
    """Return whether H.264 waits for the picture that it belongs to: it is units, but none is one.

    Parameter sets may come by themselves.
    """
    kinds = {unit[0] & 0x1F for unit in data.split(b"\0\0\1")[1:] if unit}
    return bool(kinds) and kinds.isdisjoint(SLICES) and len(data) <= INTRODUCTION_MAX_BYTES


def fitted(frame: av.VideoFrame, reformatter: VideoReformatter) -> av.VideoFrame:
    """Return the frame as yuv420p of limited range; itself when it is that already.

    Each camera has a `reformatter`: it keeps tables that cost more to make than most pictures to
    convert, as do threads that it would start.

    Motion JPEG is full range, and a camera's own H.264 may be. FFmpeg keeps the range unless it is
    told, and the encoders say "limited" of whatever they get: blacks and whites would be clipped.
    """
    if frame.format.name == "yuv420p" and frame.color_range != ColorRange.JPEG:
        return frame
    return reformatter.reformat(frame, format="yuv420p", dst_color_range=ColorRange.MPEG, threads=1)


def _codec(name: str) -> VideoCodecContext:
    codec = av.CodecContext.create(name, "r")
    assert isinstance(codec, VideoCodecContext)
    codec.thread_count = 1  # more would keep pictures back
    return codec
