"""The staff commands about terminals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from signalling.hub import staff_commands as ask
from signalling.hub.cli_terminal_enrol import enrol
from signalling.hub.cli_terminal_files import Wanted, file_options, write_file
from signalling.hub.staff_cli import Ask, staff_command
from signalling.hub.tables import show, show_terminal


@click.group()
def terminal() -> None:
    """Terminals: the kiosks on the wall."""


@terminal.command("add")
@click.argument("terminal_id", metavar="TERMINAL")
@click.option("--facility", required=True, help="The facility's id in hub.toml.")
@click.option("--label", required=True, help="The terminal's number, as on its sign: 4.")
@click.option("--unit", required=True, help="The housing unit: C.")
@file_options
@staff_command
def terminal_add(
    ask_for: Ask, as_json: bool, terminal_id: str, wanted: Wanted, **options: Any
) -> None:
    """Add a terminal: print its one-time enrolment code, and write its terminal.toml.

    The code holds for 24 hours and five tries. The file has all that the terminal needs; with
    --json it is written only where --output says.

    \b
    Examples: visit-hub terminal add c4 --facility north --label 4 --unit C
              visit-hub terminal add c4 --facility north --label 4 --unit C --output /media/stick
    """
    path = wanted.path(terminal_id, as_json=as_json)
    result = ask_for(ask.TerminalAdd(terminal=terminal_id, **options))
    show(result, as_json=as_json, title="Terminal added", columns=("terminal", "label", "code"))
    if result["earlier_code_void"] and not as_json:
        click.echo("The earlier code of this terminal no longer works.")
    _write(path, result, wanted, as_json=as_json)


def _write(path: Path | None, result: dict[str, Any], wanted: Wanted, *, as_json: bool) -> None:
    if path is not None:
        write_file(path, result, wanted)
        if not as_json:
            click.echo(f"Written: {path} (bring it to the terminal; it holds the code)")


@terminal.command("enrol")
@click.argument("file", metavar="facility.toml", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Take the place of a folder, which is kept beside.")
@click.option("--dry-run", is_flag=True, help="Only check, and say which have a key already.")
@file_options
@staff_command
def terminal_enrol(
    ask_for: Ask, as_json: bool, *, file: Path, wanted: Wanted, replace: bool, dry_run: bool
) -> None:
    """Add all terminals of a facility.toml, and write the terminal.toml of each, with a code.

    The files go to a folder named like the facility, or to --output; with --json to none unless it
    is named, and the codes are printed. A terminal that has a key keeps it and gets no code.

    \b
    Examples: visit-config example facility > facility.toml
              visit-hub terminal enrol facility.toml --output /media/stick/north
    """
    enrol(ask_for, file, wanted, replace=replace, dry_run=dry_run, as_json=as_json)


@terminal.command("list")
@staff_command
def terminal_list(ask_for: Ask, as_json: bool) -> None:
    """List all terminals and how they are.

    Of several hubs the one that keeps a facility knows whether its terminals are linked; asked
    another, `linked` is empty (in JSON null).

    \b
    Example: visit-hub terminal list --json
    """
    columns = (
        "terminal",
        "facility",
        "label",
        "unit",
        "key",
        "linked",
        "signed_in",
        "faults",
        "alarm",
    )
    show(ask_for(ask.TerminalList()), as_json=as_json, title="Terminals", columns=columns)


@terminal.command("show")
@click.argument("terminal_id", metavar="TERMINAL")
@staff_command
def terminal_show(ask_for: Ask, as_json: bool, terminal_id: str) -> None:
    """Show a terminal, and the devices, faults and versions that it last reported.

    \b
    Example: visit-hub terminal show c4
    """
    show_terminal(ask_for(ask.TerminalShow(terminal=terminal_id)), as_json=as_json)


@terminal.command("replace")
@click.argument("terminal_id", metavar="TERMINAL")
@click.option("--now", is_flag=True, help="The key of the machine there ends at once: stolen.")
@file_options
@staff_command
def terminal_replace(
    ask_for: Ask, as_json: bool, terminal_id: str, now: bool, wanted: Wanted
) -> None:
    """Put another machine in the place of a broken or stolen one, under the same name.

    Prints a one-time enrolment code for it (24 hours, five tries) and writes its terminal.toml. The
    machine that is there works on until the new one has proved its key.

    \b
    Examples: visit-hub terminal replace c4
              visit-hub terminal replace c4 --now
    """
    path = wanted.path(terminal_id, as_json=as_json)
    result = ask_for(ask.TerminalReplace(terminal=terminal_id, now=now))
    show(result, as_json=as_json, title="Replacement", columns=("terminal", "label", "code"))
    _write(path, result, wanted, as_json=as_json)


@terminal.command("revoke")
@click.argument("terminal_id", metavar="TERMINAL")
@staff_command
def terminal_revoke(ask_for: Ask, as_json: bool, terminal_id: str) -> None:
    """Forget a terminal's key and end its link at once; it needs a new code (`terminal add`).

    \b
    Example: visit-hub terminal revoke c4
    """
    result = ask_for(ask.TerminalRevoke(terminal=terminal_id))
    show(result, as_json=as_json, title="Terminal revoked", columns=("terminal", "linked"))
