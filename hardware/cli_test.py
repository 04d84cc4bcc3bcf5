"""`visit-hardware test`: every self-test, with what to do where one fails."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Final

import click

from config.schema import SIMULATED, Devices
from hardware import factory, hooks, selftest
from hardware.cli_options import (
    FAILED,
    INTERRUPTED,
    config_option,
    console,
    device_options,
    json_option,
    look,
    print_json,
    print_table,
    run,
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
TEST_THE_REAL: Final = 'Write "auto", or what `visit-hardware list` calls it, for "simulated".'
PROVES_NOTHING: Final = "Simulated devices prove nothing of this terminal."


@click.command()
@config_option
@device_options("camera", "microphone", "earpiece", "hook", "hook_code", "keypad")
@click.option("--no-ask", is_flag=True, help="Ask nobody to move the handset or press a key.")
@json_option
def test(devices: Devices, no_ask: bool, as_json: bool) -> None:
    """Prove camera, microphone, earpiece, hook and keypad; takes about 10 seconds.

    The earpiece plays a short rising tone, as loud as speech, and the microphone listens for it.
    You are asked to lift the handset, to hang it up, and to press a key of the keypad where there
    is one, 15 seconds for each; not with --no-ask, and not when the input is no terminal.

    Stop a running kiosk before it (systemctl stop visitbooth-kiosk): it always has hook and keypad
    open, and camera and sound while a visit waits or runs and while it proves them.

    \b
    Exit status:
      0    everything passed
      1    a device does not work, or is missing
      2    terminal.toml or an option is wrong
      130  stopped by Ctrl+C; what was found so far is shown

    \b
    Examples:
      visit-hardware test
      visit-hardware test --no-ask --json | jq '.[] | select(.passed | not)'
      visit-hardware test --camera usb:046d:0825 --hook none
      visit-hardware test --hook serial:/dev/ttyS0 --hook-code cts
      visit-hardware test --camera simulated --microphone simulated --earpiece simulated
    """
    asks = not no_ask and sys.stdin.isatty()
    findings: list[Finding] = []
    try:
        system = sound_system(devices.microphone, devices.earpiece)
        run(_run(devices, system, findings, asks=asks))
    except KeyboardInterrupt:
        _print([_told(each, devices) for each in findings], as_json=as_json)
        click.echo("Stopped by Ctrl+C: the rest was not tested.", err=True)
        sys.exit(INTERRUPTED)
    rows = look(devices)
    _print([_told(_with_holder(each, rows), devices) for each in findings], as_json=as_json)
    if not all(each.passed for each in findings):
        sys.exit(FAILED)


def _print(findings: list[Finding], *, as_json: bool) -> None:
    if as_json:
        print_json(findings)
        return
    print_table(
        ("Device", "Result", "Code", "Measured", "What to do"),
        ((each.device, result(each), each.code, each.detail, each.fix) for each in findings),
    )
    if any(each.detail.startswith(SIMULATED) for each in findings):
        click.echo(PROVES_NOTHING)
    heard = [each for each in findings if each.device in SEEN_AND_HEARD]
    if len(heard) == len(SEEN_AND_HEARD) and all(each.code.endswith("-01") for each in heard):
        click.echo("No camera, microphone or earpiece is attached.")


def _told(finding: Finding, devices: Devices) -> Finding:
    """Return the finding as it is told: of what is simulated nothing is proved."""
    kinds = ("microphone", "earpiece") if finding.device == "loop" else (finding.device,)
    if not any(getattr(devices, kind) == SIMULATED for kind in kinds):
        return finding
    fix = TEST_THE_REAL if finding.passed else finding.fix
    return replace(finding, detail=f"{SIMULATED}: {finding.detail}", fix=fix, proved=False)


def result(finding: Finding) -> str:
    """Return the word for a finding."""
    if not finding.passed:
        return "FAIL"
    return "pass" if finding.proved else "not proved"


async def _run(
    devices: Devices, system: PortAudio | None, found: list[Finding], *, asks: bool
) -> None:
    """Test everything; `found` has what was found also where it is interrupted."""
    screen = console(stderr=True)
    with screen.status("Testing ...") as status:

        def say(words: str) -> None:
            if screen.is_terminal:
                status.update(words)
            else:
                click.echo(words, err=True)

        async for findings in _findings(devices, system, say, screen.print if asks else None):
            found += findings


async def _findings(
    devices: Devices, system: PortAudio | None, say: Ask, ask: Ask | None
) -> AsyncIterator[list[Finding]]:
    say("Testing the camera ...")
    yield [await selftest.check_camera(factory.camera(devices), asked_mode(devices))]
    say("Testing microphone and earpiece ...")
    microphone, earpiece = factory.microphone(devices, system), factory.earpiece(devices, system)
    yield await selftest.check_sound(
        microphone, earpiece, lambda: say("A short tone is played ...")
    )
    say("Testing the hook ...")
    yield [await selftest.check_hook(hooks.hook(devices), ask, asked=devices.hook)]
    keypad = hooks.keypad(devices)
    if keypad is not None:
        say("Testing the keypad ...")
        yield [await selftest.check_keypad(keypad, ask)]


def _with_holder(finding: Finding, rows: list[Row]) -> Finding:
    """Return the finding with who has the device, where that is why it failed."""
    row = chosen(rows, finding.device)
    if finding.passed or row is None or not row.holders:
        return finding
    fix = STOP_KIOSK if any(each.is_kiosk for each in row.holders) else finding.fix
    return replace(finding, detail=f"{finding.detail}; {row.state}", fix=fix)
