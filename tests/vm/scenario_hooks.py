"""Hooks and keypads in the guest, before the kernel's own HID, input and USB gadget drivers."""

from __future__ import annotations

import pytest

from tests.vm.guest import Guest

pytestmark = pytest.mark.asyncio(loop_scope="session")

PARTS = ("hidraw", "handsets", "access", "evdev", "keypad", "usb")
DEADLINE_S = 240.0
PROVE = """
systemctl stop gadget 2> /dev/null || true  # of the scenario before: one at a time
modprobe --all uinput uhid libcomposite dummy_hcd
mountpoint --quiet /sys/kernel/config || mount -t configfs none /sys/kernel/config
cd /repo
/opt/visitbooth/bin/python -m tests.vm.hook_proof {part} 2>&1
"""


@pytest.mark.parametrize("part", PARTS)
async def test_the_hook_proof_passes(guest: Guest, part: str) -> None:
    told = await guest.sh(PROVE.format(part=part), DEADLINE_S)
    assert "hook-proof=passed" in told
