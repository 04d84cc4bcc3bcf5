"""Video frames from the media process to the screen, through memory that both map.

One sealed memfd a stream, made and sized by the screen: a header of words, then three slots of
yuv420p. The writer fills a slot that is neither the newest nor the reader's, then publishes it
by storing one word (sequence number and slot); the reader names the slot it looks at in another.
So the newest frame wins, nobody waits, and no slot is filled again before it is released.

The writer parses what strangers send and may have been taken over. The seals keep it from
shrinking the memory (which would kill the reader by SIGBUS), and the reader copies each header
word once and checks it: whatever stands there, it returns a picture within its own mapping or
none. A hostile writer can only show a wrong picture, which it could do anyway.
"""

from __future__ import annotations

import fcntl
import mmap
import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:  # the screen reads frames without the memory of all of FFmpeg
    import av

MAX_WIDTH: Final = 1920
MAX_HEIGHT: Final = 1088
"""1088: H.264's and VP8's 1080 lines in whole macroblocks."""
SLOTS: Final = 3
SLOT_BYTES: Final = MAX_WIDTH * MAX_HEIGHT * 3 // 2
HEADER_BYTES: Final = mmap.PAGESIZE
MEMORY_BYTES: Final = HEADER_BYTES + SLOTS * SLOT_BYTES

NEWEST_WORD: Final = 0
"""Sequence number * 4 + slot; 0: nothing yet."""
HELD_WORD: Final = 1
"""Slot that the reader looks at, plus one; 0: none. Only the reader writes it."""
SLOT_WORDS: Final = 8
"""Words of each slot's description, from this word on: sequence, width, height, stride of Y,
stride of U and V, matrix, full range, spare."""

MATRICES: Final = ("bt601", "bt709")
_BT709: Final = 1
"""FFmpeg's AVCOL_SPC_BT709."""
_FULL_RANGE: Final = 2
"""FFmpeg's AVCOL_RANGE_JPEG."""
PLANAR_420: Final = frozenset({"yuv420p", "yuvj420p"})


class UnfitFrame(Exception):
    """A frame too large, too small or of a format that does not cross to the screen."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One frame in shared memory; valid until the next `take` or `release` of its reader.

    Planes are views of whole rows: `stride` bytes each, of which `width` (for U and V half, rounded
    up) count. Only read them; they are not read-only because Kivy uploads no such views.
    """

    sequence: int
    width: int
    height: int
    stride_y: int
    stride_uv: int
    y: memoryview
    u: memoryview
    v: memoryview
    matrix: str
    full_range: bool


def create_memory(name: str) -> int:
    """Return the descriptor of a new memfd of MEMORY_BYTES that nobody can resize."""
    descriptor = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(descriptor, MEMORY_BYTES)
    seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
    return descriptor


class FrameReader:
    """The screen's end. `eventfd` becomes readable when a frame was published.

    Use `loop.add_reader(reader.eventfd, ...)`, call `take()` there. Owns both descriptors.
    """

    def __init__(self, name: str) -> None:
        self.memory_fd = create_memory(name)
        self.eventfd = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._memory = mmap.mmap(self.memory_fd, MEMORY_BYTES)
        self._words = memoryview(self._memory)[:HEADER_BYTES].cast("Q")
        self._bytes = memoryview(self._memory)
        self._seen = 0
        self._closed = False

    def take(self) -> Picture | None:
        """Return the newest picture not yet taken, or None; the one before is released."""
        if self._closed:
            return None
        with suppress(BlockingIOError):
            os.eventfd_read(self.eventfd)
        for _ in range(SLOTS):
            newest = self._words[NEWEST_WORD]
            if newest == self._seen:
                return None
            slot = newest & 3
            self._words[HELD_WORD] = slot + 1
            # Published again before the hold was seen: that slot may be being filled. Once more.
            if self._words[NEWEST_WORD] == newest:
                self._seen = newest
                return self._picture(slot, newest >> 2)
        return None

    def release(self) -> None:
        """Give the picture taken last back to the writer."""
        if not self._closed:
            self._words[HELD_WORD] = 0

    def close(self) -> None:
        """Close both descriptors; idempotent. Pictures still held by others keep the memory."""
        if self._closed:
            return
        self._closed = True
        self._words.release()
        self._bytes.release()
        with suppress(BufferError):  # a picture is still held; the memory goes with it
            self._memory.close()
        os.close(self.memory_fd)
        os.close(self.eventfd)

    def _picture(self, slot: int, sequence: int) -> Picture | None:
        if slot >= SLOTS:
            return None
        first = SLOT_WORDS * (slot + 1)
        words = [self._words[first + each] for each in range(SLOT_WORDS)]
        written, width, height, stride_y, stride_uv, matrix, full_range, _ = words
        rows_uv, width_uv = (height + 1) // 2, (width + 1) // 2
        size_y, size_uv = stride_y * height, stride_uv * rows_uv
        sound = (
            written == sequence
            and 2 <= width <= MAX_WIDTH
            and 2 <= height <= MAX_HEIGHT
            and width <= stride_y <= MAX_WIDTH
            and width_uv <= stride_uv <= MAX_WIDTH
            and size_y + 2 * size_uv <= SLOT_BYTES
            and matrix < len(MATRICES)
            and full_range < 2
        )
        if not sound:
            return None
        y = HEADER_BYTES + slot * SLOT_BYTES
        u, v = y + size_y, y + size_y + size_uv
        return Picture(
            sequence=sequence,
            width=width,
            height=height,
            stride_y=stride_y,
            stride_uv=stride_uv,
            y=self._bytes[y:u],
            u=self._bytes[u:v],
            v=self._bytes[v : v + size_uv],
            matrix=MATRICES[matrix],
            full_range=bool(full_range),
        )


