"""Devices for the commands' tests, as discovery would list them."""

from __future__ import annotations

from hardware.cards import Listed
from hardware.identity import Device, Identity, Kind
from hardware.portaudio import PortAudio

NAMES: dict[Kind, str] = {
    "camera": "Lens [red]4K[/red]",
    "microphone": "Handset",
    "earpiece": "Handset",
    "hook": "Handset",
    "keypad": "Pad",
}


def device(
    kind: Kind, number: int, serial: str = "", product: str = "0825", port: str = ""
) -> Device:
    """Return one device; `number` is its node's and, unless told, its port's."""
    nodes: dict[Kind, str] = {
        "camera": f"/dev/video{number}",
        "microphone": f"/dev/snd/pcmC{number}D0c",
        "earpiece": f"/dev/snd/pcmC{number}D0p",
        "hook": f"/dev/hidraw{number}",
        "keypad": f"/dev/input/event{number}",
    }
    identity = Identity("046d", product, serial, port or f"0000:00:14.0/{number}")
    card = number if kind in ("microphone", "earpiece") else None
    return Device(kind, nodes[kind], NAMES[kind], identity, card)


ONE_OF_EACH = (
    device("camera", 1),
    device("microphone", 2, product="0a44"),
    device("earpiece", 2, product="0a44"),
    device("hook", 2, product="0a44"),
    device("keypad", 3, product="c31c"),
)


class NoSound(PortAudio):
    """PortAudio on a machine without any sound: another test's server may run on this one."""

    def prepare(self) -> None:
        """Load nothing."""

    def listed(self) -> tuple[Listed, ...]:
        """Return that there is nothing."""
        return ()
