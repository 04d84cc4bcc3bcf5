"""What sounddevice makes of a name, on cards that are stood in for."""

from __future__ import annotations

import pytest

from hardware import portaudio
from hardware.earpiece import SoundEarpiece
from hardware.interfaces import DeviceError, DeviceNotFound, DeviceRefused
from hardware.microphone import SoundMicrophone

NAMES = ("Handset: USB Audio (hw:1,0)", "Handset: USB Audio (hw:2,0)")


@pytest.fixture(autouse=True)
def two_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attach two cards of one kind."""
    sounddevice = portaudio.load()
    cards = [
        {
            "name": name,
            "index": index,
            "hostapi": 0,
            "max_input_channels": 1,
            "max_output_channels": 2,
        }
        for index, name in enumerate(NAMES)
    ]
    monkeypatch.setattr(sounddevice, "query_devices", lambda *_: cards)
    monkeypatch.setattr(sounddevice, "query_hostapis", lambda *_: {"name": "ALSA"})


async def refused(name: str, kind: str) -> DeviceError:
    with pytest.raises(DeviceError) as caught:
        if kind == "input":
            await SoundMicrophone(name).open()
        else:
            await SoundEarpiece(name).open(lambda samples: pytest.fail("it plays"))
    return caught.value


@pytest.mark.parametrize("kind", ["input", "output"])
async def test_a_name_of_two_cards_is_refused_with_both_named(kind: str) -> None:
    error = await refused("Handset", kind)
    assert isinstance(error, DeviceRefused)
    assert all(name in str(error) for name in NAMES)
    assert "\n" not in str(error)


async def test_a_name_of_none_is_not_found() -> None:
    assert isinstance(await refused("Horn", "input"), DeviceNotFound)
