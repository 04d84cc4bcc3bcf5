"""The staff commands of `visit-hub`: what they ask for and how their answers are printed."""

from __future__ import annotations

import sys
from typing import Any

import click

from signalling.hub import staff_commands as ask
from signalling.hub.errors import StaffError
from signalling.hub.staff_cli import Ask, staff_command
from signalling.hub.tables import show, show_visit, warn

VISIT_COLUMNS = ("visit", "status", "start", "end", "inmate", "visitors", "terminal", "private")


# -- inmates ----------------------------------------------------------------------------------


@click.group()
def inmate() -> None:
    """The roster: who may sign in at a terminal."""


@inmate.command("add")
@click.argument("number")
@click.argument("name")
@click.option("--facility", required=True, help="The facility's id in hub.toml.")
@click.option("--pin", help="4 to 16 digits; a random one of 6 when not given.")
@click.option("--unit", default="", help="The housing unit: C.")
@staff_command
def inmate_add(ask_for: Ask, as_json: bool, **options: Any) -> None:
    """Add an inmate and print the PIN, which is never shown again.

    \b
    Example: visit-hub inmate add 40713 "Daniel Reyes" --facility north --unit C
    """
    result = ask_for(ask.InmateAdd(**options))
    columns = ("number", "name", "unit", "pin")
    show(result, as_json=as_json, title="Inmate added", columns=columns)


@inmate.command("move")
@click.argument("number")
@click.argument("unit")
@click.option("--facility", help="Needed when several facilities have that number.")
@staff_command
def inmate_move(ask_for: Ask, as_json: bool, **options: Any) -> None:
    """Keep that an inmate lives in another housing unit now.

    \b
    Example: visit-hub inmate move 40713 D
    """
    result = ask_for(ask.InmateMove(**options))
    show(result, as_json=as_json, title="Inmate moved", columns=("number", "name", "unit"))


@inmate.command("list")
@staff_command
def inmate_list(ask_for: Ask, as_json: bool) -> None:
    """List all inmates.

    \b
    Example: visit-hub inmate list
    """
    columns = ("facility", "number", "name", "unit", "signed_in_at")
    show(ask_for(ask.InmateList()), as_json=as_json, title="Inmates", columns=columns)


@inmate.command("release")
@click.argument("number")
@click.option("--facility", help="Needed when several facilities have that number.")
@staff_command
def inmate_release(ask_for: Ask, as_json: bool, number: str, facility: str | None) -> None:
    """End the lockout after wrong PINs.

    \b
    Example: visit-hub inmate release 40713
    """
    result = ask_for(ask.InmateRelease(number=number, facility=facility))
    show(result, as_json=as_json, title="Released", columns=("number", "was_counting"))


# -- visitors ---------------------------------------------------------------------------------


@click.group()
def visitor() -> None:
    """Visitors: family, friends, lawyers."""


@visitor.command("list")
@staff_command
def visitor_list(ask_for: Ask, as_json: bool) -> None:
    """List all visitors and whom they may visit.

    \b
    Example: visit-hub visitor list --json
    """
    columns = ("email", "name", "approved")
    show(ask_for(ask.VisitorList()), as_json=as_json, title="Visitors", columns=columns)


@visitor.command("approve")
@click.argument("email")
@click.option("--inmate", "number", required=True, help="The inmate number.")
@click.option("--facility", help="Needed when several facilities have that number.")
@click.option("--relation", default="", help='As the inmate reads it, such as "mother".')
@click.option("--private", is_flag=True, help="A lawyer: never recorded, never watched.")
@click.option("--days", type=int, help="How long it holds; 0: for ever. Else as hub.toml says.")
@staff_command
def visitor_approve(ask_for: Ask, as_json: bool, number: str, **options: Any) -> None:
    """Let a visitor visit an inmate.

    \b
    Examples: visit-hub visitor approve ana@example.org --inmate 40713 --relation mother
              visit-hub visitor approve law@example.org --inmate 40713 --private
    """
    result = ask_for(ask.VisitorApprove(inmate=number, **options))
    columns = ("email", "name", "approved")
    show(result, as_json=as_json, title="Visitor approved", columns=columns)
    warn([] if as_json else result["warnings"])


