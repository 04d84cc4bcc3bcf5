"""From the words of terminal.toml to hook and keypad."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from config.input_codes import EV_KEY, EV_SW
from config.schema import Devices
from hardware import discovery, evdev, hooks, serial_hook
from hardware.evdev_hook import EvdevHook
from hardware.hidraw_hook import HidrawHook
from hardware.hook import NoHook
from hardware.hooks import AttachedHook
from hardware.identity import Device, Identity
from hardware.interfaces import DeviceAmbiguous, DeviceLost, DeviceNotFound, Hook, Keypad
from hardware.keypad import EvdevKeypad
from hardware.simulated_hook import SimulatedHook
from tests.hardware.kernel_input import KernelInput, event
from tests.hardware.nodes import Pipe, pipe

PHONE = (EV_KEY, 169)


class Attached:
    """What discovery finds."""

    def __init__(self, *devices: Device) -> None:
        self.devices = devices

    def __call__(self) -> tuple[Device, ...]:
        return self.devices


def device(node: str, serial: str = "A1", kind: str = "hook") -> Device:
    identity = Identity("0c45", "7403", serial, f"0000:00:14.0/{serial}")
    return Device("keypad" if kind == "keypad" else "hook", node, "Handset", identity)


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> KernelInput:
    made = KernelInput(PHONE)
    monkeypatch.setattr(evdev, "ioctl", made)
    return made


@pytest.fixture
def node() -> Iterator[Pipe]:
    with pipe() as made:
        yield made


def test_none_and_simulated() -> None:
    assert isinstance(hooks.hook(Devices()), NoHook)
    assert isinstance(hooks.hook(Devices(hook="simulated")), SimulatedHook)
    assert hooks.keypad(Devices()) is None


def test_gpio_and_serial() -> None:
    from hardware.gpio_hook import GpioHook
    from hardware.serial_hook import SerialHook

    assert isinstance(hooks.hook(Devices(hook="gpio:gpiochip0/HOOK/1")), GpioHook)
    assert isinstance(hooks.hook(Devices(hook="serial:/dev/ttyUSB0", hook_code="cts")), SerialHook)


def test_the_screen_process_loads_no_library_that_it_does_not_use() -> None:
    code = (
        "import sys; from config.schema import Devices; from hardware import hooks;"
        "hooks.hook(Devices(hook='auto')); hooks.keypad(Devices(keypad='auto'));"
        "print(sorted({'av', 'numpy', 'gpiod', 'serial'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


async def test_which_device_is_looked_for_at_each_opening(node: Pipe, kernel: KernelInput) -> None:
    attached = Attached()
    hook = hooks.hook(Devices(hook="auto", hook_debounce_ms=20), attached)
    with pytest.raises(DeviceLost, match="not open"):
        await hook.change()
    with pytest.raises(DeviceNotFound, match="no hook is attached"):
        await hook.open()
    attached.devices = (device(node.path), device("/dev/hidraw9", "B2"))
    with pytest.raises(DeviceAmbiguous, match="write one into terminal"):
        await hook.open()
    attached.devices = (device(node.path),)
    assert await hook.open() is False
    assert await hook.open() is False
    node.send(event(*PHONE, 1))
    assert await asyncio.wait_for(hook.change(), 2) is True
    node.pull()
    with pytest.raises(DeviceLost):
        await asyncio.wait_for(hook.change(), 2)
    assert isinstance(hook, AttachedHook) and hook.moves == 1
    await hook.close()
    attached.devices = ()
    with pytest.raises(DeviceNotFound):
        await hook.open()
    with pipe() as again:
        attached.devices = (device(again.path),)
        kernel.on.add(PHONE)
        assert await hook.open() is True
        await hook.close()
    assert hook.moves == 1


async def test_polarity_code_and_debounce_arrive(node: Pipe, kernel: KernelInput) -> None:
    kernel.codes = {(EV_KEY, 183)}
    asked = Devices(
        hook="usb:0c45:7403", hook_code="KEY_F13", hook_inverted=True, hook_debounce_ms=1
    )
    hook = hooks.hook(asked, Attached(device(node.path)))
    assert await hook.open() is True
    node.send(event(EV_KEY, 183, 1))
    assert await asyncio.wait_for(hook.change(), 2) is False
    await hook.close()


def test_the_node_says_which_adapter() -> None:
    hook = AttachedHook(lambda: device("x"), 0.05)
    assert isinstance(hook._made(device("/dev/hidraw3")), HidrawHook)
    assert isinstance(hook._made(device("/dev/input/event3")), EvdevHook)


def test_a_keypad_that_claims_to_be_a_keyboard_has_to_be_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known, other = device("/dev/input/event1", kind="keypad"), device("/dev/input/event2", "B2")
    monkeypatch.setattr(discovery, "attached", lambda: (known,))
    monkeypatch.setattr(discovery, "inputs", lambda kind: (known, other))
    assert hooks.keypads("auto") == (known,)
    assert hooks.keypads("usb:0c45:7403:A1") == (known,)
    assert hooks.keypads("usb:0c45:7403:B2") == (known, other)


@pytest.mark.parametrize("kind", ["hook", "keypad", "serial"])
async def test_what_hangs_while_it_is_looked_for_hangs_in_a_thread(
    monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Sysfs keeps a reader waiting while the kernel resets a USB device."""
    looked_in: list[str] = []

    def attached() -> tuple[Device, ...]:
        looked_in.append(threading.current_thread().name)
        return ()

    monkeypatch.setattr(discovery, "attached", attached)
    monkeypatch.setattr(discovery, "inputs", lambda _: attached())
    monkeypatch.setattr(serial_hook.located, "__defaults__", (attached,))
    device: Keypad | Hook | None
    if kind == "keypad":
        device = hooks.keypad(Devices(keypad="auto"))
    else:
        word = "auto" if kind == "hook" else "serial:usb:0403:6001"
        device = hooks.hook(Devices(hook=word, hook_code="auto" if kind == "hook" else "cts"))
    assert device is not None
    with pytest.raises(DeviceNotFound):
        await device.open()
    assert looked_in and threading.main_thread().name not in looked_in


async def test_a_hook_of_an_unusual_code_is_looked_for_among_all_input_devices(
    monkeypatch: pytest.MonkeyPatch, node: Pipe, kernel: KernelInput
) -> None:
    asked: list[tuple[object, ...]] = []

    def inputs(*question: object) -> tuple[Device, ...]:
        asked.append(question)
        return (device(node.path),)

    monkeypatch.setattr(discovery, "inputs", inputs)
    kernel.codes = {(EV_SW, 5)}
    hook = hooks.hook(Devices(hook="auto", hook_code="SW_DOCK"))
    assert await hook.open() is False
    await hook.close()
    assert asked == [("hook", "sw", 5)]


async def test_a_keypad_is_found_too(node: Pipe, kernel: KernelInput) -> None:
    attached = Attached(device("/dev/hidraw0"))
    keypad = hooks.keypad(Devices(keypad="auto"), attached)
    assert isinstance(keypad, EvdevKeypad)
    with pytest.raises(DeviceNotFound, match="no keypad"):
        await keypad.open()
    attached.devices = (device("/dev/hidraw0"), device(node.path, kind="keypad"))
    await keypad.open()
    node.send(event(EV_KEY, 0x205, 1))
    assert await asyncio.wait_for(keypad.key(), 2) == "5"
    await keypad.close()
