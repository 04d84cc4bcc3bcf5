"""Child processes whose log lines can be waited for. They are ended by pid, always."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

T = TypeVar("T")


async def until(
    condition: Callable[[], T | None], deadline_s: float, what: str, every_s: float = 0.02
) -> T:
    """Poll `condition` until it is true and return its value.

    Raises:
        TimeoutError: naming `what`, after `deadline_s`.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + deadline_s
    while not (value := condition()):
        if loop.time() >= end:
            raise TimeoutError(f"{what}: not within {deadline_s:g} s")
        await asyncio.sleep(every_s)
    return value


class Process:
    """One child in a process group of its own, its output kept line by line."""

    def __init__(
        self, name: str, argv: Sequence[str], env: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self.lines: deque[str] = deque(maxlen=20_000)
        self.seen = 0
        self._argv = list(argv)
        self._env = {**os.environ, **(env or {})}
        self._child: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None

    async def ended(self) -> int:
        """Wait until the child ends by itself and return its status."""
        assert self._child is not None
        return await self._child.wait()

    @property
    def pid(self) -> int:
        """The child's pid."""
        assert self._child is not None
        return self._child.pid

    @property
    def returncode(self) -> int | None:
        """Exit status, or None while it runs."""
        return self._child.returncode if self._child else None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start the child."""
        self._child = await asyncio.create_subprocess_exec(
            *self._argv,
            env=self._env,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            limit=1 << 20,
        )
        self._reader = asyncio.create_task(self._read(), name=f"{self.name} output")

    async def _read(self) -> None:
        assert self._child is not None and self._child.stdout is not None
        async for raw in self._child.stdout:
            self.lines.append(raw.decode(errors="replace").rstrip("\n"))
            self.seen += 1

    async def wait_for(
        self, pattern: str, deadline_s: float = 20.0, since: int = 0
    ) -> re.Match[str]:
        """Wait for the first line matching `pattern` after the first `since` lines."""
        compiled = re.compile(pattern)

        def found() -> re.Match[str] | None:
            skip = since - (self.seen - len(self.lines))
            for number, line in enumerate(list(self.lines)):
                if number >= skip and (match := compiled.search(line)):
                    return match
            if self.returncode is not None:
                raise RuntimeError(f"{self.name} ended with {self.returncode}:\n{self.tail()}")
            return None

        try:
            return await until(found, deadline_s, f"{self.name}: a line like {pattern!r}")
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self.tail()}") from None

    def all(self, pattern: str) -> list[re.Match[str]]:
        """Every line so far that matches `pattern`."""
        return [match for line in list(self.lines) if (match := re.search(pattern, line))]

    def tail(self, count: int = 40) -> str:
        """The last lines, for a message."""
        return "\n".join(f"  {self.name}| {line}" for line in list(self.lines)[-count:])

    async def stop(self, deadline_s: float = 10.0) -> int:
        """End the child (SIGTERM, then SIGKILL for its whole group) and return its status."""
        assert self._child is not None
        child = self._child
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.terminate()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(child.wait(), deadline_s)
        # What the child started and left behind shares its group.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        status = await child.wait()
        if self._reader is not None:
            await self._reader
        return status

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal to the child alone."""
        os.kill(self.pid, number)


async def run(argv: Sequence[str], stdin: str = "", deadline_s: float = 30.0) -> str:
    """Run a command to its end and return what it printed.

    Raises:
        RuntimeError: it failed; the message holds its output.
    """
    child = await asyncio.create_subprocess_exec(
        *argv,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(child.communicate(stdin.encode()), deadline_s)
    if child.returncode != 0:
        shown = f"{out.decode(errors='replace')}{err.decode(errors='replace')}"
        raise RuntimeError(f"{' '.join(argv)} ended with {child.returncode}:\n{shown}")
    return out.decode()


@contextlib.asynccontextmanager
async def scratch(prefix: str) -> AsyncIterator[Path]:
    """A folder that is gone afterwards."""
    import shutil
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
