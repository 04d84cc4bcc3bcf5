"""`visit-hardware show`: the camera's picture as a file, and live meters of light and sound."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
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
    INTERRUPTED,
    BadConfig,
    config_option,
    console,
    device_options,
    json_option,
    run,
    sound_system,
)
from hardware.finding import fix_of
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


@dataclass(slots=True)
class Shown:
    """What came of it so far."""

    output: Path
    readings: Readings = field(default_factory=Readings)
    failures: list[str] = field(default_factory=list)
    """What failed, each with what to do."""
    is_written: bool = False
    """Whether the picture is in its file."""

    def failed(self, device: str, error: DeviceError) -> None:
        """Note that a device did not open or was lost."""
        self.failures.append(f"{device}: {error}. {fix_of(error)}")


def bar(value: float | None, low: float, high: float) -> str:
    """Return a meter of BAR characters."""
    share = 0.0 if value is None else min(1.0, max(0.0, (value - low) / (high - low)))
    full = round(share * BAR)
    return "#" * full + "." * (BAR - full)


@click.command()
@config_option
@device_options("camera", "microphone")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default="visit-camera.png",
    show_default=True,
    help="Where the picture goes: a file that ends in .png.",
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
      0    picture and sound came
      1    a device did not open or was lost, or the file could not be written
      2    terminal.toml or an option is wrong
      130  stopped by Ctrl+C; what was seen and heard so far is shown

    \b
    Examples:
      visit-hardware show
      visit-hardware show --output booth.png --seconds 30
      visit-hardware show --camera simulated --microphone simulated --json | jq .level_dbfs
    """
    _check(output)
    shown = Shown(output)
    is_stopped = False
    try:
        microphone = factory.microphone(devices, sound_system(devices.microphone))
        run(_show(factory.camera(devices), microphone, shown, seconds, as_json=as_json))
    except KeyboardInterrupt:
        is_stopped = True
    if not (as_json or console().is_terminal):
        click.echo(shown.readings.lines())
    if shown.is_written:
        click.echo(f"picture: {output}", err=as_json)
    for each in shown.failures:
        click.echo(f"visit-hardware: {each}", err=True)
    if is_stopped:
        click.echo("Stopped by Ctrl+C.", err=True)
        sys.exit(INTERRUPTED)
    if shown.failures:
        sys.exit(FAILED)


def _check(output: Path) -> None:
    """Raise BadConfig for a file that the picture cannot go to, before anything is opened."""
    if output.suffix.lower() != ".png":
        raise BadConfig(
            f"--output: found {output}, expected a name that ends in .png: it is a PNG."
        )
    if not output.parent.is_dir():
        raise BadConfig(f"--output: there is no folder {output.parent}; make it first.")
    if not os.access(output if output.exists() else output.parent, os.W_OK):
        raise BadConfig(f"--output: this user may not write {output}; name another place.")


async def _show(
    camera: Camera, microphone: Microphone, shown: Shown, seconds: float, *, as_json: bool
) -> None:
    """Fill `shown`, which has what there is also where this is interrupted."""
    picture = asyncio.Event()

    async def see() -> None:
        try:
            frame = await _settled(camera, shown.readings)
            await asyncio.to_thread(shown.output.write_bytes, png(frame))
            shown.is_written = True
            picture.set()
            while True:
                _saw(await camera.frame(), shown.readings)
        except DeviceError as error:
            shown.failed("camera", error)
        except OSError as error:
            shown.failures.append(f"{shown.output}: {error.strerror}")
        finally:
            picture.set()
            await camera.close()

    async def hear() -> None:
        try:
            await opened(microphone.open())
            while True:
                shown.readings.heard(await microphone.block())
        except DeviceError as error:
            shown.failed("microphone", error)
        finally:
            await microphone.close()

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(see(), name="see"), group.create_task(hear(), name="hear")]
        await _meters(shown.readings, seconds, tasks, as_json=as_json)
        await picture.wait()
        for each in tasks:
            each.cancel()


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
