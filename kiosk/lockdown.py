"""Closes Kivy's own ways out and leaks, before its import and after.

| way out or leak | closed by |
| --- | --- |
| Escape ends the app | `exit_on_escape` 0 |
| F1 opens the settings | `KioskApp` in app.py installs no settings key and opens none |
| window close, Alt+F4, SIGTERM as SDL_QUIT | `on_request_close` returns True, own signal handlers |
| right, middle, Ctrl click: red dots, endless touches | `disable_multitouch`, left button only |
| Kivy parses our command line | `KIVY_NO_ARGS` |
| ~/.kivy/config.ini, ~/.kivy/mods, KCFG_ | own empty `KIVY_HOME`, `KIVY_NO_CONFIG`, no variables |
| modules: inspector, keybinding, recorder, webdebugger | empty, asserted |
| logs in ~/.kivy, Kivy as root logger | `KIVY_NO_FILELOG`, `KIVY_LOG_MODE=PYTHON` |
| clipboard that outlives its user | `KIVY_CLIPBOARD=dummy` |
| every evdev device read (probesysfs) | the mouse is the only input provider |
| libraries named in the environment | variables removed |

The unit file pins what must hold before Python starts: SDL_VIDEODRIVER, LD_*, PYTHON*, `-I`.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Any, Final

from config.schema import Display
from kiosk import sdl

REMOVED_PREFIXES: Final = ("KIVY_", "KCFG_", "GST_", "GTK_")
REMOVED: Final = frozenset({"SDL_DYNAMIC_API", "SDL_GAMECONTROLLERCONFIG_FILE", "USE_SDL2"})
SET: Final = {
    "KIVY_NO_ARGS": "1",
    "KIVY_NO_CONFIG": "1",
    "KIVY_NO_ENV_CONFIG": "1",
    "KIVY_NO_FILELOG": "1",
    "KIVY_NO_CONSOLELOG": "1",
    "KIVY_LOG_MODE": "PYTHON",
    "KIVY_CLIPBOARD": "dummy",
    "KIVY_WINDOW": "sdl2",
    "KIVY_TEXT": "sdl2",
    # Without this SDL turns SIGTERM into a close request, which a locked window refuses.
    "SDL_NO_SIGNAL_HANDLERS": "1",
}
MAX_FPS: Final = 30
WINDOW: Final = (1280, 800)
"""The size of a window where terminal.toml names none: that of the design."""


class NotLocked(RuntimeError):
    """The screen cannot be closed to tampering; the kiosk must not start."""


def close_environment(home: Path) -> None:
    """Set the environment that Kivy is to be imported in. `home` is an empty folder of ours.

    Raises:
        NotLocked: Kivy was imported already, or `home` is not empty.
    """
    if any(name == "kivy" or name.startswith("kivy.") for name in sys.modules):
        raise NotLocked("Kivy was imported before it was locked")
    if any(home.iterdir()):
        raise NotLocked(f"{home} is not empty: Kivy would load what lies there")
    for name in list(os.environ):
        if name.startswith(REMOVED_PREFIXES) or name in REMOVED:
            del os.environ[name]
    os.environ.update(SET, KIVY_HOME=str(home))


def configure(display: Display, *, windowed: bool) -> None:
    """Set Kivy's configuration. Call between `close_environment` and the window's import.

    Raises OSError: SDL has no screen to fill.
    """
    from kivy.config import Config  # noqa: PLC0415 - must come after close_environment

    if "kivy.core.window" in sys.modules:
        raise NotLocked("the window was made before it was locked")
    fullscreen = display.fullscreen and not windowed
    settings: dict[tuple[str, str], object] = {
        ("kivy", "exit_on_escape"): 0,
        ("kivy", "pause_on_minimize"): 0,
        ("kivy", "desktop"): 1,  # 0 would offer a paste bubble on a long press
        ("kivy", "keyboard_mode"): "system",
        ("kivy", "kivy_clock"): "default",
        ("graphics", "fullscreen"): "auto" if fullscreen else 0,
        ("graphics", "borderless"): int(fullscreen),
        ("graphics", "resizable"): 0,
        ("graphics", "show_cursor"): int(windowed),
        ("graphics", "allow_screensaver"): 0,
        ("graphics", "maxfps"): MAX_FPS,
        ("graphics", "vsync"): 0,  # waiting for the display would hold the loop
        ("graphics", "multisamples"): 0,
    }
    for (section, key), value in settings.items():
        Config.set(section, key, str(value))
    logging.getLogger("kivy").setLevel(logging.WARNING)  # its import has set it to info
    for section in ("input", "modules"):
        for key, _ in Config.items(section):
            Config.remove_option(section, key)
    Config.set("input", "mouse", "mouse,disable_multitouch")
    # Last: asking SDL imports of Kivy what reads its configuration.
    width, height = _size(display, fullscreen=fullscreen)
    Config.set("graphics", "width", str(width))
    Config.set("graphics", "height", str(height))


def _size(display: Display, *, fullscreen: bool) -> tuple[int, int]:
    """Return the window's size, pixels.

    On X11 it is the window manager that makes a window fill the screen. Without one it keeps the
    size that it was made with, while SDL reports the screen's: so it is made as large as that.
    """
    if fullscreen and "x11" in os.environ.get("SDL_VIDEODRIVER", "x11").lower():
        return sdl.desktop()
    return display.width or WINDOW[0], display.height or WINDOW[1]


def check() -> None:
    """Assert what cannot be set but only seen, once the window's module is imported.

    Raises:
        NotLocked: a Kivy module is on, or another input provider than the mouse.
    """
    from kivy.config import Config  # noqa: PLC0415 - must come after close_environment

    modules = [key for key, _ in Config.items("modules")]
    if modules:
        raise NotLocked(f"Kivy modules are on: {', '.join(modules)}")
    providers = dict(Config.items("input"))
    if providers != {"mouse": "mouse,disable_multitouch"}:
        raise NotLocked(f"input providers: {providers}")
    if Config.getboolean("kivy", "exit_on_escape"):
        raise NotLocked("Escape would end the kiosk")


def close_window(window: Any) -> None:
    """Refuse close requests and every press that is not a plain left one."""
    window.bind(
        on_request_close=lambda *_args, **_more: True,
        on_touch_down=_not_left,
        on_touch_move=_not_left,
        on_touch_up=_not_left,
    )


def _not_left(_window: Any, touch: Any) -> bool:
    """Return whether to swallow this touch."""
    return "button" in touch.profile and touch.button != "left"
