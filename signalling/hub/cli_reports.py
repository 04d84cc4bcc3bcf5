"""The staff commands that count visits, minutes and lost time."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, cast

import click

from signalling.hub import staff_commands as ask
from signalling.hub.errors import StaffError
from signalling.hub.reporting import KEYS, Key, Kind, columns_of
from signalling.hub.staff_cli import Ask, ask_option
from signalling.hub.tables import show


@click.group()
def report() -> None:
    """Reports: visits, their minutes, and time that was lost, of some days."""


def _report(kind: Kind) -> Callable[[Callable[..., None]], click.Command]:
    def decorate(command: Callable[..., None]) -> click.Command:
        @wraps(command)
        def wrapped(ask_for: Ask, **options: Any) -> None:
            _run(ask_for, kind, **options)

        made = ask_option(wrapped)
        keys = click.Choice(KEYS[kind])
        for option in (
            click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table."),
            click.option("--csv", "as_csv", is_flag=True, help="Print CSV instead of a table."),
            click.option("--by", type=keys, default=KEYS[kind][0], show_default=True),
            click.option("--facility", help="Only this facility's."),
            click.option("--to", "last", required=True, metavar="DAY", help="The last day."),
            click.option("--from", "first", required=True, metavar="DAY", help="2026-12-01."),
        ):
            made = option(made)
        return report.command(kind)(made)

    return decorate


@_report("visits")
def report_visits() -> None:
    """Count visits: booked, held, nobody came, cancelled by whom.

    A visit counts on the day that it was booked for. One that was moved was cancelled.

    \b
    Examples: visit-hub report visits --from 2026-11-01 --to 2026-11-30
              visit-hub report visits --from 2026-11-01 --to 2026-11-30 --by unit --csv
    """


@_report("minutes")
def report_minutes() -> None:
    """Sum the minutes of visits that were held: booked, used, lost, paused, added.

    \b
    Example: visit-hub report minutes --from 2026-11-01 --to 2026-11-30 --facility north
    """


@_report("lost")
def report_lost() -> None:
    """Sum lost minutes by cause: whose side, and why.

    \b
    Examples: visit-hub report lost --from 2026-11-01 --to 2026-11-30
              visit-hub report lost --from 2026-11-01 --to 2026-11-30 --by terminal --json
    """


NOTHING: Final[dict[Kind, str]] = {
    "visits": "No visits",
    "minutes": "No visit was held",
    "lost": "No time was lost in visits",
}
"""What is said where a report has no rows; visits that were only booked have no minutes."""


def _run(  # noqa: PLR0917 - what was asked for
    ask_for: Ask, kind: Kind, first: str, last: str, facility: str | None, by: str,
    *, as_csv: bool, as_json: bool,
) -> None:  # fmt: skip
    if as_csv and as_json:
        raise StaffError("--csv or --json, not both")
    key = cast("Key", by)
    result = ask_for(ask.ReportShow(kind=kind, first=first, last=last, facility=facility, by=key))
    columns = columns_of(kind, key)
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))
    elif as_csv:
        writer = csv.DictWriter(sys.stdout, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(result["rows"])
    elif not result["rows"]:
        click.echo(f"{NOTHING[kind]} from {first} to {last}.")
    else:
        rows = [*result["rows"], {by: "all", **result["total"]}]
        show(rows, as_json=False, title=f"{kind.capitalize()}, {first} to {last}", columns=columns)
