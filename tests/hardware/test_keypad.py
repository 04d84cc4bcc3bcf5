"""Keypads: their keys, and that they are ours alone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from config.input_codes import EV_KEY
from hardware import evdev
from hardware.interfaces import DeviceBusy, DeviceLost, Keypad
from hardware.keypad import KEYS, EvdevKeypad
from tests.hardware.kernel_input import EVIOCGRAB, KernelInput, event
from tests.hardware.nodes import Pipe, found, pipe


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> KernelInput:
    made = KernelInput()
    monkeypatch.setattr(evdev, "ioctl", made)
    return made


@pytest.fixture
def node() -> Iterator[Pipe]:
    with pipe() as made:
        yield made


async def test_keys_are_heard_once_each_until_it_is_pulled(node: Pipe, kernel: KernelInput) -> None:
    keypad: Keypad = EvdevKeypad(found(node.path, "keypad"))
    with pytest.raises(DeviceLost, match="not open"):
        await keypad.key()
    await keypad.open()
    await keypad.open()
    assert kernel.asked == [EVIOCGRAB]
    for code in (0x207, 5, 30, 0x20B):
        node.send(event(EV_KEY, code, 1) + event(EV_KEY, code, 2) + event(EV_KEY, code, 0))
    assert [await asyncio.wait_for(keypad.key(), 2) for _ in range(3)] == ["7", "4", "enter"]
    node.pull()
    with pytest.raises(DeviceLost):
        await asyncio.wait_for(keypad.key(), 2)
    await keypad.close()


async def test_one_that_another_program_has_is_busy(node: Pipe, kernel: KernelInput) -> None:
    kernel.grabbed = True
    keypad = EvdevKeypad(found(node.path, "keypad"))
    with pytest.raises(DeviceBusy):
        await keypad.open()
    with pytest.raises(DeviceLost):
        await keypad.key()


async def test_closing_ends_the_wait(node: Pipe, kernel: KernelInput) -> None:
    keypad = EvdevKeypad(found(node.path, "keypad"))
    await keypad.open()
    waiting = asyncio.create_task(keypad.key())
    await asyncio.sleep(0)
    await keypad.close()
    await keypad.close()
    with pytest.raises(DeviceLost, match="closed"):
        await waiting


def test_every_digit_is_known_three_times() -> None:
    for digit in "0123456789":
        assert sum(key == digit for key in KEYS.values()) == 3
