"""What a real hub tells systemd: ready once it listens, alive while its loop turns, and its end."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

from tests.e2e.processes import until
from tests.signalling.hub.mail_server import free_port

WATCH_S = 0.6


async def heard(listening: socket.socket, within_s: float = 15.0) -> str:
    async with asyncio.timeout(within_s):
        return (await asyncio.get_running_loop().sock_recv(listening, 4096)).decode()


def state(pid: int) -> str:
    """Return the kernel's letter for what a process does; "T": it is stopped."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def drain(listening: socket.socket) -> None:
    while True:
        try:
            listening.recv(4096)
        except BlockingIOError:
            return


async def test_a_hub_that_stands_still_is_silent_and_one_that_ends_says_so(tmp_path: Path) -> None:
    config, port = tmp_path / "hub.toml", free_port()
    config.write_text(
        f'name = "test-hub"\nport = {port}\nstate_dir = "{tmp_path}"\n'
        '[[facility]]\nid = "north"\nname = "North Jail"\ntime_zone = "America/Chicago"\n'
    )
    config.chmod(0o600)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.setblocking(False)
        words = ["-m", "signalling.hub", "serve", "--config", str(config)]
        told = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": str(int(WATCH_S * 1e6))}
        hub = await asyncio.create_subprocess_exec(
            sys.executable, *words, env={**os.environ, **told}, stderr=asyncio.subprocess.DEVNULL
        )
        try:
            assert await heard(listening) == "READY=1\nWATCHDOG=1\nSTATUS=serving"
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            assert await heard(listening) == "WATCHDOG=1\nSTATUS=serving"
            hub.send_signal(signal.SIGSTOP)
            await until(lambda: state(hub.pid) == "T", 10, "the hub stopped")
            drain(listening)
            try:
                said = await heard(listening, WATCH_S)
            except TimeoutError:
                said = ""
            assert said == ""
            hub.send_signal(signal.SIGCONT)
            assert await heard(listening) == "WATCHDOG=1\nSTATUS=serving"
            hub.send_signal(signal.SIGTERM)
            while (said := await heard(listening)) != "STOPPING=1":
                assert said.startswith("WATCHDOG=1")
            assert await asyncio.wait_for(hub.wait(), 15) == 0
        finally:
            if hub.returncode is None:
                hub.kill()
                await hub.wait()
