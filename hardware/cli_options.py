"""What the commands of `visit-hardware` share: configuration, options, and how they print."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import IO, Any, Final, TypeVar

import click
import msgspec
from rich.console import Console
from rich.table import Table

from config import structure
from config.advice import doubt
from config.input_codes import input_code
from config.loader import load_terminal
from config.problems import ConfigError, Key
from config.schema import AUTO, NONE, SIMULATED, Devices
from hardware import discovery, holders, hooks, serial_hook
from hardware.cards import Listed
from hardware.identity import Device
from hardware.interfaces import DeviceError, DeviceNotFound
from hardware.inventory import KINDS, Row, inventory
from hardware.portaudio import PortAudio

DEFAULT_CONFIG: Final = Path("/etc/visitbooth/terminal.toml")
FAILED: Final = 1
"""Exit status: a device does not work or is missing."""
BAD_CONFIG: Final = 2
"""Exit status: terminal.toml or an option is wrong."""
INTERRUPTED: Final = 130
"""Exit status: stopped by Ctrl+C, as shells give it (128 + SIGINT)."""
STDERR: Final = 2
WIDTH: Final = 160
"""Columns of a table that is no terminal's, unless COLUMNS tells others: what reads it may be a
file, and nothing is cut."""
GPIO: Final = "gpio:"
SERIAL: Final = "serial:"

T = TypeVar("T")


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
        words = {name: options.pop(name) for name in WORDS if name in options}
        path = _path(config_path)
        devices = _devices(path, words)
        if not options.get("as_json"):
            click.echo(_source(path), err=True)
        command(devices=devices, **options)

    return wrapped


def device_options(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add an option for each of these keys of terminal.toml; below `config_option`."""

    def added(command: Callable[..., None]) -> Callable[..., None]:
        for name in reversed(names):
            command = click.option(
                _option(name), metavar="WORD", help=f"Instead of `{name}` in terminal.toml."
            )(command)
        return command

    return added


WORDS: Final = (*KINDS, "hook_code")
"""The keys of terminal.toml that options may replace."""

json_option = click.option("--json", "as_json", is_flag=True, help="For programs.")


def look(devices: Devices) -> list[Row]:
    """Return what is attached, what of it is used and by whom, now."""
    attached = _attached(devices)
    hook_node = _hook_node(devices)
    held = holders.holders([*(each.node for each in attached), *filter(None, [hook_node])])
    return inventory(devices, attached, held, holders.lacking, _listed, hook_node=hook_node)


def _hook_node(devices: Devices) -> str:
    """Return the node or FIFO of a hook that no bus lists; "" where there is none now."""
    if devices.hook == SIMULATED:
        return devices.hook_fifo
    if devices.hook.startswith(GPIO):
        chip = devices.hook.removeprefix(GPIO).split("/", 1)[0]
        return f"/dev/{chip}"
    if devices.hook.startswith(SERIAL):
        with suppress(DeviceError):
            return serial_hook.located(devices.hook.removeprefix(SERIAL))
    return ""


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
    """Return where tables go: as wide as the terminal, as COLUMNS says, or as wide as they need.

    What devices call themselves, and how they are named (":1234:"), is neither markup nor emoji.
    """
    made = Console(file=file, stderr=stderr, highlight=False, emoji=False, markup=False)
    if not made.is_terminal and not os.environ.get("COLUMNS", "").isdecimal():
        made.width = WIDTH
    return made


def print_table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Print a table; long cells are wrapped, never cut."""
    table = Table(*columns)
    for column in table.columns:
        column.overflow = "fold"
    for row in rows:
        table.add_row(*row)
    console().print(table)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run `work`; what click ends for (a sentence, a reader that is gone) leaves its group."""
    try:
        return asyncio.run(work)
    except BaseExceptionGroup as group:
        ending = _first(group.subgroup((BrokenPipeError, click.ClickException)))
        if ending is None:
            raise
    raise ending


def _first(error: BaseException | None) -> BaseException | None:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def print_json(document: Any) -> None:
    """Print one JSON document, in one line."""
    click.echo(json.dumps(msgspec.to_builtins(document), ensure_ascii=False))


def _path(path: Path | None) -> Path | None:
    """Return the configuration to go by; None where there is none."""
    if path is None and DEFAULT_CONFIG.exists():
        return DEFAULT_CONFIG
    return path


def _source(path: Path | None) -> str:
    if path is not None:
        return f"Going by {path}."
    here = Path(DEFAULT_CONFIG.name)
    unread = f" ({here} in this folder is not read without --config.)" if here.exists() else ""
    return (
        f"No configuration was named (--config) and there is no {DEFAULT_CONFIG}: going by what is "
        f"attached.{unread}"
    )


def _devices(path: Path | None, words: Mapping[str, str | None]) -> Devices:
    try:
        devices = load_terminal(path).devices if path is not None else Devices()
    except ConfigError as error:
        raise BadConfig(str(error)) from None
    given = {name: word for name, word in words.items() if word is not None}
    changed = msgspec.structs.replace(devices, **_belonging(devices, given), **given)
    problems: list[str] = []

    def report(key: Key, text: str) -> None:
        problems.append(f"{_option(str(key[0]))}: {text}.")

    structure.check(Devices, msgspec.json.decode(msgspec.json.encode(changed)), report)
    if problems:
        raise BadConfig("\n".join(problems))
    for kind, word in given.items():
        doubted = doubt(kind, word)
        if doubted:
            click.echo(f"warning: {_option(kind)}: {doubted}.", err=True)
    return changed


def _belonging(devices: Devices, given: Mapping[str, str]) -> dict[str, str]:
    """Return what else another hook changes: what terminal.toml says of its own may not fit it."""
    hook = given.get("hook")
    if hook is None or hook == devices.hook:
        return {}
    changed = {} if hook == SIMULATED else {"hook_fifo": ""}
    if "hook_code" not in given and hook.startswith(SERIAL) != devices.hook.startswith(SERIAL):
        changed["hook_code"] = AUTO
    return changed


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")
