"""A hook switch for a machine that has none. It ships, and passes the contract tests."""

from __future__ import annotations

import asyncio
import errno
import os
import stat
from pathlib import Path

from hardware.handoff import DropOldest
from hardware.interfaces import DeviceLost, DeviceRefused


class SimulatedHook:
    """A handset that lines "up" and "down", written to a FIFO, lift and hang up.

    It starts up; without a FIFO it stays so. A FIFO that is not there is made (0600).
    """

    def __init__(self, fifo: str = "") -> None:
        self.moves = 0
        self._path = fifo
        self._descriptor: int | None = None
        self._changes: DropOldest[bool] = DropOldest(16)
        self._up = True
        self._rest = b""
        self._open = False

    async def open(self) -> bool:
        """Open; raises DeviceRefused when the path is something else than a FIFO."""
        if self._open:
            return self._up
        self._changes = DropOldest(16)
        if self._path:
            self._descriptor = _open_fifo(Path(self._path))
            asyncio.get_running_loop().add_reader(self._descriptor, self._readable)
        self._open = True
        return self._up

    async def change(self) -> bool:
        """Wait until the handset was lifted or hung up."""
        if not self._open:
            raise DeviceLost("the hook is not open")
        return await self._changes.get()

    async def close(self) -> None:
        """Close."""
        self._open = False
        self._changes.fail(DeviceLost("the hook was closed"))
        if self._descriptor is not None:
            asyncio.get_running_loop().remove_reader(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = None

    def _readable(self) -> None:
        assert self._descriptor is not None
        try:
            chunk = os.read(self._descriptor, 256)
        except BlockingIOError:
            return
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        self._rest = self._rest[-16:]
        for line in lines:
            up = {b"up": True, b"down": False}.get(line.strip())
            if up is not None and up != self._up:
                self._up = up
                self.moves += 1
                self._changes.put(up)


def _open_fifo(path: Path) -> int:
    """Open read-write, so that a writer's leaving is no end of file."""
    try:
        os.mkfifo(path, 0o600)
    except FileExistsError:
        if not stat.S_ISFIFO(path.stat().st_mode):
            raise DeviceRefused(f"{path} is no FIFO") from None
    except OSError as error:
        raise DeviceRefused(f"{path}: {os.strerror(error.errno or errno.EIO)}") from error
    return os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
