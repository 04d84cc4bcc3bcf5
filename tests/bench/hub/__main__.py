"""`make bench-hub`: the hub under load, beside a bare relay and PeerJS."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Final

import click

from tests.bench.hub import ours, writers
from tests.bench.hub.processes import many_files, peerjs, relay, worker
from tests.bench.hub.rows import add_rows
from tests.bench.hub.running import Measured, common
from tests.bench.hub.sizes import FULL, SHORT, Size
from tests.bench.report import Benchmark
from tests.signalling.hub.mail_server import free_port

UNMET: Final = 3
"""Told from a benchmark that failed, which ends with 1."""
EPILOG: Final = """Examples:

\b
  python -m tests.bench.hub
  python -m tests.bench.hub --short

ours: the hub. peer: PeerJS' server. limit: a bare relay on the same library that decodes and
encodes JSON. Leaves the table here, and bench-report/hub.json and hub.png. Exit status: 0 every
goal met; 3 one not met.
"""


async def measure_peer(name: str, size: Size) -> Measured:
    """Measure one of the peers."""
    port = free_port()
    process, listening = relay() if name == "relay" else peerjs(port)
    async with process:
        found = await process.wait_for(listening)
        async with worker("peer", f"ws://127.0.0.1:{found[1]}", size) as load:
            return await common(process.pid, load, size)


async def run(bench: Benchmark, size: Size) -> None:
    """Measure all, one after the other."""
    many_files()
    peers: dict[str, Measured] = {}
    with tempfile.TemporaryDirectory() as folder:
        click.echo("hub ...", err=True)
        hub = await ours.measure(Path(folder), size)
    for name in ("relay", "peerjs"):
        click.echo(f"{name} ...", err=True)
        peers[name] = await measure_peer(name, size)
    click.echo("store ...", err=True)
    add_rows(bench, size, hub, peers["relay"], peers["peerjs"], await writers.sqlite(size))


@click.command(epilog=EPILOG)
@click.option("--short", is_flag=True, help="A tenth of the load: under 90 seconds.")
def main(*, short: bool) -> None:
    """Measure the hub."""
    bench = Benchmark("hub")
    asyncio.run(run(bench, SHORT if short else FULL))
    sys.exit(0 if bench.finish("ms") else UNMET)


if __name__ == "__main__":
    main()
