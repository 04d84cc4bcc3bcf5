"""Buffers: mapped, filled, looked at, given back; and all let go in the end."""

from __future__ import annotations

import errno
import gc
import threading
import time
from pathlib import Path

import pytest

from hardware import v4l2
from hardware.v4l2_stream import BUFFERS, Stream
from tests.hardware.fake_camera import FakeCamera


def opened(camera: FakeCamera, *, newest: bool = True) -> Stream:
    stream = Stream(camera.node(), newest=newest, mapper=camera.map)
    stream.open()
    return stream


def taken(stream: Stream) -> bytes | None:
    assert stream.wait(5)
    with stream.picture() as lent:
        return None if lent is None else bytes(lent[0])


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_picture_is_lent_and_its_buffer_given_back() -> None:
    camera = FakeCamera()
    stream = opened(camera)
    assert camera.free == BUFFERS
    camera.give(b"one")
    assert stream.wait(5)
    with stream.picture() as lent:
        assert lent is not None
        assert bytes(lent[0]) == b"one" and lent[1].at_us == camera.at_us
        assert camera.free == BUFFERS - 1
    assert camera.free == BUFFERS
    stream.close()


def test_of_several_the_newest_is_taken() -> None:
    camera = FakeCamera()
    stream = opened(camera)
    for picture in (b"one", b"two", b"three"):
        camera.give(picture)
    assert taken(stream) == b"three"
    assert (camera.free, camera.waiting) == (BUFFERS, 0)
    stream.close()


def test_or_each_in_turn() -> None:
    camera = FakeCamera()
    stream = opened(camera, newest=False)
    for picture in (b"one", b"two"):
        camera.give(picture)
    assert [taken(stream), taken(stream)] == [b"one", b"two"]
    stream.close()


@pytest.mark.parametrize("newest", [True, False])
def test_damaged_and_empty_buffers_are_counted_and_given_back(newest: bool) -> None:
    camera = FakeCamera()
    stream = opened(camera, newest=newest)
    camera.give(b"torn", flags=v4l2.DAMAGED)
    camera.give(b"")
    camera.give(b"whole")
    assert taken(stream) == b"whole"
    camera.give(b"torn", flags=v4l2.DAMAGED)
    assert taken(stream) is None
    assert stream.damaged == 3
    assert camera.free == BUFFERS
    stream.close()


def test_a_buffer_is_given_back_though_its_reader_fails() -> None:
    camera = FakeCamera()
    stream = opened(camera)
    camera.give(b"one")
    with pytest.raises(ValueError, match="reader"), stream.picture():
        raise ValueError("reader")
    assert camera.free == BUFFERS
    stream.close()


def test_nothing_comes() -> None:
    camera = FakeCamera()
    stream = opened(camera)
    assert not stream.wait(0.01)
    stream.close()


def test_it_is_woken() -> None:
    camera = FakeCamera()
    stream = opened(camera)
    began = time.monotonic()
    waking = threading.Timer(0.05, stream.wake)
    waking.start()
    assert not stream.wait(30)
    assert time.monotonic() - began < 5
    waking.join()
    stream.close()
    stream.wake()


def test_unplugged_it_says_so() -> None:
    camera = FakeCamera()
    stream = opened(camera)
    camera.unplug()
    with pytest.raises(OSError) as raised:
        stream.wait(5)
    assert raised.value.errno == errno.ENODEV
    stream.close()
    stream.close()


def test_unplugged_between_two_calls_it_says_so() -> None:
    """As a camera whose last buffer is still to be taken."""
    camera = FakeCamera()
    stream = opened(camera)
    camera.give(b"one")
    assert stream.wait(5)
    camera.unplug()
    with pytest.raises(OSError) as raised, stream.picture():
        pass
    assert raised.value.errno == errno.ENODEV
    stream.close()


@pytest.mark.parametrize("refused", [v4l2.REQBUFS, v4l2.QUERYBUF, v4l2.QBUF, v4l2.STREAMON])
def test_a_driver_that_does_not_begin_leaves_nothing_open(refused: int) -> None:
    camera = FakeCamera()
    node = camera.node()
    gc.collect()
    before = descriptors()
    camera.refuses[refused] = OSError(errno.EBUSY, "Device or resource busy")
    stream = Stream(node, newest=True, mapper=camera.map)
    with pytest.raises(OSError, match="busy"):
        stream.open()
    stream.close()
    assert descriptors() == before


def test_closed_everything_is_let_go_and_it_opens_again() -> None:
    camera = FakeCamera()
    node = camera.node()
    gc.collect()
    before = descriptors()
    for _ in range(2):
        stream = Stream(node, newest=True, mapper=camera.map)
        stream.open()
        assert camera.streaming.is_set()
        stream.close()
        assert not camera.streaming.is_set()
    assert descriptors() == before
