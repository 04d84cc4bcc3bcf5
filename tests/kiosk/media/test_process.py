"""The media process's own composition root, run in the test's loop: how it ends."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import msgspec
import pytest
import uvloop

from config.schema import Network
from kiosk.media import framing
from kiosk.media.commands import Drop, Fault, Level, Setup
from kiosk.media.ending import FAILED
from kiosk.media.frames import FrameReader
from kiosk.media.process import Channel, serve
from tests.kiosk.media.wall import devices, wall


@pytest.fixture
def frames() -> Iterator[list[int]]:
    readers = [FrameReader("remote"), FrameReader("self")]
    lending, borrowing = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with lending:
        rest = [number for each in readers for number in (each.memory_fd, each.eventfd)]
        yield [borrowing.detach(), *rest]
    for each in readers:
        each.close()


async def test_a_screen_that_leaves_without_reading_ends_it_in_peace(frames: list[int]) -> None:
    ours, theirs = socket.socketpair()
    ours.sendall(framing.encode(Setup(devices=devices(), network=Network())))
    async with asyncio.timeout(10):
        serving = asyncio.create_task(serve([theirs.detach(), *frames]))
        readable = asyncio.Event()
        asyncio.get_running_loop().add_reader(ours, readable.set)
        await readable.wait()
        asyncio.get_running_loop().remove_reader(ours)
        ours.close()  # what it said lies there unread: its next read is a reset
        await serving


async def test_a_screen_that_says_nothing_ends_it_in_peace(frames: list[int]) -> None:
    ours, theirs = socket.socketpair()
    ours.close()
    async with asyncio.timeout(10):
        await serve([theirs.detach(), *frames])


async def test_whoever_does_not_begin_with_the_setup_is_not_obeyed(frames: list[int]) -> None:
    ours, theirs = socket.socketpair()
    with ours:
        ours.sendall(framing.encode(Drop(connection=1)))
        with pytest.raises(framing.BadFrame, match="before Setup"):
            async with asyncio.timeout(10):
                await serve([theirs.detach(), *frames])


@pytest.mark.parametrize("fatal", [True, False])
def test_only_what_is_said_to_be_fatal_ends_it(fatal: bool) -> None:
    """A stranger's handshake that fails is logged; an encoder that never works is the end."""
    script = (
        "import asyncio\n"
        "from kiosk.media.process import unexpected\n"
        "async def main():\n"
        "    loop = asyncio.get_running_loop()\n"
        "    loop.set_exception_handler(unexpected)\n"
        f"    loop.call_exception_handler({{'message': 'it fails', 'fatal': {fatal}}})\n"
        "    task = asyncio.ensure_future(asyncio.wait_for(asyncio.Event().wait(), 0))\n"
        "    await asyncio.wait({task})\n"
        "    del task  # never asked what became of it\n"
        "asyncio.run(main())\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True)
    assert ended.returncode == (FAILED if fatal else 0)
    assert b"it fails" in ended.stderr


async def test_sound_cards_are_looked_for_inside_the_sandbox() -> None:
    """PortAudio's library is found by running a program, which must happen before."""
    named = msgspec.structs.replace(
        devices(160, 120), microphone="no such card", earpiece="no such card"
    )
    async with wall(named) as one:
        await one.open()
        faults = {each.code: each.detail for each in one.reports if isinstance(each, Fault)}
    assert set(faults) == {"MIC-01", "EAR-01"}
    assert all("called 'no such card'" in each for each in faults.values()), faults


def test_the_kernel_ends_a_process_whose_loop_is_held_up_and_no_other() -> None:
    code = (
        "import asyncio, time, uvloop; from kiosk.media import process;"
        "process.HANGS_S, process.ALIVE_S = 2.0, 0.05\n"
        "async def serve(descriptors):\n"
        "    await asyncio.sleep(2.5); print('alive', flush=True); time.sleep(20)\n"
        "process.serve = serve; uvloop.run(process.live([]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=60
    )
    assert (done.stdout, done.returncode) == ("alive\n", -signal.SIGALRM)


def test_what_is_told_to_a_screen_that_is_gone_is_nothing() -> None:
    """On uvloop, whose closed transport raises: a device's last words must not end in a crash."""

    async def work() -> None:
        ours, theirs = socket.socketpair()
        theirs.close()
        channel = Channel(*await asyncio.open_connection(sock=ours))
        assert [each async for each in channel.commands()] == []
        for _ in range(5):
            channel.tell(Level(microphone_dbfs=-20.0))
            await asyncio.sleep(0.01)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work())
