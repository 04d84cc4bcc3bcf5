"""What the commands of `visit-hardware` share: configuration, options, and how they print."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import IO, Any, Final

import click
import msgspec
from rich.console import Console
from rich.table import Table

from config.input_codes import input_code
from config.loader import load_terminal
from config.problems import ConfigError
from config.schema import NONE, SIMULATED, Devices
from hardware import discovery, holders, hooks
from hardware.cards import Listed
from hardware.identity import Device
from hardware.interfaces import DeviceNotFound
from hardware.inventory import KINDS, Row, inventory
from hardware.portaudio import PortAudio

DEFAULT_CONFIG: Final = Path("/etc/visitbooth/terminal.toml")
FAILED: Final = 1
"""Exit status: a device does not work or is missing."""
BAD_CONFIG: Final = 2
"""Exit status: terminal.toml or an option is wrong."""
STDERR: Final = 2
WIDTH: Final = 160
"""Columns of a table that is no terminal's: what reads it may be a file, and nothing is cut."""

STATUSES: Final = """\
\b
Exit status:
  0  done
  1  a device does not work, or is missing
  2  terminal.toml or an option is wrong"""


class BadConfig(click.ClickException):
    """Printed as one sentence; ends the command with status 2."""

    exit_code = BAD_CONFIG


def config_option(command: Callable[..., None]) -> Callable[..., None]:
    """Add `--config` and an option for each device; the command gets `devices`."""

    @click.option(
        "--config",
        "config_path",
        type=click.Path(dir_okay=False, path_type=Path),
        envvar="VISITBOOTH_TERMINAL",
        show_envvar=True,
        help=f"The terminal's configuration; else {DEFAULT_CONFIG}, where there is one.",
    )
    @wraps(command)
    def wrapped(config_path: Path | None, **options: Any) -> None:
        words = {str(kind): options.pop(kind) for kind in KINDS if kind in options}
        command(devices=_devices(config_path, words), **options)

    return wrapped


def device_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add an option for each device that can be tested; below `config_option`."""
    for kind in ("hook", "earpiece", "microphone", "camera"):
        command = click.option(
            f"--{kind}", metavar="WORD", help=f"Instead of `{kind}` in terminal.toml."
        )(command)
    return command


json_option = click.option("--json", "as_json", is_flag=True, help="For programs.")


def look(devices: Devices) -> list[Row]:
    """Return what is attached, what of it is used and by whom, now."""
    attached = _attached(devices)
    held = holders.holders(each.node for each in attached)
    return inventory(devices, attached, held, holders.lacking, _listed)


def _attached(devices: Devices) -> tuple[Device, ...]:
    """Return what each kind is chosen from: of hooks and keypads what terminal.toml may mean."""
    found = dict.fromkeys(KINDS, discovery.attached())
    code = input_code(devices.hook_code)
    if code is not None:
        found["hook"] = hooks.input_devices_with(*code)
    if devices.keypad != NONE:
        found["keypad"] = hooks.keypads(devices.keypad)
    return tuple(each for kind in KINDS for each in found[kind] if each.kind == kind)


def _listed() -> Sequence[Listed]:
    try:
        return loaded_portaudio().listed()
    except DeviceNotFound:
        return ()  # it is not installed: `test` says so


def sound_system(*words: str) -> PortAudio | None:
    """Return what devices of these words are opened by; None where all are simulated.

    Takes a second: not for the loop.
    """
    return loaded_portaudio() if set(words) != {SIMULATED} else None


def loaded_portaudio() -> PortAudio:
    """Return PortAudio, loaded where it is installed; whoever opens a device will say so.

    While it loads it tries every sound system there is, and each that is missing (JACK) complains
    on the standard error, past Python: that is turned off meanwhile.
    """
    system = PortAudio()
    sys.stderr.flush()
    kept, nothing = os.dup(STDERR), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, STDERR)
        with suppress(DeviceNotFound):
            system.prepare()
    finally:
        os.dup2(kept, STDERR)
        os.close(kept)
        os.close(nothing)
    return system


def console(file: IO[str] | None = None, *, stderr: bool = False) -> Console:
    """Return where tables go: as wide as the terminal, or as wide as they need."""
    made = Console(file=file, stderr=stderr, highlight=False)
    return made if made.is_terminal else Console(file=file, stderr=stderr, width=WIDTH)


def print_table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Print a table; long cells are wrapped, never cut."""
    table = Table(*columns)
    for column in table.columns:
        column.overflow = "fold"
    for row in rows:
        table.add_row(*row)
    console().print(table, markup=False)


def print_json(document: Any) -> None:
    """Print one JSON document, in one line."""
    click.echo(json.dumps(msgspec.to_builtins(document), ensure_ascii=False))


def _devices(path: Path | None, words: dict[str, str | None]) -> Devices:
    try:
        if path is not None:
            devices = load_terminal(path).devices
        else:
            devices = (
                load_terminal(DEFAULT_CONFIG).devices if DEFAULT_CONFIG.exists() else Devices()
            )
    except ConfigError as error:
        raise BadConfig(str(error)) from None
    given = {kind: word for kind, word in words.items() if word is not None}
    return msgspec.structs.replace(devices, **given)
