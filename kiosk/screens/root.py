"""The one widget: shows views, turns presses into intents.

A press acts on release inside the button that it began on. Everything else that is touched posts
`Touch`: on the idle screen it starts, elsewhere it keeps the session awake.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Final

from kivy.clock import Clock
from kivy.core.window import Window
from kivy.uix.widget import Widget
from kivy.utils import get_color_from_hex

from kiosk.screens import buttons, fonts, theme
from kiosk.screens.items import Button, Item, Look, Primitive, Source
from kiosk.screens.layout import SHEET, Frame
from kiosk.screens.painter import Painter
from kiosk.screens.scene import pressable, scene
from kiosk.screens.theme import MIN_TARGET
from kiosk.screens.video import VideoPicture
from kiosk.view import Intent, ScreenName, Touch, View

SECOND_PRESS_S: Final = 0.5
"""A press this soon after the one that changed the screen, and at its place, was meant for it."""

WARM_AFTER_S: Final = 0.5
"""The waiting screen is drawn and heard first; then there is time for what comes after it."""

WITH_PICTURES: Final = frozenset(
    {ScreenName.WAITING, ScreenName.IN_VISIT, ScreenName.HELD, ScreenName.TECHNICIAN}
)


class Root(Widget):  # type: ignore[misc] # Kivy has no types
    """Every screen of the terminal. Use only from the thread that draws.

    `post` is called with each intent, synchronously, from within Kivy's touch handling.
    `remote` and `self_view` take pictures at any time; what is not on screen is not drawn.
    """

    def __init__(self, post: Callable[[Intent], None], **properties: Any) -> None:
        super().__init__(**properties)
        # The ground of every screen. Drawn as a rectangle it would cost a fifth of a redraw
        # where there is no graphics card.
        Window.clearcolor = get_color_from_hex(theme.PAPER)
        self.remote = VideoPicture()
        self.self_view = VideoPicture(mirrored=True)
        pictures = {Source.REMOTE: self.remote, Source.SELF: self.self_view}
        self._painter = Painter(self.canvas, pictures)
        self._tell = post
        self._view: View | None = None
        self._items: tuple[Item, ...] = ()
        self._presses: dict[Any, Button] = {}
        self._holds: dict[Any, Any] = {}
        self._done: set[Any] = set()
        self._focus: int | None = None
        self._last_release: tuple[float, float, float] | None = None
        self._changed_since_release = False
        self._acts = False
        self._sheet_went_at = float("-inf")
        self._warm = Clock.create_trigger(self._warm_visit, WARM_AFTER_S)
        self.redrawn = 0
        """Items drawn so far; stands still while nothing changes."""
        self.bind(size=self._resized, pos=self._resized)

    # -- showing ----------------------------------------------------------------------------

    @property
    def view(self) -> View | None:
        """What is shown now."""
        return self._view

    def show(self, view: View) -> None:
        """Show `view`; only what differs from the last one is drawn.

        Raises:
            MissingWords: a text or the language has no translation.
        """
        before = self._view
        if view == before:
            return
        self._items = scene(view, fonts.width)
        self._view = view
        if before is None or view.screen not in WITH_PICTURES or _visit(view) != _visit(before):
            # Nothing of one visit may be seen in another, nor after the end.
            self.remote.clear()
            self.self_view.clear()
        elif _camera_is_off(view) or _camera_is_off(before):
            # The last picture must not be seen when the camera is on again.
            self.remote.clear()
        if _lost_sheet(before, view) and not self._acts:
            self._sheet_went_at = time.time()  # as Kivy times its touches
        if before is None or (view.screen, _sheet(view)) != (before.screen, _sheet(before)):
            self._changed_since_release = True
            self._focus = None
        self._paint()
        if view.screen is ScreenName.WAITING and _what(view) != _what(before):
            self._warm()

    def _warm_visit(self, _: float) -> None:
        """Make the visit's symbols and texts while it is waited for: the press finds them made."""
        view = self._view
        if view is not None and view.screen is ScreenName.WAITING:
            visit = scene(replace(view, screen=ScreenName.IN_VISIT, sheet=None), fonts.width)
            self._painter.warm(self._primitives(visit))

    def _resized(self, *_: object) -> None:
        if self._view is not None:
            self._paint()

    def _paint(self) -> None:
        self.redrawn += self._painter.paint(self._frame(), self._primitives(self._items))

    def _primitives(self, items: Iterable[Item]) -> list[Primitive]:
        primitives: list[Primitive] = []
        focused = self._focused()
        pressed = {(each.box, each.intent) for each in self._presses.values()}
        for item in items:
            if isinstance(item, Button):
                down = (item.box, item.intent) in pressed
                primitives += buttons.paint(item, fonts.width, down, item == focused)
            else:
                primitives.append(item)
        return primitives

    def _frame(self) -> Frame:
        return Frame(max(1.0, self.width), max(1.0, self.height))

    # -- touching ---------------------------------------------------------------------------

    def on_touch_down(self, touch: Any) -> bool:
        """Press the button under the finger, if it may be pressed."""
        if self._view is None or ("button" in touch.profile and touch.button != "left"):
            return True
        x, y = self._design(touch)
        if self._is_second_press(x, y, touch.time_start):
            return True
        if SHEET.contains(x, y) and touch.time_start - self._sheet_went_at < SECOND_PRESS_S:
            return True  # meant for the sheet that has just gone by itself
        touch.grab(self)
        button = self._button_at(x, y)
        if button is not None:
            self._presses[touch.uid] = button
            if button.on_hold is not None:
                held = Clock.schedule_once(lambda _: self._held(touch.uid), button.hold_s)
                self._holds[touch.uid] = held
            self._paint()
        return True

    def on_touch_move(self, touch: Any) -> bool:
        """Nothing: whether a press counts is decided where it is released."""
        return True

    def on_touch_up(self, touch: Any) -> bool:
        """Act, if the finger leaves the screen where it came down."""
        if touch.grab_current is not self:
            return True
        touch.ungrab(self)
        self._forget_hold(touch.uid)
        button = self._presses.pop(touch.uid, None)
        x, y = self._design(touch)
        self._last_release = (x, y, touch.time_end)
        self._changed_since_release = False
        self._paint()
        if touch.uid in self._done:
            self._done.remove(touch.uid)
        elif button is None or not button.box.contains(x, y):
            self._post(Touch())
        elif self._is_still_there(button):
            self._post(button.intent)
        return True

    def _post(self, intent: Intent) -> None:
        """Tell what is wanted; what is shown meanwhile follows from it."""
        self._acts = True
        try:
            self._tell(intent)
        finally:
            self._acts = False

    def _held(self, uid: Any) -> None:
        """A long press acts by itself; its release then posts nothing."""
        self._forget_hold(uid)
        button = self._presses.get(uid)
        if button is not None and button.on_hold is not None and self._is_still_there(button):
            del self._presses[uid]
            self._done.add(uid)
            self._paint()
            self._post(button.on_hold)

    def _forget_hold(self, uid: Any) -> None:
        held = self._holds.pop(uid, None)
        if held is not None:
            held.cancel()

    def _is_second_press(self, x: float, y: float, at: float) -> bool:
        if self._last_release is None or not self._changed_since_release:
            return False
        last_x, last_y, last_at = self._last_release
        near = max(abs(x - last_x), abs(y - last_y)) < MIN_TARGET
        return near and at - last_at < SECOND_PRESS_S

    def _button_at(self, x: float, y: float) -> Button | None:
        assert self._view is not None
        for button in pressable(self._view, self._items):
            if button.box.contains(x, y):
                return button
        return None

    def _is_still_there(self, button: Button) -> bool:
        """The view may have changed while the finger was down."""
        assert self._view is not None
        there = pressable(self._view, self._items)
        return any((each.box, each.intent) == (button.box, button.intent) for each in there)

    def _design(self, touch: Any) -> tuple[float, float]:
        frame = self._frame()
        return frame.design(touch.x - self.x, frame.height - (touch.y - self.y))

    # -- without touching -------------------------------------------------------------------

    def move_focus(self, step: int) -> None:
        """Move the focus ring to another button, in reading order; for keys and switches."""
        order = self._in_reading_order()
        if not order:
            return
        start = -1 if step > 0 else 0
        self._focus = ((start if self._focus is None else self._focus) + step) % len(order)
        self._paint()

    def press_focused(self) -> None:
        """Act as a press on the focused button would; nothing when there is none."""
        focused = self._focused()
        if focused is not None:
            self._post(focused.intent)

    def _focused(self) -> Button | None:
        order = self._in_reading_order()
        return order[self._focus % len(order)] if self._focus is not None and order else None

    def _in_reading_order(self) -> list[Button]:
        if self._view is None:
            return []
        shown = [
            each for each in pressable(self._view, self._items) if each.look is not Look.HIDDEN
        ]
        return sorted(shown, key=lambda each: (each.box.y, each.box.x))


def _what(view: View | None) -> tuple[object, ...] | None:
    return None if view is None else (view.screen, _visit(view), view.language)


def _visit(view: View) -> str | None:
    return view.visit.id if view.visit is not None else None


def _camera_is_off(view: View) -> bool:
    return view.visit is not None and not view.visit.visitor_camera


def _lost_sheet(before: View | None, view: View) -> bool:
    """Whether the screen is the same, but uncovered now."""
    if before is None or before.screen is not view.screen:
        return False
    return before.sheet is not None and view.sheet is None


def _sheet(view: View) -> str | None:
    return view.sheet.kind if view.sheet is not None else None
