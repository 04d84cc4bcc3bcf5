"""The staff commands about times without visits."""

from __future__ import annotations

from typing import Any

import click

from signalling.hub import staff_commands as ask
from signalling.hub.cli import VISIT_COLUMNS
from signalling.hub.staff_cli import Ask, staff_command
from signalling.hub.tables import show

COLUMNS = ("blackout", "facility", "unit", "from", "until", "reason", "added_by")


@click.group()
def blackout() -> None:
    """Blackouts: days or hours in which nothing can be booked, beside those in hub.toml."""


@blackout.command("add")
@click.argument("start", metavar="FROM")
@click.argument("until", metavar="[TO]", required=False)
@click.option("--facility", required=True, help="The facility's id in hub.toml.")
@click.option("--unit", default="", help="One housing unit of it; without: the whole facility.")
@click.option("--reason", required=True, help="Visitors read it where they would book.")
@click.option("--cancel", is_flag=True, help="Cancel the visits that are booked then.")
@staff_command
def blackout_add(ask_for: Ask, as_json: bool, **options: Any) -> None:
    """Let nothing be booked from FROM to TO: days, or days and times, of the facility.

    Visits that are booked then are listed; with --cancel they are cancelled, and their visitors
    told by mail.

    \b
    Examples: visit-hub blackout add 2026-12-25 --facility north --reason "Christmas"
              visit-hub blackout add "2026-12-01 09:00" "2026-12-01 12:30" --facility north \\
                  --unit C --reason "Painting" --cancel
    """
    _show(ask_for(ask.BlackoutAdd(**options)), "Blackout added", as_json=as_json)


@blackout.command("list")
@click.option("--facility", help="Only this facility's.")
@staff_command
def blackout_list(ask_for: Ask, as_json: bool, facility: str | None) -> None:
    """List the blackouts that are not over, and how many visits are booked in each.

    \b
    Example: visit-hub blackout list --facility north
    """
    result = ask_for(ask.BlackoutList(facility=facility))
    show(result, as_json=as_json, title="Blackouts", columns=(*COLUMNS, "visits"))


@blackout.command("remove")
@click.argument("blackout_id", metavar="BLACKOUT")
@staff_command
def blackout_remove(ask_for: Ask, as_json: bool, blackout_id: str) -> None:
    """Let that time be booked again.

    \b
    Example: visit-hub blackout remove b-5b1c22d0
    """
    result = ask_for(ask.BlackoutRemove(blackout=blackout_id))
    show(result, as_json=as_json, title="Blackout removed", columns=COLUMNS)


@blackout.command("cancel")
@click.argument("blackout_id", metavar="BLACKOUT")
@staff_command
def blackout_cancel(ask_for: Ask, as_json: bool, blackout_id: str) -> None:
    """Cancel the visits that are booked in a blackout; their visitors are told by mail.

    \b
    Example: visit-hub blackout cancel b-5b1c22d0
    """
    _show(ask_for(ask.BlackoutCancel(blackout=blackout_id)), "Blackout", as_json=as_json)


def _show(result: Any, title: str, *, as_json: bool) -> None:
    show(result, as_json=as_json, title=title, columns=COLUMNS)
    if as_json:
        return
    booked, cancelled = result["booked"], result["cancelled"]
    said = f"Booked in it: {len(booked)}, cancelled: {cancelled}"
    if booked:
        show(booked, as_json=False, title=said, columns=VISIT_COLUMNS)
    else:
        click.echo("No visit is booked in it.")
    if booked and not cancelled:
        click.echo(f"They stay. To cancel them: visit-hub blackout cancel {result['blackout']}")
