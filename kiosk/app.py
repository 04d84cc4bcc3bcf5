"""The Kivy application: a locked window with one root widget. Import only after `lockdown`.

`kivy.core.window` makes the window when it is imported, so nothing here is imported before the
environment is closed and the configuration set.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

from kivy.app import App
from kivy.core.window import Window

from kiosk import lockdown
from kiosk.media.frames import Picture
from kiosk.screens.beat import Beat
from kiosk.screens.root import Root
from kiosk.screens.video import VideoPicture

log = logging.getLogger(__name__)


def painter(picture: VideoPicture) -> Callable[[Picture], None]:
    """Return what shows a frame of the media process on `picture`."""

    def paint(frame: Picture) -> None:
        picture.update(
            frame.width,
            frame.height,
            frame.y,
            frame.u,
            frame.v,
            stride_y=frame.stride_y,
            stride_uv=frame.stride_uv,
            matrix=frame.matrix,
            full_range=frame.full_range,
        )

    return paint


def hurrying(beat: Beat, paint: Callable[[Picture], None]) -> Callable[[Picture], None]:
    """Return `paint` that also has the screen drawn at once."""

    def hurry(frame: Picture) -> None:
        paint(frame)
        beat.hurry()

    return hurry


def announcing(
    picture: VideoPicture, paint: Callable[[Picture], None]
) -> Callable[[Picture], None]:
    """Return `paint` that logs when the first frame since a clear stands on the screen."""

    def flipping(window: Any) -> None:
        window.unbind(on_flip=flipping)
        # Bound handlers run just before the flip; what is called soon runs just after it.
        asyncio.get_running_loop().call_soon(painted)

    def painted() -> None:
        log.info("painted stream=remote at=%.3f", time.time())

    def announce(frame: Picture) -> None:
        paint(frame)
        if picture.frames == 1:
            Window.bind(on_flip=flipping)

    return announce


def paints(root: Root) -> dict[str, Callable[[Picture], None]]:
    """Return what shows the media process's streams on `root`, by their names.

    The family's pictures set the pace of the screen from now on; one's own come along.
    """
    remote = announcing(root.remote, painter(root.remote))
    return {"remote": hurrying(Beat(), remote), "self": painter(root.self_view)}


class KioskApp(App):  # type: ignore[misc]  # Kivy has no types
    """Shows `root` until stopped. Run it with `await app.async_run("asyncio")`."""

    title = "Visitbooth"
    use_kivy_settings = False

    def __init__(self, root: Any) -> None:
        super().__init__()
        self._root_widget = root

    def build(self) -> Any:
        """Return the root widget. Called by Kivy, once the window is there."""
        lockdown.check()
        lockdown.close_window(Window)
        return self._root_widget

    def load_kv(self, *_args: object, **_more: object) -> bool:
        """Load no .kv file: Kivy would take any that lies beside this one."""
        return False

    def open_settings(self, *_args: object) -> bool:
        """Open nothing: F1 would show and save Kivy's configuration."""
        return True

    def _install_settings_keys(self, _window: Any) -> None:
        """Bind no settings key."""
