"""The picture on the display is the picture that was given: colours, shape, orientation."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from kiosk.screens import theme
from kiosk.screens.layout import REMOTE_VIDEO, SELF_VIEW, SELF_VIEW_WAITING, Box
from kiosk.screens.video import MAX_SIDE, Matrix, Shape, visible

from .conftest import Stage
from .test_root import rgb

Planes = list[npt.NDArray[np.uint8]]
PAPER = rgb(theme.PAPER)
COLOURS = {
    "grey": (128, 128, 128),
    "skin": (150, 110, 150),
    "red": (82, 90, 240),
    "green": (145, 54, 34),
    "blue": (41, 240, 110),
    "black": (16, 128, 128),
    "white": (235, 128, 128),
}
"""Y, U, V."""


def expected(yuv: tuple[int, int, int], matrix: str, full: bool) -> tuple[int, int, int]:
    """BT.601-7 and BT.709-6, written out as in their tables; independent of the shader."""
    y, u, v = yuv
    luma = y / 255 if full else (y - 16) / 219
    cb, cr = ((each - 128) / (255 if full else 224) for each in (u, v))
    r_cr, g_cb, g_cr, b_cb = {
        "bt601": (1.402, -0.344136, -0.714136, 1.772),
        "bt709": (1.5748, -0.187324, -0.468124, 1.8556),
    }[matrix]
    rgb = (luma + r_cr * cr, luma + g_cb * cb + g_cr * cr, luma + b_cb * cb)
    r, g, b = (round(255 * min(1.0, max(0.0, each))) for each in rgb)
    return r, g, b


def planes(
    luma: npt.NDArray[np.uint8], u: int = 128, v: int = 128, padding: int = 0
) -> tuple[Planes, dict[str, Any]]:
    """Return planes whose rows are `padding` bytes longer; the padding is loud."""
    height, width = luma.shape
    chroma = ((height + 1) // 2, (width + 1) // 2)
    padded = [
        np.pad(each, ((0, 0), (0, padding)), constant_values=filler)
        for each, filler in ((luma, 255), (np.full(chroma, u), 255), (np.full(chroma, v), 0))
    ]
    sizes = {
        "width": width,
        "height": height,
        "stride_y": width + padding,
        "stride_uv": chroma[1] + padding,
    }
    return [each.astype(np.uint8) for each in padded], sizes


def flat(y: int, width: int = 640, height: int = 360) -> npt.NDArray[np.uint8]:
    return np.full((height, width), y, np.uint8)


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("matrix", list(Matrix))
@pytest.mark.parametrize("full_range", [False, True])
def test_colours(stage: Stage, colour: str, matrix: str, full_range: bool) -> None:
    y, u, v = COLOURS[colour]
    data, sizes = planes(flat(y), u, v)
    stage.show("k5-visit")
    stage.show_picture("remote", data, **sizes, matrix=str(matrix), full_range=full_range)
    stage.until_pixel(640, 400, expected((y, u, v), matrix, full_range))


@pytest.mark.parametrize("size", [(640, 360), (641, 361), (319, 179), (1279, 719), (854, 480)])
@pytest.mark.parametrize("padding", [0, 1, 37])
def test_padding_and_odd_sizes_leave_no_edge(
    stage: Stage, size: tuple[int, int], padding: int
) -> None:
    """Up to the last pixel column and row of the place, the picture's own colour."""
    y, u, v = COLOURS["skin"]
    data, sizes = planes(flat(y, *size), u, v, padding)
    stage.show("k1-idle")
    stage.show("k5-visit")
    stage.show_picture("remote", data, **sizes)
    colour = expected((y, u, v), "bt601", False)
    for x, at in ((0, 300), (1279, 300), (640, 677), (300, 0)):
        stage.until_pixel(x, at, colour)


