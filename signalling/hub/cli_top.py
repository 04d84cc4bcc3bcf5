"""`visit-hub top`: how the hub is, for a person who watches."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click
from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from signalling.hub import staff_commands as ask
from signalling.hub.errors import StaffError
from signalling.hub.services import socket_path
from signalling.hub.staff import NoHub, ask_hub
from signalling.hub.staff_cli import config_option, read_config

LATE_MS: Final = 50.0
"""A longer pause of the loop, or a slower store, is shown in red."""
CALL_COLUMNS: Final = (
    "visit",
    "end",
    "age_s",
    "fps_in",
    "rtt_ms",
    "longest_gap_ms",
    "concealed_ms",
    "video_kbps_in",
    "lost_in",
)


@click.command()
@config_option
@click.option("--once", is_flag=True, help="Print it once, as also where there is no terminal.")
@click.option("--json", "as_json", is_flag=True, help="Print it once as JSON.")
@click.option(
    "--every",
    "every_s",
    type=click.FloatRange(min=0.2, max=60),
    default=1.0,
    show_default=True,
    help="Seconds between two looks.",
)
def top(config_path: Path, once: bool, as_json: bool, every_s: float) -> None:
    """Watch the running hub: who is connected, visits, the worst calls, store, loop.

    \b
    Examples: visit-hub top
              visit-hub top --json | jq .visits
    """
    path = socket_path(read_config(config_path))
    try:
        told = _ask(path)
        if as_json:
            click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        elif once or not sys.stdout.isatty():
            Console().print(picture(told))
        else:
            _watch(path, told, every_s)
    except StaffError as error:
        raise click.ClickException(str(error)) from None


def _ask(path: Path) -> dict[str, Any]:
    async def asked() -> Any:
        try:
            return await ask_hub(path, ask.HubShow())
        except NoHub:
            raise StaffError(f"no hub runs with this configuration (nothing at {path})") from None

    told: dict[str, Any] = asyncio.run(asked())
    return told


def _watch(path: Path, told: dict[str, Any], every_s: float) -> None:
    """Show it until Ctrl-C. Raises StaffError when the hub has gone."""
    with Live(picture(told), screen=True, auto_refresh=False) as live:
        try:
            while True:
                live.update(picture(told), refresh=True)
                time.sleep(every_s)
                told = _ask(path)
        except KeyboardInterrupt:
            return


def picture(told: Mapping[str, Any]) -> RenderableType:
    """Return all of it as tables."""
    state = Text(told["state"], style="green" if told["state"] == "serving" else "bold red")
    head = Text.assemble(("Hub ", "bold"), (told["hub"], "bold"), "  ", state)
    store = told["store_ms"]
    health = {
        "log-ins in the last minute": told["log_ins_a_minute"],
        "memory, MiB": told["memory_mib"],
        "loop's longest pause of a minute, ms": _late(told["longest_pause_ms"]),
        "store: waiting": told["store_waiting"],
        "store: median of the last ones, ms": _late(store["p50"]),
        "store: p99 of the last ones, ms": _late(store["p99"]),
    }
    terminals = {
        "linked": told["terminals"]["linked"],
        "faulty": _bad(told["terminals"]["faulty"]),
        "key used by two at once": _bad(told["terminals"]["doubled"]),
    }
    mails = {**told["mails"], "failed": _bad(told["mails"]["failed"])}
    tables = [
        _facts("Connections", told["connections"]),
        _facts("Terminals", terminals),
        _facts("Visits", told["visits"]),
        _facts("Mails", mails),
        _facts("Hub", health),
    ]
    columns = Columns(tables, padding=(1, 3))
    return Group(head, *_lockdowns(told["lockdowns"]), columns, _calls(told["calls"]))


def _lockdowns(rows: list[dict[str, Any]]) -> list[RenderableType]:
    """One line for each that goes on, above all else: it explains the numbers."""
    return [
        Text(
            f"Locked down: {each['facility']}, {'unit ' + each['unit'] if each['unit'] else 'all'},"
            f" since {each['started']} by {each['started_by']}: {each['reason']}",
            style="bold red",
        )
        for each in rows
    ]


def _facts(title: str, facts: Mapping[str, Any]) -> Table:
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for key, value in facts.items():
        table.add_row(key, value if isinstance(value, Text) else f"{value:,}")
    return table


def _calls(rows: list[dict[str, Any]]) -> RenderableType:
    if not rows:
        return Text("No call goes on.")
    table = Table(title="The worst calls", title_justify="left")
    for column in CALL_COLUMNS:
        table.add_column(column, justify="left" if column in ("visit", "end") else "right")
    for row in rows:
        table.add_row(
            *(str(row[column] if row[column] is not None else "-") for column in CALL_COLUMNS)
        )
    return table


def _bad(count: int) -> Text:
    return Text(f"{count:,}", style="bold red" if count else "")


def _late(ms: float) -> Text:
    return Text(f"{ms:,.1f}", style="bold red" if ms > LATE_MS else "")
