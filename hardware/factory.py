"""From the words of terminal.toml to devices.

"simulated" gives a simulated device, any other word the attached one that it means each time that
it is opened; with none attached `open` raises DeviceNotFound. Nothing falls back to simulation.
"""

from __future__ import annotations

import time

from config.schema import SIMULATED, Devices
from hardware import discovery
from hardware.camera import V4l2Camera
from hardware.cards import CardChooser, Pcm, SoundKind
from hardware.crop import ALL, Part
from hardware.earpiece import SoundEarpiece
from hardware.interfaces import Camera, Earpiece, Microphone
from hardware.locating import Opener, camera_opener
from hardware.microphone import SoundMicrophone
from hardware.modes import Wanted
from hardware.portaudio import PortAudio
from hardware.simulated import SimulatedCamera, SimulatedEarpiece, SimulatedMicrophone
from hardware.v4l2_controls import Settings


def camera(devices: Devices, opener: Opener | None = None) -> Camera:
    """Return the camera that the configuration names; `opener` opens it where this may not."""
    if devices.camera == SIMULATED:
        return SimulatedCamera(devices.width, devices.height, devices.fps)
    return V4l2Camera(
        opener or camera_opener(devices.camera),
        Wanted(devices.width, devices.height, devices.fps, devices.camera_format),
        Settings(
            devices.camera_exposure, devices.camera_focus, devices.camera_gain, devices.mains_hz
        ),
        crop=Part.of(devices.camera_crop) if devices.camera_crop else ALL,
        masks=tuple(map(Part.of, devices.camera_masks)),
    )


def microphone(devices: Devices, system: PortAudio | None = None) -> Microphone:
    """Return the microphone that the configuration names.

    `system` is shared by microphone and earpiece of one process.
    """
    if devices.microphone == SIMULATED:
        return SimulatedMicrophone(devices.tone_hz, chirp=devices.chirp)
    system = system or PortAudio()
    return SoundMicrophone(system, Locate("microphone", devices.microphone, system))


def earpiece(devices: Devices, system: PortAudio | None = None) -> Earpiece:
    """Return the earpiece that the configuration names; `system` as for the microphone."""
    if devices.earpiece == SIMULATED:
        return SimulatedEarpiece(chirp=devices.chirp)
    system = system or PortAudio()
    return SoundEarpiece(system, Locate("earpiece", devices.earpiece, system))


class Locate:
    """Says which PCM one direction has now. Raises DeviceNotFound, DeviceAmbiguous.

    Made before the process is confined; works in it after.
    """

    def __init__(self, kind: SoundKind, asked: str, system: PortAudio) -> None:
        self._chooser = CardChooser(kind, asked, time.monotonic)
        self._system = system

    def __call__(self) -> Pcm:
        return self._chooser.choose(discovery.attached(), self._system.listed())
