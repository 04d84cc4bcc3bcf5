"""`make bench-media`: the terminal's call beside Chromium's and the bare codec's, in one run."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence

import click
from rich.console import Console
from rich.table import Table

from tests.bench import namespaces
from tests.bench.media import ears, extras, ratios, rows
from tests.bench.media.ears import Ears
from tests.bench.media.session import Measured, Plan, Say, Sized, measured
from tests.bench.namespaces import Host
from tests.bench.report import Benchmark, Row

LONG = Plan(sizes=((640, 480), (1280, 720)), rounds=2, presses=4, seconds=20)
SHORT = Plan(sizes=((640, 480),), rounds=2, presses=8, seconds=12)
UNMET = 1
UNABLE = 77
"""Not 2, which click has for a wrong option: that must not pass for "not measured"."""
EPILOG = """Examples:

\b
  python -m tests.bench.media
  python -m tests.bench.media --short
  python -m tests.bench.media --size 640x480 --seconds 10 --verbose
  python -m tests.bench.media --minutes 60       (memory over an hour)

Leaves the table here, and bench-report/media.json and media.png. Exit status: 0 every goal met;
1 a goal not met, with --short a ratio that fell twice; 77 network namespaces cannot be made here.
"""


SIZES = {f"{width}x{height}": (width, height) for width, height in LONG.sizes}


@click.command(epilog=EPILOG)
@click.option(
    "--short", is_flag=True, help="Three minutes, six if a ratio falls; judges ratios, not goals."
)
@click.option(
    "--size",
    "sizes",
    type=click.Choice([*SIZES]),
    multiple=True,
    help="May be repeated. Default: both.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(4, 600),
    help="Of call in each round. Default: 20; short: 12.",
)
@click.option(
    "--rounds", type=click.IntRange(1, 20), help="Turns of ours and the peer. Default: 2."
)
@click.option("--presses", type=click.IntRange(1, 50), help="In each round. Default: 4; short: 8.")
@click.option(
    "--minutes",
    type=click.FloatRange(0, 600),
    default=0.0,
    envvar="BENCH_MINUTES",
    help="Let one more call run so long and tell how memory grew.",
)
@click.option("--only-calls", is_flag=True, help="Leave out drawing, echo, the whole house.")
@click.option("--profile", is_flag=True, help="Record one call with py-spy, where installed.")
@click.option("--verbose", is_flag=True, help="Also the CPU of each thread of the media process.")
def main(
    *, short: bool, sizes: Sequence[str], seconds: float | None, rounds: int | None,
    presses: int | None, minutes: float, only_calls: bool, profile: bool, verbose: bool,
) -> None:  # fmt: skip
    """Measure the terminal's call against Chromium's, in network namespaces of their own."""
    try:
        status = namespaces.isolate([sys.executable, "-m", "tests.bench.media", *sys.argv[1:]])
    except namespaces.NotPermitted as error:
        click.echo(str(error), err=True)
        sys.exit(UNABLE)
    if status is not None:
        sys.exit(status)
    base = SHORT if short else LONG
    plan = Plan(
        tuple(SIZES[each] for each in sizes) or base.sizes,
        rounds or base.rounds,
        presses or base.presses,
        seconds or base.seconds,
    )
    more = extras.Extras(house=not (short or only_calls), minutes=minutes, profile=profile)
    sys.exit(asyncio.run(run(plan, more, short=short, verbose=verbose)))


async def run(plan: Plan, more: extras.Extras, *, short: bool, verbose: bool) -> int:
    """Measure, print, and return the exit status."""
    began = time.monotonic()

    def say(what: str) -> None:
        click.echo(f"[{time.monotonic() - began:4.0f} s] {what}", err=True)

    with namespaces.pair("terminal", "family") as hosts:
        sized, heard = await calls(hosts, plan, say)
        beside = await extras.measured(hosts, more, say)
        met = report("media-short" if short else "media", sized, heard, beside)
        if verbose:
            for one in sized:
                print_threads(one.name, one.ours)
        if not short:
            return 0 if met else UNMET
        fallen = ratios.fallen(sized, heard, click.echo)
        if fallen:  # a neighbour's busy minute falls once, a regression twice
            say("once more, because something fell")
            fallen &= ratios.fallen(*await calls(hosts, plan, say), click.echo)
    return UNMET if fallen else 0


async def calls(hosts: tuple[Host, Host], plan: Plan, say: Say) -> tuple[list[Sized], Ears]:
    """Measure the calls of every size, and what is heard in one."""
    sized = [await measured(hosts, size, plan, say) for size in plan.sizes]
    return sized, await ears.measured(hosts, plan.seconds, say)


def report(name: str, sized: Sequence[Sized], heard: Ears, beside: Sequence[Row]) -> bool:
    """Print the table and leave the files; whether every goal was met."""
    bench = Benchmark(name)
    for one in sized:
        bench.rows += rows.rows(one)
        bench.curves |= rows.curves(one)
    bench.rows += [*ears.rows(heard), *beside]
    return bench.finish("ms")


def print_threads(name: str, side: Measured) -> None:
    """Print what each thread of the media process used."""
    table = Table(title=f"threads of the media process, {name}")
    table.add_column("thread")
    table.add_column("% of a core", justify="right")
    for thread, percent in side.threads.items():
        table.add_row(thread, f"{percent:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
