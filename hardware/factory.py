"""From the words of terminal.toml to devices.

"simulated" gives a simulated device, a path or name that one, "auto" whichever is attached when
it is opened; with none attached `open` raises DeviceNotFound. Nothing falls back to simulation.
"""

from __future__ import annotations

from config.schema import AUTO, SIMULATED, Devices
from hardware.camera import V4l2Camera
from hardware.earpiece import SoundEarpiece
from hardware.interfaces import Camera, Earpiece, Microphone, VideoMode
from hardware.microphone import SoundMicrophone
from hardware.simulated import SimulatedCamera, SimulatedEarpiece, SimulatedMicrophone


def camera(devices: Devices) -> Camera:
    """Return the camera that the configuration names."""
    if devices.camera == SIMULATED:
        return SimulatedCamera(devices.width, devices.height, devices.fps)
    mode = VideoMode(devices.width, devices.height, devices.fps)
    path = None if devices.camera == AUTO else devices.camera
    return V4l2Camera(path, mode, asked=devices.camera_format)


def microphone(devices: Devices) -> Microphone:
    """Return the microphone that the configuration names."""
    if devices.microphone == SIMULATED:
        return SimulatedMicrophone(devices.tone_hz, chirp=devices.chirp)
    return SoundMicrophone(None if devices.microphone == AUTO else devices.microphone)


def earpiece(devices: Devices) -> Earpiece:
    """Return the earpiece that the configuration names."""
    if devices.earpiece == SIMULATED:
        return SimulatedEarpiece(chirp=devices.chirp)
    return SoundEarpiece(None if devices.earpiece == AUTO else devices.earpiece)
