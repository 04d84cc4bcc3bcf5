"""A card's own mixer, set to where it changes nothing: then our volume is the only one.

What is wanted follows the kernel's names of controls (Documentation/sound/designs/control-names):

- on the way to the ear: switched on, and at 0 dB. Above that a card only amplifies, and clips what
  is loud already. Where it does not say what its steps are in dB: all the way up, which in handsets
  is 0 dB.
- from the mouth: switched on, and at 0 dB where the card says which step that is. Otherwise its
  gain stays as it is: all the way up may be 30 dB of noise, and a soft voice is lifted by our own
  gain. The card's own automatic gain is switched off, because two of them chase each other.
- from the mouth to the ear, inside the card: off. It is heard beside our sidetone, and in a
  speakerphone it howls.

By the ioctls of sound/asound.h on /dev/snd/controlC*; numbers and structs are the kernel's.
"""

from __future__ import annotations

import ctypes
import fcntl
import logging
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

_log = logging.getLogger(__name__)

Kind = Literal["microphone", "earpiece"]
Ioctl = Callable[[int, int, Any], object]

MOST_ELEMENTS: Final = 256
"""Of a card; handsets have five, studio cards more, and more than that is none of ours."""
_BOOLEAN, _INTEGER = 1, 2
_MIXER: Final = 2
_READ, _WRITE, _TLV_READ, _INACTIVE = 1, 2, 16, 256
_DB_SCALE, _DB_MINMAX, _DB_MINMAX_MUTE = 1, 4, 5
_STEP_MASK: Final = 0xFFFF
_TLV_WORDS: Final = 64

_SIDETONE: Final = re.compile(r"\bMic\b.*\bPlayback (Switch|Volume)$|^Sidetone\b.*(Switch|Volume)$")
_PLAYBACK: Final = re.compile(
    r"^(Master|PCM|Speaker|Headphone|Headset|Handset|Earpiece|Front|Line Out)\b"
    r".*\bPlayback (Switch|Volume)$"
)
_CAPTURE: Final = re.compile(
    r"^((PCM|Digital|Headset|Handset|Headset Mic|Internal Mic|Front Mic|Mic) )?"
    r"Capture (Switch|Volume)$"
)
"""Of a microphone, or of all; a line's or a disc's would be heard with it."""
_AUTOMATIC: Final = re.compile(r"^(Auto Gain Control|AGC)\b")


class _Id(ctypes.Structure):
    """struct snd_ctl_elem_id"""

    _fields_ = (
        ("number", ctypes.c_uint),
        ("interface", ctypes.c_int),
        ("device", ctypes.c_uint),
        ("subdevice", ctypes.c_uint),
        ("name", ctypes.c_char * 44),
        ("index", ctypes.c_uint),
    )


class _List(ctypes.Structure):
    """struct snd_ctl_elem_list"""

    _fields_ = (
        ("offset", ctypes.c_uint),
        ("space", ctypes.c_uint),
        ("used", ctypes.c_uint),
        ("count", ctypes.c_uint),
        ("ids", ctypes.POINTER(_Id)),
        ("reserved", ctypes.c_ubyte * 50),
    )


class _Info(ctypes.Structure):
    """struct snd_ctl_elem_info, of an integer; the union has 128 bytes."""

    _fields_ = (
        ("id", _Id),
        ("type", ctypes.c_int),
        ("access", ctypes.c_uint),
        ("count", ctypes.c_uint),
        ("owner", ctypes.c_int),
        ("least", ctypes.c_long),
        ("most", ctypes.c_long),
        ("step", ctypes.c_long),
        ("union", ctypes.c_ubyte * (128 - 3 * ctypes.sizeof(ctypes.c_long))),
        ("reserved", ctypes.c_ubyte * 64),
    )


class _Value(ctypes.Structure):
    """struct snd_ctl_elem_value, of integers."""

    _fields_ = (
        ("id", _Id),
        ("indirect", ctypes.c_uint),
        ("values", ctypes.c_long * 128),
        ("reserved", ctypes.c_ubyte * 128),
    )


class _Tlv(ctypes.Structure):
    """struct snd_ctl_tlv with room; `words` begin with a type and a length in bytes."""

    _fields_ = (
        ("number", ctypes.c_uint),
        ("length", ctypes.c_uint),
        ("words", ctypes.c_uint * _TLV_WORDS),
    )


def _request(number: int, size: int) -> int:
    """_IOWR('U', number, a struct of this size)"""
    return (3 << 30) | (size << 16) | (ord("U") << 8) | number


LIST: Final = _request(0x10, ctypes.sizeof(_List))
INFO: Final = _request(0x11, ctypes.sizeof(_Info))
READ: Final = _request(0x12, ctypes.sizeof(_Value))
WRITE: Final = _request(0x13, ctypes.sizeof(_Value))
TLV_READ: Final = _request(0x1A, 8)


