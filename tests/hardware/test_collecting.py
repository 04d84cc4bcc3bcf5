"""What is given to the judges is what the devices gave, and when."""

from __future__ import annotations

import time
from fractions import Fraction

import numpy as np
import pytest

from config.schema import Devices
from hardware.collecting import Recording, asked_mode, look_at, loop_of
from hardware.interfaces import VideoMode
from hardware.judging_sound import SWEEP
from hardware.scene import Scene
from hardware.sweep_player import SweepPlayer


def test_a_frame_is_measured_at_the_cameras_own_time() -> None:
    frame = Scene(320, 240).draw(0, 0.0)
    frame.pts, frame.time_base = 45_000, Fraction(1, 90_000)
    first, second = look_at(frame), look_at(Scene(320, 240).draw(1, 0.0))
    assert first.at_s == 0.5
    assert (first.width, first.height) == (320, 240)
    assert 50 < first.mean < 200
    assert first.fingerprint != second.fingerprint, "its frame number is in the picture"


@pytest.mark.parametrize(
    ("crop", "mode"),
    [("", VideoMode(640, 480, 30)), ("10 0 50 75", VideoMode(320, 360, 30))],
)
def test_what_is_cut_off_is_not_asked_for(crop: str, mode: VideoMode) -> None:
    assert asked_mode(Devices(camera_crop=crop)) == mode


def test_the_loop_is_judged_by_when_the_sweep_was_asked_for() -> None:
    recording, player = Recording(), SweepPlayer(time.monotonic)
    assert recording.samples.size == 0
    player.start()
    delayed = np.concatenate([np.zeros(2400, np.int16), SWEEP.wave.astype(np.int16)])
    player.pull(480)
    for block in delayed.reshape(-1, 480):
        recording.take(block)
    found = loop_of(recording, player)
    assert found.proved
    delay_ms = int(found.detail.split()[-3])
    assert 30 <= delay_ms <= 70, found
