"""One virtual machine under QEMU, by KVM or emulated: started, looked at, ended by its pid.

    python -m tests.vm.guest SCRIPT     boots one, runs a script as root in it, ends it

In the guest: the product in /opt/visitbooth as on a terminal, this repository read-only in /repo,
and a folder of the host's to pass files through in /share.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from PIL import Image as Picture

from signalling.version import VERSION
from tests.e2e.processes import Process, run, scratch, until
from tests.vm.image import HOME, PYTHON, ROOT, Image, ready

AGENT: Final = Path(__file__).with_name("agent.py")
ROOMS: Final = ("config", "hardware", "kiosk", "signalling")
SITE: Final = f"/{HOME}/lib/python{PYTHON}/site-packages"
COMMANDS: Final = {
    "visit-kiosk": "kiosk",
    "visit-hub": "signalling.hub",
    "visit-hardware": "hardware",
    "visit-config": "config",
}
BOOT_S: Final = 180.0
SCRIPT_S: Final = 120.0
MEMORY_MIB: Final = 2048
LINE_LIMIT: Final = 4 << 20
SCREEN: Final = (640, 400)
MAC: Final = "52:54:00:76:62:01"


@dataclass(frozen=True, slots=True)
class Done:
    """What a script in the guest left."""

    status: int
    out: str


class ScriptFailed(Exception):
    """A script ended with another status than 0; the message has its output."""


class Guest:
    """A running guest. `folder` is the host's side of /share."""

    def __init__(self, process: Process, folder: Path) -> None:
        self.process, self.folder = process, folder
        self._answers: dict[int, asyncio.Future[Done]] = {}
        self._up: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._last = 0
        self._agent: asyncio.StreamWriter
        self._monitor: Monitor

    async def run(self, script: str, deadline_s: float = SCRIPT_S) -> Done:
        """Run a bash script as root; 124 when it took longer than `deadline_s`, its group killed.

        Raises TimeoutError: the guest itself no longer answers.
        """
        self._last += 1
        answer: asyncio.Future[Done] = asyncio.get_running_loop().create_future()
        self._answers[self._last] = answer
        request = {"id": self._last, "script": script, "deadline_s": deadline_s}
        self._agent.write(json.dumps(request).encode() + b"\n")
        await self._agent.drain()
        return await asyncio.wait_for(answer, deadline_s + 30)

    async def sh(self, script: str, deadline_s: float = SCRIPT_S) -> str:
        """Run a script that must succeed and return its output. Raises ScriptFailed."""
        done = await self.run(f"set -euo pipefail\n{script}", deadline_s)
        if done.status:
            raise ScriptFailed(f"{script.strip()}\nended with {done.status}:\n{done.out}")
        return done.out

    async def wait(self, script: str, deadline_s: float = SCRIPT_S, what: str = "") -> str:
        """Run a script again and again until it succeeds and return its output.

        Raises TimeoutError with the last output.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + deadline_s
        while (done := await self.run(script)).status:
            if loop.time() > end:
                said = f"{what or script.strip()}: not within {deadline_s:g} s\n{done.out}"
                raise TimeoutError(said)
            await asyncio.sleep(0.5)  # each try costs an emulated machine a few processes
        return done.out

    async def picture(self, path: Path | None = None) -> Picture.Image:
        """What is on the guest's screen, written to `path` as PNG when one is given."""
        dump = self.folder / "screen.ppm"
        await self._monitor.command("screendump", filename=str(dump))
        with Picture.open(dump) as opened:
            picture = opened.convert("RGB")
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            picture.save(path)
        return picture

    async def plug(self, driver: str, name: str, **options: Any) -> None:
        """Attach a device of QEMU's own, such as "usb-kbd" on the bus "usb.0"."""
        await self._monitor.command("device_add", driver=driver, id=name, **options)

    async def unplug(self, name: str) -> None:
        """Take such a device away."""
        await self._monitor.command("device_del", id=name)

    async def touch(self, x: float, y: float, pressed: bool) -> None:
        """Move the tablet's pointer to a place of the screen (0 to 1) and press or release it."""
        place = [
            {"type": "abs", "data": {"axis": axis, "value": round(at * 0x7FFF)}}
            for axis, at in (("x", x), ("y", y))
        ]
        await self._monitor.command("input-send-event", events=place)
        button = {"type": "btn", "data": {"button": "left", "down": pressed}}
        await self._monitor.command("input-send-event", events=[button])

    async def keys(self, *names: str, hold_ms: int = 60) -> None:
        """Press keys of the keyboard together and let go; QEMU's names (QKeyCode)."""
        pressed = [{"type": "qcode", "data": each} for each in names]
        await self._monitor.command("send-key", keys=pressed, **{"hold-time": hold_ms})
        # QEMU answers before the keys are up; the next ones would mix with them.
        await asyncio.sleep(hold_ms / 1000 + 0.04)

    async def machine(self, command: str, **arguments: Any) -> Any:
        """Have QEMU itself do something, such as press the power button."""
        return await self._monitor.command(command, **arguments)

    # -- called once, by `booted` --------------------------------------------------------------

    async def connect(self, stack: contextlib.AsyncExitStack) -> None:
        """Connect to QEMU and wait until the agent speaks."""
        agent, monitor = self.folder.parent / "agent", self.folder.parent / "monitor"

        def there() -> bool:
            if self.process.returncode is not None:
                raise RuntimeError(f"QEMU did not start:\n{self.process.tail()}")
            return agent.exists() and monitor.exists()

        await until(there, 20, "QEMU's sockets")
        reader, self._agent = await asyncio.open_unix_connection(str(agent), limit=LINE_LIMIT)
        stack.callback(self._agent.close)
        listening = asyncio.create_task(self._listen(reader), name="guest agent")
        stack.callback(listening.cancel)
        self._monitor = await Monitor.open(monitor)
        stack.callback(self._monitor.close)
        try:
            await asyncio.wait_for(asyncio.shield(self._up), BOOT_S)
        except TimeoutError:
            raise TimeoutError(f"the guest did not boot within {BOOT_S:g} s") from None

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        async for line in reader:
            told = json.loads(line)
            if told["id"] == 0:
                if not self._up.done():
                    self._up.set_result(None)
            elif (answer := self._answers.pop(told["id"], None)) and not answer.done():
                answer.set_result(Done(told["status"], told["out"]))
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(RuntimeError("the guest has ended"))
        if not self._up.done():
            self._up.set_exception(RuntimeError(f"the guest has ended:\n{self.process.tail()}"))


