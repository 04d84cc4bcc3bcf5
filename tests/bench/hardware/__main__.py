"""`make bench-hardware`: what the terminal's devices delay and how soon they are usable."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Final

import click

from tests.bench.hardware import capture, hook_to_screen, plugging, sound
from tests.bench.report import Benchmark

Measure = Callable[[Benchmark, float], Coroutine[Any, Any, None]]

MEASURES: Final[Mapping[str, Measure]] = {
    "camera": capture.measure,
    "sound": sound.measure,
    "hook": hook_to_screen.measure,
    "plugging": plugging.measure,
}
UNMET: Final = 1
EPILOG: Final = """Examples:

\b
  python -m tests.bench.hardware
  python -m tests.bench.hardware --only sound --seconds 60

Leaves the table here, and bench-report/hardware.json and hardware.png. Exit status: 0 every goal
met; 1 one not met.
"""


@click.command(epilog=EPILOG)
@click.option("--only", type=click.Choice([*MEASURES]), multiple=True, help="May be repeated.")
@click.option(
    "--seconds", type=click.FloatRange(4, 3600), default=15.0, show_default=True, help="Of each."
)
def main(*, only: Sequence[str], seconds: float) -> None:
    """Measure the terminal's devices."""
    bench = Benchmark("hardware")
    for name, measure in MEASURES.items():
        if not only or name in only:
            click.echo(f"{name} ...", err=True)
            asyncio.run(measure(bench, seconds))
    sys.exit(0 if bench.finish("ms") else UNMET)


if __name__ == "__main__":
    main()
