"""Which devices are attached, from sysfs. Reads only; opens no device.

Takes a few milliseconds, and longer while the kernel resets a USB device, whose texts it keeps back
meanwhile: not for the loop's thread. Any thread may ask, and so may a confined process if it can
read /sys/class, /sys/devices, /proc/asound and /run/udev.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

from hardware import capabilities, sysfs
from hardware.hid import has_hook
from hardware.identity import Device, Identity, Kind, without_serial
from hardware.sysfs import Node

PROC_ASOUND: Final = Path("/proc/asound")

_PCM: Final = re.compile(r"pcmC(?P<card>\d+)D(?P<unit>\d+)(?P<direction>[cp])")
_DIGITAL_OUTPUT: Final = re.compile(r"hdmi|displayport|s/?pdif|iec958|\bdigital\b", re.IGNORECASE)
_CODEC_NAME: Final = re.compile(
    r"codec|decode|encode|m2m|[-_](dec|enc)\b|\b(rpivid|rkvdec|cedrus)\b|[-_]isp\b", re.IGNORECASE
)


Found = tuple[Node, Device]
"""A device with what it was found as."""


def attached() -> tuple[Device, ...]:
    """Return all devices that a terminal could use, ordered by kind and number."""
    events = sysfs.nodes("input", "event")
    return _whole((*_cameras(), *_sounds(), *_hooks(events), *_keypads(events)))


def inputs(
    kind: Kind, of: Literal["key", "sw"] = "key", code: int | None = None
) -> tuple[Device, ...]:
    """Return the input devices that have a key or switch, each as a `kind`; all without a `code`.

    For what terminal.toml names although nothing tells that it is one: a hook that is an ordinary
    key, a keypad that claims to be a keyboard.
    """
    nodes = sysfs.nodes("input", "event")
    return _whole(
        tuple(_input(node, kind) for node in nodes if code is None or code in _bits(node, of))
    )


# -- cameras ----------------------------------------------------------------------------------


def _cameras() -> Iterator[Found]:
    housings: set[Identity] = set()
    for node in sysfs.nodes("video4linux", "video"):
        name = sysfs.text(node, "name")
        if not _captures(node, name):
            continue
        housing = sysfs.identity(node)
        camera = Device(
            kind="camera",
            node=node.path,
            name=name,
            identity=sysfs.identity(node, sysfs.interface(node)),
            is_secondary=housing in housings,
        )
        yield node, camera
        housings.add(housing)


def _captures(node: Node, name: str) -> bool:
    """Return whether a video node gives a camera's pictures.

    A camera has other nodes, for its metadata; and codecs are video nodes too, which both take
    and give pictures. Where udev has not asked the driver (`v4l_id`), the first node of a device
    is the one that captures, and only its driver's name tells a codec.
    """
    told = node.from_udev("ID_V4L_CAPABILITIES")
    if told:
        return ":capture:" in told and ":video_output:" not in told
    return sysfs.text(node, "index") in ("", "0") and not _CODEC_NAME.search(name)


# -- sound ------------------------------------------------------------------------------------


def _sounds() -> Iterator[Found]:
    """Yield each PCM; of a card's several in one direction the first that is not digital leads.

    What goes to a screen (HDMI, DisplayPort) or an amplifier (S/PDIF) is told by what the driver
    calls the card or, in /proc, the PCM: sysfs has no word for it.
    """
    led: set[tuple[int, str]] = set()
    for node in sysfs.nodes("sound", "pcm"):
        found = _PCM.fullmatch(node.name)
        if found is None or sysfs.text(node, "pcm_class") == "modem":
            continue
        card, unit, direction = int(found["card"]), int(found["unit"]), found["direction"]
        card_id, title = _above(node, "id"), _title(card, unit, direction)
        usb = sysfs.usb_device(node)
        product = sysfs.text(usb, "product") if usb is not None else ""
        is_output = direction == "p"
        is_secondary = is_output and bool(_DIGITAL_OUTPUT.search(f"{card_id} {title}"))
        if not is_secondary:
            is_secondary = (card, direction) in led
            led.add((card, direction))
        pcm = Device(
            kind="earpiece" if is_output else "microphone",
            node=node.path,
            name=product or ", ".join(filter(None, (card_id, title))),
            identity=sysfs.identity(node, str(unit)),
            card=card,
            unit=unit,
            is_secondary=is_secondary,
        )
        yield node, pcm


def _title(card: int, unit: int, direction: str) -> str:
    """Return what the driver calls a PCM ("HDMI 0"); empty where /proc is not ALSA's."""
    try:
        told = (PROC_ASOUND / f"card{card}/pcm{unit}{direction}/info").read_text("utf-8", "replace")
    except OSError:
        return ""
    found = re.search(r"^id: *(.*)$", told, re.MULTILINE)
    return found[1].strip() if found is not None else ""


# -- hooks and keypads ------------------------------------------------------------------------


def _hooks(events: list[Node]) -> Iterator[Found]:
    """Yield one hook for each thing that has some: a telephony usage is surer than a key."""
    found: dict[str, Found] = {}
    for node in sysfs.nodes("hidraw", "hidraw"):
        hid = sysfs.hid_device(node)
        if hid is not None and has_hook(sysfs.data(hid, "report_descriptor")):
            identity = sysfs.identity(node, sysfs.interface(node))
            hook = Device("hook", node.path, sysfs.told(hid, "HID_NAME"), identity)
            found.setdefault(_housing(node), (node, hook))
    for node in events:
        name, keys = _above(node, "name"), _bits(node, "key")
        if not capabilities.is_hook(keys, _bits(node, "sw"), name):
            continue
        made = _input(node, "hook", capabilities.is_socket(keys, name))
        _, before = found.setdefault(_housing(node), made)
        if before.is_secondary and not made[1].is_secondary:
            found[_housing(node)] = made
    yield from found.values()


def _keypads(events: list[Node]) -> Iterator[Found]:
    for node in events:
        if capabilities.is_keypad(_bits(node, "key"), _above(node, "name")):
            yield _input(node, "keypad")


def _input(node: Node, kind: Kind, is_secondary: bool = False) -> Found:
    identity = sysfs.identity(node, sysfs.interface(node))
    return node, Device(kind, node.path, _above(node, "name"), identity, is_secondary=is_secondary)


def _bits(node: Node, of: str) -> frozenset[int]:
    return capabilities.bits(_above(node, f"capabilities/{of}"))


def _above(node: Node, attribute: str) -> str:
    """Return an attribute of the card or input device whose node it is."""
    return sysfs.text(node.above[0], attribute) if node.above else ""


def _housing(node: Node) -> str:
    """Return the path of the thing on the desk that a node belongs to."""
    owner = sysfs.usb_device(node) or sysfs.hid_device(node) or node
    return owner.sys_path


# -- all --------------------------------------------------------------------------------------


def _whole(found: tuple[Found, ...]) -> tuple[Device, ...]:
    """Return the devices that were there all the time that they were read.

    Those of one model that share a serial number have none.
    """
    devices = [device for node, device in found if node.is_there()]
    ports = {(_make(each), each.identity.port) for each in devices}
    count = Counter(make for make, _ in ports)
    return tuple(without_serial(each) if count[_make(each)] > 1 else each for each in devices)


def _make(device: Device) -> tuple[str, str, str]:
    return device.identity.vendor, device.identity.product, device.identity.serial
