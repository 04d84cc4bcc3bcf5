"""What systemd is told, read at the other end of its socket."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from signalling.notify import TIMES_IN_A_WATCH, Notifier, Unwell, keep_alive


class Manager:
    """The service manager's end."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(address.replace("@", "\0", 1))
        self._socket.setblocking(False)

    def environ(self, watch_s: float = 0.03, pid: int | None = None) -> dict[str, str]:
        return {
            "NOTIFY_SOCKET": self.address,
            "WATCHDOG_USEC": str(int(watch_s * 1e6)),
            "WATCHDOG_PID": str(pid or os.getpid()),
        }

    async def heard(self) -> list[str]:
        data = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(self._socket, 4096), 10)
        return data.decode().split("\n")

    def silent(self) -> bool:
        try:
            return not self._socket.recv(4096)
        except BlockingIOError:
            return True

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Manager]:
    path = tmp_path / "notify"
    made = Manager(str(path) if request.param == "path" else f"@{path}")
    yield made
    made.close()


async def well() -> str:
    return "640x400 by x11"


async def test_ready_is_said_once_and_alive_ever_after(manager: Manager) -> None:
    task = asyncio.create_task(keep_alive(Notifier.of(manager.environ()), well))
    assert await manager.heard() == ["READY=1", "WATCHDOG=1", "STATUS=640x400 by x11"]
    for _ in range(3):
        assert await manager.heard() == ["WATCHDOG=1", "STATUS=640x400 by x11"]
    task.cancel()


async def test_who_is_unwell_says_nothing_until_it_is_well_again(
    manager: Manager, caplog: pytest.LogCaptureFixture
) -> None:
    turns = 0

    async def at_first_blind() -> str:
        nonlocal turns
        turns += 1
        assert manager.silent()
        if turns < 4:
            raise Unwell("no frame was drawn")
        return "drawn"

    task = asyncio.create_task(keep_alive(Notifier.of(manager.environ()), at_first_blind))
    assert await manager.heard() == ["READY=1", "WATCHDOG=1", "STATUS=drawn"]
    assert turns == 4
    assert [each.getMessage() for each in caplog.records] == [
        'health=bad reason="no frame was drawn"'
    ]
    task.cancel()


async def test_a_loop_that_stands_still_is_not_heard(manager: Manager) -> None:
    """The pulse is the loop's own: no thread goes on telling for it."""
    task = asyncio.create_task(keep_alive(Notifier.of(manager.environ(0.003)), well))
    await manager.heard()
    while not manager.silent():  # what is on its way
        pass
    end = time.monotonic() + 0.05
    while time.monotonic() < end:
        pass
    assert manager.silent()
    await manager.heard()
    task.cancel()


async def test_alive_is_said_well_within_the_watch(manager: Manager) -> None:
    asked: list[float] = []

    async def timed() -> str:
        asked.append(asyncio.get_running_loop().time())
        return ""

    task = asyncio.create_task(keep_alive(Notifier.of(manager.environ(0.3)), timed))
    for _ in range(3):
        await manager.heard()
    task.cancel()
    assert 0.3 / TIMES_IN_A_WATCH <= asked[2] - asked[1] + 0.01 < 0.3


async def test_without_a_manager_nothing_is_asked() -> None:
    async def never() -> str:
        raise AssertionError

    await keep_alive(Notifier.of({}), never)
    Notifier.of({}).tell("READY=1")


def test_the_environment_is_emptied_for_children(manager: Manager) -> None:
    environ = {**manager.environ(), "PATH": "/bin"}
    notifier = Notifier.of(environ)
    assert environ == {"PATH": "/bin"}
    assert notifier.there and notifier.watch_s == pytest.approx(0.03)


def test_a_watch_kept_on_another_process_is_not_ours(manager: Manager) -> None:
    assert Notifier.of(manager.environ(pid=os.getpid() + 1)).watch_s == 0


def test_an_address_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="vsock:2:1234"):
        Notifier.of({"NOTIFY_SOCKET": "vsock:2:1234"})


async def test_a_manager_that_is_gone_is_an_error(tmp_path: Path) -> None:
    notifier = Notifier.of({"NOTIFY_SOCKET": str(tmp_path / "none")})
    with pytest.raises(OSError, match="No such file"):
        await keep_alive(notifier, well)
