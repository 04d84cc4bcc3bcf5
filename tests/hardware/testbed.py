"""A sysfs of the test's own, and uevents from it, for everything in this process.

libumockdev-preload has to be there from the process's start (see conftest.py): it shows /sys and
/proc of the test's folder instead of the machine's, and turns netlink into sockets in that folder.
The tree is written here, as the kernel lays it out; umockdev's own writer has no room for that.
"""

from __future__ import annotations

import ctypes
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

LIBRARY: Final = "libumockdev.so.0"
WRAPPER: Final = "umockdev-wrapper"
PRELOADED: Final = "umockdev" in os.environ.get("LD_PRELOAD", "")
BUSES: Final = ("usb", "pci", "platform", "hid")
ANNOUNCED: Final = ("video4linux", "sound", "input", "hidraw")
"""The stand-in for netlink holds 10 uevents: others are left out."""


@dataclass(frozen=True, slots=True)
class Node:
    """One device of the kernel's; `path` is under /sys/devices."""

    path: str
    subsystem: str
    attributes: Mapping[str, str | bytes] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2]


class Testbed:
    """An empty machine; `close` makes the process see the real one again."""

    __test__ = False  # to pytest: no tests in here

    def __init__(self) -> None:
        self._library = ctypes.CDLL(LIBRARY)
        self._library.umockdev_testbed_new.restype = ctypes.c_void_p
        self._library.umockdev_testbed_get_root_dir.restype = ctypes.c_char_p
        self._handle = ctypes.c_void_p(self._library.umockdev_testbed_new())
        root = self._library.umockdev_testbed_get_root_dir(self._handle)
        self._root = Path(os.fsdecode(root))

    def plug(self, nodes: Iterable[Node]) -> None:
        """Add devices, parents first, each with its uevent."""
        for node in nodes:
            self._write(node)
            self.uevent(node, "add")

    def unplug(self, nodes: Sequence[Node]) -> None:
        """Remove devices, children first, in the order of the kernel's device_del()."""
        for node in reversed(nodes):
            self._link(node).unlink()
            self.uevent(node, "remove")
            shutil.rmtree(self._folder(node))

    def uevent(self, node: Node, action: str) -> None:
        """Send a uevent as both the kernel and udevd."""
        if node.subsystem in ANNOUNCED:
            path = f"/sys/devices/{node.path}".encode()
            self._library.umockdev_testbed_uevent(self._handle, path, action.encode())

    def write_proc(self, path: str, text: str) -> None:
        """Make a file of /proc."""
        file = self._root / "proc" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def close(self) -> None:
        """Remove the folder."""
        library = ctypes.CDLL("libgobject-2.0.so.0")
        library.g_object_unref(self._handle)

    def _folder(self, node: Node) -> Path:
        return self._root / "sys/devices" / node.path

    def _link(self, node: Node) -> Path:
        by = "bus/{}/devices" if node.subsystem in BUSES else "class/{}"
        return self._root / "sys" / by.format(node.subsystem) / node.name

    def _write(self, node: Node) -> None:
        folder, link = self._folder(node), self._link(node)
        folder.mkdir(parents=True, exist_ok=True)
        link.parent.mkdir(parents=True, exist_ok=True)
        _link_to(
            folder / "subsystem",
            link.parent if link.parent.name != "devices" else link.parent.parent,
        )
        for name, value in node.attributes.items():
            file = folder / name
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(value if isinstance(value, bytes) else f"{value}\n".encode())
        lines = (f"{name}={value}\n" for name, value in node.properties.items())
        (folder / "uevent").write_text("".join(lines))
        _link_to(link, folder)


def _link_to(link: Path, target: Path) -> None:
    link.symlink_to(os.path.relpath(target, link.parent))
