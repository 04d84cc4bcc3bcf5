"""`visit-kiosk`: puts the terminal together: configuration, lock, hardware, terminal, screens."""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import click

from config.loader import load_terminal
from config.problems import ConfigError
from config.schema import Display, TerminalConfig
from hardware import health, hooks
from hardware.alsa_settings import use_system_settings
from hardware.display import complaint
from hardware.plugs import Plugs
from kiosk import display_gone, fault_history, lockdown, sdl, technician_lock, unconfigured
from kiosk.fault_history import FaultHistory
from kiosk.media.engine import Spares
from kiosk.pulse import stay_alive
from kiosk.session import Session
from kiosk.startup import CannotStart, check_display, only_one, stop_by_signal
from kiosk.state_files import StateFiles
from kiosk.technician import New, ScreenSeen, Technician
from kiosk.technician_lock import TechnicianLock
from kiosk.terminal import Parts, Terminal
from kiosk.versions import versions
from kiosk.view import View
from kiosk.visit_media import VisitMedia
from kiosk.volume_memory import VolumeMemory
from signalling import logs
from signalling.descriptions import AddressPolicy
from signalling.link import Address, Link
from signalling.notify import Notifier
from signalling.terminal_key import BadKeyFile, TerminalKey

log = logging.getLogger(__name__)

DEFAULT_CONFIG: Final = "/etc/visitbooth/terminal.toml"
BAD_CONFIG: Final = 2
FAILED: Final = 1
START_AGAIN: Final = 75
"""The technician asked for it (EX_TEMPFAIL of sysexits.h): a service manager starts it again."""


@click.command(epilog="The file's keys are explained by: visit-config example terminal")
@click.option(
    "--config",
    "config_path",
    type=click.Path(dir_okay=False, path_type=Path),
    default=DEFAULT_CONFIG,
    envvar="VISITBOOTH_TERMINAL",
    show_default=True,
    show_envvar=True,
    help="The terminal's configuration.",
)
@click.option("--windowed", is_flag=True, help="In a window with a pointer, for trying it out.")
def main(config_path: Path, windowed: bool) -> None:
    """Be the visitation terminal on this screen until stopped by SIGTERM.

    \b
    Examples:
      visit-kiosk
      visit-kiosk --config terminal.toml --windowed
      VISITBOOTH_TERMINAL=terminal.toml visit-kiosk
    """
    use_system_settings(os.environ)
    notifier = Notifier.of(os.environ)  # before a child is started that could speak for us
    faulthandler.enable()  # systemd's watchdog ends a stuck screen by SIGABRT: the log says where
    shown = Shown()
    _log_to_stderr(logs.TEXT, shown)  # until the configuration says how
    try:
        config = load_terminal(config_path)
    except ConfigError as error:
        click.echo(str(error), err=True)
        sys.exit(BAD_CONFIG if windowed else _show_mistakes(config_path, error, notifier))
    _log_to_stderr(config.log_format, shown)
    try:
        check_display(os.environ)
        with only_one(Path(config.state_dir)):
            again = _start(config, shown, notifier, windowed=windowed)
    except* (BadKeyFile, CannotStart) as errors:
        for each in errors.exceptions:
            click.echo(f"visit-kiosk: {each}", err=True)
        sys.exit(FAILED)
    if again:
        sys.exit(START_AGAIN)


def _show_mistakes(path: Path, found: ConfigError, notifier: Notifier) -> int:
    """Show on a wall's screen what is wrong, until it is right; return the exit status."""
    try:
        check_display(os.environ)
        return START_AGAIN if unconfigured.show_until_right(path, found, notifier) else 0
    except CannotStart as error:
        click.echo(f"visit-kiosk: {error}", err=True)
        return BAD_CONFIG


def _start(config: TerminalConfig, shown: Shown, notifier: Notifier, *, windowed: bool) -> bool:
    """Return whether it is to be started again."""
    # An empty folder of its own each time: what is planted in Kivy's home does not come back.
    with tempfile.TemporaryDirectory(prefix="visitbooth-kivy-") as home:
        lockdown.close_environment(Path(home))
        try:
            lockdown.configure(config.display, windowed=windowed)
        except OSError as error:
            raise CannotStart(f"SDL cannot open the display: {error}") from error
        return asyncio.run(_run(config, shown, notifier, windowed=windowed))


@dataclass(slots=True)
class Shown:
    """The visit on the screen, which the log's lines are about: a terminal has one at a time."""

    visit: str | None = None


def _log_to_stderr(form: str, shown: Shown) -> None:
    logs.set_up(form, visit=lambda: shown.visit)
    for library in ("kivy", "websockets"):
        logging.getLogger(library).setLevel(logging.WARNING)


