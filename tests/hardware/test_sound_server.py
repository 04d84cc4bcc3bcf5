"""Microphone and earpiece in real time, over PortAudio, ALSA and a PulseAudio of the test's own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import numpy as np
import pytest

from hardware import sound
from hardware.cards import Pcm
from hardware.earpiece import SoundEarpiece
from hardware.interfaces import PLAYED_SAMPLES, SAMPLE_RATE_HZ, Block, DeviceNotFound, DeviceRefused
from hardware.microphone import SoundMicrophone
from hardware.portaudio import PortAudio
from tests.hardware.sound_server import EAR, MOUTH, Listening, Speaking, Tone

pytestmark = pytest.mark.usefixtures("on_sound_server")
PATIENCE_S = 10.0


def named(name: str) -> Callable[[], Pcm]:
    return lambda: Pcm(name, "of the test")


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 - the clients of the server have no events
            await asyncio.sleep(0.01)


async def heard(microphone: SoundMicrophone, seconds: float) -> Block:
    blocks = [await microphone.block() for _ in range(round(seconds * 100))]
    return np.concatenate(blocks)


async def test_a_tone_at_the_mouth_is_heard_at_its_pitch_and_level_in_real_time() -> None:
    microphone = SoundMicrophone(PortAudio(), named(MOUTH))
    with Speaking(Tone(440.0).spoken):
        await microphone.open()
        await microphone.block()
        await heard(microphone, 0.5)  # until the tone is there
        began = time.monotonic()
        samples = await heard(microphone, 1.0)
        took_s = time.monotonic() - began
        await microphone.close()
    assert took_s == pytest.approx(1.0, abs=0.3)
    assert sound.loudest_hz(samples) == pytest.approx(440.0, abs=1)
    assert sound.rms_dbfs(samples) == pytest.approx(-15.3, abs=1)
    assert microphone.dropped == 0


async def test_what_the_earpiece_is_given_sounds_without_a_gap() -> None:
    earpiece = SoundEarpiece(PortAudio(), named(EAR))
    with Listening() as listening:
        await until(lambda: bool(listening.blocks))
        await earpiece.open(Tone(1000.0))
        enough = 1.5 * SAMPLE_RATE_HZ
        await until(lambda: bool(np.count_nonzero(listening.samples()) > enough))
        xruns = earpiece.xruns
        await earpiece.close()
    samples = listening.samples()
    sounding = np.flatnonzero(samples)
    played = samples[sounding[0] : sounding[0] + SAMPLE_RATE_HZ]
    assert sound.loudest_hz(played) == pytest.approx(1000.0, abs=1)
    assert sound.rms_dbfs(played) == pytest.approx(-15.3, abs=1)
    if not xruns:  # on a machine that is busy elsewhere there may be some, and then they are told
        quietest = min(sound.rms_dbfs(each) for each in np.split(played, 100))
        assert quietest == pytest.approx(-15.3, abs=1), "no gap"


async def test_both_at_once_and_again_and_again() -> None:
    system = PortAudio()
    microphone = SoundMicrophone(system, named(MOUTH))
    earpiece = SoundEarpiece(system, named(EAR))
    for _ in range(3):
        asked = Tone(500.0)
        await asyncio.gather(microphone.open(), earpiece.open(asked))
        assert (await microphone.block()).size == PLAYED_SAMPLES
        losing = asyncio.create_task(earpiece.lost())
        await heard(microphone, 0.1)
        assert not losing.done()
        losing.cancel()
        await asyncio.gather(microphone.close(), earpiece.close())


async def test_while_one_plays_the_other_may_come_and_go() -> None:
    """Nothing is loaded anew for it, and nothing stops."""
    system = PortAudio()
    times: list[float] = []

    def source(samples: int) -> Block:
        times.append(time.monotonic())
        return np.zeros(samples, dtype=np.int16)

    earpiece, microphone = SoundEarpiece(system, named(EAR)), SoundMicrophone(system, named(MOUTH))
    await earpiece.open(source)
    await until(lambda: len(times) > 20)
    for _ in range(5):
        await microphone.open()
        await microphone.block()
        await microphone.close()
    await earpiece.close()
    assert max(np.diff(times[5:])) < 0.3


async def test_a_pcm_that_does_not_exist_is_refused_and_one_that_does_is_listed() -> None:
    system = PortAudio()
    with pytest.raises((DeviceRefused, DeviceNotFound), match="no such card does not open"):
        await SoundMicrophone(system, named("no such card")).open()
