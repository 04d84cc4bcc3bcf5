"""`make bench-hub`: the hub under load, beside a bare relay and PeerJS."""

from __future__ import annotations

import asyncio
import logging
import sys
import tempfile
from collections.abc import Awaitable, Callable
from compileall import compile_dir
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import click

from tests.bench.hub import across, ours, secure, takeover, writers
from tests.bench.hub.processes import ROOT, many_files, peerjs, worker
from tests.bench.hub.processes import relay as bare_relay
from tests.bench.hub.rows import add_rows, add_secure, add_writes
from tests.bench.hub.rows_several import add_across, add_takeover
from tests.bench.hub.running import Measured, common
from tests.bench.hub.sizes import FULL, SHORT, Size
from tests.bench.report import Benchmark
from tests.signalling.hub.mail_server import free_port

Part = TypeVar("Part")

UNMET: Final = 3
"""Told from a benchmark that failed, which ends with 1."""
MOST_MINUTES: Final = 120.0
"""Visits and the tokens of pages last longer."""
EPILOG: Final = """Examples:

\b
  python -m tests.bench.hub
  python -m tests.bench.hub --short
  python -m tests.bench.hub --minutes 60

ours: the hub. peer: PeerJS' server. limit: a bare relay on the same library that decodes and
encodes JSON. Leaves the table here, and bench-report/hub.json and hub.png. Exit status: 0 every
goal met; 3 one not met.
"""


async def measure_peer(name: str, size: Size) -> Measured:
    """Measure one of the peers."""
    port = free_port()
    process, listening = bare_relay() if name == "relay" else peerjs(port)
    async with process:
        found = await process.wait_for(listening)
        async with worker("peer", f"ws://127.0.0.1:{found[1]}", size) as load:
            return await common(process.pid, load, size)


async def run(bench: Benchmark, size: Size, minutes: float) -> None:
    """Measure all, one after the other."""
    many_files()
    # Whoever books beside hubs joins their bus late and leaves it, as warnings say each time.
    logging.getLogger("signalling.hub.bus").setLevel(logging.ERROR)
    compile_dir(ROOT / "signalling", quiet=1)  # as an installed hub is; else the first start does
    compile_dir(ROOT / "config", quiet=1)
    hub = await _part("hub", partial(ours.measure, minutes), size)
    _say("relay")
    relay = await measure_peer("relay", size)
    _say("peerjs")
    add_rows(bench, size, hub, relay, await measure_peer("peerjs", size))
    add_secure(bench, size, await _part("hub with TLS", secure.measure, size), relay)
    _say("stores")
    add_writes(bench, "SQLite FULL", await writers.sqlite(size))
    add_writes(bench, "PostgreSQL", await writers.postgres(size))
    add_across(bench, await _part("two hubs", across.measure, size))
    for how in takeover.HOWS:
        add_takeover(bench, how, await _part(f"a hub {how}", partial(takeover.measure, how), size))


def _say(what: str) -> None:
    click.echo(f"{what} ...", err=True)


async def _part(what: str, measure: Callable[[Path, Size], Awaitable[Part]], size: Size) -> Part:
    _say(what)
    with tempfile.TemporaryDirectory() as folder:
        return await measure(Path(folder), size)


@click.command(epilog=EPILOG)
@click.option("--short", is_flag=True, help="A tenth of the load: about three minutes.")
@click.option(
    "--minutes",
    default=0.0,
    type=click.FloatRange(0.0, MOST_MINUTES),
    help="Let the hub go on for so long with everybody connected, for its longest pause: 60.",
)
def main(*, short: bool, minutes: float) -> None:
    """Measure the hub."""
    bench = Benchmark("hub")
    asyncio.run(run(bench, SHORT if short else FULL, minutes))
    sys.exit(0 if bench.finish("ms") else UNMET)


if __name__ == "__main__":
    main()