@visitor.command("revoke")
@click.argument("email")
@click.option("--inmate", "number", required=True, help="The inmate number.")
@click.option("--facility", help="Needed when several facilities have that number.")
@click.option("--reason", default="", help="The visitor reads it.")
@staff_command
def visitor_revoke(ask_for: Ask, as_json: bool, number: str, **options: Any) -> None:
    """End an approval; visits that are booked stay and are named.

    \b
    Example: visit-hub visitor revoke ana@example.org --inmate 40713
    """
    result = ask_for(ask.VisitorRevoke(inmate=number, **options))
    columns = ("email", "name", "approved", "still_booked")
    show(result, as_json=as_json, title="Approval ended", columns=columns)


@visitor.command("add")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@staff_command
def visitor_add(ask_for: Ask, as_json: bool, email: str, name: str, password_stdin: bool) -> None:
    """Make a visitor's account.

    \b
    Example: visit-hub visitor add ana@example.org --name "Ana Reyes"
    """
    ask.require_valid(ask.VisitorAdd(email=email, name=name, password=""))
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif not sys.stdin.isatty():
        raise StaffError("there is no terminal to type a password on: use --password-stdin")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    result = ask_for(ask.VisitorAdd(email=email, name=name, password=password))
    show(result, as_json=as_json, title="Visitor added", columns=("id", "email", "name"))


# -- visits -----------------------------------------------------------------------------------


@click.group()
def visit() -> None:
    """Visits: book, watch over, end."""


@visit.command("book")
@click.option("--inmate", required=True, help="The inmate number.")
@click.option("--visitor", "visitors", required=True, multiple=True, help="E-mail; may repeat.")
@click.option("--facility", help="Needed when several facilities have that number.")
@click.option("--start", required=True, help='"2026-11-22 14:30" jail time, +SECONDS, or now.')
@click.option("--minutes", type=float, default=30.0, show_default=True)
@click.option("--seconds", type=float, help="A length in seconds instead, for demonstrations.")
@click.option("--anyway", is_flag=True, help="Also in a blackout.")
@staff_command
def visit_book(
    ask_for: Ask, as_json: bool, *, minutes: float, seconds: float | None, **options: Any
) -> None:
    """Book a visit for approved visitors, one or several.

    Hours and limits of hub.toml hold for visitors only: a visit against them is booked, with a
    warning. A time that clocks show twice, when daylight saving ends, means its first occurrence.

    \b
    Example: visit-hub visit book --inmate 40713 --visitor ana@example.org \\
                 --start "2026-11-22 14:30" --minutes 30
    """
    length_s = minutes * 60 if seconds is None else seconds
    result = ask_for(ask.VisitBook(length_s=length_s, **options))
    show(result, as_json=as_json, title="Visit booked", columns=VISIT_COLUMNS)
    warn([] if as_json else result["warnings"])


@visit.command("show")
@click.argument("visit_id", metavar="VISIT")
@staff_command
def visit_show(ask_for: Ask, as_json: bool, visit_id: str) -> None:
    """Show a visit and its log; while it goes on, how the call is at both ends.

    \b
    Example: visit-hub visit show k2m9w7xq4t
    """
    show_visit(ask_for(ask.VisitShow(visit=visit_id)), as_json=as_json)


@visit.command("terminate")
@click.argument("visit_id", metavar="VISIT")
@click.option("--reason", default="", help="Kept with who did it.")
@staff_command
def visit_terminate(ask_for: Ask, as_json: bool, visit_id: str, reason: str) -> None:
    """End a visit at once, on both screens.

    \b
    Example: visit-hub visit terminate k2m9w7xq4t --reason "count"
    """
    result = ask_for(ask.VisitTerminate(visit=visit_id, reason=reason))
    show(result, as_json=as_json, title="Visit terminated", columns=VISIT_COLUMNS)


@visit.command("cancel")
@click.argument("visit_id", metavar="VISIT")
@staff_command
def visit_cancel(ask_for: Ask, as_json: bool, visit_id: str) -> None:
    """Cancel a visit that has not begun.

    \b
    Example: visit-hub visit cancel k2m9w7xq4t
    """
    result = ask_for(ask.VisitCancel(visit=visit_id))
    show(result, as_json=as_json, title="Visit cancelled", columns=VISIT_COLUMNS)
