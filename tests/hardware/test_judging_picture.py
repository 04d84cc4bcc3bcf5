"""A camera that works passes, whatever stands before it; one that does not is named for it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

import av
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage import data
from skimage.filters import gaussian

from hardware.interfaces import VideoMode
from hardware.judging_picture import Look, fingerprint, is_black, judge, look, rate
from hardware.scene import rows_of

Plane = npt.NDArray[np.uint8]

ASKED: Final = VideoMode(640, 480, 30)
FPS: Final = 30.0


def portrait() -> npt.NDArray[np.float64]:
    """A face before a room: luma of limited range, 480 x 640."""
    whole = data.astronaut()  # type: ignore[no-untyped-call]
    picture: npt.NDArray[np.float64] = whole[16:496, :, :].mean(2)
    wide = np.pad(picture, ((0, 0), (64, 64)), mode="edge")
    return 16 + wide * 219 / 255


def taken(
    luma: npt.NDArray[np.floating],
    *,
    noise: float = 1.5,
    count: int = 45,
    fps: float = FPS,
    red: float = 0.0,
) -> list[Look]:
    """What a camera gives of a scene that stands still."""
    random = np.random.default_rng(1)
    v = np.full((luma.shape[0] // 2, luma.shape[1] // 2), 128 + red, np.uint8)
    looks = []
    for number in range(count):
        seen = luma + random.normal(0, noise, luma.shape) if noise else luma
        looks.append(look(np.clip(seen, 0, 255).astype(np.uint8), v, number / fps))
    return looks


def test_a_face_passes_and_what_was_measured_is_told() -> None:
    found = judge(taken(portrait()), ASKED)
    assert (found.passed, found.code, found.fix) == (True, "", "")
    assert found.detail.startswith("640x480 at 30 a second, luma ")


@pytest.mark.parametrize(
    ("luma", "noise", "red"),
    [
        (np.full((480, 640), 16.0), 0.0, 0.0),  # a dead sensor
        (np.full((480, 640), 18.0), 4.0, 0.0),  # a shutter, and the sensor's gain
    ],
)
def test_black_is_told(luma: npt.NDArray[np.float64], noise: float, red: float) -> None:
    found = judge(taken(luma, noise=noise, red=red), ASKED)
    assert (found.passed, found.code) == (False, "CAM-02")
    assert found.detail.startswith("black")
    assert "shutter" in found.fix


def finger() -> npt.NDArray[np.float64]:
    """Light that comes through a finger on the lens, stronger at one side."""
    ys, xs = np.mgrid[0:480, 0:640]
    fade: npt.NDArray[np.float64] = 40 + 60 * (xs / 640) * (ys / 480)
    return fade


@pytest.mark.parametrize(
    ("luma", "red"),
    [
        (finger(), 40.0),
        (finger() * 0.7, 0.0),  # a sticker
        (np.full((480, 640), 128.0), 0.0),  # a dead sensor's grey
    ],
)
def test_what_lies_on_the_lens_is_told(luma: npt.NDArray[np.float64], red: float) -> None:
    found = judge(taken(luma, noise=3.0, red=red), ASKED)
    assert (found.passed, found.code) == (False, "CAM-02")
    assert found.detail.startswith("covered")


def greasy() -> npt.NDArray[np.float64]:
    """A face through breath and grease."""
    blurred = gaussian(portrait(), 60, preserve_range=True)  # type: ignore[no-untyped-call]
    faint: npt.NDArray[np.float64] = blurred * 0.1 + 80
    return faint


def wall() -> npt.NDArray[np.float64]:
    """A bare wall in even light, darker in the corners by the lens."""
    ys, xs = np.mgrid[0:480, 0:640]
    shade: npt.NDArray[np.float64] = 170 - 30 * np.hypot(xs / 640 - 0.5, ys / 480 - 0.5) ** 2
    return shade


@pytest.mark.parametrize(("luma", "red"), [(greasy(), 0.0), (wall(), 18.0)])
def test_a_bare_wall_is_no_fault_and_no_proof(luma: npt.NDArray[np.float64], red: float) -> None:
    """A terminal that looks at one must not close for it; a technician is asked to stand there."""
    found = judge(taken(luma, red=red), ASKED)
    assert (found.passed, found.proved, found.code) == (True, False, "")
    assert "bare wall" in found.detail
    assert found.fix == "Stand before it, and test again."


def test_what_still_shows_somebody_closes_no_terminal() -> None:
    assert judge(taken(portrait(), fps=15), ASKED).usable
    assert judge(taken(16 + (portrait() - 16) * 0.18, noise=3.0), ASKED).usable
    assert judge(taken(portrait()[::2, ::2]), ASKED).usable
    assert not judge(taken(portrait(), noise=0), ASKED).usable
    assert not judge(taken(finger(), red=40.0), ASKED).usable


def test_too_dark_is_told() -> None:
    found = judge(taken(16 + (portrait() - 16) * 0.18, noise=3.0), ASKED)
    assert (found.passed, found.code) == (False, "CAM-02")
    assert found.detail.startswith("too dark for a face")
    assert "light" in found.fix


def test_half_the_pictures_are_the_darks_doing_in_the_dark_and_else_the_cameras() -> None:
    dim = judge(taken(16 + (portrait() - 16) * 0.4, fps=15), ASKED)
    assert dim.code == "CAM-02"
    assert dim.detail.startswith("too dark: it exposes so long that it gives 15 pictures a second")
    bright = judge(taken(portrait(), fps=15), ASKED)
    assert bright.code == "CAM-04"
    assert bright.detail == "slow: 15 pictures a second instead of 30"
    assert judge(taken(portrait(), fps=25), ASKED).passed


def test_another_size_is_told_unless_it_is_the_next_one() -> None:
    small = judge(taken(portrait()[::2, ::2]), ASKED)
    assert (small.code, small.detail) == ("CAM-04", "320x240 instead of 640x480")
    assert judge(taken(portrait()), VideoMode(800, 600, 30)).passed


def test_a_frozen_picture_is_told() -> None:
    found = judge(taken(portrait(), noise=0), ASKED)
    assert (found.code, found.detail) == ("CAM-03", "frozen: 45 pictures in 1.5 s are the same")


def test_too_few_equal_pictures_prove_nothing() -> None:
    assert judge(taken(portrait(), noise=0, count=20), ASKED).passed
    assert judge(taken(portrait(), noise=0, count=4, fps=2), VideoMode(640, 480, 2)).passed


def test_no_picture_at_all_is_frozen() -> None:
    assert judge([], ASKED).code == "CAM-03"


def through_jpeg(pictures: Sequence[Plane], quality: int) -> list[Look]:
    """What is left of pictures by Motion JPEG; `quality` is FFmpeg's, 2 (best) to 31."""
    height, width = pictures[0].shape
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuvj420p"
    encoder.time_base = Fraction(1, 30)
    encoder.options = {"qmin": str(quality), "qmax": str(quality)}
    decoder = av.CodecContext.create("mjpeg", "r")
    looks = []
    for number, luma in enumerate(pictures):
        frame = av.VideoFrame(width, height, "yuvj420p")
        for plane in frame.planes[1:]:
            rows_of(plane)[:] = 128
        rows_of(frame.planes[0])[:] = luma
        frame.pts = number
        for packet in encoder.encode(frame):
            for decoded in decoder.decode(av.Packet(bytes(packet))):
                planes = decoded.planes
                looks.append(look(rows_of(planes[0]), rows_of(planes[2]), number / FPS))
    return looks


