"""`visit-hardware list` and `describe`: what is attached, and the lines that would name it."""

from __future__ import annotations

import json
import sys
from typing import Any

import click
import msgspec

from config.schema import NONE, Devices
from hardware.cli_options import FAILED, config_option, json_option, look, print_json, print_table
from hardware.inventory import KINDS, Row, asked_for, chosen

NOTHING = (
    'Nothing is attached. To try a terminal without devices, write "simulated" for camera, '
    "microphone and earpiece under [devices] of terminal.toml: a moving picture, a tone, and an "
    "earpiece that swallows what it is given."
)


@click.command("list")
@config_option
@json_option
def list_devices(devices: Devices, as_json: bool) -> None:
    """Show what is attached, what of it is used, and why.

    \b
    Columns:
      Configure as  what to write into terminal.toml to name this device
      Where         the port it is plugged into, and its node now
      Chosen        why it is used, or why not
      State         free, missing, who has it open, or what this user lacks to open it

    Exit status: 0; 2 when terminal.toml is wrong.

    \b
    Examples:
      visit-hardware list
      visit-hardware list --config terminal.toml
      visit-hardware list --json | jq '.[] | select(.is_chosen) | .selector'
    """
    rows = look(devices)
    if as_json:
        print_json(rows)
        return
    print_table(
        ("Device", "Name", "Configure as", "Where", "Chosen", "State"),
        (
            (each.kind, each.name, each.selector, _where(each), each.why, each.state)
            for each in rows
        ),
    )
    if all(each.is_gap for each in rows):
        click.echo(NOTHING)


@click.command()
@config_option
@json_option
def describe(devices: Devices, as_json: bool) -> None:
    """Print the table [devices] that names exactly the devices in use now.

    In terminal.toml, in place of the [devices] there, it selects the same devices after any restart
    or unplugging, and no others; what else is set under [devices] is printed too. What is missing
    or could be several is told in a comment.

    \b
    Exit status:
      0  every device that the terminal needs is named
      1  one is missing, or several would do
      2  terminal.toml is wrong

    \b
    Examples:
      visit-hardware describe
      visit-hardware describe > devices.toml
      visit-hardware describe --json | jq -r .camera
    """
    rows = look(devices)
    found = {kind: chosen(rows, kind) for kind in KINDS}
    if as_json:
        named = {
            kind: row.selector if row else _unused(devices, kind) for kind, row in found.items()
        }
        print_json(named | _settings(devices))
    else:
        click.echo("\n".join(["[devices]", *_lines(devices, rows), *_set_lines(devices)]))
    if any(row is None and asked_for(devices, kind) != NONE for kind, row in found.items()):
        sys.exit(FAILED)


def _lines(devices: Devices, rows: list[Row]) -> list[str]:
    lines: list[str] = []
    for kind in KINDS:
        row = chosen(rows, kind)
        if row is not None:
            where = f", {_where(row)}" if row.node else ""
            lines += [_comment(f"{row.name}{where}"), f"{kind} = {_quoted(row.selector)}"]
        elif asked_for(devices, kind) == NONE:
            lines.append(f'{kind} = "{NONE}"')
        else:
            candidates = [each for each in rows if each.kind == kind]
            lines.append(_comment(candidates[0].why.removeprefix("not chosen: ")))
            for each in candidates:
                if not each.is_gap:
                    lines.append(f"#{kind} = {_quoted(each.selector)}")
    return lines


def _set_lines(devices: Devices) -> list[str]:
    # What JSON writes for texts, numbers, truths and lists of texts is TOML.
    return [
        f"{name} = {json.dumps(value, ensure_ascii=False)}"
        for name, value in _settings(devices).items()
    ]


def _settings(devices: Devices) -> dict[str, Any]:
    """Return what terminal.toml sets under [devices] beside the devices' names."""
    default = msgspec.to_builtins(Devices())
    return {
        name: value
        for name, value in msgspec.to_builtins(devices).items()
        if name not in KINDS and value != default[name]
    }


def _comment(text: str) -> str:
    """Return a comment of TOML; what a device calls itself may hold anything."""
    return "# " + "".join(each if each.isprintable() else " " for each in text)


def _quoted(text: str) -> str:
    """Return a string of TOML; one of JSON is one, but for what JSON writes as two halves."""
    return json.dumps(text, ensure_ascii=False)


def _unused(devices: Devices, kind: str) -> str | None:
    return NONE if getattr(devices, kind) == NONE else None


def _where(row: Row) -> str:
    return ", ".join(part for part in (row.port, row.node) if part)
