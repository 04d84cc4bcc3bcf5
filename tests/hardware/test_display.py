"""The screen: SDL's silent ways out are noticed."""

from __future__ import annotations

import pytest

from hardware.display import Screen, complaint


@pytest.mark.parametrize(
    ("screen", "driver", "words"),
    [
        (Screen("x11", 1280, 800), "x11", ""),
        (Screen("KMSDRM", 1280, 800), "kmsdrm", ""),
        (Screen("x11", 1280, 800), "wayland,x11", ""),
        (Screen("offscreen", 1024, 768), "x11", "took offscreen, not x11"),
        (Screen("offscreen", 1280, 800), "offscreen", "shows nothing"),
        (Screen("x11", 320, 240), "x11", "is under 640x400"),
        (Screen("x11", 1920, 1080), "x11", "not 1280x800"),
    ],
)
def test_a_wrong_screen_is_said_with_what_to_do(screen: Screen, driver: str, words: str) -> None:
    said = complaint(screen, driver, 1280, 800, fullscreen=True)
    assert words in said
    assert bool(words) == bool(said)


@pytest.mark.parametrize(("width", "height"), [(0, 0), (1920, 0), (0, 1080)])
def test_a_size_that_is_not_named_is_not_missed(width: int, height: int) -> None:
    assert complaint(Screen("x11", 1920, 1080), "x11", width, height, fullscreen=True) == ""


def test_one_named_side_is_enough_to_be_wrong() -> None:
    said = complaint(Screen("x11", 1920, 1080), "x11", 1280, 0, fullscreen=True)
    assert "not 1280x1080" in said


def test_a_window_may_have_any_size() -> None:
    assert complaint(Screen("x11", 1000, 700), "x11", 1280, 800, fullscreen=False) == ""
