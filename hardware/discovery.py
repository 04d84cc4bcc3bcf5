"""Which devices are attached, from sysfs and udev. Reads only; opens no device.

Takes some milliseconds, and longer while the kernel resets a USB device, whose texts it then keeps
back: not for the loop's thread.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pyudev

from hardware import capabilities, sysfs
from hardware.identity import Device, Identity, Kind, without_serial
from hardware.interfaces import DeviceNotFound

PROC_ASOUND: Final = Path("/proc/asound")

_PCM: Final = re.compile(r"pcmC(?P<card>\d+)D(?P<unit>\d+)(?P<direction>[cp])")
_DIGITAL_OUTPUT: Final = re.compile(r"hdmi|displayport|s/?pdif|iec958|\bdigital\b", re.IGNORECASE)
_CODEC_NAME: Final = re.compile(
    r"codec|decode|encode|m2m|[-_](dec|enc)\b|\b(rpivid|rkvdec|cedrus)\b|[-_]isp\b", re.IGNORECASE
)
_HOOK_USAGE: Final = re.compile(rb"\x05\x0b.*\x09\x20", re.DOTALL)


def attached() -> tuple[Device, ...]:
    """Return all devices that a terminal could use, ordered by kind and number."""
    context = pyudev.Context()
    found = (*_cameras(context), *_sounds(context), *_hooks(context), *_keypads(context))
    return _without_shared_serials(found)


def inputs(kind: Kind) -> tuple[Device, ...]:
    """Return all input devices, each as a `kind`.

    For what terminal.toml names although nothing tells that it is one: a hook that is an ordinary
    key, a keypad that claims to be a keyboard.
    """
    found = (_input(node, kind) for node in sysfs.nodes(pyudev.Context(), "input", "event"))
    return _without_shared_serials(tuple(found))


# -- cameras ----------------------------------------------------------------------------------


def _cameras(context: pyudev.Context) -> Iterator[Device]:
    housings: set[Identity] = set()
    for node in sysfs.nodes(context, "video4linux", "video"):
        name = sysfs.text(node, "name")
        if not _captures(node, name):
            continue
        housing = sysfs.identity(node)
        yield Device(
            kind="camera",
            node=node.device_node,
            name=name,
            identity=sysfs.identity(node, sysfs.interface(node)),
            is_secondary=housing in housings,
        )
        housings.add(housing)


def _captures(node: Any, name: str) -> bool:
    """Return whether a video node gives a camera's pictures.

    A camera has other nodes, for its metadata; and codecs are video nodes too, which both take
    and give pictures. Where udev has not asked the driver (`v4l_id`), the first node of a device
    is the one that captures, and only its driver's name tells a codec.
    """
    told = sysfs.prop(node, "ID_V4L_CAPABILITIES")
    if told:
        return ":capture:" in told and ":video_output:" not in told
    return sysfs.text(node, "index") in ("", "0") and not _CODEC_NAME.search(name)


# -- sound ------------------------------------------------------------------------------------


def _sounds(context: pyudev.Context) -> Iterator[Device]:
    """Yield each PCM; of a card's several in one direction the first that is not digital leads.

    What goes to a screen (HDMI, DisplayPort) or an amplifier (S/PDIF) is told by what the driver
    calls the card or, in /proc, the PCM: sysfs has no word for it.
    """
    led: set[tuple[int, str]] = set()
    for node in sysfs.nodes(context, "sound", "pcm"):
        found = _PCM.fullmatch(node.sys_name)
        if found is None or sysfs.text(node, "pcm_class") == "modem":
            continue
        card, unit, direction = int(found["card"]), int(found["unit"]), found["direction"]
        card_id, title = sysfs.text(node.parent, "id"), _title(card, unit, direction)
        usb = sysfs.usb_device(node)
        product = sysfs.text(usb, "product") if usb is not None else ""
        is_secondary = bool(_DIGITAL_OUTPUT.search(f"{card_id} {title}"))
        if not is_secondary:
            is_secondary = (card, direction) in led
            led.add((card, direction))
        yield Device(
            kind="microphone" if direction == "c" else "earpiece",
            node=node.device_node,
            name=product or ", ".join(filter(None, (card_id, title))),
            identity=sysfs.identity(node, str(unit)),
            card=card,
            unit=unit,
            is_secondary=is_secondary,
        )


def _title(card: int, unit: int, direction: str) -> str:
    """Return what the driver calls a PCM ("HDMI 0"); empty where /proc is not ALSA's."""
    try:
        told = (PROC_ASOUND / f"card{card}/pcm{unit}{direction}/info").read_text("utf-8", "replace")
    except OSError:
        return ""
    found = re.search(r"^id: *(.*)$", told, re.MULTILINE)
    return found[1].strip() if found is not None else ""


# -- hooks and keypads ------------------------------------------------------------------------


def _hooks(context: pyudev.Context) -> Iterator[Device]:
    """Yield one hook for each thing that has some: a telephony usage is surer than a key."""
    found: dict[str, Device] = {}
    for node in sysfs.nodes(context, "hidraw", "hidraw"):
        if _HOOK_USAGE.search(_report_descriptor(node)):
            identity = sysfs.identity(node, sysfs.interface(node))
            name = sysfs.prop(node.parent, "HID_NAME")
            found.setdefault(_housing(node), Device("hook", node.device_node, name, identity))
    for node in sysfs.nodes(context, "input", "event"):
        name, keys = sysfs.text(node.parent, "name"), _bits(node, "key")
        if not capabilities.is_hook(keys, _bits(node, "sw"), name):
            continue
        hook = _input(node, "hook", capabilities.is_socket(keys, name))
        before = found.setdefault(_housing(node), hook)
        if before.is_secondary and not hook.is_secondary:
            found[_housing(node)] = hook
    yield from found.values()


def _keypads(context: pyudev.Context) -> Iterator[Device]:
    for node in sysfs.nodes(context, "input", "event"):
        if capabilities.is_keypad(_bits(node, "key"), sysfs.text(node.parent, "name")):
            yield _input(node, "keypad")


def _input(node: Any, kind: Kind, is_secondary: bool = False) -> Device:
    identity = sysfs.identity(node, sysfs.interface(node))
    name = sysfs.text(node.parent, "name")
    return Device(kind, node.device_node, name, identity, is_secondary=is_secondary)


def _bits(node: Any, of: str) -> frozenset[int]:
    return capabilities.bits(sysfs.text(node.parent, f"capabilities/{of}"))


def _housing(node: Any) -> str:
    """Return the path of the thing on the desk that a node belongs to."""
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
    """Return the devices; those of one model that share a serial number have none."""
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
