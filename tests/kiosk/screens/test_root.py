"""The real widget in a real window, pressed by a real pointer."""

from __future__ import annotations

import time

import numpy as np
import pytest

from kiosk.screens import layout, theme
from kiosk.screens.items import Button, Look
from kiosk.screens.layout import Box
from kiosk.screens.samples import SAMPLES, in_language
from kiosk.screens.scene import pressable

from .conftest import Stage
from .drawing import drawn

SECOND_PRESS_S = 0.5
"""As in `kiosk.screens.root`, whose import makes a window."""
EMPTY = Box(600, 100, 72, 72)
"""Nothing pressable lies here on the screens used below."""


def touch_nothing(stage: Stage) -> None:
    """A press far from the last one, so that the next is nobody's second press."""
    stage.press(Box(1260, 784, 12, 12))
    assert stage.next_intent() == "Touch()"


def begin(stage: Stage, sample: str) -> None:
    """Show a sample on which any press is a first one, and no sheet has just gone."""
    stage.show("k8-away")
    stage.press(EMPTY)
    assert stage.next_intent() == "Touch()"
    stage.show(sample)


def rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def buttons(sample: str) -> tuple[Button, ...]:
    return pressable(SAMPLES[sample], drawn(SAMPLES[sample]))


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("language", ["en", "es"])
def test_every_screen_appears(stage: Stage, sample: str, language: str) -> None:
    stage.show("k8-away" if sample != "k8-away" else "k1-idle")
    # Else all that is shown here may be drawn at once, and nothing but the last is ever seen.
    stage.pass_frames(2)
    stage.until(lambda: len(np.unique(stage.picture()[::8, ::8])) > 3, "nothing is drawn")
    before = stage.picture()
    stage.show(sample, language=language)
    stage.until(lambda: bool((stage.picture() != before).any()), "nothing changed")
    view = in_language(SAMPLES[sample], language)
    for button in pressable(view, drawn(view)):
        if button.look is Look.HIDDEN:
            continue
        ground = next(
            rgb(colour)
            for look, colour in (
                ("main", theme.PINE), ("plain", theme.CARD), ("on-pine", theme.PINE2),
                ("key", theme.CARD), ("red", theme.RED), ("red-plain", theme.CARD),
            )
            if look == button.look
        )  # fmt: skip
        stage.until_pixel(button.box.x + 12, button.box.y + 12, ground)


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_button_posts_its_intent(stage: Stage, sample: str) -> None:
    begin(stage, sample)
    touch_nothing(stage)
    for button in buttons(sample):
        stage.press(button.box)
        assert stage.next_intent() == repr(button.intent)


@pytest.mark.parametrize("sample", ["k1-idle", "k2-number", "k3-visits", "k5-visit", "k7-ended"])
def test_buttons_are_where_the_layout_says_in_other_windows(other_size: Stage, sample: str) -> None:
    other_size.show(sample, language="es")
    view = in_language(SAMPLES[sample], "es")
    touch_nothing(other_size)
    for button in pressable(view, drawn(view)):
        other_size.press(button.box)
        assert other_size.next_intent() == repr(button.intent)


def test_anywhere_else_on_idle_starts(stage: Stage) -> None:
    stage.show("k1-idle")
    stage.press(layout.IDLE_TOUCH)
    assert stage.next_intent() == "Touch()"
    stage.press(Box(300, 300, 10, 10))
    assert stage.next_intent() == "Touch()"


def test_a_button_acts_on_release_inside_only(stage: Stage) -> None:
    stage.show("k5-visit")
    stage.press(layout.END_VISIT, release=EMPTY)
    assert stage.next_intent() == "Touch()"
    stage.press(EMPTY, release=layout.END_VISIT)
    assert stage.next_intent() == "Touch()"
    stage.press(layout.END_VISIT)
    assert stage.next_intent() == "AskEnd()"


@pytest.mark.parametrize("button", [2, 3])
def test_only_the_left_button_counts(stage: Stage, button: int) -> None:
    stage.show("k5-visit")
    stage.press(layout.END_VISIT, button=button)
    stage.press(layout.VOLUME_UP)
    assert stage.next_intent() == "VolumeStep(step=1)"


def test_a_button_is_darker_while_it_is_pressed(stage: Stage) -> None:
    stage.show("k5-visit")
    at = (layout.END_VISIT.x + 12, layout.END_VISIT.y + 12)
    stage.until_pixel(*at, rgb(theme.RED))
    stage.pointer.move(*stage.frame.point(*layout.END_VISIT.centre))
    stage.pointer.button(True)
    stage.until_pixel(*at, rgb(theme.RED_PRESSED))
    stage.pointer.button(False)
    stage.until_pixel(*at, rgb(theme.RED))
    assert stage.next_intent() == "AskEnd()"


def test_a_sheet_hides_what_lies_under_it(stage: Stage) -> None:
    stage.show("k5-end")
    touch_nothing(stage)
    stage.press(layout.END_VISIT)
    assert stage.next_intent() == "Touch()"
    stage.press(layout.SHEET_CONFIRM)
    assert stage.next_intent() == "Confirm()"


