"""The terminal in the guest: installed as systemd/README.md says, seen and touched from outside."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from kiosk.screens import layout, theme
from tests.e2e.display import Display
from tests.e2e.processes import Process
from tests.e2e.stage import INMATE, PIN, Hub, Kiosk
from tests.vm.guest import SCREEN, Guest
from tests.vm.network import HOST, NETWORK

SLOW: Final = 120.0
"""Seconds that an emulated machine may take for what a real one does at once."""
UNITS: Final = "visitbooth-display visitbooth-kiosk"

INSTALL: Final = """
cd /repo/systemd
install -m 0644 -t /etc/systemd/system visitbooth-display.service visitbooth-kiosk.service \
    visitbooth-callstaff.service visitbooth-firewall.service
mkdir -p /opt/visitbooth/libexec /opt/visitbooth/share
install -m 0755 -t /opt/visitbooth/libexec visitbooth-cookie visitbooth-is-hook \
    visitbooth-callstaff visitbooth-lockdown
install -m 0644 -t /opt/visitbooth/share callstaff.pgm.gz
install -D -m 0644 xorg/10-visitbooth.conf /etc/visitbooth/xorg/10-visitbooth.conf
install -m 0644 sysusers.d/visitbooth.conf /usr/lib/sysusers.d/visitbooth.conf
install -m 0644 tmpfiles.d/visitbooth.conf /usr/lib/tmpfiles.d/visitbooth.conf
systemd-sysusers 2>&1
systemd-tmpfiles --create visitbooth.conf
# After the groups: udev ignores one that it does not know, and reads no rule twice for a reload.
install -m 0644 udev/60-visitbooth.rules /etc/udev/rules.d/60-visitbooth.rules
# No graphics card: Mesa draws. And an emulated machine does all of it slowly.
mkdir -p /etc/systemd/system/visitbooth-kiosk.service.d
printf '[Service]\\nEnvironment=LIBGL_ALWAYS_SOFTWARE=1\\n%s' \
    'TimeoutStartSec=240\nWatchdogSec=60\nTimeoutStopSec=60\n' \
    > /etc/systemd/system/visitbooth-kiosk.service.d/software.conf
systemctl daemon-reload
udevadm control --reload
"""
"""What a technician does with the files of systemd/."""

HUB_NEARBY: Final = """
printf '[Socket]\\nListenStream=127.0.0.1:{port}\\n' > /etc/systemd/system/hub.socket
printf '[Service]\\nExecStart=/lib/systemd/systemd-socket-proxyd {host}:{port}\\n' \
    > /etc/systemd/system/hub.service
systemctl daemon-reload
systemctl start hub.socket
"""
"""The hub answers on the guest's own 127.0.0.1: without TLS a terminal talks to no other."""


async def until_async(
    condition: Callable[[], Awaitable[bool]], deadline_s: float, what: str, every_s: float = 0.2
) -> None:
    """Ask `condition` again and again until it is true. Raises TimeoutError, naming `what`."""
    loop = asyncio.get_running_loop()
    end = loop.time() + deadline_s
    while not await condition():
        if loop.time() > end:
            raise TimeoutError(f"{what}: not within {deadline_s:g} s")
        await asyncio.sleep(every_s)


class GuestScreen(Display):
    """The guest's screen and what points on it."""

    def __init__(self, guest: Guest) -> None:
        super().__init__(*SCREEN)
        self._guest = guest
        self._picture = Image.new("RGB", SCREEN)

    async def press(self, x: float, y: float, hold_s: float = 0.1) -> None:
        """Press at (x, y), hold, release."""
        await self.touch(x, y, True)
        await asyncio.sleep(hold_s)
        await self.touch(x, y, False)

    async def touch(self, x: float, y: float, pressed: bool) -> None:
        """Touch at (x, y), or let go there."""
        await self._guest.touch(x / self.width, y / self.height, pressed)

    async def look(self) -> npt.NDArray[np.uint8]:
        """The screen now as (height, width, 3) RGB; `pixels` gives the same until the next look."""
        self._picture = await self._guest.picture()
        return self.pixels()

    def pixels(self) -> npt.NDArray[np.uint8]:
        """The screen when it was last looked at."""
        return np.asarray(self._picture)

    def picture(self) -> Image.Image:
        """Likewise, as a picture."""
        return self._picture


