"""Collects a screen's items, and knows how wide text is. Pure: the measure is an argument."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from kiosk.screens import theme
from kiosk.screens.items import Button, Fill, Icon, Item, Oval, Picture, Text
from kiosk.screens.layout import Box
from kiosk.screens.theme import Colour

Measure = Callable[[str, float, bool], float]
"""Width in design pixels of a text at a size, bold or not."""

Span = tuple[str, bool, Colour]
"""Text, bold, colour."""

ELLIPSIS: Final = "…"


class Pen:
    """Writes items in order. All positions in design pixels."""

    def __init__(self, measure: Measure) -> None:
        self.measure = measure
        self.items: list[Item] = []

    def add(self, *items: Item) -> None:
        """Put items on top."""
        self.items.extend(items)

    def fill(
        self,
        box: Box,
        colour: Colour,
        radius: float = 0,
        border: Colour = "",
        border_width: float = 0,
        *,
        bleed: str = "",
    ) -> None:
        """A rectangle."""
        self.add(Fill(box, colour, radius, border, border_width, bleed))

    def disc(
        self,
        x: float,
        y: float,
        across: float,
        colour: Colour,
        *,
        border: Colour = "",
        width: float = 0,
    ) -> None:
        """A disc around (x, y)."""
        box = Box(x - across / 2, y - across / 2, across, across)
        self.add(Fill(box, colour, across / 2, border, width))

    def icon(self, name: str, x: float, y: float, size: float, colour: Colour = theme.PINE) -> None:
        """A symbol with its top left corner at (x, y)."""
        self.add(Icon(name, Box(x, y, size, size), colour))

    def oval(self, box: Box, colour: Colour, width: float) -> None:
        """The line of an ellipse."""
        self.add(Oval(box, colour, width))

    def picture(self, picture: Picture) -> None:
        """Video."""
        self.add(picture)

    def button(self, button: Button) -> None:
        """Something to press."""
        self.add(button)

    # -- text -------------------------------------------------------------------------------

    def text(
        self,
        x: float,
        baseline: float,
        text: str,
        size: float,
        colour: Colour = theme.INK,
        *,
        bold: bool = False,
        align: str = "left",
        width: float | None = None,
    ) -> float:
        """Write one line and return the x after it.

        `x` is the left end, the middle or the right end, by `align`. Where it would be wider
        than `width` it is set smaller, down to `theme.SMALLEST`, and then cut with an ellipsis.
        """
        if width is not None:
            text, size = self.fitted(text, size, bold, width)
        across = self.measure(text, size, bold)
        left = x - {"left": 0.0, "centre": across / 2, "right": across}[align]
        self.add(Text(left, baseline, text, size, colour, bold))
        return left + across

    def fitted(self, text: str, size: float, bold: bool, width: float) -> tuple[str, float]:
        """Return text and size that are no wider than `width`."""
        while size > theme.SMALLEST and self.measure(text, size, bold) > width:
            size = max(theme.SMALLEST, size - 2)
        if self.measure(text, size, bold) <= width:
            return text, size
        while text and self.measure(text + ELLIPSIS, size, bold) > width:
            text = text[:-1].rstrip()
        return text + ELLIPSIS, size

    def spans(self, x: float, baseline: float, spans: Iterable[Span], size: float) -> float:
        """Write spans of different weight one after the other; return the x after them."""
        for text, bold, colour in spans:
            x = self.text(x, baseline, text, size, colour, bold=bold) + 0.32 * size
        return x - 0.32 * size

    def wrapped(self, text: str, size: float, bold: bool, width: float) -> list[str]:
        """Return the lines of `text`, none wider than `width` unless one word is."""
        lines: list[str] = []
        for word in text.split():
            longer = f"{lines[-1]} {word}" if lines else word
            if lines and self.measure(longer, size, bold) <= width:
                lines[-1] = longer
            else:
                lines.append(word)
        return lines

    def paragraph(
        self,
        x: float,
        baseline: float,
        text: str,
        size: float,
        width: float,
        *,
        colour: Colour = theme.INK,
        bold: bool = False,
        lines: int = 2,
        leading: float = theme.HEADING_LEADING,
    ) -> float:
        """Write at most `lines` lines, set smaller where needed; return the last baseline."""
        while size > theme.SMALLEST and not self._fits(text, size, bold, width, lines):
            size = max(theme.SMALLEST, size - 2)
        wrapped = self.wrapped(text, size, bold, width)
        kept = [*wrapped[: lines - 1], " ".join(wrapped[lines - 1 :])]
        for number, line in enumerate(each for each in kept if each):
            self.text(
                x, baseline + number * size * leading, line, size, colour, bold=bold, width=width
            )
        return baseline + (min(len(wrapped), lines) - 1) * size * leading

    def _fits(self, text: str, size: float, bold: bool, width: float, lines: int) -> bool:
        wrapped = self.wrapped(text, size, bold, width)
        narrow = all(self.measure(line, size, bold) <= width for line in wrapped)
        return narrow and len(wrapped) <= lines

    # -- digits that tick -------------------------------------------------------------------

    def digits(
        self,
        x: float,
        baseline: float,
        text: str,
        size: float,
        colour: Colour = theme.INK,
        *,
        align: str = "left",
    ) -> float:
        """Write digits, each in a cell of its own so that none moves; return the x after them."""
        cells = [theme.COLON_CELL if each in ":. " else theme.DIGIT_CELL for each in text]
        across = sum(cells) * size
        x -= {"left": 0.0, "centre": across / 2, "right": across}[align]
        for each, cell in zip(text, cells, strict=True):
            own = self.measure(each, size, True)
            if each != " ":
                self.add(Text(x + (cell * size - own) / 2, baseline, each, size, colour, True))
            x += cell * size
        return x


def middle(y: float, size: float) -> float:
    """Return the baseline that centres capitals of `size` on `y`."""
    return y + theme.CAP_HEIGHT * size / 2
