"""Microphone and earpiece on a card that stalls, goes, comes back: PortAudio is stood in for."""

from __future__ import annotations

import asyncio
import ctypes
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hardware import portaudio
from hardware.cards import Pcm
from hardware.earpiece import SoundEarpiece
from hardware.identity import Device, Identity
from hardware.interfaces import Block, DeviceLost, DeviceNotFound
from hardware.microphone import SoundMicrophone
from tests.hardware.fake_portaudio import Library

BUFFER = ctypes.c_int16 * 480
PULSE = Pcm("pulse", "")


@pytest.fixture
def library() -> Iterator[Library]:
    made = Library()
    yield made
    made.let_go.set()


def always(pcm: Pcm = PULSE) -> Callable[[], Pcm]:
    return lambda: pcm


def silence(samples: int) -> Block:
    return np.zeros(samples, dtype=np.int16)


async def test_that_it_stalled_is_told_though_the_driver_hangs_in_closing(
    monkeypatch: pytest.MonkeyPatch, library: Library
) -> None:
    monkeypatch.setattr(portaudio, "FIRST_S", 0.05)
    library.let_go.clear()
    ear = SoundEarpiece(library.system(), always())
    await ear.open(silence)
    with pytest.raises(DeviceLost, match="stood still"):
        await asyncio.wait_for(ear.lost(), 2)


async def test_a_microphone_that_stalled_is_told_likewise(
    monkeypatch: pytest.MonkeyPatch, library: Library
) -> None:
    monkeypatch.setattr(portaudio, "FIRST_S", 0.05)
    library.let_go.clear()
    mouth = SoundMicrophone(library.system(), always())
    await mouth.open()
    with pytest.raises(DeviceLost, match="stood still"):
        await asyncio.wait_for(mouth.block(), 2)


async def test_what_ended_is_told_within_a_second_and_opens_again(library: Library) -> None:
    mouth, ear = (
        SoundMicrophone(library.system(), always()),
        SoundEarpiece(library.system(), always()),
    )
    for _ in range(2):
        await mouth.open()
        library.opened[-1].finished(None)
        with pytest.raises(DeviceLost, match="has ended"):
            await asyncio.wait_for(mouth.block(), 1)
        await ear.open(silence)
        library.opened[-1].finished(None)
        with pytest.raises(DeviceLost, match="has ended"):
            await asyncio.wait_for(ear.lost(), 1)
        await mouth.close()
        await ear.close()
    with pytest.raises(DeviceLost, match="not open"):
        await mouth.block()
    with pytest.raises(DeviceLost, match="not open"):
        await ear.lost()


@pytest.mark.parametrize("kind", ["microphone", "earpiece"])
async def test_a_stream_that_opens_when_nobody_waits_any_more_is_closed(
    library: Library, kind: str
) -> None:
    """Else the card would go on calling what is no longer there."""
    hangs = threading.Event()

    def locate() -> Pcm:
        assert hangs.wait(30)
        return PULSE

    system = library.system()
    opening = asyncio.ensure_future(
        SoundMicrophone(system, locate).open()
        if kind == "microphone"
        else SoundEarpiece(system, locate).open(silence)
    )
    await asyncio.sleep(0.02)
    opening.cancel()
    await asyncio.gather(opening, return_exceptions=True)
    hangs.set()
    async with asyncio.timeout(5):
        while "Close" not in library.calls:  # noqa: ASYNC110 - it is closed in a thread
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("kind", ["microphone", "earpiece"])
async def test_a_stream_whose_card_cannot_be_set_up_is_closed(
    library: Library, tmp_path: Path, kind: str
) -> None:
    (tmp_path / "pcmC3D0c").touch()
    node = str(tmp_path / "pcmC3D0c")
    card = Pcm("plughw:3,0", "", Device("microphone", node, "Handset", Identity(), 3))

    def fails(_: int, __: str) -> None:
        raise KeyError("mixer")

    opening = (
        SoundMicrophone(library.system(), always(card), fails).open()
        if kind == "microphone"
        else SoundEarpiece(library.system(), always(card), fails).open(silence)
    )
    with pytest.raises(KeyError):
        await opening
    assert library.calls[-1] == "Close"


async def test_each_opening_asks_anew_which_card_it_is(library: Library) -> None:
    cards: list[Pcm | None] = [None, Pcm("plughw:1,0", ""), Pcm("plughw:2,0", "")]

    def locate() -> Pcm:
        card = cards.pop(0)
        if card is None:
            raise DeviceNotFound("no microphone is attached")
        return card

    mouth = SoundMicrophone(library.system(), locate)
    with pytest.raises(DeviceNotFound):
        await mouth.open()
    for _ in range(2):
        await mouth.open()
        await mouth.close()
    assert [each.pcm for each in library.opened] == ["plughw:1,0", "plughw:2,0"]


async def test_sound_passes_and_xruns_are_counted_over_openings(library: Library) -> None:
    mouth = SoundMicrophone(library.system(), always())
    for round_ in (1, 2):
        await mouth.open()
        library.call(BUFFER(*range(480)), 2)
        assert (await mouth.block()).tolist() == list(range(480))
        assert mouth.xruns == round_
        await mouth.close()
    assert mouth.xruns == 2


async def test_the_earpiece_is_given_what_the_source_gives(library: Library) -> None:
    ear = SoundEarpiece(library.system(), always())
    await ear.open(lambda samples: np.arange(samples, dtype=np.int16))
    buffer = BUFFER()
    library.call(buffer, 4)
    assert list(buffer) == list(range(480))
    assert ear.xruns == 1
    await ear.close()


async def test_too_much_from_the_source_is_written_nowhere(library: Library) -> None:
    ear = SoundEarpiece(library.system(), always())
    await ear.open(lambda samples: np.ones(samples * 2, dtype=np.int16))
    buffer: Any = BUFFER()
    library.call(buffer)
    assert set(buffer) == {0}
    with pytest.raises(DeviceLost, match="960 samples to play, not 480"):
        await asyncio.wait_for(ear.lost(), 1)
    await ear.close()


async def test_a_cards_mixer_is_set_up_each_time_that_it_was_opened(
    tmp_path: Path, library: Library
) -> None:
    node = tmp_path / "pcmC3D0p"
    node.write_bytes(b"")
    card = Pcm("plughw:3,0", "", Device("earpiece", str(node), "Handset", Identity(), 3))
    done: list[tuple[int, str, bool]] = []

    def set_up(number: int, kind: str) -> None:
        done.append((number, kind, bool(library.opened)))

    ear = SoundEarpiece(library.system(), always(card), set_up)
    mouth = SoundMicrophone(library.system(), always(card), set_up)
    for _ in range(2):
        await ear.open(silence)
        await ear.close()
    await mouth.open()
    await mouth.close()
    assert done == [(3, "earpiece", True), (3, "earpiece", True), (3, "microphone", True)]
