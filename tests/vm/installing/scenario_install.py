"""A hub and a terminal from bare Debian, with one command each; the power fails in the middle."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import time
from collections.abc import AsyncIterator
from typing import Final

import numpy as np
import pytest
import pytest_asyncio

from kiosk.screens import layout, theme
from tests.e2e.processes import scratch
from tests.vm import bare
from tests.vm.guest import SCREEN, Guest
from tests.vm.installing.site import REPORT, Machine, machine, packages
from tests.vm.terminal import GuestScreen, until_async

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(1500)]

INSTALL_S: Final = 900.0
"""An emulated machine unpacks slowly."""
PATIENCE: Final = "ANSWER_WITHIN_S=300 SCREEN_WITHIN_S=300 LINK_WITHIN_S=120"
DEVICES: Final = """
[devices]
camera = "simulated"
microphone = "simulated"
earpiece = "simulated"
"""
"""No test of devices: those of a bare guest are none."""
DONE = re.compile(r"^\[\d/5\] .*done \(\d+\.\d s\)$", re.MULTILINE)


class Site:
    """The two machines, and what was measured of them."""

    def __init__(self, hub: Machine, terminal: Machine) -> None:
        self.hub, self.terminal = hub, terminal
        self.settings = ""
        self.took_s: dict[str, float] = {}

    def note(self, what: str, since: float) -> None:
        """Keep how long something took, in install.json."""
        self.took_s[what] = round(time.monotonic() - since, 1)
        (REPORT / "install.json").write_text(json.dumps(self.took_s, indent=2), encoding="utf-8")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site() -> AsyncIterator[Site]:
    """Two bare disks."""
    REPORT.mkdir(parents=True, exist_ok=True)
    for old in REPORT.glob("install-*"):
        old.unlink()
    image, debs = bare.ready(), packages()
    async with scratch("visitbooth-site-") as folder:
        hub, terminal = (
            machine(name, number, image, folder, debs)
            for number, name in enumerate(("hub", "terminal"), 1)
        )
        yield Site(hub, terminal)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hub(site: Site) -> AsyncIterator[Guest]:
    """The hub's machine, switched on for all of it."""
    async with site.hub.switched_on() as guest:
        yield guest


async def install(guest: Guest, script: str, *words: str) -> str:
    """Run one of the scripts as a technician does; return what it said."""
    command = " ".join((f"/share/stick/{script}", *words))
    done = await guest.run(f"{PATIENCE} {command} 2>&1", INSTALL_S)
    with (REPORT / f"{script}.log").open("a", encoding="utf-8") as log:
        log.write(f"$ {command}\n{done.out}\n")
    why = "" if done.status == 0 else await guest.sh("tail -n 40 /var/log/visitbooth-install.log")
    assert done.status == 0, done.out + why
    return done.out


async def cut_while_it_unpacks(site: Site) -> None:
    """Start the terminal's installation and cut its power while dpkg is at it."""
    async with site.terminal.switched_on() as guest:
        running = asyncio.create_task(guest.run("exec /share/stick/install-terminal", INSTALL_S))
        await guest.wait(
            "test -n \"$(pgrep --exact dpkg)\" && test -d /opt/visitbooth/lib", INSTALL_S,
            "dpkg at the programs",
        )  # fmt: skip
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def test_one_command_makes_a_hub(site: Site, hub: Guest) -> None:
    """Meanwhile the terminal's power fails: two machines, two processors."""
    cutting = asyncio.create_task(cut_while_it_unpacks(site))
    since = time.monotonic()
    said = await install(hub, "install-hub", "--address", site.hub.address)
    site.note("hub installed", since)
    assert len(DONE.findall(said)) == 5
    assert f"Families' page:  https://{site.hub.address}\n" in said
    # What it says is next is a command that works, and writes the terminal's file.
    (first,) = re.findall(r"visit-hub terminal add .*", said)
    site.settings = await hub.sh(f"cd /root && {first} > /dev/null && cat county-jail-1.toml")
    await cutting


async def test_one_command_makes_a_terminal_after_the_power_cut(site: Site, hub: Guest) -> None:
    async with site.terminal.switched_on() as guest:
        stick = guest.folder / "stick"
        (stick / "terminal.toml").write_text(site.settings + DEVICES)
        assert await guest.sh("dpkg --audit"), "half unpacked"
        since = time.monotonic()
        said = await install(guest, "install-terminal", "/share/stick/terminal.toml")
        site.note("terminal installed, the second time", since)
        assert "It shows its idle screen." in said
        await shows_idle(guest)
        await guest.picture(REPORT / "install-terminal.png")

        async def linked() -> bool:
            rows = json.loads(await hub.sh("visit-hub terminal list --json"))
            (row,) = [row for row in rows if row["terminal"] == "county-jail-1"]
            return bool(row["enrolled"] and row["linked"])

        await until_async(linked, 120, "the terminal linked", every_s=2)
        again = await install(guest, "install-terminal", "/share/stick/terminal.toml")
        assert again.count("already done") == 5


async def shows_idle(guest: Guest) -> None:
    """Wait until the idle screen's button is drawn."""
    screen, place = GuestScreen(guest), layout.Frame(*SCREEN).pixels(layout.IDLE_TOUCH)
    wanted = np.array([int(theme.PINE[at : at + 2], 16) for at in (1, 3, 5)])

    async def drawn() -> bool:
        pixels = (await screen.look()).astype(int)
        part = pixels[int(place.y) : int(place.bottom), int(place.x) : int(place.right)]
        return bool((np.abs(part - wanted).max(axis=2) < 12).mean() > 0.3)

    await until_async(drawn, 120, "the idle screen")


async def test_the_hubs_command_finds_all_done(hub: Guest, site: Site) -> None:
    again = await install(hub, "install-hub", "--address", site.hub.address)
    assert again.count("already done") == 5
