"""`visit-config`: checks, shows and explains terminal.toml and hub.toml, and asks for the hub."""

from __future__ import annotations

import json
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import click
import msgspec

from config.advice import advice
from config.cli_adopt import adopt_command
from config.cli_diff import diff
from config.cli_facility import render
from config.loader import Loaded, detect, load
from config.problems import ConfigError, Problem, key_text, plain
from config.reach import trouble
from config.schema import SCHEMAS, Secret, Table, TerminalConfig

FILE = click.Path(path_type=Path)
KIND = click.option(
    "--kind",
    type=click.Choice([*SCHEMAS]),
    help="What the file is; otherwise its keys tell.",
)
AS_JSON = click.option("--json", "as_json", is_flag=True, help="For programs.")


@click.group(epilog="Start with: visit-config example terminal > terminal.toml")
@click.version_option(package_name="visitbooth")
def main() -> None:
    """Check, show and explain terminal.toml and hub.toml."""


@main.command()
@click.argument("files", type=FILE, nargs=-1, required=True)
@KIND
@AS_JSON
def check(files: tuple[Path, ...], kind: str | None, as_json: bool) -> None:
    """Name every mistake in FILES; exit with 1 if there is one.

    A device that this machine does not have now is no mistake, it may be unplugged; nor is a
    simulated one. Both are warned of, and change nothing about the exit status.

    \b
    Examples:
      visit-config check /etc/visitbooth/terminal.toml
      visit-config check --kind hub new.toml
      visit-config check --json hub.toml | jq '.mistakes[].text'
    """
    mistakes: list[Problem] = []
    warnings: list[Problem] = []
    for file in files:
        try:
            loaded = _load(file, kind)
            warnings += [*loaded.warnings, *advice(file, loaded.config)]
        except ConfigError as error:
            mistakes += error.problems
    if as_json:
        found = {"mistakes": mistakes, "warnings": warnings}
        click.echo(json.dumps({name: [*map(plain, each)] for name, each in found.items()}))
    else:
        _print_findings(files, mistakes, warnings)
    sys.exit(1 if mistakes else 0)


@main.command()
@click.argument("file", type=FILE)
@KIND
@AS_JSON
def show(file: Path, kind: str | None, as_json: bool) -> None:
    """Print what FILE comes to, defaults included. Secrets are masked.

    \b
    Examples:
      visit-config show /etc/visitbooth/hub.toml
      visit-config show --json hub.toml | jq .visits.link_grace_s
    """
    try:
        loaded = _load(file, kind)
    except ConfigError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    values = msgspec.to_builtins(loaded.config, enc_hook=_mask)
    if as_json:
        click.echo(json.dumps(values, ensure_ascii=False, indent=2))
        return
    for key, value in _flat(values, ()):
        click.echo(f"{key} = {json.dumps(value, ensure_ascii=False)}")


@main.command()
@click.argument("kind", type=click.Choice([*SCHEMAS, "facility"]))
def example(kind: str) -> None:
    """Print a commented example with every key and its default.

    \b
    Examples:
      visit-config example terminal > terminal.toml
      visit-config example hub > hub.toml
      visit-config example facility > facility.toml
    """
    text = resources.files("config").joinpath(f"{kind}.toml").read_text(encoding="utf-8")
    click.echo(text, nl=False)


@main.command()
@click.argument("file", type=FILE)
def reach(file: Path) -> None:
    """Say whether the hub that FILE, a terminal.toml, names answers from here; if not, exit with 1.

    \b
    Examples:
      visit-config reach /etc/visitbooth/terminal.toml
      visit-config reach terminal.toml
    """
    try:
        config = load(file, TerminalConfig).config
    except ConfigError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    if why := trouble(config):
        click.echo(why, err=True)
        sys.exit(1)
    click.echo(f"The hub at {config.hub} answers.")


main.add_command(render)
main.add_command(diff)
main.add_command(adopt_command)


def _load(file: Path, kind: str | None) -> Loaded[Table]:
    return load(file, SCHEMAS[kind or detect(file)])


def _print_findings(
    files: tuple[Path, ...], mistakes: list[Problem], warnings: list[Problem]
) -> None:
    for warning in warnings:
        click.echo(f"warning: {warning}")
    for mistake in mistakes:
        click.echo(str(mistake))
    wrong = {mistake.file for mistake in mistakes}
    for file in files:
        if file not in wrong:
            click.echo(f"{file}: no mistakes.")
    if mistakes:
        click.echo(f"{len(mistakes)} {'mistake' if len(mistakes) == 1 else 'mistakes'}.", err=True)


def _mask(value: Any) -> str:
    if isinstance(value, Secret):
        return str(value) if value else ""
    raise NotImplementedError(f"no words for {type(value).__name__}")


def _flat(value: Any, at: tuple[str | int, ...]) -> list[tuple[str, Any]]:
    """Return the values inside `value`, each with its whole key."""
    if isinstance(value, dict):
        return [pair for name, inner in value.items() for pair in _flat(inner, (*at, name))]
    if isinstance(value, (list, tuple)) and any(isinstance(inner, dict) for inner in value):
        return [pair for index, inner in enumerate(value) for pair in _flat(inner, (*at, index))]
    return [(key_text(at), value)]


if __name__ == "__main__":
    main(prog_name="visit-config")
