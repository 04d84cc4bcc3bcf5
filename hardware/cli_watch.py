"""`visit-hardware watch`: devices that come and go, the handset and the keypad's keys, live."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from typing import Any, Final

import click

from config.schema import NONE, Devices
from hardware import hooks
from hardware.cli_options import config_option, json_option, run
from hardware.identity import Device
from hardware.interfaces import DeviceError, Hook, Keypad
from hardware.plugs import Plugged, Plugs

RETRY_S: Final = 1.0
"""Between two tries to open a hook or keypad that is away."""

Tell = Callable[[str, dict[str, Any]], None]
"""Prints an event: its words, and the same as fields."""


@click.command()
@config_option
@click.option(
    "--seconds", type=click.FloatRange(min=0), help="Stop by itself after so long; else Ctrl+C."
)
@json_option
def watch(devices: Devices, seconds: float | None, as_json: bool) -> None:
    """Print what happens to the devices, a line each, until Ctrl+C.

    Devices plugged in and unplugged; the handset lifted and hung up, and the keypad's keys, where
    terminal.toml names a hook and a keypad and no kiosk has them. Times are this machine's.

    \b
    Exit status:
      0  stopped by Ctrl+C, or the time was up
      1  the kernel tells nothing of devices here
      2  terminal.toml is wrong

    \b
    Examples:
      visit-hardware watch
      visit-hardware watch --config terminal.toml
      visit-hardware watch --json | jq 'select(.event == "plugged in")'
    """

    def tell(words: str, fields: dict[str, Any]) -> None:
        at = time.time()
        if as_json:
            click.echo(json.dumps({"time": round(at, 3), **fields}))
            return
        clock = time.strftime("%H:%M:%S", time.localtime(at))
        click.echo(f"{clock}.{int(at * 1000) % 1000:03}  {words}")

    if not as_json:
        click.echo(announcement(devices, seconds), err=True)
    with suppress(KeyboardInterrupt):
        run(_watch(devices, seconds, tell))


def announcement(devices: Devices, seconds: float | None) -> str:
    """Return what is watched, what is not and why, and what ends it."""
    watched, unwatched = ["what is plugged in and unplugged"], ""
    for kind, what in (("hook", "the handset"), ("keypad", "the keypad's keys")):
        if getattr(devices, kind) == NONE:
            unwatched += f' Not {what}: {kind} = "{NONE}".'
        else:
            watched.append(what)
    ends = "Ctrl+C ends it." if seconds is None else f"It ends after {seconds:g} s, or by Ctrl+C."
    return f"Watching {', '.join(watched)}.{unwatched} {ends}"


async def _watch(devices: Devices, seconds: float | None, tell: Tell) -> None:
    try:
        async with asyncio.timeout(seconds), asyncio.TaskGroup() as group:
            group.create_task(watch_plugs(Plugs(), tell), name="plugs")
            if devices.hook != NONE:
                group.create_task(watch_hook(hooks.hook(devices), tell), name="hook")
            if devices.keypad != NONE:
                keypad = hooks.keypad(devices)
                assert keypad is not None, "there is one unless it is NONE"
                group.create_task(watch_keypad(keypad, tell), name="keypad")
    except TimeoutError:
        return


async def watch_plugs(plugs: Plugs, tell: Tell) -> None:
    """Tell what is attached, and then what comes and goes. Raises ClickException."""
    try:
        for device in await plugs.open():
            _tell_device("attached", device, tell)
        async for event in plugs:
            is_there = isinstance(event, Plugged)
            _tell_device("plugged in" if is_there else "unplugged", event.device, tell)
    except BrokenPipeError:  # nobody reads what is told
        raise
    except OSError as error:
        raise click.ClickException(f"devices cannot be watched: {error}") from None
    finally:
        await plugs.close()


async def watch_hook(hook: Hook, tell: Tell) -> None:
    """Tell how the handset is and each of its moves; try again when the hook is away."""
    async with aclosing(_states(hook, tell)) as states:
        async for up in states:
            tell(
                f"{'handset':10} {'lifted' if up else 'hung up'}",
                {"event": "lifted" if up else "hung up", "kind": "hook"},
            )


async def watch_keypad(keypad: Keypad, tell: Tell) -> None:
    """Tell each key; try again when the keypad is away."""
    said = ""
    while True:
        try:
            await keypad.open()
            said = ""
            while True:
                key = await keypad.key()
                tell(f"{'key':10} {key}", {"event": "key", "kind": "keypad", "key": key})
        except DeviceError as error:
            said = _tell_error("keypad", error, said, tell)
        finally:
            await keypad.close()
        await asyncio.sleep(RETRY_S)


async def _states(hook: Hook, tell: Tell) -> AsyncGenerator[bool, None]:
    said = ""
    while True:
        try:
            yield await hook.open()
            said = ""
            while True:
                yield await hook.change()
        except DeviceError as error:
            said = _tell_error("hook", error, said, tell)
        finally:
            await hook.close()
        await asyncio.sleep(RETRY_S)


def _tell_error(kind: str, error: DeviceError, said: str, tell: Tell) -> str:
    """Tell an error once for as long as it stays the same; return it."""
    words = str(error)
    if words != said:
        tell(f"{kind:10} {words}", {"event": "error", "kind": kind, "error": words})
    return words


def _tell_device(what: str, device: Device, tell: Tell) -> None:
    fields = {
        "event": what,
        "kind": device.kind,
        "name": device.name,
        "node": device.node,
        "selector": device.identity.with_serial,
        "port": device.identity.port,
    }
    tell(f"{what:10} {device.kind:10} {device} at {device.identity.port}", fields)
