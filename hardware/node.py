"""Opening a device's node without holding up the loop, and the errors that it gives."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Callable
from typing import Final, TypeVar

from hardware.handoff import in_thread
from hardware.interfaces import DeviceBusy, DeviceError, DeviceNotFound, DeviceRefused

T = TypeVar("T")

_GONE: Final = (errno.ENOENT, errno.ENODEV, errno.ENXIO)


def device_error(path: str, error: OSError) -> DeviceError:
    """Return what an error at opening means for whoever wants the device."""
    said = f"{path}: {error.strerror or error}"
    if error.errno in _GONE:
        return DeviceNotFound(said)
    if error.errno == errno.EBUSY:
        return DeviceBusy(said)
    if error.errno in (errno.EACCES, errno.EPERM):
        return DeviceRefused(f"{said} (a udev rule must let the kiosk's group read it)")
    return DeviceRefused(said)


async def open_node(path: str, ask: Callable[[int], T]) -> tuple[int, T]:
    """Open `path` to be read without waiting; return its descriptor and what `ask` made of it.

    Both happen in a thread: a USB device is woken by opening it (50 ms and more), and asking one
    may take it seconds. Raises DeviceNotFound, DeviceBusy, DeviceRefused, and what `ask` raises.
    """

    def work() -> tuple[int, T]:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            return descriptor, ask(descriptor)
        except BaseException:  # whatever it is, the descriptor must not stay
            os.close(descriptor)
            raise

    try:
        return await undisturbed(work, lambda opened: os.close(opened[0]))
    except OSError as error:
        raise device_error(path, error) from error


async def undisturbed(work: Callable[[], T], undo: Callable[[T], object]) -> T:
    """Run `work` in a thread; when nobody waits for it any more, `undo` what it made."""
    task = asyncio.ensure_future(in_thread("device opening", work))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:

        def forget(done: asyncio.Future[T]) -> None:
            if not done.cancelled() and done.exception() is None:
                undo(done.result())

        task.add_done_callback(forget)
        raise
