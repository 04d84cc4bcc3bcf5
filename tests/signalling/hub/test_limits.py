"""Every limit of [limits] holds, and says so in one line of the log a minute."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from websockets.exceptions import InvalidHandshake

from config.schema import Limits
from signalling.hub.audit_trail import AuditTrail
from signalling.hub.client import Client
from signalling.hub.coalesced import EVERY_S, Coalesced
from signalling.hub.doorkeeper import Connection, Doorkeeper
from signalling.hub.metrics import Metrics
from signalling.hub.server import FRAMES_LOG
from signalling.messages import LogIn, Pong, Violation
from tests.signalling.hub.harness import EMAIL, PASSWORD, Hub, eventually, hub_config, running_hub

log = logging.getLogger("signalling.hub.test_limits")
ONE = "203.0.113.1"
TRAIL = Mock(spec=AuditTrail)
"""What the audit is told has its own tests (`test_audit.py`)."""


def lines(caplog: pytest.LogCaptureFixture, words: str) -> list[str]:
    return [each for each in caplog.messages if words in each]


# -- one line a minute ----------------------------------------------------------------------------


def test_a_kind_of_line_is_said_at_once_and_then_once_a_minute(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = 0.0
    said = Coalesced(log, lambda: now)
    for number in range(5):
        said.warning("a", "a %d", number)
    said.warning("b", "b")
    now = EVERY_S
    said.warning("a", "a %d", 5)
    said.warning("a", "a %d", 6)
    now = 2 * EVERY_S
    said.warning("a", "a %d", 7)
    assert caplog.messages == [
        "a 0", "b", "a 5 (and 4 more since the last such line)",
        "a 7 (and 1 more since the last such line)",
    ]  # fmt: skip


def test_kinds_that_strangers_make_up_are_not_remembered_for_ever() -> None:
    said = Coalesced(log)
    for number in range(10_000):
        said.warning(str(number), "x")
    assert len(said._said) <= 256


# -- connections ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "key"),
    [
        ({"connections": 3, "connections_per_address": 3}, "limits.connections"),
        ({"connections_per_address": 3}, "limits.connections_per_address"),
        ({"half_open": 3, "half_open_per_address": 3}, "limits.half_open"),
        ({"half_open_per_address": 3}, "limits.half_open_per_address"),
    ],
)
def test_the_fourth_is_one_too_many_until_another_goes(
    caplog: pytest.LogCaptureFixture, limits: dict[str, Any], key: str
) -> None:
    door = Doorkeeper(Limits(**limits), TRAIL)
    assert [door.enter(ONE) for _ in range(5)] == [True] * 3 + [False] * 2
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith(f"too many connections: {key}")
    for _ in range(3):
        door.asked(ONE)
        door.leave(ONE)
    assert door.enter(ONE)


def test_another_address_is_not_shut_out_by_one_that_is_full() -> None:
    door = Doorkeeper(Limits(connections_per_address=1, half_open_per_address=1), TRAIL)
    assert door.enter(ONE)
    assert not door.enter(ONE)
    assert door.enter("203.0.113.2")


def test_who_has_asked_is_half_open_no_more() -> None:
    door = Doorkeeper(Limits(half_open_per_address=1), TRAIL)
    for _ in range(5):
        assert door.enter(ONE)
        door.asked(ONE)


async def test_sockets_that_ask_nothing_keep_others_out_until_they_are_cut(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    limits = Limits(half_open=4, half_open_per_address=2, request_timeout_s=0.3)
    config = hub_config(tmp_path / "s", limits=limits, trusted_proxies=())
    async with running_hub(config) as hub:
        port = int(hub.url.rpartition(":")[2])
        held = [socket.create_connection(("127.0.0.1", port)) for _ in range(2)]

        async def let_in() -> bool:
            with contextlib.suppress(OSError, EOFError, InvalidHandshake):
                await (await hub.page()).hello()
                return True
            return False

        assert not await let_in()
        assert len(lines(caplog, "limits.half_open_per_address")) == 1
        async with asyncio.timeout(5):
            while not await let_in():  # noqa: ASYNC110 - a freed place has no event
                await asyncio.sleep(0.02)
        for each in held:
            assert each.recv(1) == b""
            each.close()


# -- messages -------------------------------------------------------------------------------------


async def test_the_size_of_messages_is_configured(tmp_path: Path) -> None:
    limits = Limits(frame_bytes_before_log_in=2048, frame_bytes=50_000)
    async with running_hub(hub_config(tmp_path / "s", limits=limits)) as hub:
        page = await hub.page()
        await page.hello()
        await page.socket.send("x" * 2049)
        assert await page.violated() == ("too-large", 1009)
        await hub.people()
        page = await hub.ready_page()
        await page.socket.send("x" * 50_001)
        assert await page.violated() == ("too-large", 1009)
        terminal = await hub.ready_terminal()
        await terminal.socket.send("x" * 50_001)  # a device report too
        assert await terminal.violated() == ("too-large", 1009)


class DeafSocket:
    """Takes nothing."""

    close_code: int | None = None

    def __init__(self) -> None:
        self.aborted = False

    async def recv(self) -> str:
        raise AssertionError

    def send_now(self, message: bytes, snapshot: str) -> bool:
        return False

    async def send(self, message: str) -> None:
        await asyncio.Event().wait()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        raise AssertionError

    def abort(self) -> None:
        self.aborted = True


@pytest.mark.parametrize(
    ("limits", "message", "kept"),
    [
        ({"waiting_frames": 16}, Pong(sent=1.0, now=1.0), 16),
        ({"waiting_bytes": 131_072}, Violation(code="x" * 30_000), 4),
    ],
)
async def test_what_waits_for_a_slow_reader_is_bounded(
    caplog: pytest.LogCaptureFixture, limits: dict[str, Any], message: Any, kept: int
) -> None:
    deaf = DeafSocket()
    client = Client(deaf, "page at x", Limits(**limits), Coalesced(log), Metrics(), TRAIL)
    for _ in range(kept):
        client.send(message)
    assert not deaf.aborted
    for _ in range(3):
        client.send(message)
    assert deaf.aborted
    assert caplog.messages == [f"page at x closed: too slow, limits.{next(iter(limits))}"]


async def test_a_snapshot_in_the_place_of_an_older_one_takes_no_more_room() -> None:
    deaf = DeafSocket()
    client = Client(
        deaf, "page at x", Limits(waiting_bytes=131_072), Coalesced(log), Metrics(), TRAIL
    )
    for _ in range(50):
        client.send_newest(Violation(code="x" * 100_000))
    assert not deaf.aborted


class SlowSocket(DeafSocket):
    """Takes every third frame at once and lets others wait for a turn."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[float] = []
        self.asked = 0

    def send_now(self, message: bytes, snapshot: str) -> bool:
        self.asked += 1
        if self.asked % 3:
            return False
        self.taken.append(json.loads(message)["sent"])
        return True

    async def send(self, message: str) -> None:
        await asyncio.sleep(0)
        self.taken.append(json.loads(message)["sent"])


