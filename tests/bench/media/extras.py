"""What is measured beside the calls: a dead TURN server, the whole house, echo, drawing, growth."""

from __future__ import annotations

import asyncio
import importlib
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from signalling.wire import IceServer
from tests.bench.media import growth, house, samples
from tests.bench.media.browser import browser
from tests.bench.media.calls import Ours, Peers
from tests.bench.media.session import Say
from tests.bench.media.terminal import terminal
from tests.bench.namespaces import Host
from tests.bench.report import Benchmark, Row

SIZE: Final = (640, 480)
TURN_PORT: Final = 3478
TURN_TRIES: Final = 5
TURN_GOAL_MS: Final = 25.0
"""Zero, as far as it can be told: connecting itself differs by as much each time."""
PROFILE_S: Final = 10


@dataclass(frozen=True, slots=True)
class Extras:
    """Which of them."""

    house: bool
    """Also what needs a display: the whole house, drawing; and the echo."""
    minutes: float
    profile: bool


async def measured(hosts: tuple[Host, Host], which: Extras, say: Say) -> list[Row]:
    """Measure what is asked for."""
    rows = []
    if which.house:
        say("a dead TURN server")
        rows += [await dead_turn(hosts)]
        say("a visit in a whole house: memory")
        rows += await house.measured(hosts[0])
        for name in ("echo", "draw"):
            say(f"{name}: tests/bench/bench_{name}.py")
            rows += await asyncio.to_thread(_other, name)
    if which.minutes:
        say(f"memory over {which.minutes:g} minutes")
        rows += await growth.measured(hosts, SIZE, which.minutes, say)
    if which.profile:
        await profile(hosts, say)
    return rows


def _other(name: str) -> list[Row]:
    module = importlib.import_module(f"tests.bench.bench_{name}")
    if name == "draw":
        drawn: list[Row] = module.measured()
        return drawn
    bench = Benchmark(name)
    module.echo_rows(bench, module.Scene())
    return bench.rows


async def dead_turn(hosts: tuple[Host, Host]) -> Row:
    """From Connect until the connection stands: with a TURN server that never answers, and without.

    Both kinds connect to the same family; with and without take turns.
    """
    wall_host, family_host = hosts
    url = f"turn:{family_host.address}:{TURN_PORT}?transport=udp"
    server = IceServer(urls=(url,), username="bench", credential="bench")
    told: dict[str, object] = {
        "iceServers": [{"urls": url, "username": "bench", "credential": "bench"}]
    }
    ours: dict[bool, list[float]] = {True: [], False: []}
    peer: dict[bool, list[float]] = {True: [], False: []}
    with silent_server(family_host):
        async with browser(family_host, *SIZE) as family:
            async with terminal(wall_host, *SIZE) as wall:
                call = Ours(wall, family)
                for turn in range(2 * TURN_TRIES):
                    call.servers = (server,) if turn % 2 else ()
                    ours[bool(turn % 2)].append(await _connecting_ms(call))
            async with browser(wall_host, *SIZE) as other:
                plain = Peers(other, family)
                usual = plain.configuration
                for turn in range(2 * TURN_TRIES):
                    plain.configuration = told if turn % 2 else usual
                    peer[bool(turn % 2)].append(await _connecting_ms(plain))
    added = [samples.median(each[True]) - samples.median(each[False]) for each in (ours, peer)]
    what = "connecting with a dead TURN server configured, added, median"
    return Row(what, "ms", added[0], added[1], None, TURN_GOAL_MS)


@contextmanager
def silent_server(host: Host) -> Iterator[None]:
    """Hold the TURN port open and never answer: what asks hears nothing, not even a refusal."""
    with host.inside():
        held = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with held:
        held.bind((host.address, TURN_PORT))
        yield


async def _connecting_ms(call: Ours | Peers) -> float:
    began = time.monotonic()
    await call.connect()
    took_ms = (time.monotonic() - began) * 1000
    await call.hang_up()
    return took_ms


async def profile(hosts: tuple[Host, Host], say: Say) -> None:
    """Record a call with py-spy; leaves bench-report/media-profile.svg."""
    wall_host, family_host = hosts
    target = Path("bench-report/media-profile.svg")
    target.parent.mkdir(exist_ok=True)
    async with browser(family_host, *SIZE) as family, terminal(wall_host, *SIZE) as wall:
        call = Ours(wall, family)
        await call.connect()
        await call.press()
        say(f"py-spy for {PROFILE_S} s")
        words = ["py-spy", "record", "--pid", str(wall.pid), "--duration", str(PROFILE_S)]
        words += ["--threads", "--rate", "200", "--nonblocking", "--output", str(target)]
        try:
            recorder = await asyncio.create_subprocess_exec(*words, stdout=subprocess.DEVNULL)
        except FileNotFoundError:
            say("py-spy is not installed: no profile")
        else:
            say(f"py-spy ended with {await recorder.wait()}: {target}")
        await call.hang_up()
