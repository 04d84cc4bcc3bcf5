"""How buttons look, and how text is fitted. No display."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kiosk.screens import theme
from kiosk.screens.buttons import paint
from kiosk.screens.items import Button, Fill, Look, Text
from kiosk.screens.layout import (
    END_VISIT,
    NEXT,
)
from kiosk.screens.pen import Pen
from kiosk.screens.samples import (
    SAMPLES,
    in_language,
)
from kiosk.view import (
    AskEnd,
    Key,
)

from .drawing import drawn, measure


def test_a_pressed_button_is_darker_and_a_disabled_one_has_no_fill() -> None:
    red = Button(END_VISIT, AskEnd(), "End visit", "x", Look.RED)
    grounds = [
        next(each.colour for each in paint(red, measure, pressed, focused=False)
             if isinstance(each, Fill))
        for pressed in (False, True)
    ]  # fmt: skip
    assert grounds == [theme.RED, theme.RED_PRESSED]
    off = paint(replace(red, enabled=False), measure, pressed=False, focused=False)
    assert isinstance(off[0], Fill)
    assert (off[0].colour, off[0].border) == (theme.PAPER, theme.HAIR)


def test_focus_is_an_ink_border_and_a_sun_ring() -> None:
    main = Button(NEXT, Key("enter"), "Next", look=Look.MAIN)
    ring, ground = paint(main, measure, pressed=False, focused=True)[:2]
    assert isinstance(ring, Fill)
    assert isinstance(ground, Fill)
    assert (ring.box, ring.colour) == (NEXT.inset(-6), theme.SUN)
    assert (ground.box, ground.border) == (NEXT, theme.INK)


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("language", ["en", "es"])
def test_labels_fit_their_buttons(name: str, language: str) -> None:
    view = in_language(SAMPLES[name], language)
    for button in (each for each in drawn(view) if isinstance(each, Button)):
        for each in paint(button, measure, pressed=False, focused=False):
            if isinstance(each, Text):
                assert each.x >= button.box.x
                assert each.x + measure(each.text, each.size, each.bold) <= button.box.right
                assert "…" not in each.text


def test_text_is_set_smaller_before_it_is_cut() -> None:
    pen = Pen(measure)
    assert pen.fitted("Maria", 48, True, 400) == ("Maria", 48)
    text, size = pen.fitted("Maria Guadalupe", 48, True, 300)
    assert (text, 20 < size < 48) == ("Maria Guadalupe", True)
    text, size = pen.fitted("Maria Guadalupe", 48, True, 100)
    assert size == 20
    assert text.endswith("…")
    assert measure(text, size, True) <= 100


def test_each_ticking_digit_keeps_its_cell() -> None:
    def cells(text: str) -> list[float]:
        pen = Pen(measure)
        end = pen.digits(100, 50, text, 100)
        assert end == pytest.approx(100 + 100 * (4 * 0.68 + 0.30))
        return [
            each.x + measure(each.text, each.size, True) / 2
            for each in pen.items
            if isinstance(each, Text)
        ]

    assert cells("11:11") == pytest.approx(cells("00:00"))


def test_paragraphs_break_between_words_and_shrink_to_their_lines() -> None:
    pen = Pen(measure)
    last = pen.paragraph(0, 100, "one two three four five six", 40, 300, lines=2)
    lines = [each for each in pen.items if isinstance(each, Text)]
    assert " ".join(each.text for each in lines) == "one two three four five six"
    assert len(lines) == 2
    assert lines[1].baseline == last
