"""Which devices are attached, from sysfs and udev. Reads only; opens no device."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pyudev

from hardware import capabilities, sysfs
from hardware.identity import Device, Kind, without_serial
from hardware.interfaces import DeviceNotFound

UDEVD: Final = Path("/run/udev/control")
"""There while udevd runs (its own socket); until it has seen a device nobody may open it."""

_PCM: Final = re.compile(r"pcmC(?P<card>\d+)D(?P<unit>\d+)(?P<direction>[cp])")
_DIGITAL_OUTPUT: Final = re.compile(r"hdmi|displayport|s/?pdif|iec958|\bdigital\b", re.IGNORECASE)
_CODEC_NAME: Final = re.compile(
    r"codec|decode|encode|m2m|[-_](dec|enc)\b|\b(rpivid|rkvdec|cedrus)\b|[-_]isp\b", re.IGNORECASE
)
_HOOK_USAGE: Final = re.compile(rb"\x05\x0b.*\x09\x20", re.DOTALL)


def attached() -> tuple[Device, ...]:
    """Return all devices that a terminal could use, in the order of kinds and nodes."""
    context = pyudev.Context()
    found = (*_cameras(context), *_sounds(context), *_inputs(context))
    return _without_shared_serials(found)


def _nodes(context: pyudev.Context, subsystem: str, prefix: str) -> Iterator[Any]:
    """Yield the devices of a subsystem that can be opened now, in the order of their numbers."""
    has_udevd = UDEVD.exists()
    found = []
    for device in context.list_devices(subsystem=subsystem):
        if not device.sys_name.startswith(prefix) or device.device_node is None:
            continue
        if device.is_initialized or not has_udevd:
            found.append(device)
    yield from sorted(found, key=lambda each: _numbers(each.sys_name))


def _numbers(name: str) -> tuple[int, ...]:
    return tuple(int(digits) for digits in re.findall(r"\d+", name))


# -- cameras ----------------------------------------------------------------------------------


def _cameras(context: pyudev.Context) -> Iterator[Device]:
    owners: set[str] = set()
    for node in _nodes(context, "video4linux", "video"):
        name = sysfs.text(node, "name")
        if not _captures(node, name):
            continue
        identity = sysfs.identity(node, sysfs.interface(node))
        is_secondary = bool(identity.vendor) and identity.port in owners
        owners.add(identity.port)
        yield Device("camera", node.device_node, name, identity, is_secondary=is_secondary)


def _captures(node: Any, name: str) -> bool:
    """Return whether a video node gives a camera's pictures.

    A camera has other nodes, for its metadata; and codecs are video nodes too, which both take
    and give pictures. Where udev has not asked the driver (`v4l_id`), the first node of a device
    is the one that captures, and only its driver's name tells a codec.
    """
    told = node.properties.get("ID_V4L_CAPABILITIES")
    if told is not None:
        return ":capture:" in told and ":video_output:" not in told
    return sysfs.text(node, "index") in ("", "0") and not _CODEC_NAME.search(name)


# -- sound ------------------------------------------------------------------------------------


def _sounds(context: pyudev.Context) -> Iterator[Device]:
    seen: set[tuple[int, str]] = set()
    for node in _nodes(context, "sound", "pcm"):
        found = _PCM.fullmatch(node.sys_name)
        if found is None:
            continue
        card, unit = int(found["card"]), int(found["unit"])
        title = _pcm_title(card, unit, found["direction"])
        identifier = sysfs.text(node.parent, "id") if node.parent is not None else ""
        usb = sysfs.usb_device(node)
        name = sysfs.text(usb, "product") if usb is not None else ""
        is_secondary = bool(_DIGITAL_OUTPUT.search(f"{identifier} {title}"))
        if not is_secondary:
            is_secondary = (card, found["direction"]) in seen
            seen.add((card, found["direction"]))
        yield Device(
            "microphone" if found["direction"] == "c" else "earpiece",
            node.device_node,
            _joined(name or identifier, title if is_secondary else ""),
            sysfs.identity(node, str(unit)),
            card,
            unit,
            is_secondary,
        )


def _pcm_title(card: int, unit: int, direction: str) -> str:
    """Return what the driver calls a PCM ("HDMI 0"); empty where /proc does not tell."""
    try:
        told = Path(f"/proc/asound/card{card}/pcm{unit}{direction}/info").read_text("utf-8")
    except OSError:
        return ""
    found = re.search(r"^id: (.*)$", told, re.MULTILINE)
    return found[1].strip() if found is not None else ""


def _joined(name: str, title: str) -> str:
    return f"{name}, {title}" if title else name


# -- inputs -----------------------------------------------------------------------------------


def _inputs(context: pyudev.Context) -> Iterator[Device]:
    hooks: dict[str, Device] = {}
    keypads: list[Device] = []
    for node in _nodes(context, "hidraw", "hidraw"):
        if node.parent is not None and _HOOK_USAGE.search(_report_descriptor(node)):
            name = str(node.parent.properties.get("HID_NAME", ""))
            identity = sysfs.identity(node, sysfs.interface(node))
            hooks.setdefault(_housing(node), Device("hook", node.device_node, name, identity))
    for node in _nodes(context, "input", "event"):
        told = node.parent
        if told is None:
            continue
        name = sysfs.text(told, "name")
        keys = capabilities.bits(sysfs.text(told, "capabilities/key"))
        switches = capabilities.bits(sysfs.text(told, "capabilities/sw"))
        identity = sysfs.identity(node, sysfs.interface(node))
        if capabilities.is_hook(keys, switches):
            is_secondary = not capabilities.is_surely_hook(keys, name)
            hook = Device("hook", node.device_node, name, identity, is_secondary=is_secondary)
            before = hooks.setdefault(_housing(node), hook)
            if before.is_secondary and not is_secondary:
                hooks[_housing(node)] = hook
        if capabilities.is_keypad(keys, name):
            keypads.append(Device("keypad", node.device_node, name, identity))
    yield from hooks.values()
    yield from keypads


def _housing(node: Any) -> str:
    """Return the path of the thing on the desk that a node belongs to: it has one hook only."""
    usb = sysfs.usb_device(node)
    owner = usb if usb is not None else node.find_parent("hid")
    return str((owner if owner is not None else node).device_path)


def _report_descriptor(node: Any) -> bytes:
    try:
        return Path(node.parent.sys_path, "report_descriptor").read_bytes()
    except OSError:
        return b""


# -- all --------------------------------------------------------------------------------------


def _without_shared_serials(devices: tuple[Device, ...]) -> tuple[Device, ...]:
    """Return the devices; two of one model with the same serial number have none."""
    ports = {(_make(each), each.identity.port) for each in devices}
    count = Counter(make for make, _ in ports)
    return tuple(without_serial(each) if count[_make(each)] > 1 else each for each in devices)


def _make(device: Device) -> tuple[str, str, str]:
    return device.identity.vendor, device.identity.product, device.identity.serial


def first_camera() -> str:
    """Return the first camera's path. Raises DeviceNotFound."""
    return _first("camera")


def first_hook() -> str:
    """Return the first hook switch's path. Raises DeviceNotFound."""
    return _first("hook")


def _first(kind: Kind) -> str:
    found = next((each for each in attached() if each.kind == kind), None)
    if found is None:
        raise DeviceNotFound(f"no {kind} is attached")
    return found.node
