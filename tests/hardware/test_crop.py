"""What is cut away or masked does not show, not by a pixel."""

from __future__ import annotations

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange
from hypothesis import given
from hypothesis import strategies as st

from hardware.crop import ALL, MIN_PIXELS, Box, Part, View, black_out, cropped, hidden, kept


def numbered(width: int, height: int) -> av.VideoFrame:
    """Return a picture in which each column of luma is another, and chroma too."""
    frame = av.VideoFrame(width, height, "yuv420p")
    for plane, offset in zip(frame.planes, (0, 40, 80), strict=True):
        row = (np.arange(plane.line_size) + offset).astype(np.uint8)
        plane.update(np.tile(row, (plane.height, 1)).tobytes())
    frame.color_range = ColorRange.MPEG
    return frame


def plane(frame: av.VideoFrame, index: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    one = frame.planes[index]
    rows = np.frombuffer(bytes(one), np.uint8).reshape(one.height, one.line_size)
    return rows[:, : one.width]


@pytest.mark.parametrize(
    ("text", "size", "expected"),
    [
        ("0 0 100 100", (640, 480), Box(0, 0, 640, 480)),
        ("25 50 50 50", (640, 480), Box(160, 240, 320, 240)),
        ("33 0 33 100", (640, 480), Box(212, 0, 210, 480)),
        ("0 0 100 100", (641, 481), Box(0, 0, 640, 480)),
        ("99 99 1 1", (640, 480), Box(624, 464, MIN_PIXELS, MIN_PIXELS)),
    ],
)
def test_what_is_kept(text: str, size: tuple[int, int], expected: Box) -> None:
    assert kept(Part.of(text), *size) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 0 20 100", Box(0, 0, 128, 480)),
        ("33 33 33 33", Box(210, 158, 214, 160)),
        ("99 0 1 1", Box(632, 0, 8, 6)),
    ],
)
def test_what_is_hidden(text: str, expected: Box) -> None:
    assert hidden(Part.of(text), 640, 480) == expected


@pytest.mark.parametrize("text", ["", "1 2 3", "a b c d", "1 2 3 4 5"])
def test_nonsense_is_no_part(text: str) -> None:
    with pytest.raises(ValueError, match=r"unpack|invalid literal"):
        Part.of(text)


parts = st.tuples(
    st.integers(0, 99), st.integers(0, 99), st.integers(1, 100), st.integers(1, 100)
).map(lambda each: Part(each[0], each[1], min(each[2], 100 - each[0]), min(each[3], 100 - each[1])))
pixels = st.integers(80, 999).map(lambda half: half * 2)


@given(parts, pixels, pixels)
def test_nothing_outside_is_kept_and_nothing_inside_is_shown(
    part: Part, width: int, height: int
) -> None:
    keep, hide = kept(part, width, height), hidden(part, width, height)
    for box in (keep, hide):
        assert not any(each % 2 for each in (box.left, box.top, box.width, box.height))
        assert box.left >= 0 and box.left + box.width <= width
        assert box.top >= 0 and box.top + box.height <= height
    assert hide.left * 100 <= part.left * width
    assert (hide.left + hide.width) * 100 >= (part.left + part.width) * width
    if keep.width > MIN_PIXELS:
        assert keep.left * 100 >= part.left * width
        assert (keep.left + keep.width) * 100 <= (part.left + part.width) * width


def test_a_picture_is_cut_in_all_its_planes() -> None:
    frame = cropped(numbered(64, 48), Box(16, 8, 32, 24))
    assert (frame.width, frame.height, frame.color_range) == (32, 24, ColorRange.MPEG)
    assert plane(frame, 0)[0].tolist() == list(range(16, 48))
    assert plane(frame, 1)[0].tolist() == list(range(48, 64))
    assert plane(frame, 2)[11].tolist() == list(range(88, 104))


def test_a_mask_is_black_and_covers_no_more() -> None:
    frame = numbered(64, 48)
    before = plane(frame, 0).copy()
    black_out(frame, [Box(8, 4, 16, 10)])
    after = plane(frame, 0).copy()
    assert (after[4:14, 8:24] == 16).all()
    assert (plane(frame, 1)[2:7, 4:12] == 128).all() and (plane(frame, 2)[2:7, 4:12] == 128).all()
    after[4:14, 8:24] = before[4:14, 8:24]
    assert (after == before).all()


def test_masks_are_of_what_the_crop_leaves() -> None:
    view = View(Part(50, 0, 50, 100), (Part(0, 0, 50, 100),))
    assert not view.is_whole
    assert view.size_of(64, 48) == (32, 48)
    shown = view.of(numbered(64, 48))
    assert (shown.width, shown.height) == (32, 48)
    assert (plane(shown, 0)[:, :16] == 16).all()
    assert plane(shown, 0)[0, 16:].tolist() == list(range(48, 64))


def test_what_is_whole_is_not_copied() -> None:
    frame = numbered(64, 48)
    view = View(ALL, ())
    assert view.is_whole
    assert view.of(frame) is frame
