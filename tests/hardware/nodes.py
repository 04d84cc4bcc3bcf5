"""Device nodes of the tests' own: pipes that are opened by path, and the kernel's answers."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hardware.identity import Device, Identity

Ioctl = Callable[[int, int, object], object]


class Pipe:
    """A pipe that keeps each write apart, as hidraw keeps reports; `path` opens its other end."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe2(os.O_DIRECT | os.O_NONBLOCK | os.O_CLOEXEC)
        self.path = f"/proc/self/fd/{self._read}"

    def send(self, data: bytes) -> None:
        """Have it read on the other end, alone."""
        os.write(self._write, data)

    def pull(self) -> None:
        """Unplug: whoever reads gets the end."""
        write, self._write = self._write, -1
        if write >= 0:
            os.close(write)

    def close(self) -> None:
        """Close both ends."""
        self.pull()
        os.close(self._read)


@contextmanager
def pipe() -> Iterator[Pipe]:
    made = Pipe()
    try:
        yield made
    finally:
        made.close()


def found(path: str, kind: str = "hook") -> Callable[[], Device]:
    """Return a locator that finds `path`."""
    assert kind in ("hook", "keypad")
    device = Device("keypad" if kind == "keypad" else "hook", path, "made here", Identity())
    return lambda: device


def refused(number: int = errno.ENOTTY) -> OSError:
    return OSError(number, os.strerror(number))
