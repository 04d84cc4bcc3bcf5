"""Devices as the kernel shows them in sysfs; numbers and texts as seen on real machines."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import Final

from tests.hardware.testbed import Node

WORD_BITS: Final = 8 * struct.calcsize("@L")
CONTROLLER: Final = "pci0000:00/0000:00:14.0"

HOOK: Final = bytes.fromhex("050b0905a10115002501092075019501810295078101c0")
"""Telephony page, Headset: one bit of Hook Switch (0x20), seven of padding."""
NO_HOOK: Final = bytes.fromhex("050c0901a1011500250109e975019501810295078101c0")
"""Consumer Control: one bit of Volume Increment."""

DIGITS: Final = frozenset(range(2, 12))
LETTERS: Final = frozenset({*range(16, 26), *range(30, 39), *range(44, 51)})
KEYPAD: Final = frozenset({71, 72, 73, 75, 76, 77, 79, 80, 81, 82, 83, 96})
KEYBOARD: Final = frozenset(range(1, 128))
CONSUMER_PAGE: Final = frozenset({113, 114, 115, 163, 164, 165, 166, *range(352, 420), 169})
"""What a keyboard's "Consumer Control" has that claims the whole page; 169 is KEY_PHONE."""


def words(bits: Iterable[int]) -> str:
    """Return a bit field as sysfs writes it."""
    value = sum(1 << bit for bit in bits)
    parts = [f"{value & (1 << WORD_BITS) - 1:x}"]
    while value := value >> WORD_BITS:
        parts.append(f"{value & (1 << WORD_BITS) - 1:x}")
    return " ".join(reversed(parts))


def machine() -> list[Node]:
    """A PC's USB: a controller, its root hub, and a hub at port 1."""
    hub = {"idVendor": "1d6b", "idProduct": "0002", "serial": "0000:00:14.0", "devpath": "0"}
    return [
        Node(CONTROLLER, "pci"),
        Node(f"{CONTROLLER}/usb1", "usb", hub, {"DEVTYPE": "usb_device"}),
        usb("1", "05e3", "0608", "USB2.0 Hub", ""),
    ]


def usb(port: str, vendor: str, product: str, name: str, serial: str) -> Node:
    """A USB device at a port of `machine`: "2", or "1.2" at its hub."""
    told = {"idVendor": vendor, "idProduct": product, "product": name, "devpath": port}
    if serial:
        told["serial"] = serial
    return Node(usb_path(port), "usb", told, {"DEVTYPE": "usb_device"})


def usb_path(port: str) -> str:
    """Return the place of a port's device."""
    hub = f"{CONTROLLER}/usb1"
    return f"{hub}/1-1/1-{port}" if port.startswith("1.") else f"{hub}/1-{port}"


def interface(device: Node, number: int) -> Node:
    """One interface of a USB device."""
    path = f"{device.path}/{device.name}:1.{number}"
    return Node(path, "usb", {"bInterfaceNumber": f"{number:02x}"}, {"DEVTYPE": "usb_interface"})


def video(parent: str, number: int, name: str, index: int = 0) -> Node:
    """A V4L2 node."""
    path = f"{parent}/video4linux/video{number}"
    told = {"name": name, "index": str(index)}
    where = {"MAJOR": "81", "MINOR": str(number), "DEVNAME": f"video{number}"}
    return Node(path, "video4linux", told, where)


def webcam(
    port: str, first: int, serial: str = "", card: int | None = None, name: str = "Webcam C270"
) -> list[Node]:
    """A UVC webcam: one node with pictures, one with metadata, and with a `card` its microphone."""
    device = usb(port, "046d", "0825", name, serial)
    pictures = interface(device, 0)
    nodes = [
        device,
        pictures,
        video(pictures.path, first, f"UVC Camera: {name}"),
        video(pictures.path, first + 1, f"UVC Camera: {name}", index=1),
    ]
    if card is not None:
        sound = interface(device, 2)
        nodes += [sound, *sound_card(sound.path, card, "U0x46d0x825", ("0c",))]
    return nodes


def two_sensor_webcam(port: str, first: int) -> list[Node]:
    """A webcam with a second sensor, for infra-red light, as a function of its own."""
    device = usb(port, "0bda", "5520", "Integrated Webcam", "200901010001")
    nodes = [device]
    for sensor, number in enumerate((0, 2)):
        part = interface(device, number)
        for index in (0, 1):
            at = first + 2 * sensor + index
            nodes += [video(part.path, at, "Integrated Webcam", index)]
        nodes.insert(-2, part)
    return nodes


def sound_card(parent: str, card: int, card_id: str, pcms: Iterable[str]) -> Iterator[Node]:
    """An ALSA card; its PCMs as "0p" (playback) and "0c" (capture)."""
    path = f"{parent}/sound/card{card}"
    yield Node(path, "sound", {"id": card_id, "number": str(card)})
    for minor, pcm in enumerate(pcms):
        name = f"pcmC{card}D{pcm}"
        where = {"MAJOR": "116", "MINOR": str(card * 32 + minor), "DEVNAME": f"snd/{name}"}
        yield Node(f"{path}/{name}", "sound", {"pcm_class": "generic"}, where)
    where = {"MAJOR": "116", "MINOR": str(card * 32 + 31), "DEVNAME": f"snd/controlC{card}"}
    yield Node(f"{path}/controlC{card}", "sound", {}, where)