def quarters(width: int = 640, height: int = 480) -> npt.NDArray[np.uint8]:
    """Top left 60, top right 100, bottom left 140, bottom right 200."""
    luma = np.empty((height, width), np.uint8)
    luma[: height // 2, : width // 2], luma[: height // 2, width // 2 :] = 60, 100
    luma[height // 2 :, : width // 2], luma[height // 2 :, width // 2 :] = 140, 200
    return luma


def grey(y: int) -> tuple[int, int, int]:
    return expected((y, 128, 128), "bt601", False)


def test_the_family_is_upright_and_not_mirrored(stage: Stage) -> None:
    stage.show("k5-visit")
    data, sizes = planes(quarters(640, 360), padding=24)
    stage.show_picture("remote", data, **sizes)
    for x, y, luma in ((320, 250, 60), (960, 250, 100), (320, 500, 140), (960, 500, 200)):
        stage.until_pixel(x, y, grey(luma))


def test_oneself_is_upright_and_mirrored(stage: Stage) -> None:
    stage.show("k4-ready")
    data, sizes = planes(quarters(), padding=24)
    stage.show_picture("self_view", data, **sizes)
    box = SELF_VIEW_WAITING
    for x, y, luma in ((0.1, 0.1, 100), (0.9, 0.1, 60), (0.1, 0.7, 200), (0.9, 0.9, 140)):
        stage.until_pixel(box.x + x * box.w, box.y + y * box.h, grey(luma))


def test_a_4_to_3_picture_is_whole_and_stands_on_paper(stage: Stage) -> None:
    stage.show("k1-idle")
    stage.show("k5-visit")
    data, sizes = planes(flat(90, 640, 480))
    stage.show_picture("remote", data, **sizes)
    across = 680 * 4 / 3
    left = (1280 - across) / 2
    for x, colour in (
        (left - 3, PAPER), (left + 3, grey(90)), (1280 - left - 4, grey(90)),
        (1280 - left + 3, PAPER),
    ):  # fmt: skip
        stage.until_pixel(x, 400, colour)


def test_beside_an_upright_picture_nothing_speaks_of_one_to_come(stage: Stage) -> None:
    stage.show("k1-idle")
    stage.show("k5-visit")
    left, right = layout_beside_upright()
    stage.until(lambda: any(not on_paper(stage, each) for each in (left, right)), "no words")
    data, sizes = planes(flat(90, 360, 640))
    stage.show_picture("remote", data, **sizes)
    stage.until(lambda: all(on_paper(stage, each) for each in (left, right)), "words beside")
    stage.until_pixel(640, 400, grey(90))


def layout_beside_upright() -> tuple[Box, Box]:
    """Where words could stand beside a picture of 9 to 16, which is 382 wide."""
    return Box(190, 420, 258, 100), Box(833, 420, 257, 100)


def on_paper(stage: Stage, box: Box) -> bool:
    x, y, w, h = (int(each) for each in (box.x, box.y, box.w, box.h))
    return bool((stage.picture()[y : y + h, x : x + w] == PAPER).all())


def test_the_self_view_has_round_corners(stage: Stage) -> None:
    stage.show("k5-visit")
    data, sizes = planes(flat(30, 640, 358))
    stage.show_picture("self_view", data, **sizes)
    stage.until_pixel(SELF_VIEW.centre[0], SELF_VIEW.centre[1], grey(30))
    stage.until_pixel(SELF_VIEW.x, SELF_VIEW.y, PAPER)


def test_video_runs_to_the_edges_of_another_window(other_size: Stage) -> None:
    other_size.show("k5-visit")
    data, sizes = planes(flat(90, 1280, 720 * 9 // 10))
    other_size.show_picture("remote", data, **sizes)
    frame = other_size.frame
    place = frame.pixels(REMOTE_VIDEO, "ltr")
    at, _ = visible(1280, 648, place)
    x, y = frame.design(at.x + 1, at.y + at.h / 2)
    other_size.until_pixel(x, y, grey(90))
    assert at.x == 0


def test_the_last_picture_stays_until_the_visit_is_over(stage: Stage) -> None:
    stage.show("k5-visit")
    data, sizes = planes(flat(70))
    stage.show_picture("remote", data, **sizes)
    stage.until_pixel(640, 400, grey(70))
    stage.show("k6-visitor")
    stage.until_pixel(30, 400, PAPER)
    stage.show("k5-last")
    stage.until_pixel(640, 400, grey(70))
    assert stage.show("k7-ended")["pictures"] == 0
    stage.show("k5-visit")
    stage.until_pixel(900, 400, PAPER)


def test_another_visit_shows_nothing_of_the_one_before(stage: Stage) -> None:
    stage.show("k5-visit")
    data, sizes = planes(flat(70))
    assert stage.show_picture("remote", data, **sizes)["pictures"] > 0
    assert stage.show("k5-private")["pictures"] == 0
    stage.until_pixel(900, 400, PAPER)


def test_sound_only_dims_the_last_picture(stage: Stage) -> None:
    stage.show("k5-visit")
    data, sizes = planes(flat(16))
    stage.show_picture("remote", data, **sizes)
    stage.until_pixel(900, 400, (0, 0, 0))
    stage.show("k5-warning")
    r, g, b = (round(0.7 * each) for each in PAPER)
    stage.until_pixel(900, 400, (r, g, b))


def test_a_new_size_in_mid_stream(stage: Stage) -> None:
    stage.show("k5-visit")
    for width, height, y in ((640, 360, 50), (320, 180, 100), (1280, 720, 150)):
        data, sizes = planes(flat(y, width, height))
        stage.show_picture("remote", data, **sizes)
        stage.until_pixel(640, 400, grey(y))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"width": 641}, "strides"),
        ({"height": 400}, "shorter"),
        ({"stride_uv": 319}, "strides"),
        ({"width": 0}, "picture of 0x360"),
        ({"width": MAX_SIDE + 1}, "picture of"),
        ({"matrix": "bt2020"}, "bt2020"),
    ],
)
def test_numbers_that_do_not_fit_are_refused(
    stage: Stage, change: dict[str, Any], error: str
) -> None:
    stage.show("k5-visit")
    data, sizes = planes(flat(60))
    stage.show_picture("remote", data, **sizes)
    stage.until_pixel(640, 400, grey(60))
    answer = stage.show_picture("remote", data, **(sizes | change))
    assert not answer["done"]
    assert error in answer["error"]
    assert stage.pixel(640, 400) == pytest.approx(grey(60), abs=2)


