"""The staff commands about lockouts after wrong PINs."""

from __future__ import annotations

import click

from signalling.hub import staff_commands as ask
from signalling.hub.staff_cli import Ask, staff_command
from signalling.hub.tables import show


@click.group()
def lockout() -> None:
    """Inmate numbers, terminals and facilities that are locked after wrong PINs."""


@lockout.command("list")
@staff_command
def lockout_list(ask_for: Ask, as_json: bool) -> None:
    """List what is locked now, and until when.

    \b
    Example: visit-hub lockout list
    """
    columns = ("kind", "id", "wrong_pins", "until")
    show(ask_for(ask.LockoutList()), as_json=as_json, title="Locked", columns=columns)


@lockout.command("end")
@click.argument("kind", type=click.Choice(["inmate", "terminal", "facility"]))
@click.argument("id_", metavar="ID")
@staff_command
def lockout_end(ask_for: Ask, as_json: bool, kind: str, id_: str) -> None:
    """Let an inmate number (FACILITY/NUMBER), a terminal or a facility sign in again.

    \b
    Examples: visit-hub lockout end terminal c4
              visit-hub lockout end facility north
              visit-hub lockout end inmate north/40713
    """
    result = ask_for(ask.LockoutEnd(kind=kind, id=id_))
    show(result, as_json=as_json, title="Released", columns=("kind", "id"))
