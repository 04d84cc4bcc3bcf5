"""The staff commands that look at one person, and give an inmate a new PIN."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import click

from signalling.hub import staff_commands as ask
from signalling.hub.cli import VISIT_COLUMNS, inmate, visitor
from signalling.hub.staff_cli import Ask, staff_command
from signalling.hub.tables import show, show_facts

APPROVAL: Final = ("relation", "private", "holds", "until", "reason")


@inmate.command("show")
@click.argument("number")
@click.option("--facility", help="Needed when several facilities have that number.")
@staff_command
def inmate_show(ask_for: Ask, as_json: bool, number: str, facility: str | None) -> None:
    """Show an inmate: whether they can sign in, who may visit them, and what is booked.

    \b
    Example: visit-hub inmate show 40713
    """
    result = ask_for(ask.InmateShow(number=number, facility=facility))
    tables = {"visitors": ("visitor", "email", *APPROVAL), "visits": VISIT_COLUMNS}
    _show(result, f"Inmate {result['number']}", tables, as_json=as_json)


@inmate.command("pin")
@click.argument("number")
@click.option("--facility", help="Needed when several facilities have that number.")
@staff_command
def inmate_pin(ask_for: Ask, as_json: bool, number: str, facility: str | None) -> None:
    """Give an inmate a new random PIN and print it, which is never shown again.

    The one before ends at once, and so does a lockout after wrong PINs. Who is signed in stays so.

    \b
    Example: visit-hub inmate pin 40713 --facility north
    """
    result = ask_for(ask.InmatePin(number=number, facility=facility))
    columns = ("facility", "number", "name", "pin", "was_locked", "signed_in_at")
    show(result, as_json=as_json, title="New PIN", columns=columns)


@visitor.command("show")
@click.argument("email")
@staff_command
def visitor_show(ask_for: Ask, as_json: bool, email: str) -> None:
    """Show a visitor: their account, whom they may visit or asked to, and what is booked.

    \b
    Example: visit-hub visitor show ana@example.org
    """
    result = ask_for(ask.VisitorShow(email=email))
    tables = {
        "inmates": ("inmate", "name", "facility", *APPROVAL),
        "requests": ("request", "status", "facility", "number", "relation", "asked"),
        "visits": VISIT_COLUMNS,
    }
    _show(result, f"Visitor {result['email']}", tables, as_json=as_json)


@visitor.command("release")
@click.argument("email")
@staff_command
def visitor_release(ask_for: Ask, as_json: bool, email: str) -> None:
    """Let a visitor try again who typed a wrong password, or asked for mails, too often.

    Requests and photos that were too many in a day are forgotten, too. What counts against an
    address as a whole (limits.log_in_tries_per_address) stays.

    \b
    Example: visit-hub visitor release ana@example.org
    """
    result = ask_for(ask.VisitorRelease(email=email))
    show(result, as_json=as_json, title="Released", columns=("email", "name", "refused_from"))


def _show(
    result: Mapping[str, Any], title: str, tables: Mapping[str, tuple[str, ...]], *, as_json: bool
) -> None:
    """Print a person's facts, and a table for each list."""
    if as_json:
        show(result, as_json=True, title="", columns=())
        return
    show_facts(title, {key: value for key, value in result.items() if key not in tables})
    for key, columns in tables.items():
        show(result[key], as_json=False, title=_TITLES[key], columns=columns)


_TITLES: Final = {
    "visitors": "Who may visit, or might once",
    "inmates": "Whom they may visit, or might once",
    "requests": "Requests",
    "visits": "Visits that are open",
}