@pytest.mark.parametrize(
    ("size", "place", "at", "part"),
    [
        ((16, 9), Box(0, 0, 1600, 900), Box(0, 0, 1600, 900), (1.0, 1.0)),
        ((100, 93), Box(0, 0, 100, 100), Box(0, 0, 100, 100), (0.93, 1.0)),
        ((93, 100), Box(0, 0, 100, 100), Box(0, 0, 100, 100), (1.0, 0.93)),
        ((100, 90), Box(0, 0, 100, 100), Box(0, 5, 100, 90), (1.0, 1.0)),
        ((50, 100), Box(10, 20, 100, 100), Box(35, 20, 50, 100), (1.0, 1.0)),
    ],
)
def test_fills_if_that_hides_8_percent_or_less(
    size: tuple[int, int], place: Box, at: Box, part: tuple[float, float]
) -> None:
    found, shown = visible(*size, place)
    assert found == at
    assert shown == pytest.approx(part)


def test_a_read_only_plane_is_refused_before_anything_is_uploaded() -> None:
    plane, fixed = memoryview(bytearray(4)), memoryview(bytes(4))
    Shape(2, 2, 2, 1).check(plane, plane, plane)
    with pytest.raises(ValueError, match="read-only"):
        Shape(2, 2, 2, 1).check(plane, plane, fixed)


def test_shape_counts_the_odd_row() -> None:
    assert Shape(3, 5, 4, 2).chroma_height == 3


def test_a_camera_that_was_off_comes_back_without_its_last_picture(stage: Stage) -> None:
    data, sizes = planes(flat(70))
    stage.show("k5-visit")
    assert stage.show_picture("remote", data, **sizes)["pictures"] > 0
    assert stage.show("k5-camera-off")["pictures"] == 0
    stage.show_picture("remote", data, **sizes)
    assert stage.show("k5-visit")["pictures"] == 0
