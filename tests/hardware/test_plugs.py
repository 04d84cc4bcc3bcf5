"""What comes and goes: told once each, in order, and in the end the list is the truth."""

from __future__ import annotations

import asyncio
import errno
import os
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pyudev

from hardware.identity import Device, Identity
from hardware.plugs import Plugged, Plugs, Unplugged, differences
from tests.hardware import trees
from tests.hardware.plugging import drained, fast_forward, shuffle, usage
from tests.hardware.testbed import Testbed

TIMEOUT_S = 20


def device(number: int, node: int | None = None) -> Device:
    at = number if node is None else node
    return Device("camera", f"/dev/video{at}", "", Identity(port=f"x/{number}"))


class Netlink:
    """Stands for pyudev's Monitor: a socket's readiness is a pipe's."""

    def __init__(self) -> None:
        self.reads, self.writes = os.pipe()
        self.events: list[Any] = []

    def send(self, event: Any) -> None:
        self.events.append(event)
        os.write(self.writes, b"x")

    def fileno(self) -> int:
        return self.reads

    def poll(self, timeout: float) -> Any:
        assert timeout == 0, "it would block the loop"
        os.read(self.reads, 1)
        event = self.events.pop(0)
        if isinstance(event, OSError):
            raise event
        return event

    def close(self) -> None:
        os.close(self.reads)
        os.close(self.writes)


class Event:
    """A uevent as pyudev gives it."""

    def __init__(self, action: str, node: str) -> None:
        self.action, self.device_node = action, node


@pytest.fixture
async def netlink() -> AsyncIterator[Netlink]:
    made = Netlink()
    yield made
    made.close()


async def next_of(plugs: Plugs) -> Plugged | Unplugged:
    return await asyncio.wait_for(anext(plugs), TIMEOUT_S)


# -- by itself --------------------------------------------------------------------------------


def test_departures_come_before_arrivals() -> None:
    events = [*differences((device(1), device(2)), (device(2), device(3)))]
    assert events == [Unplugged(device(1)), Plugged(device(3))]


def test_what_sits_at_a_removed_node_was_plugged_anew() -> None:
    events = [*differences((device(1),), (device(1),), {"/dev/video1"})]
    assert events == [Unplugged(device(1)), Plugged(device(1))]
    assert [*differences((device(1),), (device(1),), {"/dev/video2"})] == []


async def test_without_libudev_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise ImportError("No library named udev")

    monkeypatch.setattr(pyudev, "Context", missing)
    plugs = Plugs()
    with pytest.raises(OSError, match="install libudev1"):
        await plugs.open()
    await plugs.close()


async def test_none_from_poll_is_no_end(netlink: Netlink) -> None:
    here = [device(1)]
    plugs = Plugs(lambda: tuple(here), lambda: netlink)
    assert await plugs.open() == await plugs.open() == (device(1),)
    here.append(device(2))
    netlink.send(None)
    netlink.send(None)
    assert await next_of(plugs) == Plugged(device(2))
    assert netlink.events == []
    assert plugs.told == (device(1), device(2))
    await plugs.close()


async def test_a_slow_reader_misses_what_came_and_went(netlink: Netlink) -> None:
    here = [device(1)]
    plugs = Plugs(lambda: tuple(here), lambda: netlink)
    await plugs.open()
    for number in range(2, 100):
        here[:] = [device(number)]
        netlink.send(Event("add", f"/dev/video{number}"))
        await drained()
    assert await next_of(plugs) == Unplugged(device(1))
    assert await next_of(plugs) == Plugged(device(99))
    assert plugs.told == (device(99),)
    await plugs.close()


async def test_a_replug_faster_than_the_list_is_told(netlink: Netlink) -> None:
    plugs = Plugs(lambda: (device(1),), lambda: netlink)
    await plugs.open()
    netlink.send(Event("remove", "/dev/video1"))
    netlink.send(Event("add", "/dev/video1"))
    assert await next_of(plugs) == Unplugged(device(1))
    assert await next_of(plugs) == Plugged(device(1))
    await plugs.close()


async def test_a_replug_is_told_though_more_happens_meanwhile(netlink: Netlink) -> None:
    here = [device(1), device(2)]
    plugs = Plugs(lambda: tuple(here), lambda: netlink)
    await plugs.open()
    netlink.send(Event("remove", "/dev/video1"))
    netlink.send(Event("remove", "/dev/video2"))
    told = [await next_of(plugs)]
    here.append(device(3))
    netlink.send(Event("add", "/dev/video3"))
    await drained()
    told += [await next_of(plugs) for _ in range(4)]
    assert told == [
        Unplugged(device(1)),
        Unplugged(device(2)),
        Plugged(device(1)),
        Plugged(device(2)),
        Plugged(device(3)),
    ]
    await plugs.close()


