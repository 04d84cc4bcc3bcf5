"""Which of ALSA's PCMs microphone and earpiece use: what terminal.toml's words mean. Pure.

"auto" is, in this order:

1. the only USB card that has the direction: a handset. Of several the only one that both hears and
   speaks, because a camera with a microphone does not;
2. the default of a sound server, where one runs: a desktop, on which somebody chose it;
3. the only card. Of several none is guessed: DeviceAmbiguous names them.

A card's further PCMs and outputs to a screen (HDMI) count only where there is nothing else. After
a USB card only another USB card is taken, and after a handset only another handset: who holds one
does not hear what the wall's own card plays, and a camera's microphone, once taken for it, would
still be in use when it is back.

A card is opened as "plughw:CARD,UNIT": ALSA then converts the rate, channels and format that a
cheap handset has (16 kHz, stereo only), and passes on untouched what fits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from config.schema import AUTO
from hardware.choosing import Chooser
from hardware.identity import Device, is_selector, matches
from hardware.interfaces import DeviceAmbiguous, DeviceNotFound

SoundKind = Literal["microphone", "earpiece"]

SERVERS: Final = ("pulse", "pipewire")
"""ALSA's names of the PCMs that lead to a sound server; PortAudio lists them while it answers."""
_HARDWARE: Final = re.compile(r"\((?:plug)?hw:(?P<card>\d+),(?P<unit>\d+)\)$")


@dataclass(frozen=True, slots=True)
class Listed:
    """One PCM of PortAudio's list: "Handset: USB Audio (hw:1,0)", or a name of ALSA's settings."""

    name: str
    inputs: int
    outputs: int

    @property
    def pcm(self) -> str:
        """What ALSA opens it as."""
        found = _HARDWARE.search(self.name)
        return self.name if found is None else f"plughw:{found['card']},{found['unit']}"

    def offers(self, kind: SoundKind) -> bool:
        """Return whether it can be used so."""
        return (self.inputs if kind == "microphone" else self.outputs) > 0


@dataclass(frozen=True, slots=True)
class Pcm:
    """What is opened: ALSA's name of it, the card that it is on, and in words why it."""

    name: str
    why: str
    device: Device | None = None
    """None for what ALSA's settings name: a sound server, a plugin."""


class CardChooser:
    """Chooses the PCM of one direction, each time that it is to be opened."""

    def __init__(self, kind: SoundKind, asked: str, clock: Callable[[], float]) -> None:
        self._kind: SoundKind = kind
        self._asked = asked
        # A part of a name is looked for here; what it leaves is chosen from as with "auto".
        self._chooser = Chooser(kind, asked if is_selector(asked) else AUTO, clock)
        self._was_usb = self._was_handset = False

    def choose(self, attached: Iterable[Device], listed: Sequence[Listed]) -> Pcm:
        """Return what to open. Raises DeviceNotFound, DeviceAmbiguous.

        `listed` may be old: a card is taken from `attached` alone.
        """
        cards = tuple(attached)
        usable = [each for each in listed if each.offers(self._kind)]
        of_kind = [each for each in cards if each.kind == self._kind]
        if self._asked == AUTO:
            return self._automatic(cards, of_kind, usable)
        if is_selector(self._asked):
            fitting = [each for each in of_kind if matches(self._asked, each)]
            return self._take(_primary(fitting) or of_kind)
        return self._named(of_kind, usable)

    def _automatic(
        self, attached: tuple[Device, ...], of_kind: list[Device], listed: list[Listed]
    ) -> Pcm:
        cards = _primary(of_kind)
        usb = [each for each in cards if each.identity.vendor]
        handsets = [each for each in usb if _offers_both(each, attached)]
        if self._was_handset or (len(usb) > 1 and len(handsets) == 1):
            usb = handsets
        if len(usb) == 1 or self._was_usb:
            pcm = self._take(usb)
            self._was_handset = self._was_handset or pcm.device in handsets
            return pcm
        for each in listed:
            if each.name in SERVERS:
                return Pcm(each.pcm, "what the sound server has as its default")
        return self._take(cards)

    def _take(self, cards: Sequence[Device]) -> Pcm:
        choice = self._chooser.choose(cards)
        device = choice.device
        self._was_usb = bool(device.identity.vendor)
        return Pcm(f"plughw:{device.card},{device.unit}", choice.why, device)

    def _named(self, of_kind: list[Device], listed: list[Listed]) -> Pcm:
        exact = [each for each in listed if each.name == self._asked]
        if exact:
            return Pcm(exact[0].pcm, "named in terminal.toml")
        cards = _primary([each for each in of_kind if self._asked in each.name])
        if cards:
            return self._take(cards)
        parts = [each for each in listed if self._asked in each.name]
        if len(parts) == 1:
            return Pcm(parts[0].pcm, "named in terminal.toml")
        if parts:
            names = "; ".join(each.name for each in parts)
            raise DeviceAmbiguous(f"{self._asked!r} is a part of several names: {names}")
        raise DeviceNotFound(f"no {self._kind} called {self._asked!r} is attached")


def _primary(cards: list[Device]) -> list[Device]:
    return [each for each in cards if not each.is_secondary] or cards


def _offers_both(card: Device, attached: tuple[Device, ...]) -> bool:
    kinds = {each.kind for each in attached if each.card == card.card}
    return {"microphone", "earpiece"} <= kinds
