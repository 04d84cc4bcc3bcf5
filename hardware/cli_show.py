"""`visit-hardware show`: the camera's picture as a file, and live meters of light and sound."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import av
import click
from rich.live import Live
from rich.text import Text

from config.schema import Devices
from hardware import factory, sound
from hardware.cli_options import (
    FAILED,
    config_option,
    console,
    device_options,
    json_option,
    sound_system,
)
from hardware.interfaces import Block, Camera, DeviceError, Microphone
from hardware.png import png
from hardware.scene import rows_of
from hardware.selftest import opened

BAR: Final = 40
FLOOR_DBFS: Final = -72.0
"""The left end of the meter of sound: a quiet room."""
BLACK, WHITE = 16, 235
"""The ends of the meter of light, in luma of limited range."""
METERS_A_SECOND: Final = 10
SETTLE_S: Final = 1.0
"""A camera's first pictures are dark; the one that is kept comes after."""


@dataclass(slots=True)
class Readings:
    """What the devices give now; None from one that gives nothing."""

    light: float | None = None
    """Mean luma."""
    pictures: int = 0
    level_dbfs: float | None = None
    peak_dbfs: float | None = None
    """The loudest so far."""

    def heard(self, block: Block) -> None:
        """Take what the microphone gave."""
        self.level_dbfs = round(sound.rms_dbfs(block), 1)
        self.peak_dbfs = round(max(self.peak_dbfs or sound.SILENCE_DBFS, sound.peak_dbfs(block)), 1)

    def lines(self) -> str:
        """Return both meters, a line each."""
        light = bar(self.light, BLACK, WHITE)
        level = bar(self.level_dbfs, FLOOR_DBFS, 0.0)
        seen = "no picture" if self.light is None else f"luma {self.light:.0f}"
        heard = "no sound" if self.level_dbfs is None else f"{self.level_dbfs:.0f} dBFS"
        return f"camera      {light} {seen}\nmicrophone  {level} {heard}"


def bar(value: float | None, low: float, high: float) -> str:
    """Return a meter of BAR characters."""
    share = 0.0 if value is None else min(1.0, max(0.0, (value - low) / (high - low)))
    full = round(share * BAR)
    return "#" * full + "." * (BAR - full)


@click.command()
@config_option
@device_options
@click.option(
    "--output",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    default="visit-camera.png",
    show_default=True,
    help="Where the picture goes.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, max=3600),
    default=5.0,
    show_default=True,
    help="How long the meters run.",
)
@json_option
def show(devices: Devices, output: Path, seconds: float, as_json: bool) -> None:
    """Write the camera's picture to a PNG file and show meters of light and sound.

    The picture is what the family would get: cut and masked as terminal.toml says. With --json a
    line is printed ten times a second.

    \b
    Exit status:
      0  picture and sound came
      1  a device did not open or was lost, or the file could not be written
      2  terminal.toml or an option is wrong

    \b
    Examples:
      visit-hardware show
      visit-hardware show --output booth.png --seconds 30
      visit-hardware show --camera simulated --microphone simulated --json | jq .level_dbfs
    """
    microphone = factory.microphone(devices, sound_system(devices.microphone))
    camera = factory.camera(devices)
    failures = asyncio.run(_show(camera, microphone, output, seconds, as_json=as_json))
    for each in failures:
        click.echo(f"visit-hardware: {each}", err=True)
    if failures:
        sys.exit(FAILED)


async def _show(
    camera: Camera, microphone: Microphone, output: Path, seconds: float, *, as_json: bool
) -> list[str]:
    readings, failures = Readings(), list[str]()
    picture = asyncio.Event()

    async def see() -> None:
        try:
            frame = await _settled(camera, readings)
            await asyncio.to_thread(output.write_bytes, png(frame))
            picture.set()
            while True:
                _saw(await camera.frame(), readings)
        except DeviceError as error:
            failures.append(f"camera: {error}")
        except OSError as error:
            failures.append(f"{output}: {error.strerror}")
        finally:
            picture.set()
            await camera.close()

    async def hear() -> None:
        try:
            await opened(microphone.open())
            while True:
                readings.heard(await microphone.block())
        except DeviceError as error:
            failures.append(f"microphone: {error}")
        finally:
            await microphone.close()

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(see(), name="see"), group.create_task(hear(), name="hear")]
        await _meters(readings, seconds, tasks, as_json=as_json)
        await picture.wait()
        for each in tasks:
            each.cancel()
    if not any(each.startswith(("camera", str(output))) for each in failures):
        click.echo(f"picture: {output}", err=as_json)
    return failures


async def _settled(camera: Camera, readings: Readings) -> av.VideoFrame:
    """Open the camera and return the picture that it gives once it has found its exposure."""
    await opened(camera.open())
    until = time.monotonic() + SETTLE_S
    while True:
        frame = await camera.frame()
        _saw(frame, readings)
        if time.monotonic() >= until:
            return frame


def _saw(frame: av.VideoFrame, readings: Readings) -> None:
    readings.light = round(float(rows_of(frame.planes[0])[::8, ::8].mean()), 1)
    readings.pictures += 1


async def _meters(
    readings: Readings, seconds: float, tasks: list[asyncio.Task[None]], *, as_json: bool
) -> None:
    """Show the meters until time is up or no device gives anything any more."""
    until = time.monotonic() + seconds
    screen = console()
    live = Live(console=screen, auto_refresh=False)
    with live if screen.is_terminal and not as_json else nullcontext():
        while time.monotonic() < until and not all(each.done() for each in tasks):
            await asyncio.sleep(1 / METERS_A_SECOND)
            if as_json:
                click.echo(json.dumps(asdict(readings)))
            else:
                live.update(Text(readings.lines()), refresh=screen.is_terminal)
    if not (as_json or screen.is_terminal):
        click.echo(readings.lines())
