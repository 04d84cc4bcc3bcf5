"""Conversations with a hub in this process: any message at any time, in any state, by any client.

No network is in between: what a socket would bring is put in, and what the hub does to it is
looked at. A conversation may end with a named violation, a close, or go on; nothing else may come
of it, no line of the log may be an error, and what the hub keeps of clients must go with them.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import logging
import random
import tempfile
from collections import Counter, deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from websockets.exceptions import ConnectionClosedError

from config.schema import Limits
from signalling.hub import staff_commands as ask
from signalling.hub.errors import StaffError
from signalling.hub.family_endpoint import FamilyEndpoint
from signalling.hub.terminal_endpoint import TerminalEndpoint
from signalling.messages import PAGE_TO_HUB, TERMINAL_TO_HUB, proof_bytes
from tests.fuzz.frames import Frame, frames, mutated
from tests.signalling.hub.harness import (
    ANSWER_SDP,
    EMAIL,
    NUMBER,
    OFFER_SDP,
    PASSWORD,
    PIN,
    Hub,
    hub_config,
    running_hub,
)

CLIENTS: Final = 6
"""At once: they share one inmate, one visitor and two visits."""
LONG_S: Final = 20.0
HEARD: Final = 400
TERMINAL: Final = "c4"
HONEST: Final = 0.9
HALF: Final = 0.5
NEW_VISIT_EVERY: Final = 200
"""Messages: visits end here as soon as anybody thinks of it."""
OF_A_VISIT: Final = frozenset(
    {
        "join",
        "press",
        "page-state",
        "answer",
        "ice",
        "leave",
        "sign-in",
        "choose",
        "offer",
        "terminal-state",
        "ping",
    }
)
Said = str | bytes


class Wire:
    """`socket.Socket` without a network."""

    def __init__(self, answers: Counter[str]) -> None:
        self._answers = answers
        self.close_code: int | None = None
        self.heard: deque[str] = deque(maxlen=HEARD)
        self._frames: asyncio.Queue[Said | None] = asyncio.Queue()
        self.gone = False

    def say(self, frame: Said) -> None:
        """The client says something."""
        self._frames.put_nowait(frame)

    def hang_up(self, code: int | None = None) -> None:
        """The client, or its network, goes."""
        self.close_code, self.gone = code, True
        self._frames.put_nowait(None)

    @property
    def idle(self) -> bool:
        """Whether the hub has taken all that was said."""
        return self.gone or self._frames.empty()

    async def recv(self) -> Said:
        """Return the next frame. Raises ConnectionClosed."""
        frame = None if self.gone else await self._frames.get()
        if frame is None:
            raise ConnectionClosedError(None, None)
        return frame

    def send_now(self, message: bytes, snapshot: str = "") -> bool:
        """The hub says something; False when there is nobody."""
        if not self.gone:
            self.heard.append(message.decode())
            self._answers[str(json.loads(message)["type"])] += 1
        return not self.gone

    async def send(self, message: str) -> None:
        """The hub says something."""
        if not self.send_now(message.encode()):
            raise ConnectionClosedError(None, None)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """The hub closes."""
        self.hang_up(code)

    def abort(self) -> None:
        """The hub cuts."""
        self.hang_up()

    def newest(self, kind: str) -> Frame | None:
        """Return what the hub said last of a type."""
        found = (json.loads(each) for each in reversed(self.heard) if f'"type":"{kind}"' in each)
        return next(found, None)


@dataclass
class Result:
    """What came of it all."""

    messages: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    """What the hub said, by type."""
    broken: list[str] = field(default_factory=list)


class Errors(logging.Handler):
    """Every error in the hub's log is a finding."""

    def __init__(self, result: Result) -> None:
        super().__init__(logging.ERROR)
        self._result = result

    def emit(self, record: logging.LogRecord) -> None:
        self._result.broken.append(logging.Formatter().format(record)[:2000])


class Talker:
    """One client: knows enough to get anywhere, and seldom does what it should."""

    def __init__(self, world: World, dice: random.Random, answers: Counter[str]) -> None:
        self.world = world
        self.dice = dice
        self.is_terminal = dice.random() < 0.4
        self.wire = Wire(answers)
        self.said: deque[Said] = deque(maxlen=60)
        services = world.hub.services
        serve = (
            TerminalEndpoint(services).serve(self.wire, "203.0.113.1")
            if self.is_terminal
            else FamilyEndpoint(services).serve(self.wire, "203.0.113.2", "Firefox")
        )
        self.task = asyncio.create_task(serve)

    def next(self) -> Said:
        """Return what to say now."""
        way_in = self._way_in()
        if way_in is not None and self.dice.random() < HONEST:
            return json.dumps(way_in)
        known = self.world.terminal_frames if self.is_terminal else self.world.page_frames
        deep = [each for each in known if each["type"] in OF_A_VISIT]
        frame = dict(self.dice.choice(deep if self.dice.random() < HALF else known))
        for name, real in self.world.real.items():
            if name in frame and self.dice.random() < 0.8:
                frame[name] = self.dice.choice(real)
        # A frame that is wrong ends the conversation: most are right, at the wrong time.
        return mutated(self.dice, frame) if self.dice.random() > HONEST else json.dumps(frame)

    def _way_in(self) -> Frame | None:
        """Return what an honest client would say now, or None once it is in."""
        if self.is_terminal:
            challenge = self.wire.newest("challenge")
            if challenge is None:
                return {"type": "terminal-hello", "versions": ["1"], "terminal": TERMINAL}
            if self.wire.newest("terminal-welcome") is None:
                return self.world.proof(challenge)
            return None
        welcome = self.wire.newest("welcome")
        if welcome is None:
            return {"type": "hello", "versions": ["1"], "token": self.world.token}
        logged_in = self.wire.newest("logged-in")
        if logged_in is not None:
            self.world.token = logged_in["token"]
        elif welcome["name"] is None:
            return {"type": "log-in", "email": EMAIL, "password": PASSWORD}
        # Its password is hashed, which takes as long as many messages.
        if welcome["opened"] is None and self.wire.newest("facility-opened") is None:
            return {"type": "facility-log-in", "facility": "north", "password": PASSWORD}
        return None

    async def say(self, result: Result) -> None:
        """Say one thing and wait until the hub has taken it."""
        frame = self.next()
        self.said.append(frame)
        result.messages += 1
        self.wire.say(frame)
        async with asyncio.timeout(LONG_S):
            while not (self.wire.idle or self.task.done()):  # noqa: ASYNC110
                await asyncio.sleep(0)


