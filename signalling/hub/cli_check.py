"""`visit-hub check`: whether all that the hub keeps is sound and agrees."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, Final

import click

from config.schema import HubConfig
from signalling.hub import staff_commands as ask
from signalling.hub.cli_audit import verify
from signalling.hub.errors import StaffError, StartError
from signalling.hub.staff_cli import config_option, read_config
from signalling.hub.staff_session import AskMany, Progress, staff_session
from signalling.hub.tables import show

PARTS: Final[tuple[tuple[ask.Part, str], ...]] = (
    ("database", "the database and what its rows refer to"),
    ("visits", "open visits: logs, columns, who is occupied"),
    ("audited", "every visit: its log, and the audit log of it"),
)
WITHIN_S: Final = 3600.0
"""SQLite reads a database of 100 MB in 0.6 s; a large one takes its time."""
COLUMNS: Final = ("checked", "looked_at", "problems")
DO: Final = "There are problems: stop the hub and restore a backup that is sound (docs/running.md)."


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@config_option
def check(config_path: Path, *, as_json: bool) -> None:
    """Look whether all that the hub keeps is sound. Exit status: 0 it is, 1 it is not.

    The database, what refers to what, every open visit's log and who it occupies, the audit log.
    Changes nothing; a hub may run meanwhile.

    \b
    Example: visit-hub check --json
    """
    config = read_config(config_path)
    try:
        rows = asyncio.run(_check(config, config_path))
    except (StaffError, StartError) as error:
        raise click.ClickException(str(error)) from None
    problems = [each for row in rows for each in row["problems"]]
    if as_json:
        click.echo(json.dumps({"sound": not problems, "parts": rows}, ensure_ascii=False, indent=2))
    else:
        counted = [{**row, "problems": len(row["problems"])} for row in rows]
        show(counted, as_json=False, title="Check", columns=COLUMNS)
        for each in problems:
            click.echo(each)
        click.echo(DO if problems else "All is sound.")
    if problems:
        raise SystemExit(1)


async def _check(config: HubConfig, config_path: Path) -> list[dict[str, Any]]:
    async with staff_session(config, config_path, WITHIN_S, only_looking=True) as ask_one:
        return await look_at_all(ask_one)


async def look_at_all(ask_one: AskMany) -> list[dict[str, Any]]:
    """Return a row for each part: what was checked, how much of it, its problems."""
    rows = [await _part(ask_one, part, words) for part, words in PARTS]
    result = await verify(ask_one)
    problems = [] if result["holds"] else [result["sentence"]]
    count = result.get("entries", 0)
    return [*rows, {"checked": "the audit log", "looked_at": count, "problems": problems}]


async def _part(ask_one: AskMany, part: ask.Part, words: str) -> dict[str, Any]:
    progress, looked_at, problems = Progress(f"Checking {words}"), 0, []
    after: str | None = ""
    while after is not None:
        page = await ask_one(ask.Check(part=part, after=after))
        looked_at += page["looked_at"]
        problems += page["problems"]
        after = page["after"]
        progress.at(looked_at, page["total"])
    return {"checked": words, "looked_at": looked_at, "problems": problems}