def keys(
    parent: str, number: int, name: str, pressed: Iterable[int], switches: Iterable[int] = ()
) -> list[Node]:
    """An input device and its evdev node."""
    path = f"{parent}/input/input{number}"
    bits = {"capabilities/key": words(pressed), "capabilities/sw": words(switches)}
    where = {"MAJOR": "13", "MINOR": str(64 + number), "DEVNAME": f"input/event{number}"}
    return [
        Node(path, "input", {"name": name, **bits}),
        Node(f"{path}/event{number}", "input", {}, where),
    ]


def hid(parent: str, number: int, model: str, name: str, descriptor: bytes) -> list[Node]:
    """A HID device and its hidraw node; `model` is "0003:0B0E:0F00"."""
    path = f"{parent}/{model}.{number + 1:04X}"
    bus, vendor, product = model.split(":")
    told = {"HID_ID": f"{bus}:0000{vendor}:0000{product}", "HID_NAME": name, "HID_UNIQ": "77-B"}
    where = {"MAJOR": "243", "MINOR": str(number), "DEVNAME": f"hidraw{number}"}
    return [
        Node(path, "hid", {"report_descriptor": descriptor}, told),
        Node(f"{path}/hidraw/hidraw{number}", "hidraw", {}, where),
    ]


def handset(
    port: str,
    card: int,
    number: int,
    serial: str = "A1B2C3",
    pressed: Iterable[int] = (248, *range(0x200, 0x20C)),
) -> list[Node]:
    """A USB telephone handset: sound both ways, a HID telephony hook, and a keypad."""
    name = "Acme Handset 450"
    device = usb(port, "0b0e", "0f00", name, serial)
    sound, buttons = interface(device, 0), interface(device, 3)
    raw = hid(buttons.path, number, "0003:0B0E:0F00", f"{name} Telephony", HOOK)
    return [
        device,
        sound,
        *sound_card(sound.path, card, "Handset", ("0p", "0c")),
        buttons,
        *raw,
        *keys(raw[0].path, number, f"{name} Telephony", pressed),
    ]


def keyboard(port: str, number: int) -> list[Node]:
    """A full USB keyboard; its second interface claims every key there is on the consumer page."""
    device = usb(port, "046d", "c31c", "USB Keyboard", "")
    nodes = [device]
    for at, pressed in ((0, KEYBOARD), (1, CONSUMER_PAGE)):
        part = interface(device, at)
        name = "Logitech USB Keyboard" + " Consumer Control" * at
        raw = hid(part.path, number + at, "0003:046D:C31C", name, NO_HOOK)
        nodes += [part, *raw, *keys(raw[0].path, number + at, name, pressed)]
    return nodes


def numeric_pad(
    port: str, number: int, name: str = "USB Keypad", claims: bool = False
) -> list[Node]:
    """A USB keypad of digits; many claim to be whole keyboards."""
    device = usb(port, "04d9", "1203", name, "")
    part = interface(device, 0)
    return [device, part, *keys(part.path, number, name, KEYBOARD if claims else KEYPAD)]


def touch_screen(port: str, number: int) -> list[Node]:
    """A touch screen: BTN_TOUCH only."""
    device = usb(port, "0eef", "0001", "Touch", "")
    part = interface(device, 0)
    return [device, part, *keys(part.path, number, "eGalax Touchscreen", (0x14A,))]


def built_in_sound(card: int, number: int) -> list[Node]:
    """A PC's own sound: analog both ways, S/PDIF, two screens, and sockets that notice plugs."""
    path = "pci0000:00/0000:00:1f.3"
    nodes = [Node(path, "pci"), *sound_card(path, card, "PCH", ("0p", "0c", "1p", "3p", "7p"))]
    sockets = {
        "HDA Intel PCH Mic": 4,
        "HDA Intel PCH Headphone": 2,
        "HDA Intel PCH HDMI/DP,pcm=3": 8,
    }
    for at, (name, switch) in enumerate(sockets.items()):
        nodes += keys(f"{path}/sound/card{card}", number + at, name, (), (switch,))
    return nodes


BUILT_IN_TITLES: Final = {
    "pcm0p": "ALC257 Analog",
    "pcm0c": "ALC257 Analog",
    "pcm1p": "ALC257 Digital",
    "pcm3p": "HDMI 0",
    "pcm7p": "HDMI 1",
}
"""What /proc/asound/cardN/*/info calls the PCMs of `built_in_sound`."""


def vivid(number: int) -> list[Node]:
    """The kernel's test camera."""
    path = "platform/vivid.0"
    return [Node(path, "platform"), video(path, number, "vivid-000-vid-cap")]


def aloop(card: int) -> list[Node]:
    """The kernel's test sound card: what is played to one PCM is heard on the other."""
    path = "platform/snd_aloop.0"
    return [Node(path, "platform"), *sound_card(path, card, "Loopback", ("0p", "0c", "1p", "1c"))]


def virtual_handset(number: int) -> list[Node]:
    """A HID telephony handset that a program has made (uhid)."""
    nodes = hid("virtual/misc/uhid", number, "0003:0B0E:0F00", "Acme Handset", HOOK)
    return [Node("virtual/misc/uhid", "misc"), *nodes]


def virtual_hook(number: int) -> list[Node]:
    """A key that a program has made (uinput)."""
    return keys("virtual", number, "cradle", (169,))
