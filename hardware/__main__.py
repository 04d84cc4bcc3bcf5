"""`visit-hardware`: list, test and watch the devices of this machine."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import asdict

import click
import pyudev
from rich.console import Console
from rich.table import Table

from config.schema import Devices
from hardware import discovery, factory, selftest
from hardware.alsa_settings import use_system_settings
from hardware.finding import Finding
from hardware.interfaces import VideoMode

SUBSYSTEMS = ("video4linux", "sound", "input")


@click.group()
def main() -> None:
    """List, test and watch the devices of a terminal."""
    use_system_settings(os.environ)


@main.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def list_devices(as_json: bool) -> None:
    """Show what is attached and what to write into terminal.toml for it."""
    found = discovery.attached()
    if as_json:
        click.echo(json.dumps([asdict(each) for each in found]))
        return
    if not found:
        click.echo("No camera, sound device or input device is attached.")
        return
    table = Table("Kind", "Configure as", "Name")
    for each in found:
        table.add_row(each.kind, each.node, each.name)
    Console().print(table)


@main.command()
@click.option("--camera", default="auto", show_default=True, help='"simulated", "auto" or a path.')
@click.option("--microphone", default="auto", show_default=True, help="Likewise, or a name.")
@click.option("--earpiece", default="auto", show_default=True, help="Likewise.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def test(camera: str, microphone: str, earpiece: str, as_json: bool) -> None:
    """Prove camera and microphone: a picture that is not black or frozen, sound that is there.

    No visit may be running: a camera serves one program at a time. Exit status 1 when one fails.
    """
    findings = asyncio.run(_test(Devices(camera=camera, microphone=microphone, earpiece=earpiece)))
    if as_json:
        click.echo(json.dumps([asdict(each) for each in findings]))
    else:
        table = Table("Device", "Result", "Code", "Detail")
        for each in findings:
            table.add_row(each.device, "works" if each.passed else "FAILS", each.code, each.detail)
        Console().print(table)
    if not all(each.passed for each in findings):
        raise SystemExit(1)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def watch(as_json: bool) -> None:
    """Print devices as they come and go, until interrupted."""
    monitor = pyudev.Monitor.from_netlink(pyudev.Context())
    for subsystem in SUBSYSTEMS:
        monitor.filter_by(subsystem)
    monitor.start()
    for device in iter(monitor.poll, None):
        if device.device_node is None:
            continue
        event = {
            "action": device.action,
            "subsystem": device.subsystem,
            "path": device.device_node,
        }
        click.echo(
            json.dumps(event) if as_json else "{action:7} {subsystem:12} {path}".format(**event)
        )


async def _test(devices: Devices) -> list[Finding]:
    return [
        await selftest.check_camera(factory.camera(devices), VideoMode(640, 480, 30)),
        *await selftest.check_sound(factory.microphone(devices), factory.earpiece(devices)),
    ]


if __name__ == "__main__":
    main()
