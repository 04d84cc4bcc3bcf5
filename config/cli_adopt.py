"""`visit-config adopt`: what visitbooth-adopt.service runs at the first boot."""

from __future__ import annotations

import grp
import sys
from pathlib import Path
from typing import Final

import click

from config.adoption import Nothing, adopt, find, machines, report
from config.problems import ConfigError, Problem

MISTAKES: Final = 1
NOTHING: Final = 3


@click.command("adopt")
@click.argument(
    "folders", type=click.Path(file_okay=False, path_type=Path), nargs=-1, required=True
)
@click.option(
    "--into",
    type=click.Path(dir_okay=False, path_type=Path),
    default="/etc/visitbooth/terminal.toml",
    show_default=True,
    help="Where the kiosk reads it; if something is there, nothing is taken.",
)
@click.option("--group", default="visitbooth-kiosk", show_default=True, help="Who reads it.")
@click.option(
    "--report",
    "report_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where what is wrong is left, as JSON, for the terminal's screen.",
)
def adopt_command(
    folders: tuple[Path, ...], *, into: Path, group: str, report_file: Path | None
) -> None:
    """Take this machine's terminal.toml from FOLDERS (sticks, a boot partition), and install it.

    It is the file that names this machine (machine = "52:54:..."), else the one that is called
    terminal.toml. Exit status 0: installed; 1: mistakes; 3: there is no file for a terminal.

    \b
    Example: visit-config adopt /media/stick --report /run/visitbooth/adopt.json
    """
    mistakes: list[Problem] = []
    status = 0
    try:
        path, label = find(folders, machines())
        adopt(path, label, into, grp.getgrnam(group).gr_gid)
        click.echo(f"{label} was installed as {into}.")
    except ConfigError as error:
        mistakes, status = [*error.problems], MISTAKES
    except (OSError, KeyError) as error:
        words = f"cannot be written: {getattr(error, 'strerror', None) or error}"
        mistakes, status = [Problem(into, words)], MISTAKES
    except Nothing:
        status = NOTHING
    for each in mistakes:
        click.echo(str(each), err=True)
    if report_file is not None:
        report(report_file, mistakes)
    sys.exit(status)
