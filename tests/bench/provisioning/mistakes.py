"""The table of wrong files: `python -m tests.bench.provisioning.mistakes`. One row sums it up."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tests.bench.provisioning.judged import Judged, judge
from tests.bench.report import Row


def rows(judged: list[Judged]) -> list[Row]:
    """Return what the benchmark reports: files of which a person is told where and what to do."""
    lines = sum(each.right_line for each in judged)
    fixes = sum(each.has_fix for each in judged)
    peer = sum(each.peer_line for each in judged)
    count = len(judged)
    return [
        Row("wrong files: the right line", f"of {count}", lines, peer, None, count, True),
        Row("wrong files: what to do", f"of {count}", fixes, None, None, count, True),
    ]


def show(judged: list[Judged]) -> None:
    """Print what is said of each file."""
    table = Table(title="Wrong files, and what visit-config check says", title_justify="left")
    for column in ("file", "line", "fix", "said"):
        table.add_column(column, overflow="fold")
    for each in judged:
        marks = ("yes" if good else "NO" for good in (each.right_line, each.has_fix))
        table.add_row(each.name, *marks, Text(each.said.lstrip(", ")))
    Console().print(table)


def main() -> int:
    """Judge and print; the status says whether all is as it should be."""
    with tempfile.TemporaryDirectory() as folder:
        judged = judge(Path(folder))
    show(judged)
    helped = sum(each.right_line and each.has_fix for each in judged)
    alone = sum(each.peer_line for each in judged)
    Console().print(
        f"{helped} of {len(judged)} name the right line and what to do; tomllib and msgspec alone"
        f" name the line of {alone}."
    )
    return 0 if helped == len(judged) else 1


if __name__ == "__main__":
    sys.exit(main())
