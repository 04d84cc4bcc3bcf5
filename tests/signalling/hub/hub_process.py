"""Hubs as processes of their own, which a test kills, freezes and starts again.

They are forked from a process that has imported everything, so that a start takes a tenth of a
second; what runs in them is `visit-hub serve`.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from signalling.hub import staff_commands as ask
from signalling.hub.errors import StaffError
from signalling.hub.staff import ask_hub
from tests.signalling.hub.mail_server import free_port

START_S = 15.0

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["signalling.hub.__main__"])


def _serve(config: str, log: str) -> None:
    from signalling.hub.__main__ import main

    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    sys.argv = ["visit-hub"]
    main(["serve", "--config", config])


class HubProcess:
    """One hub with its own folder; `start` it, and again after `kill`."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.port = free_port()
        self.folder = folder
        self.socket = folder / "staff.sock"
        self._log = folder / "hub.log"
        self._config = folder / "hub.toml"
        self._settings = settings
        self._process: BaseProcess | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return self._log.read_text() if self._log.exists() else ""

    def _write_config(self) -> None:
        more = "".join(f'{key} = "{value}"\n' for key, value in self._settings.items())
        self._config.write_text(
            f'name = "test-hub"\nport = {self.port}\nstate_dir = "{self.folder}"\n{more}'
            "[limits]\nconnections_per_address = 2000\n"
            "[visits]\nlink_grace_s = 2.0\n"
            '[[facility]]\nid = "north"\nname = "North Jail"\ntime_zone = "America/Chicago"\n'
        )
        self._config.chmod(0o600)

    async def start(self) -> None:
        """Start it; returns when it serves."""
        self._write_config()
        process = _context.Process(
            target=_serve, args=(str(self._config), str(self._log)), daemon=True
        )
        process.start()
        self._process = process
        async with asyncio.timeout(START_S):
            while True:
                assert process.exitcode is None, f"the hub ended: {self.log[-2000:]}"
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                except OSError:
                    await asyncio.sleep(0.01)
                    continue
                writer.close()
                return

    def _send(self, number: signal.Signals) -> None:
        assert self._process is not None and self._process.pid is not None
        os.kill(self._process.pid, number)

    async def kill(self) -> None:
        """End it at once, in the middle of whatever it does."""
        self._send(signal.SIGKILL)
        await self._gone()

    async def stop(self) -> None:
        """Ask it to end."""
        self._send(signal.SIGTERM)
        await self._gone()

    def freeze(self) -> None:
        """Let it do nothing more, its sockets open."""
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on where it was."""
        self._send(signal.SIGCONT)

    async def _gone(self) -> None:
        process = self._process
        assert process is not None
        await asyncio.get_running_loop().run_in_executor(None, process.join)
        process.close()
        self._process = None

    async def close(self) -> None:
        """Leave nothing behind, in whatever state it is."""
        if self._process is not None and self._process.is_alive():
            await self.kill()

    async def do(self, command: ask.AnyCommand) -> Any:
        """Have it carry a staff command out. Raises ConnectionError when it is killed meanwhile."""
        try:
            return await ask_hub(self.socket, command)
        except StaffError as error:
            if "without an answer" in str(error):
                raise ConnectionResetError(str(error)) from None
            raise


async def until(holds: Callable[[], object], within_s: float = 10.0) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(within_s):
        while not holds():  # noqa: ASYNC110 - it waits for what cannot tell
            await asyncio.sleep(0.01)
