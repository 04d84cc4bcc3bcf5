"""The staff commands that list and move visits, and find times for them."""

from __future__ import annotations

from typing import Any

import click

from signalling.hub import staff_commands as ask
from signalling.hub.cli import VISIT_COLUMNS, visit
from signalling.hub.staff_cli import Ask, staff_command
from signalling.hub.tables import show, warn
from signalling.visit import Status


@visit.command("list")
@click.option("--facility", help="Only this facility's.")
@click.option("--from", "first", metavar="DAY", help="Booked for this day or later: 2026-12-01.")
@click.option("--to", "last", metavar="DAY", help="Booked for this day or earlier.")
@click.option("--status", type=click.Choice([str(each) for each in Status]))
@click.option("--inmate", help="The inmate number.")
@click.option("--visitor", help="The visitor's e-mail.")
@staff_command
def visit_list(ask_for: Ask, as_json: bool, **options: Any) -> None:
    """List visits: without days those that are open or ended in the last hours.

    \b
    Examples: visit-hub visit list --facility north --status in-visit
              visit-hub visit list --from 2026-12-01 --to 2026-12-07 --inmate 40713
    """
    status = options.pop("status")
    command = ask.VisitList(status=Status(status) if status else None, **options)
    columns = (*VISIT_COLUMNS, "why_ended")
    show(ask_for(command), as_json=as_json, title="Visits", columns=columns)


@visit.command("move")
@click.argument("visit_id", metavar="VISIT")
@click.option("--start", required=True, help='"2026-11-22 14:30" jail time, +SECONDS, or now.')
@click.option("--minutes", type=float, help="Another length.")
@click.option("--anyway", is_flag=True, help="Also into a blackout.")
@staff_command
def visit_move(
    ask_for: Ask, as_json: bool, visit_id: str, minutes: float | None, **options: Any
) -> None:
    """Move a visit that has not begun; it gets a new id, and its people are told by mail.

    \b
    Example: visit-hub visit move k2m9w7xq4t --start "2026-11-23 10:00"
    """
    length_s = None if minutes is None else minutes * 60
    result = ask_for(ask.VisitMove(visit=visit_id, length_s=length_s, **options))
    show(result, as_json=as_json, title="Visit moved", columns=(*VISIT_COLUMNS, "moved_from"))
    warn([] if as_json else result["warnings"])


@click.command()
@click.option("--inmate", required=True, help="The inmate number.")
@click.option("--facility", help="Needed when several facilities have that number.")
@click.option("--visitor", "visitors", multiple=True, help="Who would come; may repeat.")
@click.option("--day", metavar="DAY", help="2026-12-01; today when not given.")
@staff_command
def slots(ask_for: Ask, as_json: bool, **options: Any) -> None:
    """List the slots of a day, which are free for an inmate and visitors, and why the others not.

    \b
    Example: visit-hub slots --inmate 40713 --visitor ana@example.org --day 2026-12-01
    """
    columns = ("start", "end", "free", "why_not")
    show(ask_for(ask.SlotsList(**options)), as_json=as_json, title="Slots", columns=columns)