class Monitor:
    """QEMU's machine protocol (docs/interop/qmp-spec), one command at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._one = asyncio.Lock()

    @classmethod
    async def open(cls, path: Path) -> Monitor:
        """Connect and leave the greeting behind."""
        monitor = cls(*await asyncio.open_unix_connection(str(path), limit=LINE_LIMIT))
        await monitor._reader.readline()
        await monitor.command("qmp_capabilities")
        return monitor

    async def command(self, name: str, **arguments: Any) -> Any:
        """Execute a command and return what it gives. Raises RuntimeError: QEMU refuses it."""
        async with self._one:
            request = {"execute": name, "arguments": arguments}
            self._writer.write(json.dumps(request).encode() + b"\n")
            async with asyncio.timeout(30):
                while line := await self._reader.readline():
                    answer = json.loads(line)
                    if "error" in answer:
                        raise RuntimeError(f"QEMU: {name}: {answer['error']['desc']}")
                    if "return" in answer:  # events are passed over
                        return answer["return"]
        raise RuntimeError("QEMU has ended")

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


@contextlib.asynccontextmanager
async def booted(
    image: Image, log: Path, tap: str = "", *, product: bool = True, cards: Sequence[str] = ()
) -> AsyncIterator[Guest]:
    """Boot a guest, its serial console in `log`, its network card at a tap interface, if any.

    `cards` are QEMU's words for other network cards. Without `product` the guest is as its image.
    Afterwards it is gone, and the image is as it was unless it is kept.
    """
    if shutil.which("qemu-system-x86_64") is None:
        raise RuntimeError("QEMU is missing: run make test-vm, or .ci/bootstrap vm")
    async with scratch("visitbooth-guest-") as folder, contextlib.AsyncExitStack() as stack:
        share = folder / "share"
        share.mkdir()
        shutil.copy(AGENT, share)
        log.parent.mkdir(parents=True, exist_ok=True)
        qemu = Process("qemu", [*_words(image, folder, log, tap), *cards])
        await stack.enter_async_context(qemu)
        guest = Guest(qemu, share)
        await guest.connect(stack)
        if product:
            await _install(guest)
        yield guest


def has_kvm() -> bool:
    """Return whether this machine runs guests by itself; else they are emulated, ten times slower.

    The device alone says little: some hypervisors show one in their own guests that runs no kernel
    as Debian ships it, and then the processor shows no virtualization.
    """
    flags = set(Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").split())
    return bool(flags & {"svm", "vmx"}) and os.access("/dev/kvm", os.R_OK | os.W_OK)


def _words(image: Image, folder: Path, log: Path, tap: str) -> list[str]:
    accel = "kvm" if has_kvm() else "tcg"
    network = ["-nic", "none"]
    if tap:
        network = ["-nic", f"tap,ifname={tap},script=no,downscript=no,model=virtio,mac={MAC}"]
    return [
        "setpriv", "--pdeathsig", "KILL", "qemu-system-x86_64",
        "-name", "visitbooth", "-nodefaults", "-no-user-config", "-no-reboot",
        "-machine", f"q35,accel={accel}", "-cpu", "Nehalem", "-smp", "1", "-m", str(MEMORY_MIB),
        "-kernel", str(image.kernel), "-initrd", str(image.initrd), "-append",
        "root=/dev/vda rw console=ttyS0 quiet mitigations=off net.ifnames=0 panic=-1",
        "-drive", f"file={image.disk},if=virtio,format=raw,cache=unsafe,"
        f"snapshot={'off' if image.kept else 'on'}",
        "-virtfs", f"local,path={folder / 'share'},mount_tag=share,security_model=none",
        "-virtfs", f"local,path={ROOT},mount_tag=repo,security_model=none,readonly=on",
        "-display", "none", "-device", f"virtio-vga,xres={SCREEN[0]},yres={SCREEN[1]}",
        "-device", "qemu-xhci,id=usb", "-device", "virtio-tablet-pci",
        "-device", "virtio-serial-pci", "-device", "virtserialport,chardev=agent,name=agent",
        "-chardev", f"socket,id=agent,path={folder / 'agent'},server=on,wait=off",
        "-qmp", f"unix:{folder / 'monitor'},server=on,wait=off", "-serial", f"file:{log}",
        "-device", "virtio-rng-pci", *network,
    ]  # fmt: skip


async def _install(guest: Guest) -> None:
    """Put the product where the units look for it, compiled: an emulated machine is slow at it."""
    product = guest.folder / "product"
    ignored = shutil.ignore_patterns("__pycache__")
    for room in ROOMS:
        await asyncio.to_thread(shutil.copytree, ROOT / room, product / room, ignore=ignored)
    # What pip leaves beside the packages: which version of which distribution this is.
    metadata = product / f"visitbooth-{VERSION}.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text(f"Metadata-Version: 2.1\nName: visitbooth\nVersion: {VERSION}\n")
    if sys.version_info[:2] == tuple(map(int, PYTHON.split("."))):
        compiling = ["compileall", "-q", "-s", str(product), "-p", SITE, str(product)]
        await run([sys.executable, "-m", *compiling], deadline_s=120)
    bodies = "\n".join(
        f"printf '#!/bin/sh\\nexec /{HOME}/bin/python -I -m {module} \"$@\"\\n'"
        f" > /{HOME}/bin/{name}; chmod 755 /{HOME}/bin/{name}"
        for name, module in COMMANDS.items()
    )
    await guest.sh(
        f"cp -a /share/product/. {SITE}/\n{bodies}\nln -sf /{HOME}/bin/visit-* /usr/local/bin/\n"
        "mkdir -p /repo\nmountpoint -q /repo || "
        "mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=262144 repo /repo"
    )


async def _main(script: str) -> int:
    async with booted(ready(), ROOT / "test-report" / "vm" / "console.log") as guest:
        done = await guest.run(script, deadline_s=600)
        print(done.out, end="", flush=True)
        return done.status


if __name__ == "__main__":
    sys.exit(asyncio.run(_main(Path(sys.argv[1]).read_text(encoding="utf-8"))))
