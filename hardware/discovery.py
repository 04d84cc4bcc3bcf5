"""Which devices are attached, by udev and PortAudio. Reads only; opens nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyudev

from hardware import portaudio
from hardware.interfaces import DeviceNotFound


@dataclass(frozen=True, slots=True)
class Found:
    """One attached device: camera, microphone, earpiece or input; `path` is what to configure."""

    kind: str
    path: str
    name: str


def attached() -> list[Found]:
    """Return all devices that could be configured."""
    context = pyudev.Context()
    return [*cameras(context), *sound_devices(), *inputs(context)]


def cameras(context: pyudev.Context) -> Iterator[Found]:
    """Yield the video nodes that capture; a camera has others, for its metadata."""
    for device in sorted(
        context.list_devices(subsystem="video4linux"), key=lambda each: each.sys_number or ""
    ):
        capabilities = device.get("ID_V4L_CAPABILITIES")
        index = device.attributes.get("index")
        # Without udev's database (containers) a camera's first node is the one that captures.
        captures = index == b"0" if capabilities is None else ":capture:" in capabilities
        if captures and device.device_node is not None:
            name = device.attributes.get("name", b"").decode(errors="replace")
            yield Found("camera", device.device_node, name)


def sound_devices() -> Iterator[Found]:
    """Yield inputs and outputs as PortAudio names them; none when it is not installed."""
    try:
        sounddevice = portaudio.load()
    except DeviceNotFound:
        return
    for each in sounddevice.query_devices():
        if each["max_input_channels"] > 0:
            yield Found("microphone", each["name"], each["name"])
        if each["max_output_channels"] > 0:
            yield Found("earpiece", each["name"], each["name"])


def inputs(context: pyudev.Context) -> Iterator[Found]:
    """Yield input devices with keys or switches: hook switches and keypads are among them."""
    for device in context.list_devices(subsystem="input"):
        node = device.device_node
        if node is None or not Path(node).name.startswith("event"):
            continue
        parent = device.parent
        name = parent.attributes.get("name", b"") if parent is not None else b""
        yield Found("input", node, name.decode(errors="replace"))


def first_camera() -> str:
    """Return the first camera's path. Raises DeviceNotFound."""
    found = next(cameras(pyudev.Context()), None)
    if found is None:
        raise DeviceNotFound("no camera is attached")
    return found.path


def first_hook() -> str:
    """Return the first input device whose name speaks of a hook or handset.

    Raises DeviceNotFound.
    """
    for found in inputs(pyudev.Context()):
        if any(word in found.name.lower() for word in ("hook", "handset", "phone")):
            return found.path
    raise DeviceNotFound("no hook switch is attached")