async def _run(config: TerminalConfig, shown: Shown, notifier: Notifier, *, windowed: bool) -> bool:
    """Run until SIGTERM or SIGINT, or until the technician wants it started again (True).

    Then stop everything, the last started first.
    """
    # The window is made by these imports; it must come after the lock.
    from kivy.core.window import Window  # noqa: PLC0415 - makes the window

    if Window is None:
        raise CannotStart(f"SDL cannot open the display ({os.environ['SDL_VIDEODRIVER']})")
    from kiosk.app import KioskApp, paints  # noqa: PLC0415 - imports the window
    from kiosk.screens.root import Root  # noqa: PLC0415 - imports the window

    # No failure: display and kiosk are started again.
    _kept = display_gone.end_with(START_AGAIN, os.environ["SDL_VIDEODRIVER"])
    stop, again = stop_by_signal(), asyncio.Event()
    root = Root(post=lambda intent: terminal.post(intent))  # noqa: PLW0108 - made below
    key = _key(Path(config.state_dir))
    volume, files = VolumeMemory(Path(config.state_dir)), StateFiles(Path(config.state_dir))
    link = _link(config, key)
    parts = Parts(
        link=link,
        media=VisitMedia(Spares(config.devices, config.network), paints(root)),
        hook=hooks.hook(config.devices),
        keypad=hooks.keypad(config.devices),
        policy=AddressPolicy.of(allow=config.network.allow_peers),
        show=_noting(volume, shown, root.show),
        keep=files.keep,
        restart=again.set,
        health=partial(health.read, Path(config.state_dir)),
        plugs=None if config.devices.all_simulated else Plugs(),
    )
    new = None if key.enrolled else New(config.terminal, config.hub)
    screen = _look_at_screen(Window, config.display, windowed=windowed)
    for said in health.read(Path(config.state_dir)).complaints():
        log.warning('machine="%s"', said)
    terminal = Terminal(parts, _session(config, volume.recalled, files, (screen, new)))
    keeping = (volume.run(), files.run(), stay_alive(notifier, Window, lambda: link.is_up))
    await _until_any(stop, again, KioskApp(root), terminal, keeping)
    return again.is_set()


async def _until_any(
    stop: asyncio.Event,
    again: asyncio.Event,
    app: Any,
    terminal: Terminal,
    beside: Iterable[Coroutine[Any, Any, None]],
) -> None:
    """Run screen and terminal until one of them ends or one of the events comes.

    `beside` runs until then.
    """
    async with asyncio.TaskGroup() as tasks:
        screen = tasks.create_task(app.async_run("asyncio"), name="screen")
        running = tasks.create_task(terminal.run(), name="terminal")
        events = [tasks.create_task(each.wait(), name="stop") for each in (stop, again)]
        keeping = [tasks.create_task(each, name="beside") for each in beside]
        await asyncio.wait({screen, running, *events}, return_when=asyncio.FIRST_COMPLETED)
        for each in (*events, running):
            each.cancel()
        await asyncio.wait({running})
        for task in keeping:
            task.cancel()
        app.stop()
    log.info("kiosk=stopped")


def _look_at_screen(window: sdl.Window, display: Display, *, windowed: bool) -> ScreenSeen:
    """Say in the log what SDL has opened, and what is wrong with it."""
    try:
        screen = sdl.opened(window)
    except OSError as error:
        log.warning('display=unknown error="%s"', error)
        return ScreenSeen()
    full = display.fullscreen and not windowed
    driver = os.environ["SDL_VIDEODRIVER"]
    said = complaint(screen, driver, display.width, display.height, fullscreen=full)
    log.info('display="%s"', screen)
    if said:
        log.warning('display=wrong reason="%s"', said)
    return ScreenSeen(f"{screen.width} x {screen.height}, {screen.driver}", said)


def _session(
    config: TerminalConfig, volume: int, files: StateFiles, seen: tuple[ScreenSeen, New | None]
) -> Session:
    screen, new = seen
    wrong = files.recall(technician_lock.FILE, technician_lock.MAX_BYTES, TechnicianLock.decode)
    history = files.recall(fault_history.FILE, fault_history.MAX_BYTES, FaultHistory.decode)
    return Session(
        language=config.language,
        clock_offset_s=time.time() - time.monotonic(),
        volume=volume,
        technician=Technician(
            TechnicianLock(config.technician, wrong), versions(), screen, config.devices, new
        ),
        history=history,
    )


def _noting(
    volume: VolumeMemory, shown: Shown, show: Callable[[View], None]
) -> Callable[[View], None]:
    def noted(view: View) -> None:
        volume.remember(view.volume)
        shown.visit = view.visit.id if view.visit is not None else None
        show(view)

    return noted


def _key(state_dir: Path) -> TerminalKey:
    try:
        return TerminalKey.load_or_make(state_dir)
    except OSError as error:
        raise CannotStart(
            f"the terminal's key cannot be read or written in the state_dir {state_dir}:"
            f" {error.strerror}"
        ) from error


def _link(config: TerminalConfig, key: TerminalKey) -> Link:
    address = Address(config.hub, config.hub_name, config.terminal, config.ca_file, config.ca)
    return Link(address, key, config.enrolment_code, jitter=random.SystemRandom())


if __name__ == "__main__":
    main()