def test_a_button_that_went_away_under_the_finger_does_nothing(stage: Stage) -> None:
    begin(stage, "k5-visit")
    stage.pointer.move(*stage.frame.point(*layout.END_VISIT.centre))
    stage.pointer.button(True)
    stage.until_pixel(layout.END_VISIT.x + 12, layout.END_VISIT.y + 12, rgb(theme.RED_PRESSED))
    stage.show("k7-ended")
    stage.pointer.button(False)
    stage.press(layout.MY_VISITS)
    assert stage.next_intent() == "ShowMyVisits()"


def test_a_double_press_does_not_reach_the_next_screen(stage: Stage) -> None:
    """The first press changes the screen; the second lands where a key now is."""
    begin(stage, "k1-idle")
    five = layout.KEYPAD["5"]
    stage.press(five)
    assert stage.next_intent() == "Touch()"
    stage.show("k2-number")
    stage.press(five)
    stage.press(layout.KEYPAD["1"])
    assert stage.next_intent() == "Key(key='1')"


def test_delete_clears_after_a_long_press(stage: Stage) -> None:
    stage.show("k2-number")
    stage.press(layout.KEYPAD["delete"])
    assert stage.next_intent() == "Key(key='delete')"
    stage.pointer.button(True)
    assert stage.next_intent() == "Key(key='clear')"
    stage.pointer.button(False)
    stage.press(layout.KEYPAD["9"])
    assert stage.next_intent() == "Key(key='9')"


def test_focus_moves_in_reading_order_and_acts(stage: Stage) -> None:
    stage.show("k5-visit")
    ring = [(each.x - 3, each.centre[1]) for each in
            (layout.VOLUME_DOWN, layout.VOLUME_UP, layout.END_VISIT)]  # fmt: skip
    posted = []
    for step, at in ((1, 0), (1, 1), (1, 2), (1, 0), (-1, 2)):
        stage.do(focus=step)
        stage.until_pixel(*ring[at], rgb(theme.SUN))
        stage.do(press_focused=True)
        posted.append(stage.next_intent())
    assert posted == [
        "VolumeStep(step=-1)", "VolumeStep(step=1)", "AskEnd()", "VolumeStep(step=-1)", "AskEnd()",
    ]  # fmt: skip


def test_without_focus_nothing_is_pressed(stage: Stage) -> None:
    stage.show("k6-visitor")
    stage.do(press_focused=True)
    stage.press(layout.HELD_END_VISIT)
    assert stage.next_intent() == "AskEnd()"


@pytest.mark.parametrize(
    ("sample", "later", "items"),
    [
        ("k1-idle", 0, 0),
        ("k1-idle", 1, 0),
        ("k1-idle", 60, 1),
        ("k6-visitor", 1, 2),
        ("k5-visit", 1, 0),
        ("k5-last", 1, 1),
    ],
    ids=["same", "same minute", "a digit", "a digit and a sentence", "same minutes", "a time"],
)
def test_only_what_changed_is_drawn_again(
    stage: Stage, sample: str, later: int, items: int
) -> None:
    before = stage.show(sample)["redrawn"]
    assert stage.show(sample, later=later)["redrawn"] - before == items


def test_the_visit_s_symbols_are_made_while_it_is_waited_for(stage: Stage) -> None:
    stage.show("k1-idle")
    stage.do(forget=True)
    own = stage.show("k4-ready")["symbols"]
    stage.until(lambda: stage.do(counts=True)["symbols"] > own, "nothing is made ahead")
    made = stage.do(counts=True)["symbols"]
    assert stage.show("k5-visit")["symbols"] == made


def test_a_press_draws_only_its_button_again(stage: Stage) -> None:
    stage.show("k2-number")
    touch_nothing(stage)
    before = stage.do(counts=True)["redrawn"]
    stage.press(layout.KEYPAD["8"])
    assert stage.next_intent() == "Key(key='8')"
    drawn_again = stage.do(counts=True)["redrawn"] - before
    assert drawn_again == 2  # its ground, pressed and released; the digit stays


def test_the_12_hour_clock_is_shown(stage: Stage) -> None:
    stage.show("k1-idle")
    stage.pass_frames(2)
    before = stage.picture()
    stage.show("k1-idle", twelve=True)
    stage.until(lambda: bool((stage.picture()[:420] != before[:420]).any()), "same clock")


def test_a_press_on_a_sheet_that_has_just_gone_by_itself_meets_nothing_beneath(
    stage: Stage,
) -> None:
    stage.show("k9-restart")
    touch_nothing(stage)
    stage.show("k9-pass")
    stage.press(layout.SELF_TEST)  # it lies where the sheet lay
    time.sleep(SECOND_PRESS_S)
    stage.press(layout.SEND_REPORT)
    assert stage.next_intent() == "SendReport()"
    assert stage.posted == []
