"""Which device is meant: by what stays the same when it is unplugged and renumbered. Pure."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from typing import Final, Literal

Kind = Literal["camera", "microphone", "earpiece", "hook", "keypad"]

_AT: Final = r"(?P<port>[^\s#]+)(#(?P<part>\w+))?"
USB: Final = re.compile(
    rf"usb:(?P<vendor>[0-9a-f]{{4}}):(?P<product>[0-9a-f]{{4}})(:(?P<serial>[^\s@]+))?(@{_AT})?"
)
AT: Final = re.compile(rf"at:{_AT}")


@dataclass(frozen=True, slots=True)
class Identity:
    """What stays the same about a device.

    `port` is where it is plugged in: the controller's address and the way through its hubs
    ("0000:00:14.0/1.2"), or for what cannot be unplugged its place in /sys/devices
    ("platform/vivid.0"). The others are empty where the bus has no such thing.
    """

    vendor: str = ""
    """Four hexadecimal digits, as the three below a text."""
    product: str = ""
    serial: str = ""
    port: str = ""
    part: str = ""
    """Which of several in one housing: the USB interface's number, or the PCM's on its card."""

    @property
    def model(self) -> str:
        """The shortest selector: all devices of this make, or what is at this port."""
        return f"usb:{self.vendor}:{self.product}" if self.vendor else f"at:{self.port}"

    @property
    def with_serial(self) -> str:
        """The selector of this one device; the model's where it has no usable serial number."""
        return f"{self.model}:{self.serial}" if self.vendor and self.serial else self.model

    @property
    def with_port(self) -> str:
        """The selector of a device of this make at this port."""
        return f"{self.model}@{self.port}" if self.vendor else self.model

    @property
    def with_part(self) -> str:
        """The selector of one of several devices in one housing."""
        return f"{self.with_port}#{self.part}" if self.part else self.with_port

    def is_same(self, other: Identity) -> bool:
        """Return whether it is the same thing, be it at another port.

        A serial number that another device has too counts for none as long as both are there.
        """
        if (self.vendor, self.product, self.part) != (other.vendor, other.product, other.part):
            return False
        if self.serial and other.serial:
            return self.serial == other.serial
        return self.port == other.port


@dataclass(frozen=True, slots=True)
class Device:
    """One attached device; `node` is what is opened now, and may be another one tomorrow."""

    kind: Kind
    node: str
    name: str
    identity: Identity
    card: int | None = None
    """The ALSA card's number, which PortAudio's names carry, and `unit` the number on it."""
    unit: int = 0
    is_secondary: bool = False
    """Taken by itself only where there is no other: a screen's loudspeakers (HDMI), a card's
    further PCMs, a camera's second sensor, a headset's socket as a hook."""

    def __str__(self) -> str:
        """Return what a technician would look for."""
        return f"{self.name or 'unnamed'} ({self.identity.with_serial}, {self.node})"


def matches(selector: str, device: Device) -> bool:
    """Return whether `selector` (usb:..., at:... or a path) means `device`."""
    found = USB.fullmatch(selector)
    if found is not None:
        return _has(device.identity, found)
    found = AT.fullmatch(selector)
    if found is not None:
        return _has(device.identity, found)
    return selector == device.node or os.path.realpath(selector) == device.node


def _has(identity: Identity, selector: re.Match[str]) -> bool:
    wanted = {name: text for name, text in selector.groupdict().items() if text is not None}
    return all(getattr(identity, name) == text for name, text in wanted.items())


def is_selector(text: str) -> bool:
    """Return whether a text of the configuration names a device by identity or path."""
    return bool(USB.fullmatch(text) or AT.fullmatch(text) or text.startswith("/dev/"))


def pinned(device: Device, among: tuple[Device, ...]) -> str:
    """Return the shortest selector that means this device and none of the others of its kind."""
    identity = device.identity
    others = [each for each in among if each.kind == device.kind and each != device]
    for selector in (
        identity.model,
        identity.with_serial,
        identity.with_port,
        identity.with_part,
    ):
        if not any(matches(selector, other) for other in others):
            return selector
    return device.node


def without_serial(device: Device) -> Device:
    """Return the device as one whose serial number says nothing ("0", twice the same)."""
    return replace(device, identity=replace(device.identity, serial=""))
