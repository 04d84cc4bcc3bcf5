"""`visit-hub terminal enrol`: a facility's terminals from one file, with a code each."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

import click

from config.cli_facility import FACTS, rendered, save
from config.facility_file import FacilityFile, Given, read_facility
from config.problems import ConfigError, Problem
from signalling.hub import staff_commands as ask
from signalling.hub.cli_terminal_files import Wanted
from signalling.hub.staff_cli import Ask
from signalling.hub.tables import show

UNKNOWN: Final = {"hub": "wss://unknown.invalid", "hub_name": "unknown"}
"""Stands in for what the hub has not said yet."""


def enrol(
    ask_for: Ask, path: Path, wanted: Wanted, *, replace: bool, dry_run: bool, as_json: bool
) -> None:
    """Add the terminals of `path` to the hub and write their files, or print their codes."""
    try:
        known = _labelled(path, read_facility(path, Given(UNKNOWN)))
        first = ask_for(_command(known, dry_run=True))
        facts = _facts(first, wanted)
        read_facility(path, Given(facts))  # with the hub's own word: nothing may be missing
        folder = wanted.output or (None if as_json else Path(known.facility))
        _require_free(folder, replace=replace or dry_run)
        told = first if dry_run else ask_for(_command(known, dry_run=False))
        codes = {each["terminal"]: each["code"] for each in told["terminals"] if each["code"]}
        found = read_facility(path, Given(facts, codes))
    except ConfigError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    if folder is not None and not dry_run:
        save(rendered(found, path), folder, replace=replace)
    if as_json:
        click.echo(json.dumps({**told, **facts}, ensure_ascii=False, indent=2))
        return
    columns = ("terminal", "label", "unit", "enrolled", "code")
    show(told["terminals"], as_json=False, title=f"Terminals of {known.facility}", columns=columns)
    if folder is not None and not dry_run:
        count = len(found.members)
        click.echo(f"{count} files written to {folder}; the codes in them hold for 24 hours.")


def _command(file: FacilityFile, *, dry_run: bool) -> ask.TerminalEnrol:
    terminals = tuple(ask.NewTerminal(each.name, each.label, each.unit) for each in file.members)
    return ask.TerminalEnrol(facility=file.facility, terminals=terminals, dry_run=dry_run)


def _facts(told: dict[str, Any], wanted: Wanted) -> dict[str, str]:
    facts = {key: told[key] for key in FACTS if told[key]}
    return facts | {key: word for key, word in (("hub", wanted.hub), ("ca", wanted.ca)) if word}


def _labelled(path: Path, file: FacilityFile) -> FacilityFile:
    """Raise ConfigError where the hub would not know what to call a terminal."""
    expected = {"label": "its number, as on its sign", "unit": "its housing unit"}
    missing = [
        Problem(path, f"nothing found, expected {words}", None, ("terminal", each.name, key))
        for each in file.members
        for key, words in expected.items()
        if not getattr(each, key)
    ]
    if missing:
        raise ConfigError(missing)
    return file


def _require_free(folder: Path | None, *, replace: bool) -> None:
    if folder is not None and not replace and folder.exists() and any(folder.iterdir()):
        raise click.ClickException(
            f"{folder} is there and not empty; name another with --output, or --replace it"
        )