@dataclass(frozen=True, slots=True)
class Element:
    """One control: a switch (0 or 1), or a volume in steps."""

    name: str
    is_switch: bool
    least: int
    most: int
    unity: int | None = None
    """The step of a volume that is nearest to 0 dB and not above; None: the card does not say."""


def wanted(element: Element, kind: Kind) -> int | None:
    """Return what an element should be for this direction; None: leave it as it is."""
    name = element.name
    if kind == "earpiece":
        if _SIDETONE.search(name):
            return element.least
        if _PLAYBACK.search(name):
            return element.most if element.unity is None else element.unity
        return None
    if _AUTOMATIC.search(name) and element.is_switch:
        return 0
    if _CAPTURE.search(name):
        return 1 if element.is_switch else element.unity
    return None


def unity(tlv: list[int], least: int, most: int) -> int | None:
    """Return the step of 0 dB (or the highest below) by a control's TLV (sound/tlv.h).

    None where it does not tell, or all is above 0 dB.
    """
    if len(tlv) < 4 or most <= least:
        return None
    kind, low = tlv[0], ctypes.c_int(tlv[2]).value
    if kind == _DB_SCALE:
        step = float(tlv[3] & _STEP_MASK)
    elif kind in (_DB_MINMAX, _DB_MINMAX_MUTE):
        step = (ctypes.c_int(tlv[3]).value - low) / (most - least)
    else:
        return None
    if step <= 0 or low > 0:
        return None
    return min(most, least + int(-low / step + 1e-9))


class Mixer:
    """The mixer of one card. Raises OSError when it does not open."""

    def __init__(self, card: int, ioctl: Ioctl = fcntl.ioctl, folder: str = "/dev/snd") -> None:
        self._ioctl = ioctl
        self._card = card
        self._node = os.open(f"{folder}/controlC{card}", os.O_RDWR | os.O_CLOEXEC)

    def close(self) -> None:
        """Close."""
        os.close(self._node)

    def set_up(self, kind: Kind) -> list[str]:
        """Set what is wanted for one direction, and return what was changed: "NAME = VALUE".

        What cannot be changed is logged: the card may play all the same.
        """
        changed = []
        for info in self._infos():
            element = self._element(info)
            value = wanted(element, kind)
            if value is None:
                continue
            try:
                if self._write(info, value):
                    changed.append(f"{element.name} = {value}")
            except OSError as error:
                _log.warning("card %d: %s stays: %s", self._card, element.name, error.strerror)
        return changed

    def _infos(self) -> Iterator[_Info]:
        ids = (_Id * MOST_ELEMENTS)()
        found = _List(space=MOST_ELEMENTS, ids=ctypes.cast(ids, ctypes.POINTER(_Id)))
        self._ioctl(self._node, LIST, found)
        for number in range(min(found.used, MOST_ELEMENTS)):
            if ids[number].interface != _MIXER:
                continue
            info = _Info(id=ids[number])
            self._ioctl(self._node, INFO, info)
            may = info.access & (_READ | _WRITE) == _READ | _WRITE and not info.access & _INACTIVE
            if may and info.type in (_BOOLEAN, _INTEGER):
                yield info

    def _element(self, info: _Info) -> Element:
        is_switch = info.type == _BOOLEAN
        least, most = (0, 1) if is_switch else (info.least, info.most)
        zero = None if is_switch or not info.access & _TLV_READ else self._unity(info)
        return Element(info.id.name.decode(errors="replace"), is_switch, least, most, zero)

    def _unity(self, info: _Info) -> int | None:
        tlv = _Tlv(number=info.id.number, length=4 * _TLV_WORDS)
        try:
            self._ioctl(self._node, TLV_READ, tlv)
        except OSError:  # more than there is room for: a range of scales, which none of ours has
            return None
        return unity(list(tlv.words), info.least, info.most)

    def _write(self, info: _Info, value: int) -> bool:
        """Set all channels of an element; False when they were so already."""
        now = _Value(id=info.id)
        self._ioctl(self._node, READ, now)
        channels = range(min(info.count, len(now.values)))
        if all(now.values[channel] == value for channel in channels):
            return False
        for channel in channels:
            now.values[channel] = value
        self._ioctl(self._node, WRITE, now)
        return True


def set_up(card: int, kind: Kind) -> None:
    """Set a card's mixer for one direction. What fails is logged, never raised."""
    try:
        mixer = Mixer(card)
    except OSError as error:
        _log.warning("card %d: its mixer does not open: %s", card, error.strerror)
        return
    try:
        for change in mixer.set_up(kind):
            _log.info("card %d: %s", card, change)
    except OSError as error:
        _log.warning("card %d: its mixer cannot be read: %s", card, error.strerror)
    finally:
        mixer.close()
