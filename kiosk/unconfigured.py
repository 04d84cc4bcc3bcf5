"""The kiosk without a configuration: shows what is wrong with it until it is right.

On a wall nobody reads the journal. What is looked at again and again is a small file; no device is
opened, no hub asked, and no state is kept.
"""

from __future__ import annotations

import asyncio
import json
import logging
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from config.loader import load
from config.problems import ConfigError, Problem
from config.schema import Display, TerminalConfig
from kiosk import lockdown, set_up
from kiosk.pulse import stay_alive
from kiosk.standing import LANGUAGES, NO_FACILITY
from kiosk.startup import CannotStart, stop_by_signal
from kiosk.view import ScreenName, View
from signalling.notify import Notifier

log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 2.0
ADOPTION: Final = Path("/run/visitbooth/adopt.json")
"""What `visit-config adopt` found wrong with the files on a stick."""


def show_until_right(path: Path, found: ConfigError, notifier: Notifier) -> bool:
    """Show the mistakes of `path` until it has none (True), or until SIGTERM or SIGINT.

    Raises:
        CannotStart: SDL cannot open the display.
    """
    with tempfile.TemporaryDirectory(prefix="visitbooth-kivy-") as home:
        lockdown.close_environment(Path(home))
        try:
            lockdown.configure(Display(), windowed=False)
        except OSError as error:
            raise CannotStart(f"SDL cannot open the display: {error}") from error
        return asyncio.run(_show(path, found, notifier))


async def _show(path: Path, found: ConfigError, notifier: Notifier) -> bool:
    from kivy.core.window import Window  # noqa: PLC0415 - makes the window

    if Window is None:
        raise CannotStart("SDL cannot open the display")
    from kiosk.app import KioskApp  # noqa: PLC0415 - imports the window
    from kiosk.screens.root import Root  # noqa: PLC0415 - imports the window

    root = Root(post=lambda _: None)
    app = KioskApp(root)
    screen = asyncio.create_task(app.async_run("asyncio"), name="screen")
    stop = asyncio.create_task(stop_by_signal().wait(), name="stop")
    alive = asyncio.create_task(stay_alive(notifier, Window), name="alive")
    problems = mistakes(path)
    ended: set[asyncio.Task[Any]] = set()
    log.error("kiosk=unconfigured %s", found)
    while problems and not ended:
        root.show(_view(problems))
        ended, _ = await asyncio.wait(
            {screen, stop}, timeout=LOOK_EVERY_S, return_when=asyncio.FIRST_COMPLETED
        )
        problems = mistakes(path)
    stop.cancel()
    alive.cancel()
    app.stop()
    await asyncio.wait({screen})
    return not problems


def mistakes(path: Path, adoption: Path = ADOPTION) -> Sequence[Problem]:
    """Return what is wrong with `path`; where there is none, with the files on a stick."""
    try:
        load(path, TerminalConfig)
    except ConfigError as error:
        return error.problems if path.exists() else _adoption(adoption) or [_missing(path)]
    return ()


def _missing(path: Path) -> Problem:
    return Problem(path, set_up.NO_FILE)


def _adoption(file: Path) -> Sequence[Problem]:
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ()
    return [Problem(Path(each["file"]), each["text"], each["line"]) for each in told["mistakes"]]


def _view(problems: Sequence[Problem]) -> View:
    return View(
        screen=ScreenName.SET_UP,
        now=int(time.time()),
        language=LANGUAGES[0],
        label="",
        unit="",
        facility=NO_FACILITY,
        connected=False,
        set_up=set_up.of_mistakes(problems),
    )
