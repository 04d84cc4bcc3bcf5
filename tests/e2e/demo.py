"""`make demo`: a whole visit, step by step as the help page tells it.

Without a display, or with AUTO=1, a headless Chromium is the family and a kiosk on Xvfb the jail;
the result lies in demo-report/. With a display the kiosk opens in a window and the family is you.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import click

from tests.e2e.demo_auto import Demonstration
from tests.e2e.demo_manual import show


def _size(text: str) -> tuple[int, int]:
    try:
        width, height = (int(each) for each in text.lower().split("x"))
    except ValueError:
        width = height = 0
    if not (160 <= width <= 1920 and 120 <= height <= 1080) or width % 2 or height % 2:
        raise click.ClickException(
            f"DEMO_SIZE is {text!r}, expected WIDTHxHEIGHT in even numbers from 160x120 to "
            "1920x1080, such as 1280x720"
        )
    return width, height


def _length(text: str, default: int) -> int:
    if not text:
        return default
    if not text.isdigit() or not 10 <= int(text) <= 7200:
        raise click.ClickException(f"DEMO_VISIT_S is {text!r}, expected 10 to 7200 seconds")
    return int(text)


async def _cancel_on_signals(work: asyncio.Task[bool], when_stopped: bool) -> bool:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, work.cancel)
    try:
        return await work
    except asyncio.CancelledError:
        click.echo("Stopped.")
        return when_stopped


@click.command(
    epilog="Examples:  make demo    make demo AUTO=1    make demo AUTO=1 DEMO_SIZE=1280x720"
)
@click.option("--report", type=click.Path(path_type=Path), default=Path("demo-report"))
def main(report: Path) -> None:
    """Show a whole visit. Reads AUTO, DEMO_VISIT_S and DEMO_SIZE from the environment."""
    size = _size(os.environ.get("DEMO_SIZE") or "640x480")
    told = os.environ.get("DEMO_VISIT_S", "")
    auto = os.environ.get("AUTO", "") not in ("", "0") or not os.environ.get("DISPLAY")

    async def work() -> bool:
        if auto:
            job = asyncio.create_task(
                Demonstration(report, size, _length(told, 25 if size[0] <= 640 else 40)).run()
            )
        else:
            job = asyncio.create_task(show(size, _length(told, 1800)))
        # Ctrl-C is how a person ends the window's demonstration, and a failure of the other.
        return await _cancel_on_signals(job, when_stopped=not auto)

    sys.exit(0 if asyncio.run(work()) else 1)


if __name__ == "__main__":
    main()
