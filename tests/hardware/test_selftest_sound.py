"""The self-test of sound over real sound cards' code, in real time: what is coupled is heard."""

from __future__ import annotations

import pytest

from hardware.cards import Pcm
from hardware.earpiece import SoundEarpiece
from hardware.microphone import SoundMicrophone
from hardware.portaudio import PortAudio
from hardware.selftest import check_sound
from tests.hardware.sound_server import EAR, LOOP, MOUTH, Speaking, Tone

pytestmark = pytest.mark.usefixtures("on_sound_server")


def named(system: PortAudio, mouth: str) -> tuple[SoundMicrophone, SoundEarpiece]:
    return (
        SoundMicrophone(system, lambda: Pcm(mouth, "of the test")),
        SoundEarpiece(system, lambda: Pcm(EAR, "of the test")),
    )


async def test_an_earpiece_at_the_mouthpiece_is_heard_with_its_delay() -> None:
    microphone, earpiece = named(PortAudio(), LOOP)
    found = {each.device: each for each in await check_sound(microphone, earpiece)}
    assert found["earpiece"].passed, found
    assert found["loop"].proved, found
    words = found["loop"].detail.split()
    assert abs(int(words[words.index("dBFS,") - 1]) + 23) <= 1, found
    assert 0 < int(words[-3]) < 500, found
    # Between the two is no air: without the sweep there is nothing but zeros.
    assert found["microphone"].code == "MIC-02"


async def test_a_microphone_elsewhere_hears_what_is_there_and_not_the_earpiece() -> None:
    microphone, earpiece = named(PortAudio(), MOUTH)
    with Speaking(Tone(440.0).spoken):
        found = await check_sound(microphone, earpiece)
    assert [(each.device, each.passed, each.proved) for each in found] == [
        ("microphone", True, True),
        ("earpiece", True, True),
        ("loop", True, False),
    ], found
    assert found[0].detail == "hears -15 dBFS"
