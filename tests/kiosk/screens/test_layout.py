"""Positions: large enough, apart from each other, inside, and never under a second press."""

from __future__ import annotations

from itertools import combinations

import pytest

from kiosk.screens import layout
from kiosk.screens.items import Button
from kiosk.screens.layout import ALL, Box, Frame
from kiosk.screens.samples import SAMPLES
from kiosk.screens.scene import pressable
from kiosk.screens.theme import MIN_TARGET
from kiosk.view import AskEnd, Confirm, Dismiss

from .drawing import drawn

SCREENS = {
    "every header": [layout.LANGUAGE],
    "idle": [*layout.LANGUAGES, layout.IDLE_TOUCH, layout.GATE],
    "sign-in": [layout.LANGUAGE, *layout.KEYPAD.values(), layout.NEXT, layout.BACK],
    "my visits": [layout.SIGN_OUT, *layout.GET_READY],
    "my visits, failed": [layout.SIGN_OUT, layout.TRY_AGAIN],
    "waiting": [layout.SIGN_OUT, layout.SELF_VIEW_WAITING, layout.METER],
    "in visit": [layout.VOLUME_DOWN, layout.VOLUME_UP, layout.END_VISIT, layout.SELF_VIEW],
    "held": [layout.HELD_END_VISIT],
    "ended": [layout.MY_VISITS, layout.ENDED_SIGN_OUT],
    "out of order": [layout.CODE],
    "technician": [
        layout.LEAVE,
        *layout.DEVICES,
        layout.TECHNICIAN_PICTURE,
        layout.SELF_TEST,
        layout.SEND_REPORT,
        layout.RESTART,
    ],
    "sheet": [layout.SHEET_CONFIRM, layout.SHEET_DISMISS],
}


@pytest.mark.parametrize("screen", SCREENS)
def test_targets_are_large_enough_inside_and_apart(screen: str) -> None:
    boxes = SCREENS[screen]
    for box in boxes:
        assert min(box.w, box.h) >= MIN_TARGET
        assert box.x >= 0 and box.y >= 0
        assert box.right <= layout.WIDTH and box.bottom <= layout.HEIGHT
    for one, other in combinations(boxes, 2):
        assert not one.overlaps(other), (one, other)


@pytest.mark.parametrize("name", SAMPLES)
def test_every_button_stands_on_a_box_of_the_layout(name: str) -> None:
    named = {box for value in vars(layout).values() for box in _boxes(value)}
    view = SAMPLES[name]
    buttons = [each for each in drawn(view) if isinstance(each, Button)]
    assert {each.box for each in buttons} <= named
    reachable = pressable(view, drawn(view))
    for one, other in combinations(reachable, 2):
        assert not one.box.overlaps(other.box), (one, other)


def _boxes(value: object) -> list[Box]:
    if isinstance(value, Box):
        return [value]
    if isinstance(value, tuple):
        return [each for each in value if isinstance(each, Box)]
    return [each for each in value.values() if isinstance(each, Box)] if isinstance(
        value, dict
    ) else []  # fmt: skip


@pytest.mark.parametrize(
    "opener", [layout.END_VISIT, layout.HELD_END_VISIT, layout.SIGN_OUT, layout.RESTART]
)
def test_a_sheets_buttons_never_lie_where_the_press_was_that_opened_it(opener: Box) -> None:
    assert not opener.overlaps(layout.SHEET_CONFIRM)
    assert not opener.overlaps(layout.SHEET_DISMISS)


def test_after_confirming_the_end_nothing_lies_where_the_finger_is() -> None:
    for box in (layout.MY_VISITS, layout.ENDED_SIGN_OUT):
        assert not box.overlaps(layout.SHEET_CONFIRM)


@pytest.mark.parametrize("name", [each for each in SAMPLES if SAMPLES[each].sheet])
def test_a_sheet_puts_everything_else_out_of_reach(name: str) -> None:
    view = SAMPLES[name]
    reachable = pressable(view, drawn(view))
    assert {type(each.intent) for each in reachable} == {Confirm, Dismiss}
    assert {each.box for each in reachable} == {layout.SHEET_CONFIRM, layout.SHEET_DISMISS}


@pytest.mark.parametrize(
    "name",
    [each for each in SAMPLES if each[:2] in ("k5", "k6") and not SAMPLES[each].ending],
)
def test_end_visit_is_never_disabled(name: str) -> None:
    ends = [
        each
        for each in drawn(SAMPLES[name])
        if isinstance(each, Button) and isinstance(each.intent, AskEnd)
    ]
    assert len(ends) == 1
    assert ends[0].enabled


@pytest.mark.parametrize(
    ("width", "height", "scale", "left", "top"),
    [
        (1280, 800, 1.0, 0, 0),
        (1920, 1080, 1.35, 96, 0),
        (800, 480, 0.6, 16, 0),
        (1280, 1024, 1.0, 0, 112),
    ],
)
def test_the_design_is_centred_and_keeps_its_shape(
    width: int, height: int, scale: float, left: float, top: float
) -> None:
    frame = Frame(width, height)
    assert frame.scale == pytest.approx(scale)
    assert frame.left == pytest.approx(left)
    assert frame.top == pytest.approx(top)
    at = frame.pixels(layout.NEXT)
    assert at.x == pytest.approx(left + layout.NEXT.x * scale, abs=0.51)
    assert at.bottom == pytest.approx(top + layout.NEXT.bottom * scale, abs=0.51)
    there = frame.point(*layout.NEXT.centre)
    assert frame.design(*there) == pytest.approx(layout.NEXT.centre)
    assert at.contains(*there)


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (800, 480), (1280, 1024)])
def test_video_and_backgrounds_run_to_the_windows_edges(width: int, height: int) -> None:
    frame = Frame(width, height)
    remote = frame.pixels(layout.REMOTE_VIDEO, layout.REMOTE_BLEED)
    assert (remote.x, remote.y, remote.w) == (0, 0, width)
    assert remote.bottom == round(frame.top + 680 * frame.scale)
    assert frame.pixels(ALL, "ltrb") == Box(0, 0, width, height)


def test_boxes_know_their_middle_and_their_edges() -> None:
    box = Box(10, 20, 30, 40)
    assert box.center == box.centre == (25, 40)
    assert box.contains(10, 20)
    assert not box.contains(40, 20)
    assert not box.contains(10, 60)
    assert not box.overlaps(Box(40, 20, 5, 5))
    assert box.overlaps(Box(39, 59, 5, 5))
