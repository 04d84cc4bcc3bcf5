"""Whether devices work, from what they give; says no more than was measured."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

import av
import numpy as np

from hardware import sound
from hardware.interfaces import BLOCK_SAMPLES, Camera, DeviceError, Microphone

FRAMES: Final = 15
BLACK_LUMA: Final = 24
"""Mean luma (16 is black) under which a lens is covered or a sensor dead."""
FLAT_LUMA: Final = 2.0
"""Standard deviation under which there is nothing in the picture."""
LISTEN_BLOCKS: Final = 100
SILENT_DBFS: Final = -80.0
"""Even a quiet room's noise is above this in a working microphone."""
TIMEOUT_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One device's result. `code` is the fault's ("CAM-02"), empty when it passed."""

    device: str
    passed: bool
    detail: str
    code: str = ""


async def check_camera(camera: Camera) -> Finding:
    """Open the camera, look at 15 frames, close it."""
    try:
        async with asyncio.timeout(TIMEOUT_S):
            mode = await camera.open()
            frames = [_luma(await camera.frame()) for _ in range(FRAMES)]
    except DeviceError as error:
        return Finding("camera", False, str(error), f"CAM-{error.code}")
    except TimeoutError:
        return Finding("camera", False, f"{FRAMES} frames took over {TIMEOUT_S:.0f} s", "CAM-03")
    finally:
        await camera.close()
    mean, contrast = float(frames[-1].mean()), float(frames[-1].std())
    if mean < BLACK_LUMA or contrast < FLAT_LUMA:
        return Finding(
            "camera", False, f"dark or empty: luma {mean:.0f}, contrast {contrast:.1f}", "CAM-02"
        )
    if all(np.array_equal(frames[0], frame) for frame in frames[1:]):
        return Finding("camera", False, f"frozen: {FRAMES} frames are the same", "CAM-03")
    return Finding(
        "camera", True, f"{mode.width}x{mode.height} at {mode.fps} a second, luma {mean:.0f}"
    )


async def check_microphone(microphone: Microphone) -> Finding:
    """Open the microphone, listen for a second, close it."""
    try:
        async with asyncio.timeout(TIMEOUT_S):
            await microphone.open()
            blocks = [await microphone.block() for _ in range(LISTEN_BLOCKS)]
    except DeviceError as error:
        return Finding("microphone", False, str(error), f"MIC-{error.code}")
    except TimeoutError:
        wanted_s = LISTEN_BLOCKS * BLOCK_SAMPLES / 48_000
        return Finding("microphone", False, f"{wanted_s:.0f} s of sound took too long", "MIC-02")
    finally:
        await microphone.close()
    level = sound.rms_dbfs(np.concatenate(blocks))
    if level < SILENT_DBFS:
        return Finding("microphone", False, f"silent: {level:.0f} dBFS", "MIC-02")
    return Finding("microphone", True, f"hears {level:.0f} dBFS")


def _luma(frame: av.VideoFrame) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return frame.to_ndarray(format="gray").astype(np.uint8)
