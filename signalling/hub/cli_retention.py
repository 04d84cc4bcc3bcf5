"""`visit-hub retention`, and the commands that erase a person."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from config.schema import HubConfig
from signalling.hub import staff_commands as ask
from signalling.hub.errors import StaffError, StartError
from signalling.hub.staff_cli import Ask, config_option, read_config, staff_command
from signalling.hub.staff_session import Progress, staff_session
from signalling.hub.tables import show


@click.group()
def retention() -> None:
    """How long things are kept: [retention] in hub.toml. A running hub sweeps each hour."""


@retention.command("run")
@click.option("--dry-run", is_flag=True, help="Only show what would go.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@config_option
def retention_run(config_path: Path, *, dry_run: bool, as_json: bool) -> None:
    """Delete now what is older than hub.toml keeps it.

    \b
    Example: visit-hub retention run --dry-run
    """
    config = read_config(config_path)
    try:
        rows = asyncio.run(_run(config, config_path, dry_run=dry_run))
    except (StaffError, StartError) as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    told = [{**row, "days": row["days"] or "for ever", "oldest": _day(row)} for row in rows]
    columns = ("what", "days", "go", "oldest") if dry_run else ("what", "days", "gone")
    show(told, as_json=False, title="Too old" if dry_run else "Deleted", columns=columns)


async def _run(config: HubConfig, config_path: Path, *, dry_run: bool) -> list[dict[str, Any]]:
    async with staff_session(config, config_path) as ask_one:
        rows: list[dict[str, Any]] = await ask_one(ask.RetentionPreview())
        if dry_run:
            return rows
        total, gone = sum(row["go"] for row in rows), dict.fromkeys((r["what"] for r in rows), 0)
        progress, done = Progress("Deleting"), False
        while not done:
            answer = await ask_one(ask.RetentionRun())
            done = answer["done"]
            for what, count in answer["gone"].items():
                gone[what] += count
            progress.at(sum(gone.values()), total)
        return [{**row, "gone": gone[row["what"]]} for row in rows]


def _day(row: dict[str, Any]) -> str | None:
    oldest = row["oldest_at"]
    return None if oldest is None else datetime.fromtimestamp(oldest, UTC).date().isoformat()


@click.command("erase")
@click.argument("email")
@staff_command
def visitor_erase(ask_for: Ask, as_json: bool, email: str) -> None:
    """Forget a visitor: name, e-mail, log-ins, approvals, photos, mails. Not to be undone.

    The logs of their visits stay, with an id in the place of the name.

    \b
    Example: visit-hub visitor erase ana@example.org
    """
    result = ask_for(ask.VisitorErase(email=email))
    show(result, as_json=as_json, title="Visitor erased", columns=("id", "log_ins_ended"))


@click.command("erase")
@click.argument("number")
@click.option("--facility", help="Needed when several facilities have that number.")
@staff_command
def inmate_erase(ask_for: Ask, as_json: bool, number: str, facility: str | None) -> None:
    """Forget an inmate: name, number, PIN, approvals, mails about them. Not to be undone.

    The logs of their visits stay, with an id in the place of the name.

    \b
    Example: visit-hub inmate erase 40713
    """
    result = ask_for(ask.InmateErase(number=number, facility=facility))
    show(result, as_json=as_json, title="Inmate erased", columns=("id", "approvals_ended"))