class FrameWriter:
    """The media process's end, on descriptors that it was born with."""

    def __init__(self, memory_fd: int, event_fd: int) -> None:
        self._memory = mmap.mmap(memory_fd, MEMORY_BYTES)
        self._words = memoryview(self._memory)[:HEADER_BYTES].cast("Q")
        self._bytes = memoryview(self._memory)
        self._event_fd = event_fd
        self._sequence = 0

    def write(self, frame: av.VideoFrame) -> None:
        """Copy a frame in and publish it. Raises UnfitFrame."""
        check(frame)
        slot = self._free_slot()
        self._sequence += 1
        first = SLOT_WORDS * (slot + 1)
        stride_y, stride_uv = _strides(frame)
        self._words[first] = 0
        start = HEADER_BYTES + slot * SLOT_BYTES
        for plane, stride in zip(frame.planes, (stride_y, stride_uv, stride_uv), strict=True):
            rows = plane.height
            self._copy(plane, start, stride, rows)
            start += stride * rows
        described = (
            self._sequence,
            frame.width,
            frame.height,
            stride_y,
            stride_uv,
            int(int(frame.colorspace) == _BT709),
            int(int(frame.color_range) == _FULL_RANGE or frame.format.name == "yuvj420p"),
            0,
        )
        for place, word in enumerate(described[1:], 1):
            self._words[first + place] = word
        # Sequence numbers last: the slot's own, then the word that publishes it.
        self._words[first] = self._sequence
        self._words[NEWEST_WORD] = self._sequence << 2 | slot
        os.eventfd_write(self._event_fd, 1)

    def _copy(self, plane: av.video.plane.VideoPlane, start: int, stride: int, rows: int) -> None:
        source = memoryview(plane)
        if plane.line_size == stride:
            self._bytes[start : start + stride * rows] = source[: stride * rows]
            return
        for row in range(rows):
            at, target = row * plane.line_size, start + row * stride
            self._bytes[target : target + plane.width] = source[at : at + plane.width]

    def _free_slot(self) -> int:
        newest = self._words[NEWEST_WORD] & 3 if self._sequence else SLOTS
        held = self._words[HELD_WORD] - 1
        return next(slot for slot in range(SLOTS) if slot not in (newest, held))


def check(frame: av.VideoFrame) -> None:
    """Raise UnfitFrame for what may not cross to the screen. A hostile peer sends any size."""
    if frame.format.name not in PLANAR_420:
        raise UnfitFrame(f"format {frame.format.name}")
    if not (2 <= frame.width <= MAX_WIDTH and 2 <= frame.height <= MAX_HEIGHT):
        raise UnfitFrame(f"{frame.width}x{frame.height}")


def _strides(frame: av.VideoFrame) -> tuple[int, int]:
    """Return the strides in the slot: the frame's own if they fit, else the least that do.

    With its own, a plane is one copy. Decoders pad rows to 32 or 64 samples; padding beyond
    MAX_WIDTH (or a frame whose U and V differ) is left behind, row by row.
    """
    luma, u, v = (plane.line_size for plane in frame.planes)
    rows_uv = (frame.height + 1) // 2
    if luma <= MAX_WIDTH and u == v and luma * frame.height + 2 * u * rows_uv <= SLOT_BYTES:
        return luma, u
    stride_y = (frame.width + 7) & ~7
    return stride_y, stride_y // 2
