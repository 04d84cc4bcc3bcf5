"""The self-test passes what works and names what does not."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np

from hardware.interfaces import Block, DeviceNotFound, VideoMode
from hardware.selftest import check_camera, check_microphone
from hardware.simulated import SimulatedCamera, SimulatedMicrophone


class Picture(SimulatedCamera):
    """A camera that shows one luma pattern for ever."""

    def __init__(self, luma: np.ndarray) -> None:
        super().__init__(320, 240)
        self._luma = luma

    async def frame(self) -> av.VideoFrame:
        await super().frame()
        planes = np.full((360, 320), 128, dtype=np.uint8)
        planes[:240] = self._luma
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts, frame.time_base = 0, Fraction(1, 30)
        return frame


class Missing(SimulatedCamera):
    async def open(self) -> VideoMode:
        raise DeviceNotFound("no camera is attached")


class Dead(SimulatedMicrophone):
    async def block(self) -> Block:
        return np.zeros_like(await super().block())


async def test_working_devices_pass() -> None:
    camera = await check_camera(SimulatedCamera(320, 240))
    assert (camera.passed, camera.code) == (True, "")
    microphone = await check_microphone(SimulatedMicrophone())
    assert (microphone.passed, microphone.code) == (True, "")


async def test_broken_devices_are_named() -> None:
    stripes = np.tile(np.arange(320, dtype=np.uint8), (240, 1))
    assert (await check_camera(Missing())).code == "CAM-01"
    assert (await check_camera(Picture(np.full((240, 320), 16, np.uint8)))).code == "CAM-02"
    assert (await check_camera(Picture(np.full((240, 320), 128, np.uint8)))).code == "CAM-02"
    assert (await check_camera(Picture(stripes))).code == "CAM-03"
    assert (await check_microphone(Dead())).code == "MIC-02"
