"""What a V4L2 camera that encodes is told while it runs: a key frame now, and its rate. By ioctl.

Numbers from linux/videodev2.h and linux/v4l2-controls.h, which the kernel keeps for ever.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import logging
import os
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

_log = logging.getLogger(__name__)

CODEC_CLASS: Final = 0x00990000
BITRATE: Final = CODEC_CLASS + 0x900 + 207
"""V4L2_CID_MPEG_VIDEO_BITRATE, in bits a second."""
FORCE_KEY_FRAME: Final = CODEC_CLASS + 0x900 + 229
"""V4L2_CID_MPEG_VIDEO_FORCE_KEY_FRAME, a button."""

CONTROL: Final = struct.Struct("=IIIq")
"""struct v4l2_ext_control, packed: id, size, reserved, value (of a union of 8 bytes)."""
CONTROLS: Final = struct.Struct("@IIIiIP")
"""struct v4l2_ext_controls: which, count, error_idx, request_fd, reserved, pointer."""
SET_CONTROLS: Final = (3 << 30) | (CONTROLS.size << 16) | (ord("V") << 8) | 72
"""VIDIOC_S_EXT_CTRLS: _IOWR('V', 72, struct v4l2_ext_controls); the size is the machine's."""

QUERY_CAPABILITY: Final = 0x80685600
"""VIDIOC_QUERYCAP: _IOR('V', 0, struct v4l2_capability), 104 bytes."""
CAPABILITY: Final = struct.Struct("=80xIII12x")
"""struct v4l2_capability: names and bus; version, capabilities, device_caps; reserved."""
_HAS_DEVICE_CAPS: Final = 1 << 31
_MEMORY_TO_MEMORY: Final = (1 << 14) | (1 << 15)
"""V4L2_CAP_VIDEO_M2M_MPLANE and V4L2_CAP_VIDEO_M2M."""

Ioctl = Callable[[int, int, bytearray], object]


class V4l2Controls:
    """Drives the encoder inside the camera at `path`; what it cannot do is logged once.

    Opens a descriptor of its own: the kernel lets one program read pictures and any set controls.
    """

    def __init__(self, path: str, ioctl: Ioctl = fcntl.ioctl) -> None:
        """Raises OSError when the node does not open."""
        self._path = path
        self._ioctl = ioctl
        self._cannot: set[int] = set()
        self._using = threading.Lock()
        """The camera's thread closes what an encoder's thread may be using."""
        self._node: int | None = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)

    def force_key(self) -> None:
        """Have the next picture encoded as a key frame."""
        self._set(FORCE_KEY_FRAME, 1, "send key frames on demand")

    def set_bitrate(self, bps: int) -> None:
        """Set the rate in bits a second; the driver rounds to what the camera has."""
        self._set(BITRATE, bps, "change its bit rate")

    def close(self) -> None:
        """Close the descriptor; what is asked afterwards is nothing."""
        with self._using:
            node, self._node = self._node, None
            if node is not None:
                os.close(node)

    def _set(self, control: int, value: int, can: str) -> None:
        inner = ctypes.create_string_buffer(CONTROL.pack(control, 0, 0, value), CONTROL.size)
        outer = CONTROLS.pack(CODEC_CLASS, 1, 0, 0, 0, ctypes.addressof(inner))
        try:
            with self._using:
                if self._node is None or control in self._cannot:
                    return
                self._ioctl(self._node, SET_CONTROLS, bytearray(outer))
        except OSError as error:
            if error.errno == errno.ERANGE:
                return  # out of the camera's range: it keeps the rate that it has
            self._cannot.add(control)
            _log.warning("%s cannot %s: %s", self._path, can, error.strerror)


def is_memory_to_memory(path: Path, ioctl: Ioctl = fcntl.ioctl) -> bool:
    """Return whether a video node converts pictures (encoders do) rather than captures them."""
    told = bytearray(CAPABILITY.size)
    try:
        node = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        ioctl(node, QUERY_CAPABILITY, told)
    except OSError:
        return False
    finally:
        os.close(node)
    _, of_all, of_node = CAPABILITY.unpack(told)
    return bool((of_node if of_all & _HAS_DEVICE_CAPS else of_all) & _MEMORY_TO_MEMORY)
