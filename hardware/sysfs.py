"""Who a device is, from what the kernel says of it and of its parents in /sys.

Read as the kernel's Documentation/admin-guide/sysfs-rules.rst asks: from /sys/class on, and up the
real path, where a folder with a `subsystem` is a device. Without libudev: each of its contexts
runs ldconfig, which a confined process may not, one must not be used by two threads, and the same
list takes it many times as long. What vanishes while it is read gives empty texts.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from hardware.identity import Identity

CLASSES: Final = Path("/sys/class")
DEVICES: Final = "/sys/devices/"
UDEVD: Final = Path("/run/udev/control")
"""udevd's socket, there while it runs."""
UDEV_DATA: Final = Path("/run/udev/data")
"""What udevd knows, a file for each device that its rules have seen (udev, udev-node.c)."""

NUMBERED: Final = ("video4linux", "sound", "input", "hidraw", "hid")
"""Subsystems whose devices bear a running number; above them stands what stays the same."""
USB_BUS: Final = 0x03
"""BUS_USB of linux/input.h, which HID devices made by a program (uhid) bear too."""
_HID_ID: Final = re.compile(r"([0-9A-F]{4}):([0-9A-F]{8}):([0-9A-F]{8})", re.IGNORECASE)
_NO_SELECTOR: Final = re.compile(r"[\s@#]+")
"""What a serial number may hold and a selector may not."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A device as sysfs has it."""

    sys_path: str
    """Its real path, /sys/devices/..."""
    subsystem: str

    @property
    def name(self) -> str:
        """The kernel's name: "video0"."""
        return self.sys_path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Node(Entry):
    """A device that can be opened, at `path`."""

    above: tuple[Entry, ...]
    """The devices that it belongs to, the next one first."""
    path: str
    number: str
    """Its kind, major and minor number, as udev's database has them: "c81:0"."""

    def is_there(self) -> bool:
        """Return whether it is still in its class, as it is not from early in its removal on."""
        return os.path.lexists(CLASSES / self.subsystem / self.name)

    def from_udev(self, name: str) -> str:
        """Return what udev's rules have found out ("ID_..."); empty where udevd does not run."""
        lines = _read(str(UDEV_DATA / self.number)).decode(errors="replace").splitlines()
        return _values(line.removeprefix("E:") for line in lines).get(name, "")


def nodes(subsystem: str, prefix: str) -> list[Node]:
    """Return the devices of a class that can be opened now, in the order of their numbers.

    Where udevd runs, a device is nobody's until its rules have given it owner and mode.
    """
    folder, has_udevd = CLASSES / subsystem, UDEVD.exists()
    try:
        names = [each.name for each in folder.iterdir() if each.name.startswith(prefix)]
    except FileNotFoundError:
        return []
    found = []
    for name in sorted(names, key=lambda name: (_numbers(name), name)):
        try:
            path = os.path.normpath(folder / (folder / name).readlink())
        except OSError:
            continue
        told = _values(_read(f"{path}/uevent").decode(errors="replace").splitlines())
        number = f"c{told.get('MAJOR')}:{told.get('MINOR')}"
        if "DEVNAME" in told and (not has_udevd or (UDEV_DATA / number).exists()):
            above = tuple(_parents(path))
            found.append(Node(path, subsystem, above, f"/dev/{told['DEVNAME']}", number))
    return found


def text(device: Entry, attribute: str) -> str:
    """Return an attribute in one printable line; empty where there is none.

    A USB device says what it likes of itself: no more than text may reach a log or a terminal.
    """
    return _printable(data(device, attribute).decode(errors="replace"))


def data(device: Entry, attribute: str) -> bytes:
    """Return an attribute that is no text; empty where there is none."""
    return _read(f"{device.sys_path}/{attribute}")


def told(device: Entry, name: str) -> str:
    """Return a value of the device's uevent; empty where there is none."""
    lines = data(device, "uevent").decode(errors="replace").split("\n")
    return _printable(_values(lines).get(name, ""))


def usb_device(node: Node) -> Entry | None:
    """Return the whole USB device that `node` is a part of; None on other buses."""
    above = (each for each in node.above if each.subsystem == "usb")
    return next((each for each in above if text(each, "idVendor")), None)


def hid_device(node: Node) -> Entry | None:
    """Return the HID device above; None where there is none."""
    return next((each for each in node.above if each.subsystem == "hid"), None)


def identity(node: Node, part: str = "") -> Identity:
    """Return whose `node` is; `part` tells it from others of its kind in one housing."""
    usb, hid = usb_device(node), hid_device(node)
    if usb is not None:
        vendor, product = text(usb, "idVendor").lower(), text(usb, "idProduct").lower()
        port = f"{controller(node)}/{text(usb, 'devpath')}"
        return Identity(vendor, product, usable_serial(text(usb, "serial")), port, part)
    found = _HID_ID.fullmatch(told(hid, "HID_ID")) if hid is not None else None
    if hid is None or found is None or int(found[1], 16) != USB_BUS:
        return Identity(port=place(node), part=part)
    vendor, product = found[2][4:].lower(), found[3][4:].lower()
    return Identity(vendor, product, usable_serial(told(hid, "HID_UNIQ")), place(node), part)


def controller(node: Node) -> str:
    """Return the address of the USB controller: what is next above its root hub."""
    buses = [each.subsystem for each in node.above]
    beyond = len(buses) - buses[::-1].index("usb") if "usb" in buses else len(buses)
    return node.above[beyond].name if beyond < len(node.above) else ""


def place(node: Node) -> str:
    """Return the place under /sys/devices of what the device's numbered nodes belong to."""
    path = PurePosixPath(node.sys_path).parent
    for above in node.above:
        path = PurePosixPath(above.sys_path)
        if above.subsystem not in NUMBERED:
            break
        path = path.parent  # a program's (uinput) has no parent at all
    return str(path.relative_to(DEVICES))


def interface(node: Node) -> str:
    """Return the number of the USB interface that `node` belongs to, "" on other buses."""
    above = (text(each, "bInterfaceNumber") for each in node.above if each.subsystem == "usb")
    number = next(above, "")
    return str(int(number, 16)) if number else ""


def usable_serial(serial: str) -> str:
    """Return a serial number as selectors have it; empty where it says nothing ("0", "000")."""
    tidy = _NO_SELECTOR.sub("_", serial.strip())
    return "" if len(set(tidy)) < 2 else tidy


def _parents(path: str) -> Iterator[Entry]:
    """Yield the devices above, the next one first."""
    while (path := path.rpartition("/")[0]).startswith(DEVICES):
        try:
            link = os.readlink(f"{path}/subsystem")  # noqa: PTH115 - half the time of all reading
            yield Entry(path, link.rpartition("/")[2])
        except OSError:
            continue  # a folder only


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError:
        return b""


def _printable(said: str) -> str:
    return "".join(each if each.isprintable() else " " for each in said).strip()


def _values(lines: Iterator[str] | list[str]) -> dict[str, str]:
    pairs = (line.partition("=") for line in lines)
    return {name: value for name, _, value in pairs}


def _numbers(name: str) -> tuple[int, ...]:
    return tuple(int(digits) for digits in re.findall(r"\d+", name))
