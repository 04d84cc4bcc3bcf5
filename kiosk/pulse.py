"""Whether people can see this terminal: what systemd's watchdog is told. No Kivy.

The loop turns (or nothing would be told), a frame that is asked for is drawn and given to the
display, SDL's driver is the one that was chosen and shows something, at a size that can be read.
The hub is only told of: without it the screen says so, and a new start would bring no hub.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from functools import partial
from typing import Any, Final, Protocol

from hardware.display import Screen, complaint
from kiosk import sdl
from signalling.notify import Notifier, Unwell, keep_alive

DRAWN_WITHIN_S: Final = 4.0
"""A frame takes some milliseconds; on an emulated machine a second."""


class Window(Protocol):
    """Kivy's window."""

    canvas: Any

    def bind(self, **handlers: Callable[..., Any]) -> object:
        """Call handlers at events."""

    def unbind(self, **handlers: Callable[..., Any]) -> object:
        """Call them no more."""


class Pulse:
    """Feels whether `window` draws. Use only from the thread that draws."""

    def __init__(
        self,
        window: Window,
        screen: Callable[[], Screen],
        driver: str,
        hub_seen: Callable[[], bool] = lambda: False,
    ) -> None:
        self._window, self._screen = window, screen
        self._driver, self._hub_seen = driver, hub_seen

    async def feel(self) -> str:
        """Draw a frame and return what there is to see. Raises Unwell: nothing, or not rightly."""
        await self._draw()
        try:
            screen = self._screen()
        except OSError as error:
            raise Unwell(f"the screen is unknown: {error}") from error
        # Another size than terminal.toml's can be used; the log has said it.
        if said := complaint(screen, self._driver, 0, 0, fullscreen=False):
            raise Unwell(said)
        return f"{screen}, hub {'seen' if self._hub_seen() else 'not seen'}"

    async def _draw(self) -> None:
        loop = asyncio.get_running_loop()
        drawn: asyncio.Future[None] = loop.create_future()

        def shown() -> None:
            if not drawn.done():
                drawn.set_result(None)

        def flipping(*_args: object) -> None:
            # Bound handlers run just before the flip; what is called soon runs just after it.
            loop.call_soon(shown)

        self._window.bind(on_flip=flipping)
        try:
            # An idle screen draws nothing by itself.
            self._window.canvas.ask_update()
            await asyncio.wait_for(drawn, DRAWN_WITHIN_S)
        except TimeoutError:
            raise Unwell(f"no frame was drawn within {DRAWN_WITHIN_S:g} s") from None
        finally:
            self._window.unbind(on_flip=flipping)


async def stay_alive(
    notifier: Notifier, window: Any, hub_seen: Callable[[], bool] = lambda: False
) -> None:
    """Tell systemd of this screen's pulse for ever, where it started us."""
    driver = os.environ["SDL_VIDEODRIVER"]
    pulse = Pulse(window, partial(sdl.opened, window), driver, hub_seen)
    await keep_alive(notifier, pulse.feel)
