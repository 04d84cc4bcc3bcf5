"""The screen process opens the camera; the media process gets the descriptor, or the reason."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from hardware.camera import V4l2Camera
from hardware.interfaces import (
    DeviceAmbiguous,
    DeviceBusy,
    DeviceError,
    DeviceLost,
    DeviceNotFound,
    DeviceRefused,
)
from hardware.locating import Opener
from hardware.modes import Wanted
from hardware.v4l2 import Node
from kiosk.media.commands import Fault, Report
from kiosk.media.devices import Keeper
from kiosk.media.lending import Borrower, Lender, Request
from tests.hardware.fake_camera import FakeCamera, Pump, yuyv


class Opens:
    """Opens what the test says, and counts."""

    def __init__(self, path: str | None = os.devnull) -> None:
        self.path = path
        self.fails: Exception | None = None
        self.waits: asyncio.Event | None = None
        self.opened = 0

    async def __call__(self) -> Node:
        self.opened += 1
        if self.waits is not None:
            await self.waits.wait()
        if self.fails is not None:
            raise self.fails
        assert self.path is not None
        return Node(os.open(self.path, os.O_RDONLY | os.O_CLOEXEC), f"Webcam ({self.path})")


@asynccontextmanager
async def lending(opener: Opener) -> AsyncIterator[tuple[Lender, Borrower, socket.socket]]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    lender = Lender(ours, opener)
    lender.start()
    with theirs:
        yield lender, Borrower(theirs), theirs
        lender.close()


def descriptors() -> int:
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir()))


async def settled(count: int) -> None:
    async with asyncio.timeout(5):
        while descriptors() != count:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.01)


async def test_the_node_is_lent_and_closed_here() -> None:
    async with lending(Opens()) as (_, borrow, _theirs):
        before = descriptors()
        node = await asyncio.wait_for(borrow(), 5)
        await settled(before + 1)
        assert node.name == "Webcam (/dev/null)"
        assert os.fstat(node.descriptor).st_rdev == os.makedev(1, 3), "/dev/null"
        node.close()
        second = await asyncio.wait_for(borrow(), 5)
        second.close()
        assert descriptors() == before


@pytest.mark.parametrize(
    "kind", [DeviceNotFound, DeviceBusy, DeviceAmbiguous, DeviceRefused, DeviceLost]
)
async def test_the_reason_arrives_as_what_it_is(kind: type[DeviceError]) -> None:
    opens = Opens()
    opens.fails = kind("two would do: Café “A”")
    async with lending(opens) as (_, borrow, _theirs):
        with pytest.raises(kind, match="two would do: Café “A”") as raised:
            await asyncio.wait_for(borrow(), 5)
        assert type(raised.value) is kind


@pytest.mark.parametrize("letter", ["ü", "\x01", "\U0001f4de", "\udcff"])
async def test_a_long_reason_is_cut(letter: str) -> None:
    """Of letters, too, that JSON takes six bytes for, as a device may have them in its name."""
    opens = Opens()
    opens.fails = DeviceAmbiguous(letter * 100_000)
    async with lending(opens) as (_, borrow, _theirs):
        with pytest.raises(DeviceAmbiguous):
            await asyncio.wait_for(borrow(), 5)


async def test_what_nobody_foresaw_is_a_refusal(caplog: pytest.LogCaptureFixture) -> None:
    opens = Opens()
    opens.fails = KeyError("bus")
    async with lending(opens) as (_, borrow, _theirs):
        with pytest.raises(DeviceRefused, match="KeyError"):
            await asyncio.wait_for(borrow(), 5)
        assert "Traceback" in caplog.text
        opens.fails = None
        (await asyncio.wait_for(borrow(), 5)).close()


async def test_an_answer_that_comes_too_late_leaves_nothing_open() -> None:
    opens = Opens()
    opens.waits = asyncio.Event()
    async with lending(opens) as (_, borrow, _theirs):
        before = descriptors()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(borrow(), 0.05)
        opens.waits.set()
        node = await asyncio.wait_for(borrow(), 5)
        assert opens.opened == 2
        await settled(before + 1)
        node.close()


async def test_ended_while_it_opens_nothing_is_left() -> None:
    before = descriptors()
    opens = Opens()
    opens.waits = asyncio.Event()
    async with lending(opens) as (lender, borrow, _theirs):
        asking = asyncio.ensure_future(borrow())
        async with asyncio.timeout(5):
            while not opens.opened:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        lender.close()
        lender.close()
        opens.waits.set()
        with pytest.raises(DeviceRefused, match="gone"):
            await asyncio.wait_for(asking, 5)
        with pytest.raises(DeviceRefused, match="cannot be asked"):
            await asyncio.wait_for(borrow(), 5)
    await settled(before)


@pytest.mark.parametrize(
    "packet",
    [
        b"open the door",
        b'{"number":-1}',
        b'{"number":1,"path":"/etc/shadow"}',
        b"[" * 4000,
        b'{"\xff":1}',
    ],
)
async def test_nonsense_is_lent_nothing(packet: bytes, caplog: pytest.LogCaptureFixture) -> None:
    opens = Opens()
    async with lending(opens) as (_, borrow, theirs):
        theirs.send(packet)
        with pytest.raises(DeviceRefused):
            await asyncio.wait_for(borrow(), 5)
    assert opens.opened == 0
    assert "no camera is lent any more" in caplog.text


async def test_a_descriptor_that_is_sent_along_is_not_taken() -> None:
    async with lending(Opens()) as (_, borrow, theirs):
        read, write = os.pipe()
        socket.send_fds(theirs, [msgspec.json.encode(Request(0))], [write])
        os.close(write)
        (await asyncio.wait_for(borrow(), 5)).close()
        assert os.read(read, 1) == b"", "nobody holds the other end any more"
        os.close(read)


async def test_whoever_asks_without_end_opens_little() -> None:
    opens = Opens()
    async with lending(opens) as (_, _borrow, theirs):
        asked = 0
        deadline = asyncio.get_running_loop().time() + 0.5
        while asyncio.get_running_loop().time() < deadline:
            try:
                theirs.send(msgspec.json.encode(Request(asked)))
                asked += 1
            except BlockingIOError:
                pass
            await asyncio.sleep(0)
        assert asked > 50
        assert opens.opened <= 6


async def test_a_camera_that_comes_back_shows_within_a_second() -> None:
    """The whole way: lost, asked for again and again, found, opened, lent, streaming."""
    told: list[Report] = []
    fake = FakeCamera()
    is_attached = True

    async def open_() -> Node:
        if not is_attached:
            raise DeviceNotFound("no camera is attached")
        return fake.node()

    async with lending(open_) as (_, borrow, _theirs):

        async def borrowed() -> Node:
            node = await borrow()
            return Node(os.dup(node.descriptor), node.name, fake.ioctl)

        camera = V4l2Camera(borrowed, Wanted(320, 240, 30), mapper=fake.map)
        pictures = 0

        async def run() -> None:
            nonlocal pictures
            while True:
                await camera.frame()
                pictures += 1

        keeping = asyncio.create_task(Keeper("CAM", camera, run, told.append).keep())
        with Pump(fake, [yuyv(320, 240, 90)]):
            async with asyncio.timeout(10):
                while pictures < 40:  # noqa: ASYNC110 - over a second: it does not flap
                    await asyncio.sleep(0.01)
                is_attached = False
                fake.unplug()
                while not told:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
                await asyncio.sleep(0.6)
                before, is_attached = pictures, True
                began = asyncio.get_running_loop().time()
                while pictures == before:  # noqa: ASYNC110
                    await asyncio.sleep(0.005)
        assert asyncio.get_running_loop().time() - began < 1.0
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
    faults = [(each.code, each.mended) for each in told if isinstance(each, Fault)]
    assert faults == [("CAM-01", False), ("CAM-01", True)], "told once"
