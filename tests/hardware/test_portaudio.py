"""What PortAudio is told and what is made of what it tells, on a library that is stood in for."""

from __future__ import annotations

import ctypes
import errno
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from hardware import portaudio
from hardware.cards import Listed, Pcm
from hardware.identity import Device, Identity
from hardware.interfaces import DeviceBusy, DeviceError, DeviceNotFound, DeviceRefused
from hardware.portaudio import PortAudio, Stream
from tests.hardware.fake_portaudio import ALSA, JACK, Library

PLUGIN = Pcm("pulse", "")
BUFFER = ctypes.c_int16 * 480


def nothing(address: int, samples: int) -> None:
    """Exchange nothing."""


@pytest.fixture
def card(tmp_path: Path) -> Pcm:
    """A card whose node is a file."""
    node = tmp_path / "pcmC3D0c"
    node.write_bytes(b"")
    device = Device("microphone", str(node), "Handset", Identity("0d8c", "0014"), 3)
    return Pcm("plughw:3,0", "the only one", device)


def opened(library: Library, pcm: Pcm, direction: portaudio.Direction = "input") -> Stream:
    return library.system().open(pcm, direction, 480, nothing)


@pytest.mark.parametrize("direction", ["input", "output"])
def test_a_pcm_is_opened_by_its_name_listed_or_not(
    card: Pcm, direction: portaudio.Direction
) -> None:
    library = Library()
    opened(library, card, direction)
    (asked,) = library.opened
    assert (asked.pcm, asked.device) == ("plughw:3,0", -2)
    assert (asked.channels, asked.samples, asked.rate) == (1, 480, 48_000.0)
    assert asked.is_input == (direction == "input")


def test_only_alsas_own_are_listed_and_the_library_is_started_once() -> None:
    library = Library((("Handset (hw:1,0)", ALSA, 1, 2), ("system", JACK, 2, 2)))
    system = library.system()
    assert system.listed() == system.listed() == (Listed("Handset (hw:1,0)", 1, 2),)
    assert library.calls == ["quiet", "Initialize", "loud"]


def test_without_the_library_it_says_what_to_install() -> None:
    def missing(name: str) -> Any:
        raise OSError(f"{name}: cannot open shared object file")

    with pytest.raises(DeviceNotFound, match="install libportaudio2"):
        PortAudio(missing).listed()


def test_sound_passes_and_every_xrun_is_counted() -> None:
    library, seen = Library(), []

    def exchange(address: int, samples: int) -> None:
        seen.append((BUFFER.from_address(address)[7], samples))

    stream = library.system().open(PLUGIN, "input", 480, exchange)
    for flags in (0, 1, 2, 4, 8, 16, 6):  # 2: input overflow, 4: output underflow
        assert library.call(BUFFER(*range(480)), flags) == 0
    assert seen == [(7, 480)] * 7
    assert stream.xruns == 3
    assert stream.lost() is None


def test_what_the_exchange_raises_ends_the_stream_and_is_told() -> None:
    library = Library()

    def fails(address: int, samples: int) -> None:
        raise ValueError("no sound")

    stream = library.system().open(PLUGIN, "output", 480, fails)
    assert library.call(BUFFER()) != 0
    assert stream.lost() == "ValueError: no sound"


def test_a_stream_that_the_driver_ends_is_lost_at_once() -> None:
    library = Library()
    stream = opened(library, PLUGIN)
    library.opened[-1].finished(None)
    assert stream.lost() == "pulse has ended"


def test_a_card_whose_node_goes_is_lost_though_the_stream_never_ends(card: Pcm) -> None:
    library = Library()
    stream = opened(library, card)
    assert card.device is not None
    Path(card.device.node).unlink()
    library.call(BUFFER())
    assert stream.lost() == f"{card.device} is unplugged"


def test_another_card_under_the_same_node_is_another_card(card: Pcm, tmp_path: Path) -> None:
    stream = opened(Library(), card)
    assert card.device is not None
    (tmp_path / "new").write_bytes(b"")
    (tmp_path / "new").replace(card.device.node)
    assert stream.lost() == f"{card.device} is unplugged"


@pytest.mark.parametrize("has_called", [False, True])
def test_a_card_may_take_long_to_begin_and_then_not_stall(
    monkeypatch: pytest.MonkeyPatch, has_called: bool
) -> None:
    """A sound server asks for its buffer's content at once, and then wakes its card."""
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    library = Library()
    stream = opened(library, PLUGIN)
    if has_called:
        library.call(BUFFER())
    now += 2.9
    assert stream.lost() is None
    now += 0.2
    assert stream.lost() == "pulse has stood still for 3.1 s"
    library.call(BUFFER())
    assert stream.lost() is None
    now += 0.5
    assert stream.lost() is None
    now += 0.2
    assert stream.lost() == "pulse has stood still for 0.7 s"


@pytest.mark.parametrize("stood_still", [False, True])
def test_closing_lets_a_running_stream_end_itself_before_its_thread_is_cancelled(
    monkeypatch: pytest.MonkeyPatch, stood_still: bool
) -> None:
    """Also one that seems to stand still because this whole process did."""
    library = Library()
    library.let_go.clear()
    stream = opened(library, PLUGIN)
    library.call(BUFFER())
    if stood_still:
        stream._called_at = stream._opened_at = 0.0
        assert stream.lost() is not None
    monkeypatch.setattr(portaudio, "END_S", 5.0)
    closing = threading.Thread(target=stream.close)
    closing.start()
    closing.join(0.05)
    result, tries = 0, 0
    while not result and tries < 1_000_000:
        result, tries = library.call(BUFFER()), tries + 1
    library.let_go.set()
    closing.join(5)
    assert library.calls[-3:] == ["ended itself", "Abort", "Close"]


def test_what_does_not_start_is_closed() -> None:
    library = Library(start_error=-9999 + 1)
    with pytest.raises(DeviceRefused, match="pulse does not open: error -9998"):
        opened(library, PLUGIN)
    assert library.calls[-1] == "Close"


def test_a_pcm_that_is_busy_is_told_as_such() -> None:
    with pytest.raises(DeviceBusy):
        opened(Library(open_error=-9985), PLUGIN)


@pytest.mark.parametrize(
    ("number", "expected", "words"),
    [
        (errno.ENOENT, DeviceNotFound, "unplugged"),
        (errno.ENODEV, DeviceNotFound, "unplugged"),
        (errno.EBUSY, DeviceBusy, "used by another program"),
        (errno.EACCES, DeviceRefused, "group audio"),
        (errno.EIO, DeviceRefused, "Input/output error"),
    ],
)
def test_why_a_card_does_not_open_is_said_before_portaudio_is_asked(
    monkeypatch: pytest.MonkeyPatch,
    card: Pcm,
    number: int,
    expected: type[DeviceError],
    words: str,
) -> None:
    def fails(node: str, flags: int) -> int:
        assert card.device is not None and node == card.device.node
        assert flags & os.O_NONBLOCK, "a card that plays would be waited for"
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "open", fails)
    library = Library()
    with pytest.raises(expected, match=words):
        opened(library, card)
    assert "Open" not in library.calls
