"""The staff commands about facilities."""

from __future__ import annotations

import json

import click

from signalling.hub import staff_commands as ask
from signalling.hub.staff_cli import Ask, staff_command
from signalling.hub.tables import show, show_facts

COLUMNS = (
    "facility",
    "name",
    "time_zone",
    "terminals",
    "linked",
    "visits_today",
    "in_visit",
    "open_requests",
)


@click.group()
def facility() -> None:
    """Facilities, as hub.toml has them and as they are now."""


@facility.command("list")
@staff_command
def facility_list(ask_for: Ask, as_json: bool) -> None:
    """List all facilities: terminals and how many are linked, visits, open requests.

    \b
    Example: visit-hub facility list
    """
    show(ask_for(ask.FacilityList()), as_json=as_json, title="Facilities", columns=COLUMNS)


@facility.command("show")
@click.argument("facility_id", metavar="FACILITY")
@staff_command
def facility_show(ask_for: Ask, as_json: bool, facility_id: str) -> None:
    """Show a facility: its housing units, visiting hours, lockdowns, terminals, requests.

    \b
    Example: visit-hub facility show north
    """
    result = ask_for(ask.FacilityShow(facility=facility_id))
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))
        return
    show_facts(
        f"Facility {result['facility']}",
        {key: value for key, value in result.items() if key not in ("facility", "units")},
    )
    columns = ("unit", "terminals", "hours")
    show(result["units"], as_json=False, title="Housing units", columns=columns)