class GuestKiosk(Kiosk):
    """The kiosk in the guest: its journal, its screen."""

    display: GuestScreen

    async def screen(self, name: str, deadline_s: float = SLOW) -> None:
        """Wait until this screen shows, seen from the last screen waited for."""
        await super().screen(name, deadline_s)

    async def look(self, box: layout.Box) -> npt.NDArray[np.int16]:
        """What lies in a box of the design now."""
        place = self.frame.pixels(box)
        rows = slice(int(place.y), int(place.bottom))
        columns = slice(int(place.x), int(place.right))
        return (await self.display.look())[rows, columns].astype(np.int16)

    async def type(self, digits: str) -> None:
        """Press digits on the screen's keypad, each until it is seen to be pressed."""
        for digit in digits:
            await self.press_button(layout.KEYPAD[digit])

    async def press_button(self, box: layout.Box) -> None:
        """Press a button until it is drawn as pressed, let go until it is drawn at rest.

        A busy machine may see press and release of two keys within one of its pictures.
        """
        at = self.frame.point(*box.centre)
        rest = await self.look(box)

        async def changed() -> bool:
            return bool(np.abs(await self.look(box) - rest).mean() > 2)

        async def unchanged() -> bool:
            return not await changed()

        await self.display.touch(*at, True)
        await until_async(changed, SLOW, f"the button at {box} pressed", every_s=0.05)
        await self.display.touch(*at, False)
        await until_async(unchanged, SLOW, f"the button at {box} at rest", every_s=0.05)

    async def sign_in(self, number: str = INMATE, pin: str = PIN) -> None:
        """From the sign-in screen: inmate number, PIN."""
        await self.sees(layout.NUMBER_FIELD, theme.WHITE)
        await self.type(number)
        await self.press(layout.NEXT)
        await self.sees(layout.PIN_FIELD, theme.WHITE)
        await self.type(pin)
        await self.press(layout.NEXT)

    async def shows(
        self, wanted: Callable[[npt.NDArray[np.int16]], bool], box: layout.Box, what: str
    ) -> None:
        """Wait until what lies in a box of the design is as wanted."""

        async def so() -> bool:
            return wanted(await self.look(box))

        await until_async(so, SLOW, f"the terminal's screen shows {what}")

    async def sees(self, box: layout.Box, colour: str) -> None:
        """Wait until a good part of a box has this colour."""
        wanted = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)], dtype=np.int16)
        await self.shows(
            lambda pixels: bool((np.abs(pixels - wanted).max(axis=2) < 12).mean() > 0.3),
            box, f"{colour} at {box}",
        )  # fmt: skip


async def install(guest: Guest) -> None:
    """Put the units, the rules and the settings' folders in place."""
    await guest.sh(INSTALL)


async def configure(guest: Guest, hub: Hub, **devices: str | int | bool) -> None:
    """Enrol the terminal and write its terminal.toml."""
    told = await hub.staff(
        "terminal", "add", "t4", "--facility", "lindell", "--label", "4", "--unit", "C"
    )
    port = int(hub.url.rsplit(":", 1)[1])
    lines = "\n".join(f"{key} = {json.dumps(value)}" for key, value in devices.items())
    (guest.folder / "terminal.toml").write_text(
        f"""terminal = "t4"
hub = "ws://127.0.0.1:{port}"
hub_name = "demo-hub"
enrolment_code = {json.dumps(told["code"])}

[display]
width = {SCREEN[0]}
height = {SCREEN[1]}

[devices]
{lines}

[network]
allow_peers = ["{NETWORK}"]
""",
        encoding="utf-8",
    )
    await guest.sh(
        HUB_NEARBY.format(host=HOST, port=port) + "install -o root -g visitbooth-kiosk -m 0640 "
        "/share/terminal.toml /etc/visitbooth/terminal.toml"
    )


async def start(
    guest: Guest, stack: contextlib.AsyncExitStack, keep: Path, *, link: bool = True
) -> GuestKiosk:
    """Start the display and the kiosk; their journal goes to `keep` too. `link`: there is a hub."""
    log = guest.folder / "kiosk.log"
    log.write_bytes(b"")
    await guest.sh(
        "systemd-run --quiet --unit=journal-kiosk /bin/sh -c "
        "'exec journalctl --follow --lines=0 --output=cat --unit=visitbooth-kiosk"
        " > /share/kiosk.log'\n"
        "systemctl start visitbooth-kiosk"
    )
    # tee keeps the log where it is found after a failure.
    process = Process("kiosk", ["/bin/sh", "-c", f"tail -n +1 -f '{log}' | tee '{keep}'"])
    await stack.enter_async_context(process)
    screen = GuestScreen(guest)
    kiosk = GuestKiosk(screen, process, Path("/dev/null"), layout.Frame(*SCREEN))
    await kiosk.screen("idle")
    if link:
        await process.wait_for(r"\blink=up\b", SLOW)
    return kiosk
