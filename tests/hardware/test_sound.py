"""Microphone and earpiece over the real PortAudio and ALSA, on PCMs that are files.

In a process of its own: ALSA reads its configuration once. ALSA's null device keeps no pace, so
nothing is said about time here.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hardware import sound
from hardware.interfaces import BLOCK_SAMPLES, PLAYED_SAMPLES, SAMPLE_RATE_HZ

CONFIGURATION = """
</usr/share/alsa/alsa.conf>
pcm.nothing {{ type null }}
pcm.mouth {{ type file slave.pcm nothing file /dev/null infile "{folder}/tone.raw" format raw }}
pcm.ear {{ type file slave.pcm nothing file "{folder}/heard.raw" format raw }}
"""
PROGRAM = """
import asyncio, json
import numpy as np
from config.schema import Devices
from hardware import factory, sound
from hardware.interfaces import DeviceLost, DeviceNotFound
from hardware.portaudio import PortAudio

async def main():
    found = {}
    system = PortAudio()
    def earpiece_called(name):
        return factory.earpiece(Devices(earpiece=name), system)
    found["attached"] = sorted(each.name for each in system.listed())
    microphone = factory.microphone(Devices(microphone="mouth"), system)
    await microphone.open()
    blocks = [await microphone.block() for _ in range(10)]
    found["shapes"] = [list(block.shape) for block in blocks]
    found["dbfs"] = sound.rms_dbfs(np.concatenate(blocks))
    await microphone.close()
    earpiece = earpiece_called("ear")
    loud, asked = np.full(480, 8000, dtype=np.int16), []
    def source(samples):
        asked.append(samples)
        return loud if len(asked) <= 4 else 0 * loud
    await earpiece.open(source)
    while len(asked) < 10:
        await asyncio.sleep(0.01)
    await earpiece.close()
    found["asked"] = sorted(set(asked))
    def fails(samples):
        raise ValueError("no sound")
    broken = earpiece_called("nothing")
    await broken.open(fails)
    try:
        await asyncio.wait_for(broken.lost(), 5)
    except DeviceLost as error:
        found["failed"] = str(error)
    for name, waits in (
        ("microphone", microphone.block()),
        ("earpiece", earpiece.lost()),
        ("missing", earpiece_called("no such card").open(source)),
    ):
        try:
            await waits
        except (DeviceLost, DeviceNotFound) as error:
            found[name] = type(error).__name__
    print(json.dumps(found))

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder: Path = tmp_path_factory.mktemp("alsa")
    tone = 8000 * np.sin(2 * np.pi * 600 / SAMPLE_RATE_HZ * np.arange(SAMPLE_RATE_HZ * 10))
    tone.astype("<i2").tofile(folder / "tone.raw")
    (folder / "alsa.conf").write_text(CONFIGURATION.format(folder=folder))
    done = subprocess.run(
        [sys.executable, "-I", "-c", PROGRAM],
        env={**os.environ, "ALSA_CONFIG_PATH": str(folder / "alsa.conf")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    heard = np.fromfile(folder / "heard.raw", "<i2")
    (folder / "heard.raw").unlink()
    told["heard"] = heard[heard != 0]
    return told


def test_alsa_names_are_found(found: Any) -> None:
    assert {"mouth", "ear"} <= set(found["attached"])


def test_microphone_hears_what_is_said(found: Any) -> None:
    assert found["shapes"] == [[BLOCK_SAMPLES]] * 10
    assert found["dbfs"] == pytest.approx(-15.3, abs=1.5)


def test_earpiece_plays_what_it_is_given_once(found: Any) -> None:
    assert found["heard"].size == 4 * PLAYED_SAMPLES
    assert set(found["heard"].tolist()) == {8000}
    assert found["asked"] == [480]


def test_closed_and_missing_say_so(found: Any) -> None:
    assert (found["microphone"], found["earpiece"]) == ("DeviceLost", "DeviceLost")
    assert found["missing"] == "DeviceNotFound"
    assert found["failed"] == "ValueError: no sound"


def test_levels_and_pitch() -> None:
    time_s = np.arange(24_000) / SAMPLE_RATE_HZ
    for hz in (100.0, 440.0, 1234.5, 7919.0):
        wave = (16_000 * np.sin(2 * np.pi * hz * time_s)).astype(np.int16)
        assert sound.loudest_hz(wave) == pytest.approx(hz, abs=1)
        assert sound.peak_dbfs(wave) == pytest.approx(-6.2, abs=0.1)
        assert sound.rms_dbfs(wave) == pytest.approx(-9.2, abs=0.1)
    silence = np.zeros(24_000, dtype=np.int16)
    assert sound.loudest_hz(silence) is None
    assert sound.rms_dbfs(silence) == sound.peak_dbfs(silence) == sound.SILENCE_DBFS
