"""A virtual X display of our own: pointer presses by XTest, pictures of what is on it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt
from PIL import Image
from Xlib import X
from Xlib.display import Display as XDisplay
from Xlib.ext import xtest

from tests.e2e.processes import until


class Display:
    """One Xvfb on a display number that the server picks itself."""

    def __init__(self, width: int = 1280, height: int = 800) -> None:
        self.width, self.height = width, height
        self.name = ""
        self._server: subprocess.Popen[bytes] | None = None
        self._x: XDisplay | None = None

    async def __aenter__(self) -> Self:
        if shutil.which("Xvfb") is None:
            raise RuntimeError("Xvfb is missing: apt-get install xvfb")
        reading, writing = os.pipe()
        self._server = subprocess.Popen(  # noqa: ASYNC220 - returns at once; its number is awaited
            [
                "Xvfb", "-displayfd", str(writing), "-nolisten", "tcp",
                "-screen", "0", f"{self.width}x{self.height}x24", "+extension", "GLX",
            ],
            pass_fds=[writing],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        os.close(writing)
        os.set_blocking(reading, False)
        told = b""

        def number() -> bytes:
            nonlocal told
            with contextlib.suppress(BlockingIOError):
                told += os.read(reading, 32)
            return told if told.endswith(b"\n") else b""

        try:
            await until(number, 20, "Xvfb's display number")
        finally:
            os.close(reading)
        self.name = f":{told.decode().strip()}"
        self._x = XDisplay(self.name)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._x is not None:
            with contextlib.suppress(Exception):  # the server may be gone already
                self._x.close()
        if self._server is not None:
            self._server.terminate()
            await asyncio.to_thread(self._server.wait, 10)

    @property
    def x(self) -> XDisplay:
        """The harness's own connection."""
        assert self._x is not None
        return self._x

    async def press(self, x: float, y: float, hold_s: float = 0.06) -> None:
        """Move the pointer to (x, y), press the left button, hold, release."""
        xtest.fake_input(self.x, X.MotionNotify, x=round(x), y=round(y))
        self.x.sync()
        await asyncio.sleep(0.03)
        xtest.fake_input(self.x, X.ButtonPress, 1)
        self.x.sync()
        await asyncio.sleep(hold_s)
        xtest.fake_input(self.x, X.ButtonRelease, 1)
        self.x.sync()

    def pixels(self) -> npt.NDArray[np.uint8]:
        """The screen as (height, width, 3) RGB."""
        raw = self.x.screen().root.get_image(0, 0, self.width, self.height, X.ZPixmap, 0xFFFFFFFF)
        flat = np.frombuffer(raw.data, dtype=np.uint8).reshape(self.height, self.width, 4)
        return np.ascontiguousarray(flat[:, :, 2::-1])

    def picture(self) -> Image.Image:
        """The screen as a picture."""
        return Image.fromarray(self.pixels())
