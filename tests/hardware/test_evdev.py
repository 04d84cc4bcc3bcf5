"""Hook and keypad over input events; a FIFO stands for the device node."""

from __future__ import annotations

import asyncio
import os
import struct
from pathlib import Path

import pytest

from hardware.evdev import EV_KEY, EV_SW, InputDevice
from hardware.hook import KEY_PHONE, SW_HEADPHONE_INSERT, EvdevHook
from hardware.interfaces import DeviceBusy, DeviceLost, DeviceNotFound, Hook, Keypad
from hardware.keypad import KEYS, EvdevKeypad


def event(kind: int, code: int, value: int) -> bytes:
    return struct.pack("@llHHi", 0, 0, kind, code, value)


@pytest.fixture
def node(tmp_path: Path) -> Path:
    path = tmp_path / "event0"
    os.mkfifo(path)
    return path


async def test_missing_node_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(DeviceNotFound):
        await InputDevice(str(tmp_path / "none")).open()


async def test_a_node_that_cannot_be_grabbed_is_busy(node: Path) -> None:
    keypad: Keypad = EvdevKeypad(str(node))
    with pytest.raises(DeviceBusy):
        await keypad.open()
    with pytest.raises(DeviceLost):
        await keypad.key()


async def test_hook_bounces_and_settles(node: Path) -> None:
    hook: Hook = EvdevHook(str(node))
    assert await hook.open() is False
    writer = os.open(node, os.O_WRONLY)
    os.write(writer, event(EV_KEY, KEY_PHONE, 1) + event(EV_KEY, KEY_PHONE, 0))
    os.write(writer, event(EV_KEY, 30, 1) + event(EV_KEY, KEY_PHONE, 1))
    assert await asyncio.wait_for(hook.change(), 2) is True
    os.write(writer, event(EV_SW, SW_HEADPHONE_INSERT, 0))
    assert await asyncio.wait_for(hook.change(), 2) is False
    os.close(writer)
    with pytest.raises(DeviceLost):
        await asyncio.wait_for(hook.change(), 2)
    await hook.close()
    with pytest.raises(DeviceLost):
        await hook.change()


def test_keypad_knows_every_digit_three_times() -> None:
    for digit in "0123456789":
        assert sum(key == digit for key in KEYS.values()) == 3
