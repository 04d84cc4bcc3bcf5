"""What a camera is told, down to the bytes that the kernel would read."""

from __future__ import annotations

import ctypes
import errno
import os
from pathlib import Path

import pytest

from hardware.v4l2_controls import (
    BITRATE,
    CAPABILITY,
    CODEC_CLASS,
    CONTROL,
    CONTROLS,
    FORCE_KEY_FRAME,
    QUERY_CAPABILITY,
    SET_CONTROLS,
    V4l2Controls,
    is_memory_to_memory,
)


class Driver:
    """Reads what it is handed as the kernel does, by address."""

    def __init__(self, error: int | None = None) -> None:
        self.set: list[tuple[int, int]] = []
        self.error = error

    def __call__(self, node: int, request: int, data: bytearray) -> None:
        os.fstat(node)  # raises on a closed one
        assert request == SET_CONTROLS
        which, count, _, _, reserved, address = CONTROLS.unpack(data)
        assert (which, count, reserved) == (CODEC_CLASS, 1, 0)
        control, size, spare, value = CONTROL.unpack(ctypes.string_at(address, CONTROL.size))
        assert (size, spare) == (0, 0)
        self.set.append((control, value))
        if self.error is not None:
            raise OSError(self.error, os.strerror(self.error))


@pytest.fixture
def node(tmp_path: Path) -> str:
    (tmp_path / "video0").touch()
    return str(tmp_path / "video0")


def test_the_numbers_are_the_kernels() -> None:
    """linux/v4l2-controls.h and linux/videodev2.h, on 64 bits."""
    assert (BITRATE, FORCE_KEY_FRAME) == (0x009909CF, 0x009909E5)
    assert (CONTROL.size, CAPABILITY.size) == (20, 104)
    if CONTROLS.size == 32:
        assert SET_CONTROLS == 0xC0205648
    assert QUERY_CAPABILITY == 0x80685600


def test_key_frames_and_rates_reach_the_driver(node: str) -> None:
    driver = Driver()
    controls = V4l2Controls(node, driver)
    controls.force_key()
    controls.set_bitrate(750_000)
    assert driver.set == [(FORCE_KEY_FRAME, 1), (BITRATE, 750_000)]
    controls.close()


def test_what_a_camera_cannot_do_is_said_once(node: str, caplog: pytest.LogCaptureFixture) -> None:
    driver = Driver(errno.EINVAL)
    controls = V4l2Controls(node, driver)
    for _ in range(3):
        controls.force_key()
        controls.set_bitrate(500_000)
    assert [record.getMessage() for record in caplog.records] == [
        f"{node} cannot send key frames on demand: Invalid argument",
        f"{node} cannot change its bit rate: Invalid argument",
    ]
    assert len(driver.set) == 2, "and not asked for again"
    controls.close()


def test_a_rate_out_of_range_is_not_the_last_one(
    node: str, caplog: pytest.LogCaptureFixture
) -> None:
    driver = Driver(errno.ERANGE)
    controls = V4l2Controls(node, driver)
    controls.set_bitrate(1)
    driver.error = None
    controls.set_bitrate(500_000)
    assert driver.set[-1] == (BITRATE, 500_000)
    assert caplog.records == []
    controls.close()


def test_a_closed_camera_is_told_nothing(node: str) -> None:
    driver = Driver()
    controls = V4l2Controls(node, driver)
    controls.close()
    controls.close()
    controls.force_key()
    assert driver.set == []


def test_a_file_that_is_no_camera_says_so(node: str, caplog: pytest.LogCaptureFixture) -> None:
    """The real ioctl of the real kernel, which knows no such control on a file."""
    controls = V4l2Controls(node)
    controls.force_key()
    assert "cannot send key frames" in caplog.text
    controls.close()


@pytest.mark.parametrize(
    ("of_all", "of_node", "expected"),
    [
        (0x8000, 0, True),
        (0x80000000 | 0x8000, 0x1, False),
        (0x80000000, 0x4000, True),
        (0x1, 0, False),
    ],
)
def test_nodes_that_convert_are_told_from_those_that_capture(
    node: str, of_all: int, of_node: int, expected: bool
) -> None:
    def driver(file: int, request: int, data: bytearray) -> None:
        assert request == QUERY_CAPABILITY
        data[84:92] = of_all.to_bytes(4, "little") + of_node.to_bytes(4, "little")

    assert is_memory_to_memory(Path(node), driver) is expected


def test_what_does_not_answer_converts_nothing(node: str) -> None:
    assert not is_memory_to_memory(Path(node))
    assert not is_memory_to_memory(Path(node + "9"))
