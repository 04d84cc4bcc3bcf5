"""The staff commands that stop visits and let them go on."""

from __future__ import annotations

from typing import Any

import click

from signalling.hub import staff_commands as ask
from signalling.hub.cli import VISIT_COLUMNS, visit
from signalling.hub.staff_cli import Ask, staff_command
from signalling.hub.tables import show

COLUMNS = ("lockdown", "facility", "unit", "reason", "started", "started_by", "visits")
ENDED = (*COLUMNS[:-1], "ended", "ended_by", "visits")


@click.group()
def lockdown() -> None:
    """Lockdowns: no visit goes on in a housing unit, or at a facility, until they end."""


@lockdown.command("start")
@click.option("--facility", required=True, help="The facility's id in hub.toml.")
@click.option("--unit", default="", help="One housing unit of it; without: the whole facility.")
@click.option("--reason", required=True, help="Both sides of every visit read it.")
@staff_command
def lockdown_start(ask_for: Ask, as_json: bool, **options: Any) -> None:
    """Pause all visits of a facility or unit that go on; none can begin until it ends.

    It outlasts a restart of the hub. A visit's paused time is added to its end.

    \b
    Example: visit-hub lockdown start --facility north --unit C --reason "Count"
    """
    result = ask_for(ask.LockdownStart(**options))
    show(result, as_json=as_json, title="Locked down, visits paused", columns=COLUMNS)


@lockdown.command("end")
@click.argument("lockdown_id", metavar="[LOCKDOWN]", required=False)
@click.option("--facility", help="Instead of its id: where it is.")
@click.option("--unit", default="", help="The unit that is locked down, if it is only that.")
@staff_command
def lockdown_end(ask_for: Ask, as_json: bool, lockdown_id: str | None, **options: Any) -> None:
    """End a lockdown: its visits go on, with the time given back.

    \b
    Examples: visit-hub lockdown end l-5b1c22d0
              visit-hub lockdown end --facility north --unit C
    """
    result = ask_for(ask.LockdownEnd(lockdown=lockdown_id, **options))
    show(result, as_json=as_json, title="Lockdown ended, visits resumed", columns=ENDED)


@lockdown.command("list")
@click.option("--all", "all_", is_flag=True, help="Those that ended too.")
@staff_command
def lockdown_list(ask_for: Ask, as_json: bool, all_: bool) -> None:
    """List the lockdowns that go on, and the visits that each holds.

    \b
    Example: visit-hub lockdown list --all
    """
    result = ask_for(ask.LockdownList(all=all_))
    show(result, as_json=as_json, title="Lockdowns", columns=ENDED if all_ else COLUMNS)


@visit.command("pause")
@click.argument("visit_id", metavar="VISIT")
@click.option("--reason", required=True, help="Both sides read it.")
@staff_command
def visit_pause(ask_for: Ask, as_json: bool, visit_id: str, reason: str) -> None:
    """Hold a visit that goes on; its time is given back when it is resumed.

    \b
    Example: visit-hub visit pause k2m9w7xq4t --reason "Fire drill"
    """
    result = ask_for(ask.VisitPause(visit=visit_id, reason=reason))
    show(result, as_json=as_json, title="Visit paused", columns=VISIT_COLUMNS)


@visit.command("resume")
@click.argument("visit_id", metavar="VISIT")
@staff_command
def visit_resume(ask_for: Ask, as_json: bool, visit_id: str) -> None:
    """Let a visit go on that `visit pause` holds.

    \b
    Example: visit-hub visit resume k2m9w7xq4t
    """
    result = ask_for(ask.VisitResume(visit=visit_id))
    show(result, as_json=as_json, title="Visit resumed", columns=VISIT_COLUMNS)
