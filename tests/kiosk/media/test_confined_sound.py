"""Sound cards are found and opened by a process that is confined already: here a replugged one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

CONFIGURATION = """
</usr/share/alsa/alsa.conf>
pcm.!plughw {
    @args [ CARD DEV ]
    @args.CARD { type string default "0" }
    @args.DEV { type string default "0" }
    type null
}
"""
"""Every card there is, and none: ALSA's null device, which PortAudio never lists."""
PROGRAM = r"""
import json, pathlib, sys, time
from config.schema import Devices
from hardware import discovery, factory
from hardware.identity import Device, Identity
from hardware.interfaces import DeviceError
from hardware.portaudio import PortAudio
from kiosk.media import process, sandbox

node = pathlib.Path(sys.argv[1])
card = Device("microphone", str(node), "Handset", Identity("0d8c", "0014"), 3)
system = PortAudio()
locate = factory.Locate("microphone", "usb:0d8c:0014", system)
system.prepare()
found = {"listed": [each.name for each in system.listed()], "blocks": 0}
devices = process.device_paths(Devices(camera="simulated"))
# The null device reads /dev/full; the node is one more device.
sandbox.confine([*devices, node.parent, pathlib.Path("/dev/full")])
real = discovery.attached

def attached():
    return (*real(), *([card] if node.exists() else []))

discovery.attached = attached

def came(address, samples):
    found["blocks"] += 1

def tried():
    try:
        return system.open(locate(), "input", 480, came)
    except DeviceError as error:
        return str(error)

first = tried()
found["open before"] = first.lost() is None
first.close()
found["restrict"] = sandbox.restrict()
print("unplug", flush=True)
sys.stdin.readline()
found["gone"] = tried()
print("plug", flush=True)
sys.stdin.readline()
found["blocks"] = 0
began = time.monotonic()
again = tried()
while not found["blocks"] and time.monotonic() - began < 5:
    time.sleep(0.001)
found["back_s"] = time.monotonic() - began
found["open after"] = again.lost() is None
again.close()
print(json.dumps(found), flush=True)
"""


def test_a_card_that_was_pulled_is_opened_again_inside_the_sandbox(tmp_path: Path) -> None:
    (tmp_path / "alsa.conf").write_text(CONFIGURATION)
    (tmp_path / "snd").mkdir()
    node = tmp_path / "snd" / "pcmC3D0c"
    node.symlink_to("/dev/full")  # any node that may be opened for reading and writing
    with subprocess.Popen(
        [sys.executable, "-I", "-c", PROGRAM, str(node)],
        env={**os.environ, "ALSA_CONFIG_PATH": str(tmp_path / "alsa.conf")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdin is not None and child.stdout is not None
        assert child.stdout.readline() == "unplug\n"
        node.unlink()
        print(file=child.stdin, flush=True)
        assert child.stdout.readline() == "plug\n"
        node.symlink_to("/dev/full")
        found = json.loads(child.communicate("\n", timeout=30)[0])
    assert not any("hw:3" in each for each in found["listed"]), "PortAudio's list has no part in it"
    assert found["restrict"] == []
    assert found["open before"] and found["open after"]
    assert "is unplugged" in found["gone"]
    assert 0 < found["back_s"] < 1