@dataclass
class World:
    """A hub with people, and what clients may know of it."""

    hub: Hub
    key: Ed25519PrivateKey
    token: str
    real: dict[str, list[Any]]
    page_frames: list[Frame]
    terminal_frames: list[Frame]

    async def new_visit(self) -> None:
        """Book a visit that begins now, unless the last one goes on."""
        with contextlib.suppress(StaffError):
            self.real["visit"] = [*self.real["visit"][-2:], await self.hub.book(seconds=600.0)]

    def proof(self, challenge: Frame) -> Frame:
        """Return the proof of our terminal's key."""
        nonce = base64.b64decode(challenge["nonce"])
        signature = self.key.sign(proof_bytes(challenge["hub"], TERMINAL, nonce))
        return {"type": "proof", "signature": base64.b64encode(signature).decode()}


async def world_of(hub: Hub, dice: random.Random) -> World:
    """Make people, visits and a terminal."""
    await hub.people()
    visits = [await hub.book(), await hub.book(start="+7200")]
    terminal = await hub.ready_terminal(TERMINAL)
    await terminal.close()
    page = await hub.page()
    await page.hello()
    token = (await page.log_in()).token
    await page.close()
    real: dict[str, list[Any]] = {
        "visit": visits,
        "page": ["page-1", "page-2"],
        "connection": [1, 2, 3],
        "facility": ["north"],
        "email": [EMAIL, "new@example.org"],
        "password": [PASSWORD, "another long password"],
        "inmate_number": [NUMBER],
        "pin": [PIN, PIN, "000000"],
        "sdp": [OFFER_SDP, ANSWER_SDP],
        "candidate": ["", "candidate:1 1 udp 2113937151 8.8.4.4 50000 typ host"],
        "token": [token, None],
        "terminal": [TERMINAL],
        "versions": [["1"]],
    }
    pages = frames(dice, list(PAGE_TO_HUB.types.values()))
    # Accounts that are deleted, or have another password, leave the others nothing to do.
    spoil = {"delete-account", "change-password", "reset-password", "log-out", "end-session"}
    pages = [each for each in pages if each["type"] not in spoil]
    terminals = frames(dice, list(TERMINAL_TO_HUB.types.values()))
    return World(hub, hub.keys[TERMINAL], token, real, pages, terminals)


async def converse(messages: int, seed: int) -> Result:
    """Say so many messages to a hub; the same again for the same seed."""
    dice, result = random.Random(seed), Result()
    handler, root = Errors(result), logging.getLogger()
    root.addHandler(handler)
    generous = Limits(
        messages_per_10_s=10**6,
        log_in_tries=10**6,
        log_in_tries_per_account=100,
        log_in_tries_per_address=10**6,
        requests_per_visitor_per_day=10**6,
        device_reports_per_hour=10**6,
        pages_per_visitor=10**6,
        mails_per_email_per_day=10**6,
        mails_per_address_per_day=10**6,
    )
    try:
        with tempfile.TemporaryDirectory() as folder:
            async with running_hub(hub_config(Path(folder) / "s", limits=generous)) as hub:
                world = await world_of(hub, dice)
                await _talk(world, dice, messages, result)
                await hub.services.store.ping()
                await hub.do(ask.VisitList())
    finally:
        root.removeHandler(handler)
    return result


async def _talk(world: World, dice: random.Random, messages: int, result: Result) -> None:
    talkers: list[Talker] = []
    while result.messages < messages and len(result.broken) < 10:
        while len(talkers) < CLIENTS:
            talkers.append(Talker(world, dice, result.answers))
        talker = dice.choice(talkers)
        if result.messages % NEW_VISIT_EVERY == 0:
            await world.new_visit()
        if dice.random() < 0.02:
            talker.wire.hang_up(dice.choice([None, 1000, 1001]))
        elif dice.random() < 0.002:
            world.hub.pass_time(dice.choice([1.0, 30.0, 600.0]))
        else:
            try:
                await talker.say(result)
            except TimeoutError:
                result.broken.append(f"not taken within {LONG_S} s: {list(talker.said)[-1]!r}")
                talker.wire.hang_up()
        if talker.wire.gone or talker.task.done():
            talkers.remove(talker)
            await _over(talker, result)
    for talker in talkers:
        talker.wire.hang_up()
        await _over(talker, result)
    if world.hub.services.switchboard.pages or world.hub.services.switchboard.terminals:
        result.broken.append("the switchboard remembers clients that are gone")


async def _over(talker: Talker, result: Result) -> None:
    """A conversation ends by itself, and without an error of ours."""
    talker.wire.hang_up(talker.wire.close_code)
    done, _ = await asyncio.wait([talker.task], timeout=LONG_S)
    if not done:
        talker.task.cancel()
        result.broken.append(f"a conversation did not end: {list(talker.said)[-3:]}")
    elif talker.task.exception() is not None:
        error = talker.task.exception()
        result.broken.append(f"{error!r} after {list(talker.said)[-3:]}")
