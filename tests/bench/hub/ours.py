"""The hub itself: started over a full store, loaded, killed, started again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sqlite3
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from prometheus_client.parser import text_string_to_metric_families

from signalling.hub.store.sqlite import SqliteStore
from tests.bench.hub.people import book, hub_toml, settle
from tests.bench.hub.processes import ANSWER_WITHIN_S, Worker, environment, worker
from tests.bench.hub.running import Measured, common
from tests.bench.hub.sizes import PAIRS, Size

LISTENING: Final = r"listening on https?://127\.0\.0\.1:(\d+)"
METRICS: Final = r"metrics at (http://\S+)"
START_WITHIN_S: Final = 60.0
LOOK_EVERY_S: Final = 0.01


@dataclass(slots=True)
class Ours:
    """What only the hub can be asked."""

    common: Measured = field(default_factory=Measured)
    start_s: list[float] = field(default_factory=list)
    """The first start, and the one after it was killed."""
    ready_ms: list[float] = field(default_factory=list)
    told_ms: list[float] = field(default_factory=list)
    beside_ms: list[float] = field(default_factory=list)
    back: dict[str, Any] = field(default_factory=dict)
    pause_ms: list[float] = field(default_factory=list)
    """The longest pause of the loop until it was killed, and since."""
    minutes: list[float] = field(default_factory=list)
    """How long those two times were."""
    held_ms: list[float] = field(default_factory=list)
    """What was carried while it was asked to go on for longer; empty when it was not."""


class HubProcess:
    """A hub that is started, killed and started again on its port. Its log goes to a file."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "state"
        self.config = folder / "hub.toml"
        self.log = folder / "hub.log"
        self.port = 0
        self.metrics = ""
        self.serving_since = 0.0
        self.child: asyncio.subprocess.Process | None = None

    def configure(self, toml: str) -> None:
        """Make its folder."""
        self.state.mkdir(mode=0o700, parents=True)
        self.config.write_text(toml, encoding="utf-8")

    def said(self) -> str:
        """Return its log since it was started."""
        return self.log.read_text(encoding="utf-8")

    async def start(self) -> float:
        """Start it; return the seconds until it serves."""
        if self.port:
            text = self.config.read_text(encoding="utf-8")
            self.config.write_text(
                text.replace("port = 0", f"port = {self.port}", 1), encoding="utf-8"
            )
        argv = [sys.executable, "-m", "signalling.hub", "serve", "--config", str(self.config)]
        began = time.monotonic()
        with self.log.open("wb") as log:
            self.child = await asyncio.create_subprocess_exec(*argv, stderr=log, env=environment())
        found = await self._said(LISTENING)
        self.serving_since = time.monotonic()
        took_s = self.serving_since - began
        self.port, self.metrics = int(found), await self._said(METRICS)
        return took_s

    async def _said(self, pattern: str) -> str:
        end = time.monotonic() + START_WITHIN_S
        while True:
            text = self.said()
            found = re.search(pattern, text)
            if found is not None:
                return found[1]
            if time.monotonic() > end or (self.child and self.child.returncode is not None):
                raise RuntimeError(f"the hub does not start:\n{text[-2000:]}")
            await asyncio.sleep(LOOK_EVERY_S)

    @property
    def pid(self) -> int:
        """Its number."""
        assert self.child is not None
        return self.child.pid

    async def pause_ms(self) -> float:
        """Return the longest pause of its loop so far."""
        text = await asyncio.to_thread(_get, self.metrics)
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name == "visitbooth_loop_longest_pause_seconds":
                    return sample.value * 1000
        raise RuntimeError("the hub does not tell its longest pause")

    def freeze(self) -> None:
        """Let it do nothing more, its sockets open."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on where it was."""
        os.kill(self.pid, signal.SIGCONT)

    async def kill(self) -> None:
        """Kill it as a power cut would."""
        if self.child is None:
            return
        if self.child.returncode is None:
            self.child.kill()
        await self.child.wait()


def _get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return str(answer.read().decode())


async def prepared(folder: Path, size: Size, more: str = "") -> HubProcess:
    """Fill a store, and return the hub that is to be started on it."""
    hub = HubProcess(folder)
    hub.configure(hub_toml(folder, more=more))
    store = await SqliteStore.open(hub.state / "visits.db")
    await settle(store, hub.state, size, time.time())
    await store.close()
    return hub


async def measure(minutes: float, folder: Path, size: Size) -> Ours:
    """Fill a store, then measure a hub on it; so many minutes more than everything else takes."""
    hub = await prepared(folder, size)
    state = hub.state
    found = Ours()
    found.start_s.append(await hub.start())
    try:
        async with worker("hub", f"ws://127.0.0.1:{hub.port}", size) as load:
            found.common = await common(hub.pid, load, size)
            found.ready_ms = _after_commit(state, await load.do("ready_at"))
            if minutes:
                hold_s = 60.0 * minutes
                held = await load.do("hold", within_s=hold_s + ANSWER_WITHIN_S, seconds=hold_s)
                found.held_ms = held["relay_ms"]
            await _killed(hub, state, load, size, found)
    finally:
        await hub.kill()
    return found


def _after_commit(state: Path, told: dict[str, float]) -> list[float]:
    """Return how long after the event's own time, before its commit, pages were told, in ms."""
    with contextlib.closing(sqlite3.connect(state / "visits.db")) as db:
        rows = db.execute("select visit, recorded_at from events where kind = 'inmate-signed-in'")
        signed_in = dict(rows.fetchall())
    return [(at - signed_in[visit]) * 1000 for visit, at in told.items()]


async def _killed(hub: HubProcess, state: Path, load: Worker, size: Size, found: Ours) -> None:
    """Kill it with everybody connected; visits that become pending soon are booked meanwhile."""
    await _note_pause(hub, found)
    await load.do("remember")
    await hub.kill()
    back = asyncio.create_task(load.do("come_back"))
    store = await SqliteStore.open(state / "visits.db")
    starts_at = float(int(time.time() + size.pending_after_s))
    first = size.starting + PAIRS
    await book(store, range(first, first + size.pending), "x", starts_at)
    await store.close()
    found.start_s.append(await hub.start())
    found.back = await back
    if time.time() > starts_at - 2.0:
        raise RuntimeError("all came back too late for the visits that become pending")
    pending = await load.do("pending", starts_at=starts_at)
    found.told_ms, found.beside_ms = pending["told_ms"], pending["relay_ms"]
    await _note_pause(hub, found)


async def _note_pause(hub: HubProcess, found: Ours) -> None:
    found.pause_ms.append(await hub.pause_ms())
    found.minutes.append((time.monotonic() - hub.serving_since) / 60.0)
