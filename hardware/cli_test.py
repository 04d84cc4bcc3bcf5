"""`visit-hardware test`: every self-test, with what to do where one fails."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Final

import click

from config.schema import Devices
from hardware import factory, hooks, selftest
from hardware.cli_options import (
    FAILED,
    config_option,
    console,
    device_options,
    json_option,
    look,
    print_json,
    print_table,
    sound_system,
)
from hardware.collecting import asked_mode
from hardware.finding import Finding
from hardware.inventory import Row, chosen
from hardware.portaudio import PortAudio
from hardware.selftest import Ask

SEEN_AND_HEARD: Final = ("camera", "microphone", "earpiece")
STOP_KIOSK: Final = (
    "A kiosk is running and has it. Stop it (systemctl stop visitbooth-kiosk), test, and start it "
    "again; or test on its own technician's screen."
)


@click.command()
@config_option
@device_options
@click.option("--no-ask", is_flag=True, help="Ask nobody to move the handset.")
@json_option
def test(devices: Devices, no_ask: bool, as_json: bool) -> None:
    """Prove camera, microphone, earpiece and hook; takes about 10 seconds.

    The earpiece plays a short rising tone, as loud as speech, and the microphone listens for it.
    You are asked to lift the handset and to hang it up, 15 seconds for each; not with --no-ask, and
    not when the input is no terminal. No kiosk may be running: it has the devices open.

    \b
    Exit status:
      0  everything passed
      1  a device does not work, or is missing
      2  terminal.toml or an option is wrong

    \b
    Examples:
      visit-hardware test
      visit-hardware test --no-ask --json | jq '.[] | select(.passed | not)'
      visit-hardware test --camera usb:046d:0825 --hook none
      visit-hardware test --camera simulated --microphone simulated --earpiece simulated
    """
    asks = not no_ask and sys.stdin.isatty()
    system = sound_system(devices.microphone, devices.earpiece)
    findings = asyncio.run(_run(devices, system, asks=asks))
    rows = look(devices)
    findings = [_with_holder(each, rows) for each in findings]
    if as_json:
        print_json(findings)
    else:
        print_table(
            ("Device", "Result", "Code", "Measured", "What to do"),
            ((each.device, result(each), each.code, each.detail, each.fix) for each in findings),
        )
        if all(each.code.endswith("-01") for each in findings if each.device in SEEN_AND_HEARD):
            click.echo("No camera, microphone or earpiece is attached.")
    if not all(each.passed for each in findings):
        sys.exit(FAILED)


def result(finding: Finding) -> str:
    """Return the word for a finding."""
    if not finding.passed:
        return "FAIL"
    return "pass" if finding.proved else "not proved"


async def _run(devices: Devices, system: PortAudio | None, *, asks: bool) -> list[Finding]:
    screen = console(stderr=True)
    found: list[Finding] = []
    with screen.status("Testing ...") as status:

        def say(words: str) -> None:
            if screen.is_terminal:
                status.update(words)
            else:
                click.echo(words, err=True)

        async for findings in _findings(devices, system, say, screen.print if asks else None):
            found += findings
    return found


async def _findings(
    devices: Devices, system: PortAudio | None, say: Ask, ask: Ask | None
) -> AsyncIterator[list[Finding]]:
    say("Testing the camera ...")
    yield [await selftest.check_camera(factory.camera(devices), asked_mode(devices))]
    say("Testing microphone and earpiece; a short tone is played ...")
    microphone, earpiece = factory.microphone(devices, system), factory.earpiece(devices, system)
    yield await selftest.check_sound(microphone, earpiece)
    say("Testing the hook ...")
    yield [await selftest.check_hook(hooks.hook(devices), ask)]


def _with_holder(finding: Finding, rows: list[Row]) -> Finding:
    """Return the finding with who has the device, where that is why it failed."""
    row = chosen(rows, finding.device)
    if finding.passed or row is None or not row.holders:
        return finding
    fix = STOP_KIOSK if any(each.is_kiosk for each in row.holders) else finding.fix
    return replace(finding, detail=f"{finding.detail}; {row.state}", fix=fix)
