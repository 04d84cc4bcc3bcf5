"""Two bare machines on one cable: what is carried to them, and how they are set up for it."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tests.vm import image
from tests.vm.guest import Guest, booted
from tests.vm.image import CACHE, ROOT, Image

REPORT: Final = ROOT / "test-report" / "vm"
NETWORK: Final = "10.83.8"
PACKED: Final = ("config", "hardware", "kiosk", "signalling", "systemd")
"""What of the repository the packages are made of; a document that changed makes no new ones."""
SCRIPTS: Final = ("install-hub", "install-terminal", "install-steps")

ADDRESS: Final = """
printf '%s\\n' '[Match]' Name=eth0 '[Network]' Address={address}/24 LinkLocalAddressing=no \
    IPv6AcceptRA=no > /etc/systemd/network/10-eth0.network
networkctl reload
/lib/systemd/systemd-networkd-wait-online --interface=eth0 --timeout=60
"""
SLOW_MACHINE: Final = """
for unit in hub display kiosk; do
    mkdir -p "/etc/systemd/system/visitbooth-$unit.service.d"
    printf '%s\\n' '[Service]' TimeoutStartSec=300 WatchdogSec=120 TimeoutStopSec=60 \
        > "/etc/systemd/system/visitbooth-$unit.service.d/emulated.conf"
done
echo Environment=LIBGL_ALWAYS_SOFTWARE=1 \
    >> /etc/systemd/system/visitbooth-kiosk.service.d/emulated.conf
"""
"""An emulated machine is no fault; and Mesa draws, its graphics card has no 3D."""


def packages() -> Path:
    """Return a folder as `make deb` leaves it, made first where the sources have changed."""
    digest = hashlib.sha256()
    paths = [path for name in PACKED for path in (ROOT / name).rglob("*")]
    paths += [ROOT / "setup.cfg", ROOT / "pyproject.toml"]
    for path in sorted(paths):
        carried_anew = path.name in (*SCRIPTS, "README.md")
        if carried_anew or not path.is_file() or "__pycache__" in path.parts:
            continue
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    folder = CACHE / f"debs-{digest.hexdigest()[:16]}"
    with image.alone():
        if not folder.is_dir():
            for old in CACHE.glob("debs-*"):
                shutil.rmtree(old)
            image.say("the packages to install (one to two minutes)")
            made = CACHE / "new-debs"
            subprocess.run([str(ROOT / "systemd/build-debs"), str(made)], check=True, timeout=600)
            made.rename(folder)
    return folder


@dataclass
class Machine:
    """One of the two: its disk stays when its power goes."""

    name: str
    number: int
    disk: Image
    wires: Path
    debs: Path

    @property
    def address(self) -> str:
        """Its address on the cable."""
        return f"{NETWORK}.{self.number}"

    @contextlib.asynccontextmanager
    async def switched_on(self) -> AsyncIterator[Guest]:
        """Boot it; afterwards its power is cut, whatever it does just then."""
        own, other = self.wires / str(self.number), self.wires / str(3 - self.number)
        cards = (
            "-netdev", f"dgram,id=cable,local.type=unix,local.path={own},"
            f"remote.type=unix,remote.path={other}",
            "-device", f"virtio-net-pci,netdev=cable,mac=52:54:00:76:63:0{self.number}",
        )  # fmt: skip
        log = REPORT / f"install-{self.name}-console.log"
        async with booted(self.disk, log, product=False, cards=cards) as guest:
            stick = guest.folder / "stick"
            await asyncio.to_thread(shutil.copytree, self.debs, stick)
            for script in SCRIPTS:
                shutil.copy(ROOT / "systemd" / script, stick)
            await guest.sh(ADDRESS.format(address=self.address) + SLOW_MACHINE)
            try:
                yield guest
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(guest.process.pid, signal.SIGKILL)


def machine(name: str, number: int, bare: Image, folder: Path, debs: Path) -> Machine:
    """A machine with a disk of its own."""
    disk = folder / f"{name}.ext4"
    subprocess.run(["cp", "--sparse=always", str(bare.disk), str(disk)], check=True, timeout=120)
    return Machine(name, number, replace(bare, disk=disk, kept=True), folder, debs)
