"""Hooks and keypads before the kernel's own drivers. Run by a guest's root; prints what it proved.

Usage: python -m tests.vm.hook_proof
"""

from __future__ import annotations

import asyncio
import grp
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from config.input_codes import EV_KEY, EV_SW
from config.schema import Devices
from hardware import discovery, hooks
from hardware.interfaces import DeviceBusy, DeviceError, DeviceLost, Hook
from tests.hardware.handsets import ALL, CX300
from tests.vm.devices import HidDevice, KeyDevice, UsbGadget

DEADLINE_S: Final = 30.0
HANGS, LIFTED = bytes([1, 0, 0, 0, 0, 0, 0, 0]), bytes([1, 1, 0, 0, 0, 0, 0, 0])
PHONE, SOCKET, BUTTON = (EV_KEY, 169), (EV_SW, 2), (EV_KEY, 0x2C0)
DIGITS: Final = tuple((EV_KEY, 0x200 + digit) for digit in range(12))


def telephone(state: bytes | None) -> HidDevice:
    return HidDevice(
        CX300.descriptor, CX300.vendor, CX300.product, name="Polycom CX300", state=state
    )


async def opened(hook: Hook) -> bool:
    """Open as the kiosk does, until it is there; close before each further try."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            try:
                return await hook.open()
            except DeviceError:
                await hook.close()
                await asyncio.sleep(0.05)


async def changed(hook: Hook) -> bool:
    return await asyncio.wait_for(hook.change(), DEADLINE_S)


async def lost(hook: Hook) -> None:
    try:
        await changed(hook)
    except DeviceLost:
        await hook.close()
        return
    raise AssertionError("a pulled hook moved")


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not holds():  # noqa: ASYNC110 - udev tells nobody here
            await asyncio.sleep(0.05)


@asynccontextmanager
async def attached(*, hook: bool) -> AsyncIterator[None]:
    """Wait until discovery sees a hook (or none) before what follows."""
    await until(lambda: any(each.kind == "hook" for each in discovery.attached()) is hook)
    yield


async def hidraw() -> None:
    """A telephone by uhid: its state, its moves, its loss and its return."""
    hook = hooks.hook(Devices(hook="auto", hook_debounce_ms=20))
    phone = telephone(HANGS)
    assert await opened(hook) is False
    assert phone.asked == 1
    for report, up in ((LIFTED, True), (HANGS, False)):
        began = time.monotonic()
        phone.send(report)
        assert await changed(hook) is up
        print(f"hidraw: move after {1000 * (time.monotonic() - began):.1f} ms (20 to debounce)")
    phone.unplug()
    await lost(hook)
    phone = telephone(LIFTED)
    began = time.monotonic()
    assert await opened(hook) is True
    assert phone.asked == 1, "up because it said so"
    print(f"hidraw: back after {1000 * (time.monotonic() - began):.0f} ms")
    await hook.close()
    phone.unplug()
    phone = telephone(None)
    async with attached(hook=True):
        assert await opened(hook) is True, "one that does not tell counts as up"
    phone.send(HANGS)
    assert await changed(hook) is False
    await hook.close()
    phone.unplug()
    async with attached(hook=False):
        print("hidraw: a silent one counts as up until it tells")


async def all_handsets() -> None:
    for each in ALL:
        made = HidDevice(each.descriptor, each.vendor, each.product, name=each.name, state=None)
        wanted = f"{each.vendor:04x}"
        if each.hook is None:
            await until(lambda: any(Path("/dev").glob("hidraw*")))
            assert not [one for one in discovery.attached() if one.kind == "hook"]
        else:
            await until(lambda wanted=wanted: any(  # type: ignore[misc]
                one.kind == "hook" and one.identity.vendor == wanted and "hidraw" in one.node
                for one in discovery.attached()))  # fmt: skip
        made.unplug()
        async with attached(hook=False):
            print(f"found as it should be: {each.name}")


def hidraw_access() -> tuple[int, int]:
    """Return group and mode of the only hidraw node, when udev is done with it."""
    subprocess.run(["udevadm", "settle"], check=True)
    (node,) = Path("/dev").glob("hidraw*")
    known = node.stat()
    return known.st_gid, known.st_mode & 0o777


async def access() -> None:
    """The udev rules: a telephone is opened to the kiosk's group, other HID devices are not."""
    kiosk = grp.getgrnam("visitbooth-kiosk").gr_gid
    for each in ALL:
        made = HidDevice(each.descriptor, each.vendor, each.product, name=each.name, state=None)
        await until(lambda: any(Path("/dev").glob("hidraw*")))
        expected = (kiosk, 0o640) if each.hook else (0, 0o600)
        assert hidraw_access() == expected, (each.name, hidraw_access())
        made.unplug()
        await until(lambda: not any(Path("/dev").glob("hidraw*")))
    print("access: hooks to the kiosk, others to root alone")


