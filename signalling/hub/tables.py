"""What staff commands print: tables for people, JSON for programs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import click
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

Row = Mapping[str, Any]


def show(result: Any, *, as_json: bool, title: str, columns: Sequence[str]) -> None:
    """Print a result: one row or a list of rows."""
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))
        return
    rows = result if isinstance(result, list) else [result]
    if not rows:
        click.echo(f"{title}: none")
        return
    _print_rows(title, columns, rows)


def warn(sentences: Iterable[str]) -> None:
    """Say on standard error what was done although a rule is against it."""
    for each in sentences:
        click.echo(f"Warning: {each}.", err=True)


def show_facts(title: str, facts: Row) -> None:
    """Print one thing as a line for each of its facts."""
    table = Table(title=title, show_header=False, title_justify="left")
    for key, value in facts.items():
        table.add_row(_heading(key), _cell(key, value))
    _print(table)


NOT_IN_THE_TABLE: Final = frozenset(
    {"call", "ratings", "events", "visit", "ended_by", "end_reason"}
)
"""Of a visit: what the title says, what has a table of its own, and what "why ended" says."""


def show_visit(result: Row, *, as_json: bool) -> None:
    """Print one visit and its log."""
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))
        return
    facts = Table(title=f"Visit {result['visit']}", show_header=False, title_justify="left")
    for key, value in result.items():
        if key not in NOT_IN_THE_TABLE and not key.endswith("_at"):
            facts.add_row(_heading(key), _cell(key, value))
    _print(facts)
    if result["call"]:
        _print(_call(result["call"]))
    if result["ratings"]:
        _print_rows("How it was", ("visitor", "stars", "troubles"), result["ratings"])
    _print_rows("Log", ("seq", "happened", "kind", "by", "details"), result["events"])


def show_terminal(result: Row, *, as_json: bool) -> None:
    """Print one terminal and its newest report of itself."""
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))
        return
    facts = Table(title=f"Terminal {result['terminal']}", show_header=False, title_justify="left")
    for key, value in result.items():
        if key not in ("terminal", "reported_at", "devices", "history", "facts"):
            facts.add_row(_heading(key), _cell(key, value))
    for each in result["facts"]:
        facts.add_row(Text(each["name"]), Text(each["value"]))
    _print(facts)
    if result["reported_at"] is None:
        click.echo("It has sent no report yet: the technician's screen at the terminal sends one.")
        return
    devices = ("device", "state", "measured", "code", "detail")
    _print_rows("Devices", devices, result["devices"])
    faults = ("code", "from", "to", "detail")
    show(result["history"], as_json=False, title="Faults", columns=faults)


CALL: Final = {
    "age_s": "measured, s ago",
    "connection": "connection, number",
    "rtt_ms": "round trip, ms",
    "video_kbps_in": "picture received, kb/s",
    "video_kbps_out": "picture sent, kb/s",
    "fps_in": "pictures received, a second",
    "fps_out": "pictures sent, a second",
    "lost_in": "packets lost on the way here, so far",
    "lost_out": "packets lost on the way to the other end, so far",
    "jitter_ms": "jitter of the sound's packets, ms",
    "sound_delay_ms": "sound waited before it was played, ms",
    "concealed_ms": "sound made up for what did not come, ms",
    "longest_gap_ms": "longest time without a new picture, ms",
    "dropped": "given up by full queues, so far",
    "target_kbps": "picture encoded for, kb/s",
}
"""The numbers of `call_stats.py` in words, in their order."""


def _call(ends: Sequence[Row]) -> Table:
    """The call's last second: a line for each number, a column for each end that measured it."""
    table = Table(title="Call, last second", title_justify="left", header_style="bold")
    table.add_column("Measured by the")
    for end in ends:
        table.add_column(str(end["end"]), justify="right")
    for key, words in CALL.items():
        table.add_row(words, *(_cell(key, end[key]) for end in ends))
    return table


def _print_rows(title: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Print a table in which no word is broken: where it is wider than the screen, without lines
    and without columns in which nothing stands, and else a line for each fact.
    """
    console = _console()
    cells = {column: [_cell(column, row[column]) for row in rows] for column in columns}
    told = [name for name in columns if any(str(cell) not in NOTHING for cell in cells[name])]
    told = told or list(columns)
    for names, bare in ((columns, False), (told, True)):
        widths = _widths(names, cells, console.width - len(names) * (1 if bare else 3) - 1)
        if widths:
            table = Table(title=title, title_justify="left", header_style="bold", pad_edge=not bare)
            if bare:
                table.box, table.padding = None, (0, 1, 0, 0)
            for name, width in zip(names, widths, strict=True):
                table.add_column(_heading(name), overflow="fold", width=width)
            for line in zip(*(cells[name] for name in names), strict=True):
                table.add_row(*line)
            console.print(table)
            return
    for at in range(len(rows)):
        table = Table(title=title if at == 0 else None, show_header=False, title_justify="left")
        for name in told:
            table.add_row(_heading(name), cells[name][at])
        console.print(table)


NOTHING: Final = ("", "-")


def _widths(columns: Sequence[str], cells: Mapping[str, list[Text]], room: int) -> list[int]:
    """How wide each column is, so that all fit and no word is broken; none if that cannot be."""
    texts = [[Text(_heading(column)), *cells[column]] for column in columns]
    whole = [max(_cells_of(text.plain.split("\n")) for text in each) for each in texts]
    widths = [max(_cells_of(text.plain.split()) for text in each) for each in texts]
    if sum(widths) > room:
        return []
    for _ in range(min(room, sum(whole)) - sum(widths)):
        tightest = max(range(len(widths)), key=lambda at: whole[at] / widths[at])
        widths[tightest] += 1
    return widths


def _cells_of(words: Sequence[str]) -> int:
    return max((cell_len(word) for word in words), default=0)


def _print(table: Table) -> None:
    _console().print(table)


def _console() -> Console:
    # Names come from people: neither markup nor emoji (":bell:").
    console = Console(emoji=False, markup=False)
    if not console.is_terminal:
        console.width = 200  # wide enough that no row is ever folded for a program's eyes
    return console


def _heading(column: str) -> str:
    words = column.removesuffix("_s").replace("_", " ").capitalize()
    return re.sub(r"\bpin(s?)\b", r"PIN\1", words, flags=re.IGNORECASE)


def _approved(value: Sequence[Row]) -> str:
    return "\n".join(
        f"{each['inmate']} at {each['facility']}"
        + (f", {each['relation']}" if each["relation"] else "")
        + (", private" if each["private"] else "")
        for each in value
    )


def _length(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


_SPECIAL: Final[dict[str, Callable[[Any], str]]] = {
    "approved": _approved,
    "used_s": _length,
    "lost_s": _length,
    "added_s": _length,
    "paused_s": _length,
    "not_added_s": _length,
}


def _cell(column: str, value: Any) -> Text:
    # Text, never markup: names come from people.
    if column in _SPECIAL:
        return Text(_SPECIAL[column](value))
    if isinstance(value, bool):
        return Text("yes" if value else "no")
    if value is None:
        return Text("-")
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return Text(ON_THE_MINUTE.sub(r"\1", text))


ON_THE_MINUTE: Final = re.compile(r"^(\d{4}-\d\d-\d\d \d\d:\d\d):00(?= [A-Z+-])")
"""A time of a facility's clock on the full minute, as all are that are booked on the page."""
