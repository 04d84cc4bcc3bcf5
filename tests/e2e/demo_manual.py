"""The demonstration for a person: the kiosk in a window here, the family's page in your browser."""

from __future__ import annotations

import os
from operator import attrgetter

import click

from hardware import discovery
from hardware.identity import pinned
from tests.e2e.stage import EMAIL, INMATE, PASSWORD, PIN, stage

STARTS_IN_S = 60
VISITING = 'hours = ["mon-sun 08:00-20:00"]\nbook_ahead_h = 1'
"""So that whoever tries the page can book."""


def _devices() -> dict[str, str]:
    """Real devices where there are any, of several the first; simulated ones where there are none.

    What a demonstration does without asking, a terminal must not.
    """
    here = discovery.attached()
    chosen = {"camera": "simulated", "microphone": "simulated", "earpiece": "simulated"}
    for kind in chosen:
        found = sorted((each for each in here if each.kind == kind), key=attrgetter("is_secondary"))
        if found:
            chosen[kind] = pinned(found[0], here)
    return chosen


async def show(size: tuple[int, int], length_s: int) -> bool:
    """Start everything, say what to do, and stay until the kiosk ends or Ctrl-C."""
    async with stage(size) as house:
        click.echo("Starting the hub ...")
        hub = await house.start_hub(below={"visiting": VISITING})
        await house.people()
        await hub.book(f"+{STARTS_IN_S}", length_s)
        devices = _devices()
        click.echo("Starting the kiosk ...")
        config = await house.terminal_config("t4", "4", **devices, hook="none", hook_fifo="")
        text = config.read_text(encoding="utf-8").replace("fullscreen = true", "fullscreen = false")
        config.write_text(text, encoding="utf-8")
        kiosk = house.kiosk_process(config, os.environ["DISPLAY"])
        async with kiosk:
            await kiosk.wait_for(r"screen=idle", 60)
            click.echo(_guide(hub.url, devices))
            status = await kiosk.ended()
            if status != 0:
                click.echo(kiosk.tail())
            return status == 0


def _guide(url: str, devices: dict[str, str]) -> str:
    chosen = ", ".join(f"{kind} {how}" for kind, how in devices.items())
    return f"""
  The family      {url}
                  e-mail   {EMAIL}
                  password {PASSWORD}
  The inmate      the window "Visitbooth"
                  inmate number {INMATE}, PIN {PIN}
  Devices         {chosen}

  1. Open the family's page, log in, open the facility, check your camera and sound.
  2. Appointments shows the visit: Scheduled, and in a minute Pending.
  3. In the kiosk: touch, type the number and the PIN. The visit is Ready.
  4. Press the green telephone. End with the red X, or wait for the scheduled time.

  Ctrl-C here ends the demonstration.
"""