async def evdev() -> None:
    """Keys and switches by uinput, those too whose events the kernel's queue could not hold."""
    made = KeyDevice("Handset", PHONE)
    hook = hooks.hook(Devices(hook="auto", hook_debounce_ms=20))
    assert await opened(hook) is False
    made.move(*PHONE, 1)
    assert await changed(hook) is True
    await hook.close()
    assert await opened(hook) is True, "the state at opening is asked"
    for _ in range(2000):  # while the loop is away: more than an evdev client's queue
        made.move(*PHONE, 0)
        made.move(*PHONE, 1)
    made.move(*PHONE, 0)
    assert await changed(hook) is False, "SYN_DROPPED: asked again"
    print(f"evdev: overflow survived, {hook.moves} moves seen")
    made.unplug()
    await lost(hook)
    for code, name in (
        (SOCKET, "SW_HEADPHONE_INSERT"),
        (BUTTON, "BTN_TRIGGER_HAPPY1"),
        (BUTTON, "704"),
    ):
        made = KeyDevice("Contact", code)
        asked = Devices(hook="auto", hook_code=name, hook_inverted=True, hook_debounce_ms=20)
        hook = hooks.hook(asked)
        assert await opened(hook) is True
        made.move(*code, 1)
        assert await changed(hook) is False
        made.unplug()
        await lost(hook)
        print(f"evdev: {name} inverted")


async def keypad() -> None:
    made = KeyDevice("Numeric Keypad", *DIGITS)
    found = hooks.keypad(Devices(keypad="auto"))
    assert found is not None
    async with asyncio.timeout(DEADLINE_S):
        while True:
            try:
                await found.open()
                break
            except DeviceError:
                await asyncio.sleep(0.05)
    other = hooks.keypad(Devices(keypad="auto"))
    assert other is not None
    try:
        await other.open()
        raise AssertionError("the keypad is ours alone")
    except DeviceBusy:
        pass
    for code in (0x204, 0x202, 0x20B):
        made.press(code)
    heard = [await asyncio.wait_for(found.key(), DEADLINE_S) for _ in range(3)]
    assert heard == ["4", "2", "enter"], heard
    made.unplug()
    try:
        await asyncio.wait_for(found.key(), DEADLINE_S)
        raise AssertionError("a pulled keypad has keys")
    except DeviceLost:
        print("keypad: keys, ours alone, lost")
    await found.close()


async def usb() -> None:
    """The same telephone on the USB stack, with a serial port beside it."""
    gadget = UsbGadget(CX300.descriptor, CX300.vendor, CX300.product, 8)
    gadget.plug()
    asked = Devices(hook="usb:095d:9201:SN0001", hook_debounce_ms=20)
    hook = hooks.hook(asked)
    up = await opened(hook)
    print(f"usb: up={up} at opening")
    reports = await open_to_write("/dev/hidg0")
    for report, lifted in ((HANGS, False), (LIFTED, True)):
        os.write(reports, report)
        assert await changed(hook) is lifted
    gadget.unplug()
    await lost(hook)
    os.close(reports)
    print("usb: moves, and lost when pulled")
    gadget.plug()
    for code in ("text", "dcd"):
        asked = Devices(
            hook="serial:usb:095d:9201", hook_code=code, hook_debounce_ms=20, hook_inverted=False
        )
        hook = hooks.hook(asked)
        up = await opened(hook)
        print(f"usb serial {code}: up={up} at opening")
        port = await open_to_write("/dev/ttyGS0")
        if code == "text":
            os.write(port, b"down\nup\n1\n0\n")
            assert await changed(hook) is False
        else:
            assert await changed(hook) is True
        os.close(port)
        if code == "dcd":
            assert await changed(hook) is False
        await hook.close()
        print(f"usb serial {code}: moves")
    gadget.unplug()
    gadget.remove()


async def open_to_write(path: str) -> int:
    await until(lambda: Path(path).exists())
    return os.open(path, os.O_WRONLY | os.O_NOCTTY)


async def main() -> None:
    parts = {
        "hidraw": hidraw,
        "handsets": all_handsets,
        "access": access,
        "evdev": evdev,
        "keypad": keypad,
        "usb": usb,
    }
    for name in sys.argv[1:] or parts:
        await parts[name]()
    print("hook-proof=passed")


if __name__ == "__main__":
    asyncio.run(main())
