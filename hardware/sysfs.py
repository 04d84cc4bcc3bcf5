"""Who a device is, from what the kernel itself says of it and of its parents in sysfs.

udev's database is not asked: in containers and early in the boot there is none. Devices are
pyudev's; what vanishes while it is read gives empty texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Final

import pyudev

from hardware.identity import Identity

UDEVD: Final = Path("/run/udev/control")
"""udevd's socket, there while it runs."""
CLASSES: Final = ("video4linux", "sound", "input", "hidraw", "hid")
"""Subsystems whose devices bear a running number; above them stands what stays the same."""
USB_BUS: Final = 0x03
"""BUS_USB of linux/input.h, which HID devices made by a program (uhid) bear too."""
_HID_ID: Final = re.compile(r"([0-9A-F]{4}):([0-9A-F]{8}):([0-9A-F]{8})", re.IGNORECASE)
_NO_SELECTOR: Final = re.compile(r"[\s@#]+")
"""What a serial number may hold and a selector may not."""


def nodes(context: pyudev.Context, subsystem: str, prefix: str) -> Iterator[Any]:
    """Yield the devices of a subsystem that can be opened now, in the order of their numbers.

    Where udevd runs, a device is nobody's until its rules have given it owner and mode.
    """
    has_udevd = UDEVD.exists()
    found = [
        device
        for device in context.list_devices(subsystem=subsystem)
        if device.sys_name.startswith(prefix)
        and device.device_node is not None
        and device.parent is not None
        and (device.is_initialized or not has_udevd)
    ]
    yield from sorted(found, key=lambda each: _numbers(each.sys_name))


def text(device: Any, attribute: str) -> str:
    """Return a sysfs attribute; empty where there is none."""
    found: bytes | None = device.attributes.get(attribute)
    return (found or b"").decode(errors="replace").strip()


def prop(device: Any, name: str) -> str:
    """Return a line of the device's uevent; empty where there is none."""
    return str(device.properties.get(name, "")) if device is not None else ""


def usb_device(device: Any) -> Any:
    """Return the whole USB device that `device` is a part of; None on other buses."""
    return device.find_parent("usb", "usb_device")


def identity(device: Any, part: str = "") -> Identity:
    """Return who `device` is; `part` tells it from others of its kind in one housing."""
    usb = usb_device(device)
    if usb is not None:
        vendor, product = text(usb, "idVendor").lower(), text(usb, "idProduct").lower()
        return Identity(vendor, product, usable_serial(text(usb, "serial")), usb_port(usb), part)
    port = place(device)
    hid = device.find_parent("hid")
    found = _HID_ID.fullmatch(prop(hid, "HID_ID"))
    if found is None or int(found[1], 16) != USB_BUS:
        return Identity(port=port, part=part)
    serial = usable_serial(prop(hid, "HID_UNIQ"))
    return Identity(found[2][4:].lower(), found[3][4:].lower(), serial, port, part)


def usb_port(usb: Any) -> str:
    """Return "controller/way": the controller's address and the ports from its root hub on."""
    controller = usb
    while controller is not None and controller.subsystem == "usb":
        controller = controller.parent
    name = controller.sys_name if controller is not None else "usb"
    return f"{name}/{text(usb, 'devpath')}"


def place(device: Any) -> str:
    """Return the place under /sys/devices of what the device's numbered nodes belong to."""
    owner = device
    while owner.parent is not None and owner.subsystem in CLASSES:
        owner = owner.parent
    path = PurePosixPath(owner.device_path.removeprefix("/devices/"))
    if owner.subsystem in CLASSES:  # a program's (uinput): no parent at all
        path = path.parent
    return str(path)


def interface(device: Any) -> str:
    """Return the number of the USB interface that `device` belongs to, "" on other buses."""
    owner = device.find_parent("usb", "usb_interface")
    number = text(owner, "bInterfaceNumber") if owner is not None else ""
    return str(int(number, 16)) if number else ""


def usable_serial(serial: str) -> str:
    """Return a serial number as selectors have it; empty where it says nothing ("0", "000")."""
    tidy = _NO_SELECTOR.sub("_", serial.strip())
    return "" if len(set(tidy)) < 2 else tidy


def _numbers(name: str) -> tuple[int, ...]:
    return tuple(int(digits) for digits in re.findall(r"\d+", name))
