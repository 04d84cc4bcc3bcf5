"""Turns items into drawing instructions, and draws again only what changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kivy.graphics import BorderImage, Color, InstructionGroup, Rectangle
from kivy.utils import get_color_from_hex

from kiosk.screens import fonts, raster
from kiosk.screens.items import Fill, Icon, Oval, Picture, Primitive, Source, Text
from kiosk.screens.layout import Box, Frame
from kiosk.screens.video import VideoPicture


class Painter:
    """One group of instructions per item; equal items at the same place keep theirs."""

    def __init__(self, canvas: InstructionGroup, pictures: Mapping[Source, VideoPicture]) -> None:
        self._canvas = canvas
        self._pictures = pictures
        self._frame = Frame(1, 1)
        self._drawn: list[Primitive] = []
        self._groups: list[InstructionGroup] = []

    def paint(self, frame: Frame, items: Sequence[Primitive]) -> int:
        """Show `items` in a window of this frame. Return how many had to be drawn."""
        if frame != self._frame:
            self._frame, self._drawn = frame, []
        while len(self._groups) < len(items):
            self._groups.append(InstructionGroup())
            self._canvas.add(self._groups[-1])
        drawn = [*self._drawn, *[None] * (len(items) - len(self._drawn))]
        changed = [
            at for at, (new, old) in enumerate(zip(items, drawn, strict=False)) if new != old
        ]
        # All are emptied before any is filled: a picture's instructions may be in one group only.
        for group in [*(self._groups[at] for at in changed), *self._groups[len(items) :]]:
            group.clear()
        for at in changed:
            self._draw(self._groups[at], items[at])
        self._drawn = list(items)
        return len(changed)

    def warm(self, items: Sequence[Primitive]) -> None:
        """Make the textures of items that are soon to be shown in a window of this frame."""
        for item in items:
            if not isinstance(item, Picture):
                self._draw(InstructionGroup(), item)

    def _draw(self, group: InstructionGroup, item: Primitive) -> None:
        match item:
            case Fill():
                self._fill(group, item)
            case Oval():
                self._oval(group, item)
            case Text():
                self._text(group, item)
            case Icon():
                self._icon(group, item)
            case Picture():
                self._picture(group, item)

    def _place(self, box: Box) -> tuple[tuple[float, float], tuple[float, float]]:
        """Return Kivy's position (from the bottom left) and size of a box of window pixels."""
        return (box.x, self._frame.height - box.bottom), (box.w, box.h)

    def _fill(self, group: InstructionGroup, item: Fill) -> None:
        at = self._frame.pixels(item.box, item.bleed)
        pos, size = self._place(at)
        if not item.radius and not item.border:
            group.add(Color(*get_color_from_hex(item.colour)))
            group.add(Rectangle(pos=pos, size=size))
            return
        radius, line = item.radius * self._frame.scale, item.border_width * self._frame.scale
        # Only the corners are rasterised; the straight parts between them are stretched.
        corner = int(max(radius, line)) + 1
        w, h = (int(min(side, 2 * corner + 2)) for side in size)
        texture = raster.rounded(
            w, h, min(radius, w / 2, h / 2), item.colour, item.border, border_width=line
        )
        group.add(Color(1, 1, 1, 1))
        if (w, h) == (int(size[0]), int(size[1])):
            group.add(Rectangle(pos=pos, size=size, texture=texture))
            return
        across, down = min(corner, w // 2), min(corner, h // 2)
        group.add(
            BorderImage(pos=pos, size=size, texture=texture, border=(down, across, down, across))
        )

    def _oval(self, group: InstructionGroup, item: Oval) -> None:
        at = self._frame.pixels(item.box)
        line = item.width * self._frame.scale
        self._texture(group, at, raster.oval(int(at.w), int(at.h), item.colour, line))

    def _icon(self, group: InstructionGroup, item: Icon) -> None:
        at = self._frame.pixels(item.box)
        self._texture(group, at, raster.icon(item.name, int(at.w), int(at.h), item.colour))

    def _texture(self, group: InstructionGroup, at: Box, texture: object) -> None:
        pos, size = self._place(at)
        group.add(Color(1, 1, 1, 1))
        group.add(Rectangle(pos=pos, size=size, texture=texture))

    def _text(self, group: InstructionGroup, item: Text) -> None:
        # Whole sizes only, and rather smaller: a line never grows out of its place.
        pixels = max(1, int(item.size * self._frame.scale + 0.01))
        texture, descent = fonts.line(item.text, pixels, item.bold)
        x, baseline = self._frame.point(item.x, item.baseline)
        pos = (round(x), round(self._frame.height - baseline) - descent)
        group.add(Color(*get_color_from_hex(item.colour)))
        group.add(Rectangle(pos=pos, size=texture.size, texture=texture))

    def _picture(self, group: InstructionGroup, item: Picture) -> None:
        picture = self._pictures[item.source]
        at = self._frame.pixels(item.box, item.bleed)
        picture.put(at, self._frame.height, item.radius * self._frame.scale, item.dim)
        group.add(picture.drawing)
