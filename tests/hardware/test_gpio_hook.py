"""A hook on a GPIO line. No machine here has one: gpiod's own calls are stood in for."""

from __future__ import annotations

import asyncio
import errno
import os
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import gpiod
import pytest
from gpiod.line import Bias, Direction, Edge, Value

from hardware.gpio_hook import CONSUMER, GpioHook
from hardware.interfaces import (
    DeviceBusy,
    DeviceError,
    DeviceLost,
    DeviceNotFound,
    DeviceRefused,
)
from tests.hardware.nodes import refused

HOLD_S = 0.03
RISING, FALLING = gpiod.EdgeEvent.Type.RISING_EDGE, gpiod.EdgeEvent.Type.FALLING_EDGE


class FakeRequest:
    """gpiod.LineRequest: its descriptor becomes readable with the first event."""

    def __init__(self, value: Value) -> None:
        self.value = value
        self.released = False
        self.failing: OSError | None = None
        self._read, self._write = os.pipe2(os.O_NONBLOCK)
        self._events: list[gpiod.EdgeEvent] = []

    def edge(self, kind: gpiod.EdgeEvent.Type) -> None:
        number = len(self._events)
        self._events.append(gpiod.EdgeEvent(kind.value, 0, 17, number, number))
        os.write(self._write, b"!")

    def fail(self, error: OSError) -> None:
        self.failing = error
        os.write(self._write, b"!")

    def fileno(self) -> int:
        assert not self.released, "gpiod: RequestReleasedError"
        return self._read

    def get_value(self, line: int | str) -> Value:
        if self.failing is not None:
            raise self.failing
        return self.value

    def wait_edge_events(self, timeout: float) -> bool:
        assert timeout == 0, "the loop does not wait"
        if self.failing is not None:
            raise self.failing
        return bool(self._events)

    def read_edge_events(self, max_events: int | None = None) -> list[gpiod.EdgeEvent]:
        os.read(self._read, 1024)
        events, self._events = self._events[:max_events], self._events[max_events:]
        return events

    def release(self) -> None:
        assert not self.released
        self.released = True
        os.close(self._read)
        os.close(self._write)


@dataclass
class FakeChips:
    """gpiod.request_lines."""

    value: Value = Value.INACTIVE
    error: Exception | None = None
    unreadable: OSError | None = None
    debounces: bool = True
    asked: list[tuple[str, dict[Any, gpiod.LineSettings], str]] = field(default_factory=list)
    given: list[FakeRequest] = field(default_factory=list)

    def request_lines(
        self, path: str, config: dict[Any, gpiod.LineSettings], consumer: str
    ) -> FakeRequest:
        self.asked.append((path, config, consumer))
        (settings,) = config.values()
        if self.error is not None:
            raise self.error
        if settings.debounce_period and not self.debounces:
            raise refused(errno.EINVAL)
        self.given.append(FakeRequest(self.value))
        self.given[-1].failing = self.unreadable
        return self.given[-1]


@pytest.fixture
def chips(monkeypatch: pytest.MonkeyPatch) -> FakeChips:
    made = FakeChips()
    monkeypatch.setattr(gpiod, "request_lines", made.request_lines)
    return made


async def test_how_the_line_is_asked_for(chips: FakeChips) -> None:
    hook = GpioHook("gpiochip0", "17", HOLD_S)
    assert await hook.open() is False
    assert await hook.open() is False
    ((path, config, consumer),) = chips.asked
    assert (path, consumer, list(config)) == ("/dev/gpiochip0", CONSUMER, [17])
    settings = config[17]
    assert settings.direction is Direction.INPUT
    assert settings.edge_detection is Edge.BOTH
    assert settings.bias is Bias.PULL_UP
    assert settings.debounce_period == timedelta(seconds=HOLD_S)
    await hook.close()
    assert chips.given[0].released


async def test_a_line_by_name_and_a_chip_by_path(chips: FakeChips) -> None:
    hook = GpioHook("/dev/visitbooth/gpio", "HOOK", HOLD_S)
    await hook.open()
    assert chips.asked[0][0] == "/dev/visitbooth/gpio"
    assert list(chips.asked[0][1]) == ["HOOK"]
    await hook.close()


async def test_where_the_kernel_debounces_each_edge_counts_at_once(chips: FakeChips) -> None:
    hook = GpioHook("gpiochip0", "17", 30.0)
    await hook.open()
    chips.given[0].edge(RISING)
    assert await asyncio.wait_for(hook.change(), 2) is True
    chips.given[0].edge(FALLING)
    assert await asyncio.wait_for(hook.change(), 2) is False
    assert hook.moves == 2
    await hook.close()
    assert hook.moves == 2


async def test_where_it_cannot_it_is_done_here(chips: FakeChips) -> None:
    chips.debounces = False
    hook = GpioHook("gpiochip0", "17", HOLD_S)
    await hook.open()
    assert [each[1][17].debounce_period for each in chips.asked] == [
        timedelta(seconds=HOLD_S),
        timedelta(),
    ]
    for edge in (RISING, FALLING, RISING):
        chips.given[0].edge(edge)
    assert await asyncio.wait_for(hook.change(), 2) is True
    assert hook.moves == 3
    await hook.close()


async def test_inverted_high_is_a_handset_that_hangs(chips: FakeChips) -> None:
    chips.value = Value.ACTIVE
    hook = GpioHook("gpiochip0", "17", HOLD_S, inverted=True)
    assert await hook.open() is False
    chips.given[0].edge(FALLING)
    assert await asyncio.wait_for(hook.change(), 2) is True
    await hook.close()


@pytest.mark.parametrize(
    ("error", "expected", "words"),
    [
        (FileNotFoundError(2, "x"), DeviceNotFound, "/dev/gpiochip0, line HOOK: No such file"),
        (OSError(16, "x"), DeviceBusy, "busy"),
        (PermissionError(13, "x"), DeviceRefused, "udev rule"),
        (ValueError("not found"), DeviceNotFound, "has no line HOOK"),
    ],
)
async def test_why_it_does_not_open(
    chips: FakeChips, error: Exception, expected: type[DeviceError], words: str
) -> None:
    chips.error = error
    with pytest.raises(expected, match=words):
        await GpioHook("gpiochip0", "HOOK", HOLD_S).open()


async def test_a_line_that_cannot_be_read_is_let_go(chips: FakeChips) -> None:
    chips.unreadable = refused(errno.ENODEV)
    with pytest.raises(DeviceNotFound):
        await GpioHook("gpiochip0", "17", HOLD_S).open()
    assert chips.given[0].released


async def test_a_chip_that_is_pulled_is_lost_and_opens_again(chips: FakeChips) -> None:
    hook = GpioHook("gpiochip0", "17", HOLD_S)
    with pytest.raises(DeviceLost):
        await hook.change()
    await hook.open()
    chips.given[0].fail(refused(errno.ENODEV))
    with pytest.raises(DeviceLost, match="/dev/gpiochip0: No such device"):
        await asyncio.wait_for(hook.change(), 2)
    assert chips.given[0].released
    chips.value = Value.ACTIVE
    assert await hook.open() is True
    await hook.close()