async def test_where_there_is_no_netlink_opening_fails_and_may_be_tried_again(
    netlink: Netlink,
) -> None:
    monitors: list[Any] = [OSError(errno.EAFNOSUPPORT, "no netlink"), netlink]

    def start() -> Any:
        monitor = monitors.pop(0)
        if isinstance(monitor, OSError):
            raise monitor
        return monitor

    plugs = Plugs(tuple, start)
    with pytest.raises(OSError, match="no netlink"):
        await plugs.open()
    assert await plugs.open() == ()
    await plugs.close()


async def test_after_an_overrun_the_list_is_made_anew(netlink: Netlink) -> None:
    here = [device(1)]
    plugs = Plugs(lambda: tuple(here), lambda: netlink)
    await plugs.open()
    here.append(device(2))
    netlink.send(OSError(errno.ENOBUFS, os.strerror(errno.ENOBUFS)))
    assert await next_of(plugs) == Plugged(device(2))
    here.pop()
    netlink.send(Event("remove", "/dev/video2"))
    assert await next_of(plugs) == Unplugged(device(2))
    await plugs.close()


async def test_a_socket_that_fails_is_an_error_and_not_silence(netlink: Netlink) -> None:
    plugs = Plugs(tuple, lambda: netlink)
    await plugs.open()
    netlink.send(OSError(errno.EBADF, "gone"))
    with pytest.raises(OSError, match="gone"):
        await next_of(plugs)
    await plugs.close()


async def test_a_cancelled_wait_loses_nothing(netlink: Netlink) -> None:
    here, lists, goes = [device(1)], threading.Event(), threading.Event()
    is_slow = False

    def list_slowly() -> tuple[Device, ...]:
        if is_slow:
            lists.set()
            goes.wait(TIMEOUT_S)
        return tuple(here)

    plugs = Plugs(list_slowly, lambda: netlink)
    await plugs.open()
    is_slow = True
    netlink.send(Event("remove", "/dev/video1"))
    waiting = asyncio.ensure_future(anext(plugs))
    assert await asyncio.to_thread(lists.wait, TIMEOUT_S)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    goes.set()
    assert await next_of(plugs) == Unplugged(device(1))
    assert await next_of(plugs) == Plugged(device(1))
    await plugs.close()


async def test_closing_ends_the_iteration_and_the_thread(netlink: Netlink) -> None:
    plugs = Plugs(tuple, lambda: netlink)
    await plugs.open()
    assert [each.name for each in threading.enumerate() if each.name.startswith("plugs")]
    waiting = asyncio.ensure_future(anext(plugs, None))
    await drained()
    await plugs.close()
    await plugs.close()
    assert await waiting is None
    assert not [each.name for each in threading.enumerate() if each.name.startswith("plugs")]


# -- on a machine made of sysfs ---------------------------------------------------------------


async def test_a_handset_comes_and_goes(testbed: Testbed) -> None:
    testbed.plug(trees.machine())
    webcam = trees.webcam("2", 0)
    testbed.plug(webcam)
    plugs = Plugs()
    assert [each.kind for each in await plugs.open()] == ["camera"]
    tree = trees.handset("1.1", 1, 0)
    testbed.plug(tree)
    kinds = [(await next_of(plugs)).device.kind for _ in range(4)]
    assert sorted(kinds) == ["earpiece", "hook", "keypad", "microphone"]
    testbed.unplug(tree)
    gone = [await next_of(plugs) for _ in range(4)]
    assert all(isinstance(each, Unplugged) for each in gone)
    assert [each.kind for each in plugs.told] == ["camera"]
    await plugs.close()


async def test_what_comes_while_the_first_list_is_made_is_told(testbed: Testbed) -> None:
    testbed.plug(trees.machine())
    listed: list[int] = []

    def list_nothing_first() -> tuple[Device, ...]:
        listed.append(1)
        if len(listed) == 1:
            testbed.plug(trees.webcam("2", 0))  # behind the list's back
            return ()
        return (device(0),)

    plugs = Plugs(list_nothing_first)
    assert await plugs.open() == ()
    assert await next_of(plugs) == Plugged(device(0))
    await plugs.close()


@pytest.mark.parametrize("seed", range(3))
async def test_in_random_order_the_list_ends_equal_to_the_truth(
    testbed: Testbed, seed: int
) -> None:
    assert await shuffle(testbed, 120, seed) > 120


async def test_plugging_in_for_long_leaves_no_descriptor(testbed: Testbed) -> None:
    tally = await fast_forward(testbed, 60)
    assert tally.told == 61 * 8
    assert tally.descriptors[1] == tally.descriptors[0]


async def test_listening_leaves_no_descriptor(testbed: Testbed) -> None:
    testbed.plug(trees.machine())
    counts = []
    for _ in range(5):
        plugs = Plugs()
        await plugs.open()
        await plugs.close()
        counts.append(usage()[0])
    assert counts[0] == counts[-1]
