"""What the kernel answers for an input device (drivers/input/evdev.c)."""

from __future__ import annotations

import struct

from config.input_codes import EV_KEY, EV_SW
from tests.hardware.nodes import refused

EVIOCGRAB = 0x40044590


def event(kind: int, code: int, value: int) -> bytes:
    return struct.pack("@llHHi", 0, 0, kind, code, value)


class KernelInput:
    """Stands for `fcntl.ioctl` on an input device that has `codes`, with those in `on` set."""

    def __init__(self, *codes: tuple[int, int], grabbed: bool = False) -> None:
        self.codes = set(codes)
        self.on: set[tuple[int, int]] = set()
        self.grabbed = grabbed
        self.gone = False
        self.asked: list[int] = []

    def __call__(self, descriptor: int, request: int, argument: int | bytes) -> bytes | int:
        self.asked.append(request)
        if self.gone:
            raise refused(19)
        if request == EVIOCGRAB:
            if self.grabbed:
                raise refused(16)
            return 0
        number, size = request & 0xFF, request >> 16 & 0x3FFF
        assert request >> 30 == 2 and request >> 8 & 0xFF == ord("E")
        assert isinstance(argument, bytes) and len(argument) == size
        sets = {
            0x18: (EV_KEY, self.on),
            0x1B: (EV_SW, self.on),
            0x20 + EV_KEY: (EV_KEY, self.codes),
            0x20 + EV_SW: (EV_SW, self.codes),
        }
        kind, among = sets[number]
        bits = sum(1 << code for each, code in among if each == kind)
        return bits.to_bytes(size, "little")
