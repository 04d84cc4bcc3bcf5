"""`visit-hub inmate import`: the jail's list, all of it or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from signalling.hub import staff_commands as ask
from signalling.hub.cli import inmate
from signalling.hub.counted import counted
from signalling.hub.roster import roster_text
from signalling.hub.staff_cli import Ask, staff_command
from signalling.hub.tables import show

FILE_NAME_CHARACTERS: Final = 200
WHO = ("facility", "number", "name", "unit")


@inmate.command("import")
@click.argument("roster", type=click.File("rb"))
@click.option("--dry-run", is_flag=True, help="Show what would change; change nothing.")
@click.option(
    "--cancel-missing",
    is_flag=True,
    help="End PINs and approvals of those not in the file; cancel their future visits.",
)
@staff_command
def inmate_import(ask_for: Ask, as_json: bool, roster: Any, **options: Any) -> None:
    """Take over a CSV roster: number,name,facility[,pin][,unit].

    New inmates are added, names and units of known ones kept as in the file. Whose PIN ended with
    --cancel-missing and who is in the file again gets a new one; approvals are not brought back.
    Any mistake is told with its line, and nothing is changed then. Exit status 1: mistakes.

    \b
    Examples: visit-hub inmate import roster.csv --dry-run
              visit-hub inmate import roster.csv --cancel-missing
    """
    file = Path(roster.name).name[-FILE_NAME_CHARACTERS:]
    text = roster_text(roster.read())
    result = ask_for(ask.InmateImport(roster=text, file=file, **options))
    mistakes = result["mistakes"]
    if as_json:
        show(result, as_json=True, title="", columns=())
    elif mistakes:
        columns = ("line", "column", "found", "expected")
        show(mistakes, as_json=False, title="Mistakes", columns=columns)
        click.echo(
            f"The roster has {counted(len(mistakes), 'mistake')}: nothing was changed.", err=True
        )
    else:
        _tell(result, dry_run=options["dry_run"], cancel_missing=options["cancel_missing"])
    if mistakes:
        raise SystemExit(1)


def _tell(result: Any, *, dry_run: bool, cancel_missing: bool) -> None:
    would = "would be " if dry_run else ""
    columns = WHO if dry_run else (*WHO, "pin")
    show(result["added"], as_json=False, title=f"Inmates {would}added", columns=columns)
    if result["back"]:
        title = f"Back: {'they get' if dry_run else 'with'} a new PIN"
        show(result["back"], as_json=False, title=title, columns=columns)
    show(result["changed"], as_json=False, title=f"{would}changed".capitalize(),
         columns=(*WHO, "was"))  # fmt: skip
    show(result["gone"], as_json=False, title="Not in the file", columns=WHO)
    if result["approvals_ended"]:
        click.echo(f"Approvals ended: of {counted(result['approvals_ended'], 'visitor')}")
    if dry_run and cancel_missing and result["gone"]:
        click.echo("PIN and approvals of those not in the file would end.")
    click.echo(f"{result['known']} known already")
    if result["visits_of_gone"]:
        what = f"{result['cancelled']} were cancelled"
        if not cancel_missing:
            what = "they stay; --cancel-missing would cancel them"
        elif dry_run:
            what = "they would be cancelled"
        booked = len(result["visits_of_gone"])
        click.echo(f"Visits booked for those not in the file: {booked}; {what}.")
