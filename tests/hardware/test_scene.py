"""What a simulated camera sees: a person who moves, in frames that stay as they were given."""

from __future__ import annotations

import numpy as np
import pytest

from hardware import mark
from hardware.scene import SWAY_PERIOD_S, Scene, rows_of

SIZES = [(640, 480), (1280, 720), (324, 244)]
"""The last one's rows are not a multiple of any vector's width."""


@pytest.mark.parametrize("size", SIZES)
def test_the_person_sways_before_a_still_room(size: tuple[int, int]) -> None:
    width, height = size
    scene = Scene(width, height)
    left = scene.draw(1, 0.75 * SWAY_PERIOD_S).to_ndarray()
    right = scene.draw(1, 0.25 * SWAY_PERIOD_S).to_ndarray()
    assert left.shape == (height * 3 // 2, width)
    differs = np.flatnonzero((left[:height] != right[:height]).any(axis=0))
    assert differs[0] > width * 0.1 and differs[-1] < width * 0.9
    # Through the middle of the face each picture is the other, moved: the person is one piece.
    row = int(height * 0.55)
    faces = [np.flatnonzero(each[row, int(0.05 * width) :] > 170) for each in (left, right)]
    assert len(faces[0]) == len(faces[1]) > width / 20
    by = set(faces[1] - faces[0])
    assert len(by) == 1
    assert by.pop() == pytest.approx(2 * width / 12, abs=2)


@pytest.mark.parametrize("size", SIZES)
def test_a_frame_stays_as_it_was_given(size: tuple[int, int]) -> None:
    """An encoder may still read it while the camera draws the next ones."""
    scene = Scene(*size)
    first = scene.draw(1, 0.0)
    before = first.to_ndarray().copy()
    others = [scene.draw(number, number / 30) for number in range(2, 40)]
    assert np.array_equal(first.to_ndarray(), before)
    numbers = [mark.read(rows_of(each.planes[0])) for each in (first, *others)]
    assert numbers == list(range(1, 40))


def test_skin_is_warm_and_clothes_are_blue() -> None:
    frame = Scene(640, 480).draw(0, 0.0)
    u, v = (rows_of(each) for each in frame.planes[1:])
    face, body, wall = (120, 160), (228, 160), (20, 20)
    assert [int(v[each]) for each in (face, body, wall)] == [148, 120, 122]
    assert [int(u[each]) for each in (face, body, wall)] == [112, 138, 136]
