"""One video node, down to the bytes that the kernel reads and writes."""

from __future__ import annotations

import errno
import gc
import os
import re
import struct
from pathlib import Path

import pytest

from hardware import v4l2
from hardware.interfaces import DeviceBusy, DeviceNotFound, DeviceRefused
from hardware.modes import Rates, Sizes
from hardware.v4l2 import Node, Picture, failure_of, open_node
from tests.hardware.fake_camera import FakeCamera

HEADER = Path("/usr/include/linux/videodev2.h")
SIZES = {
    "QUERYCAP": v4l2.CAPABILITY,
    "ENUM_FMT": v4l2.FORMAT_LISTED,
    "G_FMT": v4l2.PICTURE,
    "S_FMT": v4l2.PICTURE,
    "REQBUFS": v4l2.BUFFERS,
    "QUERYBUF": v4l2.BUFFER,
    "QBUF": v4l2.BUFFER,
    "DQBUF": v4l2.BUFFER,
    "STREAMON": struct.Struct("i"),
    "STREAMOFF": struct.Struct("i"),
    "S_PARM": v4l2.PACE,
    "QUERYCTRL": v4l2.CONTROL_ASKED,
    "S_EXT_CTRLS": v4l2.CONTROLS,
    "ENUM_FRAMESIZES": v4l2.SIZE_LISTED,
    "ENUM_FRAMEINTERVALS": v4l2.RATE_LISTED,
}


@pytest.mark.parametrize("name", SIZES)
def test_a_request_carries_the_size_of_its_struct(name: str) -> None:
    """_IOC: direction in two bits, size in 14, then 'V' and the number (asm-generic/ioctl.h)."""
    request = getattr(v4l2, name)
    assert (request >> 16) & 0x3FFF == SIZES[name].size
    assert (request >> 8) & 0xFF == ord("V")


@pytest.mark.skipif(not HEADER.exists(), reason="the kernel's headers are not installed")
@pytest.mark.parametrize("name", SIZES)
def test_a_request_is_the_kernels_own(name: str) -> None:
    found = re.search(rf"#define\s+VIDIOC_{name}\s+_IO(W?R?|R|W)\('V',\s*(\d+)", HEADER.read_text())
    assert found is not None
    direction = {"W": 1, "R": 2, "WR": 3}[found[1]]
    assert getattr(v4l2, name) >> 30 == direction
    assert getattr(v4l2, name) & 0xFF == int(found[2])


def answering(*answers: bytes | OSError) -> Node:
    """Return a node whose calls are answered in turn."""
    left = list(answers)

    def ioctl(_: int, request: int, data: bytearray) -> None:
        answer = left.pop(0) if left else OSError(errno.EINVAL, "Invalid argument")
        if isinstance(answer, OSError):
            raise answer
        data[:] = answer

    return Node(os.open(os.devnull, os.O_RDONLY), "/dev/video0", ioctl)


def test_what_is_listed() -> None:
    node = FakeCamera().node()
    assert node.card() == "Fake"
    assert node.formats() == ("YUYV", "MJPG")
    assert node.sizes("YUYV")[0] == Sizes(320, 320, 1, 240, 240, 1)
    assert node.rates("YUYV", 320, 240) == (Rates(30, 30), Rates(15, 15))
    assert node.rates("YUYV", 8, 8) == ()


def test_sizes_and_rates_that_are_ranges() -> None:
    steps = v4l2.SIZE_LISTED.pack(0, b"YUYV", 3, 48, 1920, 16, 32, 1080, 8)
    assert answering(steps).sizes("YUYV") == (Sizes(48, 1920, 16, 32, 1080, 8),)
    continuous = v4l2.SIZE_LISTED.pack(0, b"YUYV", 2, 48, 1920, 0, 32, 1080, 0)
    assert answering(continuous).sizes("YUYV") == (Sizes(48, 1920, 1, 32, 1080, 1),)
    # The intervals go from 1/60 s to 1 s.
    rates = v4l2.RATE_LISTED.pack(0, b"YUYV", 8, 8, 2, 1, 60, 1, 1, 1, 60)
    assert answering(rates).rates("YUYV", 8, 8) == (Rates(1, 60),)


def test_a_driver_that_lists_without_end_or_nonsense() -> None:
    zero = v4l2.RATE_LISTED.pack(0, b"YUYV", 8, 8, 1, 0, 0, 0, 0, 0, 0)
    assert answering(zero).rates("YUYV", 8, 8) == ()
    endless = answering(*[v4l2.FORMAT_LISTED.pack(0, 1, 0, b"", b"YUYV")] * 1000)
    assert len(endless.formats()) == v4l2.MAX_LISTED


