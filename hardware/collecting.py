"""What devices give, on its way to the judges: for the self-test and the media process's proof."""

from __future__ import annotations

import time

import av
import numpy as np

from config.schema import Devices
from hardware.crop import ALL, Part, kept
from hardware.finding import Finding
from hardware.interfaces import SAMPLE_RATE_HZ, Block, VideoMode
from hardware.judging_picture import Look, look
from hardware.judging_sound import judge_loop
from hardware.scene import rows_of
from hardware.sweep_player import SweepPlayer


def look_at(frame: av.VideoFrame) -> Look:
    """Measure a frame (yuv420p); its time is the camera's own."""
    luma, _, v = frame.planes
    at_s = frame.time if frame.time is not None else time.monotonic()
    return look(rows_of(luma), rows_of(v), at_s)


def asked_mode(devices: Devices) -> VideoMode:
    """Return what the camera should give: what terminal.toml asks for, less what it cuts off."""
    crop = Part.of(devices.camera_crop) if devices.camera_crop else ALL
    box = kept(crop, devices.width, devices.height)
    return VideoMode(box.width, box.height, devices.fps)


class Recording:
    """Blocks of a microphone, in order, and when the first began."""

    def __init__(self) -> None:
        self.began_at = 0.0
        """Monotonic seconds; good to a block."""
        self._blocks: list[Block] = []

    @property
    def samples(self) -> Block:
        """All of it."""
        return np.concatenate(self._blocks) if self._blocks else np.zeros(0, np.int16)

    def take(self, block: Block) -> None:
        """Take the block that has just come."""
        if not self._blocks:
            self.began_at = time.monotonic() - block.size / SAMPLE_RATE_HZ
        self._blocks.append(block)


def loop_of(recording: Recording, player: SweepPlayer) -> Finding:
    """Judge whether the recording has what was played."""
    began_at = player.began_at if player.began_at is not None else recording.began_at
    return judge_loop(recording.samples, began_at - recording.began_at)
