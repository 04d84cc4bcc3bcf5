"""What a V4L2 camera is told beside its mode: exposure, focus, gain, mains; and its own encoder.

Numbers from linux/v4l2-controls.h, which the kernel keeps for ever.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hardware.v4l2 import CAPABILITY, HAS_DEVICE_CAPS, QUERYCAP, Ioctl, Node

_log = logging.getLogger(__name__)

CODEC_CLASS: Final = 0x00990000
BITRATE: Final = CODEC_CLASS + 0x900 + 207
"""V4L2_CID_MPEG_VIDEO_BITRATE, in bits a second."""
FORCE_KEY_FRAME: Final = CODEC_CLASS + 0x900 + 229
"""V4L2_CID_MPEG_VIDEO_FORCE_KEY_FRAME, a button."""

USER_CLASS: Final = 0x00980000
AUTO_GAIN: Final = USER_CLASS + 0x900 + 18
GAIN: Final = USER_CLASS + 0x900 + 19
MAINS: Final = USER_CLASS + 0x900 + 24
"""V4L2_CID_POWER_LINE_FREQUENCY, a menu."""
CAMERA_CLASS: Final = 0x009A0000
AUTO_EXPOSURE: Final = CAMERA_CLASS + 0x900 + 1
"""V4L2_CID_EXPOSURE_AUTO, a menu; most cameras have only 1 and 3 of it."""
EXPOSURE: Final = CAMERA_CLASS + 0x900 + 2
"""V4L2_CID_EXPOSURE_ABSOLUTE, in units of 100 us."""
FOCUS: Final = CAMERA_CLASS + 0x900 + 10
AUTO_FOCUS: Final = CAMERA_CLASS + 0x900 + 12

AUTO: Final = "auto"
EXPOSES_BY_ITSELF: Final = (3, 0)
"""V4L2_EXPOSURE_APERTURE_PRIORITY (what webcams call automatic), V4L2_EXPOSURE_AUTO."""
EXPOSES_AS_TOLD: Final = (1, 2)
"""V4L2_EXPOSURE_MANUAL, V4L2_EXPOSURE_SHUTTER_PRIORITY."""
ON, OFF = 1, 0
MAINS_WORDS: Final = {"off": 0, "50": 1, "60": 2, AUTO: 3}

_MEMORY_TO_MEMORY: Final = (1 << 14) | (1 << 15)
"""V4L2_CAP_VIDEO_M2M_MPLANE and V4L2_CAP_VIDEO_M2M."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a camera sees; words of terminal.toml: "auto" or a number in the camera's units."""

    exposure: str = AUTO
    focus: str = AUTO
    gain: str = AUTO
    mains_hz: str = AUTO
    """"off", "50", "60" or "auto"."""


def adjust(node: Node, settings: Settings) -> list[str]:
    """Tell the camera; return in words what it cannot. "auto" is no wish where it has no such.

    Raises OSError (ENODEV) when the camera is gone.
    """
    asked: dict[str, Callable[[], str]] = {
        "exposure": lambda: _decided(node, settings.exposure, "exposure", AUTO_EXPOSURE, EXPOSURE),
        "focus": lambda: _decided(node, settings.focus, "focus", AUTO_FOCUS, FOCUS),
        "gain": lambda: _decided(node, settings.gain, "gain", AUTO_GAIN, GAIN),
        "mains": lambda: _mains(node, settings.mains_hz),
    }
    lacks = []
    for what, ask in asked.items():
        try:
            lack = ask()
        except OSError as error:
            if error.errno == errno.ENODEV:
                raise
            lack = f"its {what} cannot be asked for: {error.strerror}"  # a control transfer failed
        if lack:
            lacks.append(lack)
    return lacks


def _decided(node: Node, word: str, what: str, automatic: int, number: int) -> str:
    """Have the camera decide, or take `word`; return what it lacks."""
    is_exposure = automatic == AUTO_EXPOSURE
    by_itself = EXPOSES_BY_ITSELF if is_exposure else (ON,)
    as_told = EXPOSES_AS_TOLD if is_exposure else (OFF,)
    can = node.control(automatic)
    if word == AUTO:
        if can is not None:
            _first_taken(node, automatic, by_itself)
        return ""
    if can is not None:
        _first_taken(node, automatic, as_told)
    control = node.control(number)
    if control is None:
        return f"its {what} cannot be set"
    value = min(max(int(word), control.minimum), control.maximum)
    if not _first_taken(node, number, (value,)):
        return f"its {what} cannot be set to {value}"
    if value != int(word):
        return f"its {what} is {value}: it goes from {control.minimum} to {control.maximum}"
    return ""


def _mains(node: Node, word: str) -> str:
    control = node.control(MAINS)
    value = MAINS_WORDS[word]
    if control is not None and value <= control.maximum and _first_taken(node, MAINS, (value,)):
        return ""
    return "" if word == AUTO else f"it does not know mains of {word} Hz"


def _first_taken(node: Node, number: int, values: tuple[int, ...]) -> bool:
    """Set a control to the first of `values` that the driver takes; False when to none."""
    for value in values:
        try:
            node.set_control(number, value)
        except OSError as error:
            if error.errno == errno.ENODEV:
                raise
            _log.debug("%s: control %#x to %d: %s", node.name, number, value, error)
        else:
            return True
    return False


class V4l2Encoder:
    """Drives the encoder inside a camera, on the camera's own node; what it cannot is logged once.

    Both calls come from encoders' threads and return at once.
    """

    def __init__(self, node: Node) -> None:
        self._node: Node | None = node
        self._cannot: set[int] = set()
        self._using = threading.Lock()
        """The camera's thread closes what an encoder's thread may be using."""

    def force_key(self) -> None:
        """Have the next picture encoded as a key frame."""
        self._set(FORCE_KEY_FRAME, 1, "send key frames on demand")

    def set_bitrate(self, bps: int) -> None:
        """Set the rate in bits a second; the driver rounds to what the camera has."""
        self._set(BITRATE, bps, "change its bit rate")

    def close(self) -> None:
        """Let the node go; what is asked afterwards is nothing."""
        with self._using:
            self._node = None

    def _set(self, control: int, value: int, can: str) -> None:
        with self._using:
            node = self._node
            if node is None or control in self._cannot:
                return
            try:
                node.set_control(control, value)
            except OSError as error:
                if error.errno == errno.ERANGE:
                    return  # out of the camera's range: it keeps the rate that it has
                self._cannot.add(control)
                _log.warning("%s cannot %s: %s", node.name, can, error.strerror)


def is_memory_to_memory(path: Path, ioctl: Ioctl = fcntl.ioctl) -> bool:
    """Return whether a video node converts pictures (encoders do) rather than captures them."""
    told = bytearray(CAPABILITY.size)
    try:
        node = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        ioctl(node, QUERYCAP, told)
    except OSError:
        return False
    finally:
        os.close(node)
    *_, of_all, of_node = CAPABILITY.unpack(told)
    return bool((of_node if of_all & HAS_DEVICE_CAPS else of_all) & _MEMORY_TO_MEMORY)