def test_what_is_no_camera_says_so() -> None:
    for of_all, of_node in ((0x8000, 0), (0x80000000 | 0x04000001, 0x00A00000)):
        told = v4l2.CAPABILITY.pack(b"codec", b"Codec", b"", 0, of_all, of_node)
        with pytest.raises(OSError, match="captures no pictures"):
            answering(told).card()


def told(colorspace: int, priv: int, quantization: int) -> bytes:
    return v4l2.PICTURE.pack(
        1, 640, 480, b"YUYV", 1, 1280, 614400, colorspace, priv, 0, 0, quantization
    )


@pytest.mark.parametrize(
    ("colorspace", "priv", "quantization", "full"),
    [
        (8, v4l2.PRIV_MAGIC, 0, False),
        (8, v4l2.PRIV_MAGIC, 1, True),
        (7, v4l2.PRIV_MAGIC, 0, True),
        (7, v4l2.PRIV_MAGIC, 2, False),
        (8, 0, 1, False),
    ],
)
def test_the_range_that_is_told(colorspace: int, priv: int, quantization: int, full: bool) -> None:
    picture = answering(told(colorspace, priv, quantization)).picture()
    assert picture == Picture("YUYV", 640, 480, 1280, 614400, full)
    assert str(picture) == "YUYV 640x480"


def test_a_rate_that_cannot_be_set_is_the_cameras() -> None:
    assert answering(OSError(errno.ENOTTY, "not supported")).set_fps(30) is None
    with pytest.raises(OSError, match="gone"):
        answering(OSError(errno.ENODEV, "gone")).set_fps(30)
    camera = FakeCamera()
    assert camera.node().set_fps(29.97) == pytest.approx(29.97)


def test_controls_and_their_ranges() -> None:
    camera = FakeCamera()
    camera.controls = {0x00980913: (0, 255)}
    node = camera.node()
    control = node.control(0x00980913)
    assert control is not None
    assert (control.minimum, control.maximum) == (0, 255)
    assert node.control(0x00980912) is None
    node.set_control(0x00980913, 200)
    assert camera.set == [(0x00980913, 200)]
    disabled = v4l2.CONTROL_ASKED.pack(1, 1, b"", 0, 1, 1, 0, 1)
    assert answering(disabled).control(1) is None


def test_a_signal_interrupts_nothing() -> None:
    answer = v4l2.CAPABILITY.pack(b"", b"Webcam", b"", 0, 0x04000001, 0)
    assert answering(InterruptedError(), InterruptedError(), answer).card() == "Webcam"
    with pytest.raises(OSError, match="interrupted"):
        answering(*[InterruptedError()] * 1000).card()


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_node_that_nobody_holds_is_closed(tmp_path: Path) -> None:
    (tmp_path / "video0").touch()
    gc.collect()
    before = descriptors()
    node: Node | None = open_node(str(tmp_path / "video0"))
    assert descriptors() == before + 1
    del node
    gc.collect()
    assert descriptors() == before


def test_a_closed_node_makes_no_calls(tmp_path: Path) -> None:
    node = FakeCamera().node()
    node.close()
    node.close()
    with pytest.raises(OSError, match="closed"):
        node.card()


def test_the_real_kernel_knows_no_such_call_on_a_file(tmp_path: Path) -> None:
    (tmp_path / "video0").touch()
    node = open_node(str(tmp_path / "video0"))
    with pytest.raises(OSError) as raised:
        node.card()
    assert raised.value.errno == errno.ENOTTY
    assert isinstance(failure_of("x", raised.value), DeviceRefused)
    with pytest.raises(DeviceNotFound):
        open_node(str(tmp_path / "video9"))


@pytest.mark.parametrize(
    ("raised", "expected", "words"),
    [
        (errno.ENOENT, DeviceNotFound, "No such file"),
        (errno.ENODEV, DeviceNotFound, "No such device"),
        (errno.ENXIO, DeviceNotFound, "No such device"),
        (errno.EBUSY, DeviceBusy, "another program has the camera"),
        (errno.EACCES, DeviceRefused, "in the group video"),
        (errno.EINVAL, DeviceRefused, "Invalid argument"),
    ],
)
def test_why_it_does_not_open(raised: int, expected: type[Exception], words: str) -> None:
    failure = failure_of("/dev/video0", OSError(raised, os.strerror(raised)))
    assert type(failure) is expected
    assert "/dev/video0" in str(failure) and words in str(failure)
