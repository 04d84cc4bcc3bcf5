"""Devices as they are plugged in and unplugged, by the kernel's uevents (netlink, by libudev)."""

from __future__ import annotations

import asyncio
import errno
import select
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import pyudev

from hardware import sysfs
from hardware.discovery import attached
from hardware.identity import Device

SUBSYSTEMS: Final = ("video4linux", "sound", "input", "hidraw")
READ_MAX: Final = 64
"""So many uevents are read in a row before the loop has its turn."""
SETTLE_S: Final = 0.02
"""A handset comes as a dozen uevents within milliseconds: they make one list, not twelve."""

Result = TypeVar("Result")
ListAttached = Callable[[], tuple[Device, ...]]


@dataclass(frozen=True, slots=True)
class Plugged:
    """A device is there and may be opened."""

    device: Device


@dataclass(frozen=True, slots=True)
class Unplugged:
    """A device is gone."""

    device: Device


def started_monitor() -> Any:
    """Return a pyudev.Monitor that listens from now on. Raises OSError.

    Where udevd runs, its word is waited for: before, the kernel's node has neither owner nor mode.
    Where it does not, as in containers, there is only the kernel's.
    """
    source = "udev" if sysfs.UDEVD.exists() else "kernel"
    try:
        context = pyudev.Context()
    except ImportError as error:  # pyudev's word for a library that is not there
        raise OSError(errno.ENOPKG, f"libudev does not load ({error}): install libudev1") from error
    monitor = pyudev.Monitor.from_netlink(context, source=source)
    for subsystem in SUBSYSTEMS:
        monitor.filter_by(subsystem)
    monitor.start()
    return monitor


class Plugs:
    """Tells what is plugged in and unplugged, for one reader: `async for event in plugs`.

    What it has told, from the list that `open` returns on, is always some state that was; once
    nothing moves any more, it is `discovery.attached()`. No events wait here: when the reader asks
    for the next one, what is attached then is compared with what it was told. So a reader that is
    slow misses what came and went meanwhile, and memory is bounded by what is attached.
    """

    def __init__(
        self,
        list_attached: ListAttached = attached,
        start_monitor: Callable[[], Any] = started_monitor,
    ) -> None:
        self._list = list_attached
        self._start_monitor = start_monitor
        self._monitor: Any = None
        self._poll = select.poll()
        self._lister: ThreadPoolExecutor | None = None
        self._told: tuple[Device, ...] = ()
        self._due: deque[Plugged | Unplugged] = deque()
        """What is to be told of the last comparison; no longer than both its lists."""
        self._moved = asyncio.Event()
        self._removed: set[str] = set()
        """Nodes of told devices that went since: what has them now is another device."""
        self._failure: OSError | None = None

    @property
    def told(self) -> tuple[Device, ...]:
        """What is attached as far as it was told."""
        return self._told

    async def open(self) -> tuple[Device, ...]:
        """Listen, and return what is attached. Raises OSError where there is no netlink."""
        if self._monitor is None:
            await self.close()
            self._lister = ThreadPoolExecutor(1, thread_name_prefix="plugs")
            self._failure = None
            self._moved.clear()
            self._removed.clear()
            self._due.clear()
            # Before the list, or what comes between is lost; pyudev runs ldconfig, not in the loop.
            self._listen(await self._in_thread(self._start_monitor))
            self._told = await self._in_thread(self._list)
        return self._told

    def __aiter__(self) -> AsyncIterator[Plugged | Unplugged]:
        return self

    async def __anext__(self) -> Plugged | Unplugged:
        """Wait for the next event; the iteration ends when it is closed. Raises OSError."""
        while self._monitor is not None:
            if self._moved.is_set():
                await self._compare()
            if self._due:
                return self._tell(self._due.popleft())
            await self._moved.wait()
        if self._failure is not None:
            raise self._failure
        raise StopAsyncIteration

    async def close(self) -> None:
        """Close."""
        self._stop_listening()
        lister, self._lister = self._lister, None
        if lister is not None:
            await asyncio.to_thread(lister.shutdown)

    async def _compare(self) -> None:
        await asyncio.sleep(SETTLE_S)
        if self._lister is None:
            return
        self._moved.clear()
        untold = {each.device.node for each in self._due if isinstance(each, Unplugged)}
        removed, self._removed = self._removed | untold, set()
        try:
            now = await self._in_thread(self._list)
        except BaseException:  # cancelled or failed: what moved is still to be told
            self._moved.set()
            self._removed |= removed
            raise
        self._due = deque(differences(self._told, now, removed))

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._lister, work)

    def _listen(self, monitor: Any) -> None:
        self._monitor, self._poll = monitor, select.poll()
        self._poll.register(monitor.fileno(), select.POLLIN)
        asyncio.get_running_loop().add_reader(monitor.fileno(), self._readable)

    def _tell(self, event: Plugged | Unplugged) -> Plugged | Unplugged:
        if isinstance(event, Plugged):
            self._told += (event.device,)
        else:
            self._told = tuple(each for each in self._told if each != event.device)
        return event

    def _readable(self) -> None:
        """Read what is there. None from `poll` says nothing: an event of another subsystem."""
        nodes = {each.node for each in self._told}
        try:
            for _ in range(READ_MAX):
                if not self._poll.poll(0):
                    break
                device = self._monitor.poll(timeout=0)
                if device is not None and device.action == "remove" and device.device_node in nodes:
                    self._removed.add(device.device_node)
        except OSError as error:
            if error.errno != errno.ENOBUFS:  # more than the socket holds: the list tells the rest
                self._failure = error
                self._stop_listening()
        self._moved.set()

    def _stop_listening(self) -> None:
        monitor, self._monitor = self._monitor, None
        if monitor is not None:
            asyncio.get_running_loop().remove_reader(monitor.fileno())
            self._moved.set()


def differences(
    told: Iterable[Device], now: tuple[Device, ...], removed: Iterable[str] = ()
) -> Iterator[Plugged | Unplugged]:
    """Yield what leads from one list to the other; what sits at a removed node was plugged anew."""
    kept = {each for each in told if each in now and each.node not in set(removed)}
    yield from (Unplugged(each) for each in told if each not in kept)
    yield from (Plugged(each) for each in now if each not in kept)
