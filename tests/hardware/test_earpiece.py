"""A sound card's output that stalls, as USB ones do: PortAudio is stood in for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from hardware import earpiece, microphone, portaudio
from hardware.interfaces import Block, DeviceLost


class Stalled:
    """A stream that never calls back, and whose closing hangs until `let_go`."""

    active = True

    def __init__(self) -> None:
        self.let_go = threading.Event()

    def close(self, ignore_errors: bool) -> None:
        self.let_go.wait(10)


@pytest.fixture
def stalled(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stalled]:
    stream = Stalled()
    monkeypatch.setattr(portaudio, "start", lambda *_: stream)
    for each in (earpiece, microphone):
        monkeypatch.setattr(each, "SILENT_S", 0.05)
    yield stream
    stream.let_go.set()


def silence(samples: int) -> Block:
    return np.zeros(samples, dtype=np.int16)


async def test_that_it_stalled_is_told_though_the_driver_hangs_in_closing(
    stalled: Stalled,
) -> None:
    ear = earpiece.SoundEarpiece(None)
    await ear.open(silence)
    with pytest.raises(DeviceLost, match="asked for nothing"):
        await asyncio.wait_for(ear.lost(), 2)


async def test_a_microphone_that_stalled_is_told_likewise(stalled: Stalled) -> None:
    mouth = microphone.SoundMicrophone(None)
    await mouth.open()
    with pytest.raises(DeviceLost, match="no sound for"):
        await asyncio.wait_for(mouth.block(), 2)


async def test_a_card_that_takes_long_to_open_is_not_lost_for_that(
    monkeypatch: pytest.MonkeyPatch, stalled: Stalled
) -> None:
    now = [100.0]

    def slow(*_: Any) -> Stalled:
        now[0] += 5
        return stalled

    monkeypatch.setattr(portaudio, "start", slow)
    monkeypatch.setattr(earpiece, "time", SimpleNamespace(monotonic=lambda: now[0]))
    ear = earpiece.SoundEarpiece(None)
    await ear.open(silence)
    lost = asyncio.create_task(ear.lost())
    await asyncio.sleep(0)  # it has looked once
    assert not lost.done()
    lost.cancel()
    await asyncio.gather(lost, return_exceptions=True)
