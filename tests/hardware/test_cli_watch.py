"""`watch` tells what comes and goes, each move of the handset and each key, and goes on."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from config.schema import Devices
from hardware import cli_watch
from hardware.__main__ import main
from hardware.cli_watch import announcement, watch_hook, watch_keypad, watch_plugs
from hardware.identity import Device
from hardware.interfaces import DeviceLost, DeviceNotFound
from hardware.plugs import Plugged, Plugs, Unplugged
from hardware.simulated_hook import SimulatedHook
from tests.hardware.attachments import device

CAMERA = device("camera", 1, "A1")


class Told:
    """What was printed."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.events: list[dict[str, Any]] = []

    def __call__(self, words: str, fields: dict[str, Any]) -> None:
        self.words.append(words)
        self.events.append(fields)


async def until_told(told: Told, count: int, work: Coroutine[Any, Any, None]) -> None:
    """Run `work` until so much was told."""
    task = asyncio.ensure_future(work)
    try:
        async with asyncio.timeout(5):
            while len(told.events) < count:
                assert not task.done() or task.exception() is None
                await asyncio.sleep(0.001)
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


class Scripted(Plugs):
    """Plugs whose events are told beforehand."""

    def __init__(self, here: tuple[Device, ...], *events: Plugged | Unplugged) -> None:
        super().__init__()
        self._here = here
        self._script = list(events)
        self.closed = False

    async def open(self) -> tuple[Device, ...]:
        return self._here

    def __aiter__(self) -> AsyncIterator[Plugged | Unplugged]:
        return self

    async def __anext__(self) -> Plugged | Unplugged:
        if self._script:
            return self._script.pop(0)
        raise StopAsyncIteration

    async def close(self) -> None:
        self.closed = True


async def test_what_comes_and_goes_is_told_with_its_name_and_place() -> None:
    told, plugs = Told(), Scripted((CAMERA,), Unplugged(CAMERA), Plugged(CAMERA))
    await watch_plugs(plugs, told)
    assert [each["event"] for each in told.events] == ["attached", "unplugged", "plugged in"]
    assert told.events[0] == {
        "event": "attached",
        "kind": "camera",
        "name": CAMERA.name,
        "node": "/dev/video1",
        "selector": "usb:046d:0825:A1",
        "port": "0000:00:14.0/1",
    }
    assert "usb:046d:0825:A1, /dev/video1) at 0000:00:14.0/1" in told.words[1]
    assert plugs.closed


async def test_the_handset_is_told_and_after_its_loss_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(cli_watch, "RETRY_S", 0.01)

    class Pulled(SimulatedHook):
        """Lost at its second move, and away for two tries."""

        tries = 0

        async def open(self) -> bool:
            self.tries += 1
            if self.tries in (2, 3):
                raise DeviceNotFound("no hook is attached")
            return await super().open()

        async def change(self) -> bool:
            if self.tries > 1:
                return await super().change()
            raise DeviceLost("pulled")

    told = Told()
    await until_told(told, 4, watch_hook(Pulled(), told))
    assert [each["event"] for each in told.events] == ["lifted", "error", "error", "lifted"]
    assert [each.get("error") for each in told.events[1:3]] == ["pulled", "no hook is attached"]


async def test_moves_of_the_handset_are_told(tmp_path: Path) -> None:
    told, fifo = Told(), tmp_path / "hook"
    hook = SimulatedHook(str(fifo))
    watching = asyncio.ensure_future(watch_hook(hook, told))
    async with asyncio.timeout(5):
        while not told.events:  # noqa: ASYNC110 - told from a callback
            await asyncio.sleep(0.001)
        writer = os.open(fifo, os.O_WRONLY)
        os.write(writer, b"down\nup\n")
        os.close(writer)
        while len(told.events) < 3:  # noqa: ASYNC110 - told from a callback
            await asyncio.sleep(0.001)
    watching.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watching
    assert [each["event"] for each in told.events] == ["lifted", "hung up", "lifted"]


async def test_keys_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_watch, "RETRY_S", 0.01)

    class Pad:
        def __init__(self) -> None:
            self.keys = ["1", "enter"]

        async def open(self) -> None:
            """Open."""

        async def key(self) -> str:
            if not self.keys:
                raise DeviceLost("pulled")
            return self.keys.pop(0)

        async def close(self) -> None:
            """Close."""

    told = Told()
    await until_told(told, 3, watch_keypad(Pad(), told))
    assert [each.get("key") for each in told.events[:3]] == ["1", "enter", None]
    assert told.events[2]["error"] == "pulled"


def test_each_line_has_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_watch, "Plugs", lambda: Scripted((CAMERA,)))
    words = CliRunner().invoke(main, ["watch", "--seconds", "5"])
    assert words.exit_code == 0, words.output
    assert re.match(r"\d\d:\d\d:\d\d\.\d\d\d  attached +camera", words.stdout)
    assert "Watching what is plugged in and unplugged." in words.stderr
    assert 'Not the handset: hook = "none".' in words.stderr
    assert "It ends after 5 s, or by Ctrl+C." in words.stderr
    as_json = CliRunner().invoke(main, ["watch", "--json", "--seconds", "5"])
    assert json.loads(as_json.stdout)["event"] == "attached"


def test_where_the_kernel_tells_nothing_one_sentence_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Deaf(Scripted):
        async def open(self) -> tuple[Device, ...]:
            raise OSError(93, "Protocol not supported")

    monkeypatch.setattr(cli_watch, "Plugs", lambda: Deaf(()))
    told = CliRunner().invoke(main, ["watch"])
    assert told.exit_code == 1
    assert "devices cannot be watched: [Errno 93] Protocol not supported" in told.stderr


def test_it_stops_by_itself_when_it_is_told_to() -> None:
    told = CliRunner().invoke(main, ["watch", "--seconds", "0.2"])
    assert told.exit_code == 0, told.output


@pytest.mark.parametrize(
    ("devices", "seconds", "words"),
    [
        (
            Devices(hook="auto", keypad="auto"),
            None,
            "Watching what is plugged in and unplugged, the handset, the keypad's keys. Ctrl+C "
            "ends it.",
        ),
        (
            Devices(hook="auto"),
            2.5,
            "Watching what is plugged in and unplugged, the handset. Not the keypad's keys: keypad "
            '= "none". It ends after 2.5 s, or by Ctrl+C.',
        ),
    ],
)
def test_it_says_what_it_watches_and_how_it_ends(
    devices: Devices, seconds: float | None, words: str
) -> None:
    assert announcement(devices, seconds) == words


def test_a_reader_that_goes_ends_it_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object, **__: object) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr(cli_watch, "Plugs", lambda: Scripted((CAMERA,)))
    monkeypatch.setattr(click, "echo", gone)
    told = CliRunner().invoke(main, ["watch", "--json"])
    assert (told.exit_code, told.output) == (1, "")
