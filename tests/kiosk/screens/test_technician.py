"""The technician's screen in a real window: what a person sees, and the way in that is held."""

from __future__ import annotations

import time

import numpy as np
import pytest

from kiosk.screens import layout, theme
from kiosk.screens.layout import Box

from .conftest import Stage
from .test_root import rgb, touch_nothing

HOLD_S = 3.0


def state_of(row: int) -> tuple[float, float]:
    """Return a point beside the word that tells a row's state."""
    box = layout.DEVICES[row]
    return 796.0, box.centre[1]


def test_what_fails_is_marked_and_what_passes_is_not(stage: Stage) -> None:
    stage.show("k9-fail")
    for row, failed in enumerate((True, False, False, True, False, False, True, False)):
        stage.until_pixel(*state_of(row), rgb(theme.SUN if failed else theme.CARD))
    stage.show("k9-pass")
    for row in range(len(layout.DEVICES)):
        stage.until_pixel(*state_of(row), rgb(theme.CARD))


def test_the_meter_shows_the_level(stage: Stage) -> None:
    stage.show("k9-pass")  # nine of sixteen
    first, ninth, tenth = (910 + 20.5 * at + 7 for at in (0, 8, 9))
    y = 352 + 18 + 14
    stage.until_pixel(first, y, rgb(theme.PINE))
    stage.until_pixel(ninth, y, rgb(theme.PINE))
    stage.until_pixel(tenth, y, rgb(theme.HAIR))


def test_the_live_picture_is_the_self_view(stage: Stage) -> None:
    stage.show("k1-idle")
    stage.show("k9-pass")
    x, y = layout.TECHNICIAN_PICTURE.centre
    stage.until_pixel(x - 120, y, rgb(theme.TINT))
    w, h = 64, 36
    planes = [np.full(size, value, np.uint8) for size, value in
              (((h, w), 235), ((h // 2, w // 2), 128), ((h // 2, w // 2), 128))]  # fmt: skip
    stage.show_picture("self_view", planes, width=w, height=h, stride_y=w, stride_uv=w // 2)
    stage.until_pixel(x - 120, y, (255, 255, 255))
    stage.show("k1-idle")
    stage.show("k9-pass")
    stage.until_pixel(x - 120, y, rgb(theme.TINT))


@pytest.mark.parametrize(("sample", "box"), [("k1-idle", layout.GATE), ("k8-camera", layout.CODE)])
def test_held_for_three_seconds_it_asks_for_the_technician(
    stage: Stage, sample: str, box: Box
) -> None:
    stage.show(sample)
    touch_nothing(stage)
    stage.pointer.move(*stage.frame.point(*box.centre))
    began = time.monotonic()
    stage.pointer.button(True)
    assert stage.next_intent() == "AskTechnician()"
    assert time.monotonic() - began >= HOLD_S - 0.1
    stage.pointer.button(False)
    stage.press(layout.IDLE_TOUCH)
    assert stage.next_intent() == "Touch()", "its release is no press"


@pytest.mark.parametrize(("sample", "box"), [("k1-idle", layout.GATE), ("k8-camera", layout.CODE)])
def test_pressed_shortly_or_beside_it_is_a_touch_like_any_other(
    stage: Stage, sample: str, box: Box
) -> None:
    stage.show(sample)
    touch_nothing(stage)
    stage.press(box)
    assert stage.next_intent() == "Touch()"
    stage.press(box, release=layout.IDLE_TOUCH)
    assert stage.next_intent() == "Touch()"


def test_keys_do_not_find_what_is_hidden(stage: Stage) -> None:
    stage.show("k8-camera")
    stage.do(focus=1)
    stage.do(press_focused=True)
    stage.press(layout.IDLE_TOUCH)
    assert stage.next_intent() == "Touch()"
    assert stage.posted == []
