"""What must hold before a terminal is put together: its own state folder, a display. No Kivy."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import re
import signal
import socket
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Final

LOCK: Final = "kiosk.lock"
X11: Final = "x11"
X11_SOCKETS: Final = "/tmp/.X11-unix/X"  # noqa: S108 - where every X server listens
X11_PORT: Final = 6000
X11_TIMEOUT_S: Final = 5.0
DISPLAY_NAME: Final = re.compile(r"(?P<host>.*):(?P<number>\d{1,5})(\.\d+)?")


class CannotStart(Exception):
    """The kiosk must not start; the text is one sentence that says why."""


def stop_by_signal() -> asyncio.Event:
    """Return what SIGTERM and SIGINT set from now on."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


@contextlib.contextmanager
def only_one(state_dir: Path) -> Iterator[None]:
    """Hold the state folder: two kiosks with one key would throw each other out for ever.

    Raises:
        CannotStart: another kiosk holds it, or it cannot be used.
    """
    try:
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(state_dir / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise CannotStart(f"cannot use the state_dir {state_dir}: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise CannotStart(f"another kiosk runs with this state_dir: {state_dir}") from None
    try:
        yield
    finally:
        os.close(descriptor)


def check_display(environ: MutableMapping[str, str]) -> None:
    """Make sure that there is a screen to be seen on.

    Left alone, SDL takes an invisible one where it finds no other, so the driver is pinned here.

    Raises:
        CannotStart: no driver was chosen and DISPLAY is not set, or no X server answers there.
    """
    driver = environ.setdefault("SDL_VIDEODRIVER", X11)
    if driver != X11:
        return  # chosen by whoever starts the kiosk; SDL then takes this one or fails
    display = environ.get("DISPLAY", "")
    if not display:
        raise CannotStart(
            "there is no display: DISPLAY is not set (without X, set SDL_VIDEODRIVER=KMSDRM)"
        )
    try:
        with _connected(display):
            pass
    except (OSError, ValueError) as error:
        raise CannotStart(f"there is no display: DISPLAY={display}: {error}") from error


def _connected(display: str) -> socket.socket:
    """Return a connection to the X server. Raises OSError; ValueError: that names none."""
    name = DISPLAY_NAME.fullmatch(display)
    if name is None:
        raise ValueError("not HOST:NUMBER")
    host, number = name["host"], int(name["number"])
    if host and host != "unix":
        return socket.create_connection((host, X11_PORT + number), timeout=X11_TIMEOUT_S)
    failure: OSError | None = None
    # The second is the same name in Linux's abstract namespace.
    for path in (f"{X11_SOCKETS}{number}", f"\0{X11_SOCKETS}{number}"):
        local = socket.socket(socket.AF_UNIX)
        try:
            local.settimeout(X11_TIMEOUT_S)
            local.connect(path)
        except OSError as error:
            local.close()
            failure = failure or error
        else:
            return local
    assert failure is not None
    raise failure
