"""What every benchmark leaves: a table here, bench-report/NAME.json, and its curves as NAME.png.

In a row, `peer` and `limit` were measured in the same run on the same machine: what one would use
instead of us, and the bare floor that nobody can go under.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from rich.console import Console
from rich.table import Table

FOLDER = Path("bench-report")


@dataclass(frozen=True, slots=True)
class Row:
    """One measure. `goal` is the worst value of `ours` that is good enough; None: told only."""

    what: str
    unit: str
    ours: float
    peer: float | None
    limit: float | None
    goal: float | None
    higher_is_better: bool = False

    @property
    def met(self) -> bool | None:
        """Whether `ours` reaches the goal; None without a goal."""
        if self.goal is None:
            return None
        return self.ours >= self.goal if self.higher_is_better else self.ours <= self.goal


def machine() -> dict[str, str | int]:
    """What this was measured on."""
    cpu = platform.processor()
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            cpu = line.split(":", 1)[1].strip()
            break
    return {
        "cpu": cpu,
        "cores": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "python": platform.python_version(),
    }


@dataclass
class Benchmark:
    """Collects rows and curves under one name."""

    name: str
    rows: list[Row] = field(default_factory=list)
    curves: dict[str, Sequence[float]] = field(default_factory=dict)

    def add(self, row: Row) -> None:
        """Add a row."""
        self.rows.append(row)

    def finish(self, unit: str) -> bool:
        """Print the table, write JSON and the curves; whether every goal was met."""
        FOLDER.mkdir(exist_ok=True)
        told = [{**asdict(row), "met": row.met} for row in self.rows]
        for row in told:
            del row["higher_is_better"]
        (FOLDER / f"{self.name}.json").write_text(
            json.dumps({"rows": told, "machine": machine()}, indent=2) + "\n", encoding="utf-8"
        )
        self._print()
        if self.curves:
            draw(self.curves, unit, FOLDER / f"{self.name}.png")
        return all(row.met is not False for row in self.rows)

    def _print(self) -> None:
        table = Table(title=self.name)
        table.add_column("what")
        for column in ("unit", "ours", "peer", "limit", "goal", "met"):
            table.add_column(column, justify="right")
        for row in self.rows:
            numbers = (row.ours, row.peer, row.limit, row.goal)
            shown = ["-" if each is None else f"{each:,.4g}" for each in numbers]
            met = {True: "yes", False: "NO", None: "-"}[row.met]
            table.add_row(row.what, row.unit, *shown, met)
        Console().print(table)


def draw(curves: Mapping[str, Sequence[float]], unit: str, target: Path) -> None:
    """Draw each curve's share of samples at or below a value.

    Curves called "WHAT, WHO" share a colour by WHAT; the first WHO's are solid, others dashed.
    """
    figure, axes = plt.subplots(figsize=(9, 5), layout="constrained")
    whats = list(dict.fromkeys(name.rpartition(", ")[0] or name for name in curves))
    first = next(iter(curves)).rpartition(", ")[2]
    for name, samples in curves.items():
        what, comma, who = name.rpartition(", ")
        values = np.sort(np.asarray(samples))
        colour = f"C{whats.index(what or name) % 10}"
        style = "-" if not comma or who == first else "--"
        axes.plot(values, np.linspace(0, 100, len(values)), style, color=colour, label=name)
    axes.set_xscale("log")
    axes.set_xlabel(unit)
    axes.set_ylabel("% of samples at or below")
    axes.grid(True, which="both", alpha=0.3)
    figure.legend(loc="outside right upper", fontsize="small")
    figure.savefig(target, dpi=110)
    plt.close(figure)
