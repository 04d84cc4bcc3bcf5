"""From a word of terminal.toml to the device that it means each time, and to its open node.

Without av and numpy: the screen process opens the camera for the process that may not.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Awaitable, Callable, Iterable

from hardware import discovery
from hardware.choosing import Chooser
from hardware.handoff import in_thread
from hardware.identity import Device, Kind
from hardware.v4l2 import Node, open_node

Opener = Callable[[], Awaitable[Node]]
"""Gives the camera's open node: opened here, or by another process. Raises DeviceError."""


def locating(
    kind: Kind, asked: str, attached: Callable[[], Iterable[Device]] = discovery.attached
) -> Callable[[], Device]:
    """Return what finds the device of a kind, each time that it is to be opened.

    It reads sysfs: call it in a thread. It raises DeviceNotFound, DeviceAmbiguous.
    """
    chooser, choosing = Chooser(kind, asked, time.monotonic), threading.Lock()

    def locate() -> Device:
        found = attached()
        with choosing:
            return chooser.choose(found).device

    return locate


def camera_opener(asked: str, locate: Callable[[], Device] | None = None) -> Opener:
    """Return what opens, in a thread, the camera that `asked` means then."""
    find = locate or locating("camera", asked)

    def work() -> Node:
        device = find()
        node = open_node(device.node)
        node.name = str(device)
        return node

    return lambda: in_thread("open camera", work)
