"""`visit-config diff`: what a new file would change on a machine that runs."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from config.difference import changes
from config.loader import detect, load
from config.problems import ConfigError, plain
from config.schema import SCHEMAS

SAME: Final = 0
DIFFERS: Final = 1
MISTAKES: Final = 2
PLACE: Final = "/etc/visitbooth/{kind}.toml"
SHOWN: Final = 60
"""Characters of a value in the table."""


@click.command()
@click.argument("new", type=click.Path(path_type=Path))
@click.argument("old", type=click.Path(path_type=Path), required=False)
@click.option("--kind", type=click.Choice([*SCHEMAS]), help="What they are; else NEW's keys tell.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def diff(new: Path, old: Path | None, kind: str | None, as_json: bool) -> None:
    """Show what NEW would change in the place of OLD, and what each change takes.

    OLD is otherwise what this machine runs with, /etc/visitbooth/terminal.toml or hub.toml. Exit
    status 0: nothing; 1: something; 2: one of them has mistakes. Secrets are not shown.

    \b
    Examples:
      visit-config diff c4.toml
      visit-config diff north/c4.toml north.before/c4.toml --json
    """
    try:
        kind = kind or detect(new)
        old = old or Path(PLACE.format(kind=kind))
        found = changes(load(old, SCHEMAS[kind]).config, load(new, SCHEMAS[kind]).config)
    except ConfigError as error:
        if as_json:
            click.echo(json.dumps({"mistakes": [*map(plain, error.problems)]}))
        else:
            click.echo(str(error), err=True)
        sys.exit(MISTAKES)
    if as_json:
        told = {"same": not found, "changes": [dataclasses.asdict(each) for each in found]}
        click.echo(json.dumps(told, ensure_ascii=False))
    elif not found:
        click.echo(f"{new} changes nothing in the place of {old}.")
    else:
        table = Table(title=f"{new} in the place of {old}", title_justify="left")
        for name in ("key", "now", "then", "takes"):
            table.add_column(name, overflow="fold")
        for each in found:
            shown = (each.key, _short(each.now), _short(each.then), each.takes)
            table.add_row(*map(Text, shown))
        Console().print(table)
    sys.exit(DIFFERS if found else SAME)


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