async def test_frames_keep_their_order_whether_they_wait_or_not() -> None:
    slow = SlowSocket()
    client = Client(slow, "page at x", Limits(), Coalesced(log), Metrics(), TRAIL)
    for number in range(30):
        client.send(Pong(sent=float(number), now=1.0))
        if number % 4 == 0:
            await client.finished()
    await client.finished()
    assert slow.taken == [float(number) for number in range(30)]
    assert slow.asked > 10


async def test_who_takes_one_message_too_slowly_is_cut_off(
    caplog: pytest.LogCaptureFixture,
) -> None:
    deaf = DeafSocket()
    client = Client(deaf, "page at x", Limits(send_within_s=1), Coalesced(log), Metrics(), TRAIL)
    client.send(Pong(sent=1.0, now=1.0))
    async with asyncio.timeout(5):
        await client.finished()
    assert deaf.aborted
    assert lines(caplog, "limits.send_within_s")


async def test_late_first_words_are_one_line_of_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = hub_config(tmp_path / "s", limits=Limits(log_in_timeout_s=0.05))
    async with running_hub(config) as hub:
        for page in [await hub.page() for _ in range(4)]:
            assert (await page.ended())[0] == 1008
    assert len(lines(caplog, "nothing said in time, limits.log_in_timeout_s")) == 1


async def test_malformed_messages_are_one_line_of_the_log_for_each_kind(
    hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(5):
        page = await hub.page()
        await page.socket.send("nonsense")
        assert await page.violated() == ("not-json", 1008)
    assert len(lines(caplog, "violation=not-json ")) == 1


# -- pages ----------------------------------------------------------------------------------------


async def test_pages_of_one_visitor_are_limited_by_log_in_and_by_token(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = hub_config(tmp_path / "s", limits=Limits(pages_per_visitor=2))
    async with running_hub(config) as hub:
        await hub.people()
        await hub.visitor("bob@example.org", "Bob")
        first, second, third = [await hub.page() for _ in range(3)]
        await first.hello()
        token = (await first.log_in()).token
        await second.hello(token)
        await third.hello()
        await third.send(LogIn(email=EMAIL, password=PASSWORD))
        assert await third.violated() == ("too-many-pages", 1008)
        third = await hub.page()
        await third.socket.send(f'{{"type":"hello","versions":["1"],"token":"{token}"}}')
        assert await third.violated() == ("too-many-pages", 1008)
        assert len(lines(caplog, "too-many-pages")) == 1
        other = await hub.page()
        await other.hello()
        await other.log_in("bob@example.org")
        await second.close()
        await eventually(lambda: len(hub.services.switchboard.pages) == 2)
        third = await hub.page()
        assert (await third.hello(token)).name == "Ana"
        await third.log_in()  # anew on the same page: it is the same page


# -- what a connection keeps ----------------------------------------------------------------------


async def test_a_connection_that_stays_keeps_no_headers(hub: Hub) -> None:
    page = await hub.page(user_agent_header="x" * 2000)
    await page.hello()
    (served,) = hub.services.switchboard.pages
    socket = served.client._socket
    assert isinstance(socket, Connection)
    assert socket.request is not None
    assert not [*socket.request.headers]
    assert socket.logger is FRAMES_LOG
