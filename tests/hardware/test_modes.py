"""What is asked of a camera, out of what it lists."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.modes import Ask, Rates, Sizes, Wanted, allowed, asks, rate_of, size_of
from tests.hardware.fake_camera import Listing


def first(listing: Listing, wanted: Wanted) -> Ask:
    return ranked(listing, wanted)[0]


def ranked(listing: Listing, wanted: Wanted) -> list[Ask]:
    sizes = {
        name: tuple(Sizes(width, width, 1, height, height, 1) for width, height in of_format)
        for name, of_format in listing.items()
    }
    return asks(
        wanted,
        sizes,
        lambda name, width, height: tuple(
            Rates(fps, fps) for fps in listing.get(name, {}).get((width, height), ())
        ),
    )


WEBCAM: Listing = {
    "YUYV": {(640, 480): (30, 15), (1280, 720): (10,), (320, 240): (30,)},
    "MJPG": {(640, 480): (30,), (1280, 720): (30, 15), (1920, 1080): (30,)},
    "H264": {(1280, 720): (30,)},
}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted(640, 480, 30), Ask("YUYV", 640, 480, 30)),
        (Wanted(1280, 720, 30), Ask("MJPG", 1280, 720, 30)),
        (Wanted(1280, 720, 10), Ask("MJPG", 1280, 720, 15)),
        (Wanted(640, 480, 30, "mjpeg"), Ask("MJPG", 640, 480, 30)),
        (Wanted(1280, 720, 30, "raw"), Ask("YUYV", 1280, 720, 10)),
        (Wanted(640, 480, 30, "h264"), Ask("H264", 1280, 720, 30)),
        (Wanted(640, 480, 15), Ask("YUYV", 640, 480, 15)),
    ],
)
def test_a_usual_webcam(wanted: Wanted, expected: Ask) -> None:
    assert first(WEBCAM, wanted) == expected


def test_raw_that_is_too_slow_gives_way() -> None:
    slow: Listing = {"YUYV": {(640, 480): (15,)}, "MJPG": {(640, 480): (30,)}}
    assert first(slow, Wanted(640, 480, 30)).pixel_format == "MJPG"
    assert first(slow, Wanted(640, 480, 15)).pixel_format == "YUYV"
    assert first(slow, Wanted(640, 480, 30, "raw")).pixel_format == "YUYV"


def test_a_size_that_fits_is_worth_more_than_a_format() -> None:
    odd: Listing = {"YUYV": {(800, 600): (30,)}, "MJPG": {(640, 480): (30,)}}
    assert first(odd, Wanted(640, 480, 30)) == Ask("MJPG", 640, 480, 30)


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([(320, 240), (800, 600), (1280, 720)], (800, 600)),
        ([(320, 240), (160, 120)], (320, 240)),
        ([(640, 360), (800, 600)], (800, 600)),
        ([(640, 480)], (640, 480)),
        ([], (640, 480)),
    ],
)
def test_the_nearest_size_is_no_smaller_where_there_is_one(
    sizes: list[tuple[int, int]], expected: tuple[int, int]
) -> None:
    listed = tuple(Sizes(width, width, 1, height, height, 1) for width, height in sizes)
    assert size_of(Wanted(640, 480, 30), listed) == expected


@pytest.mark.parametrize(
    ("step", "most", "expected"),
    [(16, 1920, (640, 480)), (12, 1920, (648, 480)), (16, 300, (300 // 16 * 16, 480))],
)
def test_sizes_by_steps(step: int, most: int, expected: tuple[int, int]) -> None:
    assert size_of(Wanted(640, 480, 30), (Sizes(0, most, step, 0, 1080, 8),)) == expected


def test_continuous_sizes_and_rates_have_what_is_wanted() -> None:
    wanted = Wanted(642, 362, 24)
    sizes = {"MJPG": (Sizes(2, 4096, 1, 2, 4096, 1),)}
    assert asks(wanted, sizes, lambda *_: (Rates(1, 60),)) == [Ask("MJPG", 642, 362, 24)]


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ((), 30),
        ((15, 10), 15),
        ((60, 29.97, 15), 29.97),
        ((60, 120), 60),
        ((25,), 25),
    ],
)
def test_the_lowest_rate_that_is_fast_enough(listed: tuple[float, ...], expected: float) -> None:
    assert rate_of(30, tuple(Rates(fps, fps) for fps in listed)) == expected


def test_a_camera_that_lists_nothing_is_asked_for_each_format() -> None:
    asked = asks(Wanted(640, 480, 30), {}, lambda *_: ())
    assert [each.pixel_format for each in asked] == allowed(Wanted(640, 480, 30))
    assert {(each.width, each.height, each.fps) for each in asked} == {(640, 480, 30)}


def test_h264_only_when_it_is_asked_for() -> None:
    only: Listing = {"H264": {(640, 480): (30,)}}
    assert ranked(only, Wanted(640, 480, 30)) == []
    assert first(only, Wanted(640, 480, 30, "h264")).pixel_format == "H264"
    for word in ("auto", "raw", "mjpeg"):
        assert "H264" not in allowed(Wanted(640, 480, 30, word))


def test_without_h264_there_is_the_usual() -> None:
    assert first({"YUYV": {(640, 480): (30,)}}, Wanted(640, 480, 30, "h264")).pixel_format == "YUYV"


numbers = st.integers(min_value=1, max_value=5000)


@given(numbers, numbers, numbers, numbers, st.integers(1, 64))
def test_steps_are_kept(width: int, height: int, least: int, span: int, step: int) -> None:
    sizes = Sizes(least, least + span, step, least, least + span, step)
    for wanted, found in zip((width, height), sizes.nearest(width, height), strict=True):
        assert least <= found <= least + span
        assert (found - least) % step == 0
        assert found >= wanted or found + step > least + span
