"""From the word in terminal.toml to a hook switch; all other devices: `factory.py`.

Apart from them because the screen process opens the hook and nothing else: without FFmpeg and numpy
it is 12 MB smaller.
"""

from __future__ import annotations

from config.schema import AUTO, NONE, SIMULATED, Devices
from hardware.hook import EvdevHook, NoHook
from hardware.interfaces import Hook
from hardware.simulated_hook import SimulatedHook


def hook(devices: Devices) -> Hook:
    """Return the hook switch that the configuration names."""
    if devices.hook == NONE:
        return NoHook()
    if devices.hook == SIMULATED:
        return SimulatedHook(devices.hook_fifo)
    return EvdevHook(None if devices.hook == AUTO else devices.hook)
