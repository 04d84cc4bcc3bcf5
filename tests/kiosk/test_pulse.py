"""A terminal that cannot be seen is not alive, whatever its loop does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from hardware.display import Screen
from kiosk import pulse
from kiosk.pulse import Pulse
from signalling.notify import Unwell

SEEN = Screen("x11", 1280, 800)


class FakeWindow:
    """Draws when it is asked to, as Kivy does in its next round, unless it is stuck."""

    def __init__(self, *, draws: bool = True) -> None:
        self.canvas = self
        self.bound: list[Callable[..., Any]] = []
        self._draws = draws
        self.flips = 0

    def bind(self, **handlers: Callable[..., Any]) -> None:
        assert list(handlers) == ["on_flip"]
        self.bound.append(handlers["on_flip"])

    def unbind(self, **handlers: Callable[..., Any]) -> None:
        self.bound.remove(handlers["on_flip"])

    def ask_update(self) -> None:
        assert self.bound, "who asks first may miss the frame"
        if self._draws:
            asyncio.get_running_loop().call_soon(self._flip)

    def _flip(self) -> None:
        for each in self.bound:
            each(self)
        self.flips += 1


def feeling(window: FakeWindow, screen: Screen = SEEN, driver: str = "x11") -> Pulse:
    return Pulse(window, lambda: screen, driver, lambda: window.flips > 1)


async def test_each_pulse_is_a_frame_of_its_own() -> None:
    window = FakeWindow()
    felt = feeling(window)
    assert await felt.feel() == "1280x800 by x11, hub not seen"
    assert await felt.feel() == "1280x800 by x11, hub seen"
    assert window.flips == 2
    assert window.bound == []


async def test_no_frame_is_no_pulse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "DRAWN_WITHIN_S", 0.01)
    window = FakeWindow(draws=False)
    with pytest.raises(Unwell, match=r"no frame was drawn within 0\.01 s"):
        await feeling(window).feel()
    assert window.bound == []


@pytest.mark.parametrize(
    ("screen", "driver", "said"),
    [
        (Screen("offscreen", 1280, 800), "x11", "SDL took offscreen, not x11"),
        (Screen("dummy", 1280, 800), "dummy", "dummy shows nothing"),
        (Screen("x11", 320, 200), "x11", "320x200 by x11 is under 640x400"),
    ],
)
async def test_the_wrong_driver_or_size_is_no_pulse(screen: Screen, driver: str, said: str) -> None:
    with pytest.raises(Unwell, match=said):
        await feeling(FakeWindow(), screen, driver).feel()


async def test_a_size_that_only_differs_from_the_files_can_be_used() -> None:
    told = await feeling(FakeWindow(), Screen("x11", 1920, 1080)).feel()
    assert told.startswith("1920x1080")


async def test_sdl_that_does_not_say_is_no_pulse() -> None:
    def unknown() -> Screen:
        raise OSError("SDL is not loaded")

    with pytest.raises(Unwell, match="the screen is unknown: SDL is not loaded"):
        await Pulse(FakeWindow(), unknown, "x11").feel()