@pytest.mark.parametrize("quality", [2, 8, 20])
@pytest.mark.parametrize("noise", [0.5, 1.5])
def test_a_still_chart_through_motion_jpeg_is_not_frozen(quality: int, noise: float) -> None:
    """A printed chart, lit evenly, before a camera with hardly any noise: the stillest there is."""
    ys, xs = np.mgrid[0:480, 0:640]
    chart = 40.0 + 160 * ((xs // 80 + ys // 80) % 2)
    random = np.random.default_rng(2)
    noisy = [
        np.clip(chart + random.normal(0, noise, chart.shape), 0, 255).astype(np.uint8)
        for _ in range(40)
    ]
    assert judge(through_jpeg(noisy, quality), ASKED).passed
    still = through_jpeg([chart.astype(np.uint8)] * 40, quality)
    assert judge(still, ASKED).code == "CAM-03"


@given(
    level=st.floats(0.35, 1.0),
    noise=st.floats(0.5, 4.0),
    fps=st.floats(22.0, 60.0),
    turned=st.booleans(),
)
def test_no_light_noise_or_rate_that_will_do_is_called_a_fault(
    level: float, noise: float, fps: float, turned: bool
) -> None:
    scene = 16 + (portrait() - 16) * level
    looks = taken(scene[:, ::-1] if turned else scene, noise=noise, count=12, fps=fps)
    assert judge(looks, ASKED).passed


@given(st.lists(st.floats(0.001, 0.2), min_size=2, max_size=60))
def test_the_rate_is_that_of_most_pictures(gaps: list[float]) -> None:
    """Pictures that were missed on the way make no camera slow while most came."""
    regular = [1 / 30] * (len(gaps) + 1)
    times = np.cumsum([0.0, *[gap for pair in zip(regular, gaps, strict=False) for gap in pair],
                       *regular])  # fmt: skip
    base = taken(portrait()[::8, ::8], count=1)[0]
    looks = [Look(**{**{name: getattr(base, name) for name in Look.__slots__}, "at_s": float(at)})
             for at in times]  # fmt: skip
    assert rate(looks) == pytest.approx(30, rel=0.01)


def test_the_watchs_view_of_black_is_the_tests() -> None:
    dead = np.full((480, 640), 16, np.uint8)
    assert is_black(dead)
    assert not is_black(portrait().astype(np.uint8))
    assert fingerprint(dead) == fingerprint(dead.copy())
    dead[100, 100] = 17
    assert fingerprint(dead) != fingerprint(np.full((480, 640), 16, np.uint8))
