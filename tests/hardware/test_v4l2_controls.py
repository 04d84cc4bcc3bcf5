"""What a camera is told: how it sees, and what its own encoder does."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from hardware.v4l2 import HAS_DEVICE_CAPS, QUERYCAP, QUERYCTRL, S_EXT_CTRLS, Node, open_node
from hardware.v4l2_controls import (
    AUTO_EXPOSURE,
    AUTO_FOCUS,
    AUTO_GAIN,
    BITRATE,
    EXPOSURE,
    FOCUS,
    FORCE_KEY_FRAME,
    GAIN,
    MAINS,
    Settings,
    V4l2Encoder,
    adjust,
    is_memory_to_memory,
)
from tests.hardware.fake_camera import FakeCamera

WEBCAM = {
    AUTO_EXPOSURE: (0, 3),
    EXPOSURE: (3, 2047),
    AUTO_FOCUS: (0, 1),
    FOCUS: (0, 250),
    GAIN: (0, 255),
    MAINS: (0, 2),
}


def adjusted(settings: Settings, controls: dict[int, tuple[int, int]]) -> tuple[object, object]:
    camera = FakeCamera()
    camera.controls = controls
    lacks = adjust(camera.node(), settings)
    return camera.set, lacks


def test_the_numbers_are_the_kernels() -> None:
    """linux/v4l2-controls.h."""
    assert (BITRATE, FORCE_KEY_FRAME) == (0x009909CF, 0x009909E5)
    assert (AUTO_EXPOSURE, EXPOSURE) == (0x009A0901, 0x009A0902)
    assert (FOCUS, AUTO_FOCUS) == (0x009A090A, 0x009A090C)
    assert (AUTO_GAIN, GAIN, MAINS) == (0x00980912, 0x00980913, 0x00980918)


def test_left_alone_a_camera_sees_by_itself() -> None:
    """Also one that was told otherwise once: some keep that."""
    told, lacks = adjusted(Settings(), WEBCAM)
    assert told == [(AUTO_EXPOSURE, 3), (AUTO_FOCUS, 1)]
    assert lacks == []


def test_one_without_controls_is_asked_nothing() -> None:
    assert adjusted(Settings(), {}) == ([], [])


def test_the_mains_are_automatic_where_there_is_such() -> None:
    assert adjusted(Settings(), {MAINS: (0, 3)}) == ([(MAINS, 3)], [])


@pytest.mark.parametrize(("word", "value"), [("off", 0), ("50", 1), ("60", 2)])
def test_the_mains_frequency(word: str, value: int) -> None:
    assert adjusted(Settings(mains_hz=word), {MAINS: (0, 2)}) == ([(MAINS, value)], [])
    assert adjusted(Settings(mains_hz=word), {}) == ([], [f"it does not know mains of {word} Hz"])


def test_set_by_hand_the_automatic_is_off_first() -> None:
    told, lacks = adjusted(Settings(exposure="100", focus="30", gain="12"), WEBCAM)
    assert told == [
        (AUTO_EXPOSURE, 1),
        (EXPOSURE, 100),
        (AUTO_FOCUS, 0),
        (FOCUS, 30),
        (GAIN, 12),
    ]
    assert lacks == []


def test_out_of_range_it_is_the_nearest_and_said() -> None:
    told, lacks = adjusted(Settings(exposure="1"), {EXPOSURE: (3, 2047)})
    assert told == [(EXPOSURE, 3)]
    assert lacks == ["its exposure is 3: it goes from 3 to 2047"]


def test_what_it_lacks_is_said() -> None:
    told, lacks = adjusted(Settings(focus="30", gain="1"), {AUTO_GAIN: (0, 1)})
    assert told == [(AUTO_GAIN, 0)]
    assert lacks == ["its focus cannot be set", "its gain cannot be set"]


def test_a_driver_that_refuses_is_said_and_one_that_is_gone_raises() -> None:
    camera = FakeCamera()
    camera.controls = dict(WEBCAM)
    camera.refuses[S_EXT_CTRLS] = OSError(errno.EIO, "Input/output error")
    assert adjust(camera.node(), Settings(gain="1")) == ["its gain cannot be set to 1"]
    camera.refuses[QUERYCTRL] = OSError(errno.EIO, "Input/output error")
    lacks = adjust(camera.node(), Settings())
    assert lacks[0] == "its exposure cannot be asked for: Input/output error"
    del camera.refuses[QUERYCTRL]
    camera.refuses[S_EXT_CTRLS] = OSError(errno.ENODEV, "No such device")
    with pytest.raises(OSError, match="No such device"):
        adjust(camera.node(), Settings())


# -- the encoder in the camera -----------------------------------------------------------------

ENCODES = {FORCE_KEY_FRAME: (0, 1), BITRATE: (100_000, 9_000_000)}


def test_key_frames_and_rates_reach_the_driver() -> None:
    camera = FakeCamera()
    camera.controls = ENCODES
    encoder = V4l2Encoder(camera.node())
    encoder.force_key()
    encoder.set_bitrate(750_000)
    assert camera.set == [(FORCE_KEY_FRAME, 1), (BITRATE, 750_000)]


def test_what_a_camera_cannot_do_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    calls = 0

    def ioctl(_: int, request: int, data: bytearray) -> None:
        nonlocal calls
        calls += 1
        raise OSError(errno.EINVAL, "Invalid argument")

    node = Node(os.open(os.devnull, os.O_RDONLY), "/dev/video0", ioctl)
    encoder = V4l2Encoder(node)
    for _ in range(3):
        encoder.force_key()
        encoder.set_bitrate(500_000)
    assert [record.getMessage() for record in caplog.records] == [
        "/dev/video0 cannot send key frames on demand: Invalid argument",
        "/dev/video0 cannot change its bit rate: Invalid argument",
    ]
    assert calls == 2, "and not asked for again"


def test_a_rate_out_of_range_is_not_the_last_one(caplog: pytest.LogCaptureFixture) -> None:
    camera = FakeCamera()
    camera.controls = ENCODES
    encoder = V4l2Encoder(camera.node())
    encoder.set_bitrate(1)
    encoder.set_bitrate(500_000)
    assert camera.set == [(BITRATE, 500_000)]
    assert caplog.records == []


def test_a_closed_camera_is_told_nothing() -> None:
    camera = FakeCamera()
    camera.controls = ENCODES
    encoder = V4l2Encoder(camera.node())
    encoder.close()
    encoder.close()
    encoder.force_key()
    assert camera.set == []


def test_a_file_that_is_no_camera_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The real ioctl of the real kernel, which knows no such control on a file."""
    (tmp_path / "video0").touch()
    V4l2Encoder(open_node(str(tmp_path / "video0"))).force_key()
    assert "cannot send key frames" in caplog.text


@pytest.mark.parametrize(
    ("of_all", "of_node", "expected"),
    [
        (0x8000, 0, True),
        (HAS_DEVICE_CAPS | 0x8000, 0x1, False),
        (HAS_DEVICE_CAPS, 0x4000, True),
        (0x1, 0, False),
    ],
)
def test_nodes_that_convert_are_told_from_those_that_capture(
    tmp_path: Path, of_all: int, of_node: int, expected: bool
) -> None:
    (tmp_path / "video0").touch()

    def driver(file: int, request: int, data: bytearray) -> None:
        assert request == QUERYCAP
        data[84:92] = of_all.to_bytes(4, "little") + of_node.to_bytes(4, "little")

    assert is_memory_to_memory(tmp_path / "video0", driver) is expected


def test_what_does_not_answer_converts_nothing(tmp_path: Path) -> None:
    (tmp_path / "video0").touch()
    assert not is_memory_to_memory(tmp_path / "video0")
    assert not is_memory_to_memory(tmp_path / "video9")
