"""`make bench-page`: what the family's page costs a cheap phone, and how soon it shows a change."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Final

import click
from playwright.async_api import async_playwright

from signalling.hub.web_files import read_web_files
from tests.bench.page import loading, statuses
from tests.bench.report import Benchmark
from tests.signalling.hub.harness import hub_config, running_hub

UNMET: Final = 1
EPILOG: Final = """Examples:

\b
  python -m tests.bench.page
  python -m tests.bench.page --short

The slow phone is Chromium with its processor slowed 4 times and a network of 1.6 Mb/s and 150 ms
(what it slows of websockets is Chromium's matter). `peer` is the same without any of that.
Leaves the table here, and bench-report/page.json and page.png. Exit status: 0 every goal met;
1 one not met.
"""


async def run(bench: Benchmark, loads: int, changes: int) -> None:
    """Measure against a real hub in this process and a real Chromium beside it."""
    with tempfile.TemporaryDirectory() as folder:
        async with (
            running_hub(hub_config(Path(folder)), files=read_web_files()) as hub,
            async_playwright() as playwright,
        ):
            await hub.people()
            browser = await playwright.chromium.launch(
                executable_path="/usr/bin/chromium",
                args=[
                    "--no-sandbox",
                    "--disable-gpu",
                    "--use-fake-ui-for-media-stream",
                    "--use-fake-device-for-media-stream",
                ],
            )
            click.echo("loading ...", err=True)
            await loading.measure(bench, browser, hub.url, loads)
            click.echo("status changes ...", err=True)
            await statuses.measure(bench, browser, hub, changes)
            await browser.close()


@click.command(epilog=EPILOG)
@click.option("--short", is_flag=True, help="Fewer loads and changes: half a minute.")
def main(*, short: bool) -> None:
    """Measure the family's page."""
    bench = Benchmark("page")
    asyncio.run(run(bench, loads=2 if short else 5, changes=10 if short else 40))
    sys.exit(0 if bench.finish("ms") else UNMET)


if __name__ == "__main__":
    main()
