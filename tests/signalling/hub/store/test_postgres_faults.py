"""PostgreSQL that dies or hangs up, and a hub that freezes: nothing that was told is lost."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any

import psycopg
import pytest

from signalling.hub.store import postgres_backend
from signalling.hub.store.interface import StoreBusy, StoreError
from signalling.hub.store.postgres import PostgresStore
from signalling.hub.store.postgres_backend import PostgresBackend
from signalling.hub.store.records import Draft, Inmate, Visitor
from signalling.hub.store.tables import Tables
from signalling.visit import Visit
from signalling.visit_events import Booked, VisitorJoined, VisitorLeft
from tests.signalling.hub.harness import eventually
from tests.signalling.hub.postgres_server import HOST, PostgresServer, postgres_server
from tests.signalling.hub.store.noting import keep

DEADLINE_S = 20.0


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """One to do things to; it flushes to the disk as in a jail."""
    with postgres_server() as running:
        yield running


def kept(url: str) -> list[str]:
    """Return what is in the database, past the stores."""
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute("select kind from audit_entries order by seq")]


async def in_one_group(
    store: PostgresStore, *calls: Coroutine[Any, Any, None]
) -> list[BaseException | None]:
    """Call while the writer is kept from taking the first alone; return what came of each."""
    begun, go_on = threading.Event(), threading.Event()

    def hold(_db: Tables) -> None:
        begun.set()
        go_on.wait(DEADLINE_S)

    held = asyncio.ensure_future(store._writer.run(hold))
    # Its group is closed once it runs: what is asked for from now on is in the next one.
    assert await asyncio.to_thread(begun.wait, DEADLINE_S)
    waiting = [asyncio.ensure_future(each) for each in calls]
    await asyncio.sleep(0)  # now all are in the queue
    go_on.set()
    results = await asyncio.gather(*waiting, held, return_exceptions=True)
    return results[:-1]


async def test_a_server_that_is_killed_under_load_loses_nothing_that_was_told(
    server: PostgresServer,
) -> None:
    told: list[str] = []
    failed: list[StoreError] = []
    url = server.new_database()
    store = await PostgresStore.open(url)
    stop = asyncio.Event()

    async def write(who: int) -> None:
        for number in itertools.count():
            if stop.is_set():
                return
            command = f"{who}.{number}"
            try:
                await keep(store, command)
            except StoreError as error:
                failed.append(error)
                await asyncio.sleep(0.005)
            else:
                told.append(command)

    async with asyncio.TaskGroup() as group:
        for who in range(16):
            group.create_task(write(who))
        for _ in range(2):
            before = len(told)
            await eventually(lambda: len(told) > before + 100)  # noqa: B023
            server.kill()
            refused = len(failed)
            await eventually(lambda: len(failed) > refused + 16)  # noqa: B023
            before = len(told)
            server.start()  # in this thread: with its parent thread it would die
            await eventually(lambda: len(told) > before + 50)  # noqa: B023
        stop.set()
    rows = kept(url)
    await store.close()
    assert {*told} <= {*rows}
    assert len(rows) == len({*rows})


async def test_while_it_is_away_calls_are_busy_at_once_and_then_go_on(
    server: PostgresServer,
) -> None:
    store = await PostgresStore.open(server.new_database())
    server.stop()
    for _ in range(3):
        began = time.monotonic()
        with pytest.raises(StoreBusy):
            await store.ping()
        assert time.monotonic() - began < 2
    assert store.clock() == pytest.approx(time.time(), abs=1)
    server.start()
    await store.ping()
    # One that was restarted between two calls is not noticed at all.
    server.stop()
    server.start()
    await store.ping()
    await store.close()


async def test_a_hub_that_freezes_in_mid_transaction_holds_nobody_up(postgres_url: str) -> None:
    store = await PostgresStore.open(postgres_url)
    words = (sys.executable, "-m", "tests.signalling.hub.store.frozen_hub", postgres_url)
    frozen = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.PIPE)
    assert frozen.stdout is not None
    try:
        async with asyncio.timeout(DEADLINE_S):
            assert await frozen.stdout.readline() == b"stopping\n"
            began = time.monotonic()
            await store.outbox.all()
            read = time.monotonic() - began
            await keep(store, "meanwhile")
            waited = time.monotonic() - began
            frozen.send_signal(signal.SIGCONT)
            after = await frozen.stdout.read()
            await frozen.wait()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(frozen.pid, signal.SIGKILL)
    assert read < 1
    assert waited < 3
    assert after == b"StoreBusy\nworks\n"
    assert kept(postgres_url) == ["meanwhile", "thawed"]
    await store.close()


async def test_a_server_that_freezes_is_given_up_and_found_again(
    server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_backend, "ANSWER_S", 0.5)
    url = server.new_database()
    store = await PostgresStore.open(url + "?connect_timeout=1")
    await keep(store, "before")
    with server.frozen(), pytest.raises(StoreBusy):  # given up, and not found again yet
        async with asyncio.timeout(DEADLINE_S):
            await keep(store, "meanwhile")
    await keep(store, "after")
    await store.close()
    assert kept(url) == ["before", "after"]


# -- answers that are lost --------------------------------------------------------------------


class Wire:
    """Carries a connection to the server; cuts it at the commit, before or after passing it on."""

    def __init__(self, port: int, passes_on: Callable[[], bool]) -> None:
        self._port = port
        self._passes_on = passes_on
        self.armed = False

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server, to_server = await asyncio.open_connection(HOST, self._port)
        answers = asyncio.create_task(self._pass(server, writer))
        while data := await reader.read(65_536):
            if self.armed and b"commit\0" in data:
                self.armed = False
                answers.cancel()
                if self._passes_on():
                    to_server.write(data)
                    await server.read(65_536)  # it is done
                break
            to_server.write(data)
        to_server.close()
        writer.close()

    @staticmethod
    async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)


@contextlib.asynccontextmanager
async def wire(port: int, passes_on: Callable[[], bool]) -> AsyncIterator[tuple[Wire, int]]:
    """Listen for connections to carry; yields also where."""
    carrier = Wire(port, passes_on)
    async with await asyncio.start_server(carrier.carry, HOST, 0) as listening:
        yield carrier, listening.sockets[0].getsockname()[1]


@pytest.mark.parametrize("done", [True, False])
async def test_a_commit_without_an_answer_is_reported_as_unknown(
    postgres: PostgresServer, postgres_url: str, done: bool
) -> None:
    async with wire(postgres.port, lambda: done) as (carrier, port):
        store = await PostgresStore.open(postgres_url.replace(f":{postgres.port}", f":{port}"))
        await keep(store, "before")

        def arm(_db: Tables) -> None:
            carrier.armed = True

        lost = [keep(store, f"lost {n}") for n in range(3)]
        results = await in_one_group(store, store._writer.run(arm), *lost)
        assert [type(each) for each in results] == [StoreError] * 4
        assert "may be done or not" in str(results[0])
        await keep(store, "after")
        await store.close()
    rows = [f"lost {n}" for n in range(3)] if done else []
    assert kept(postgres_url) == ["before", *rows, "after"]


async def test_a_session_that_is_ended_by_hand_says_busy_and_goes_on(
    postgres: PostgresServer, postgres_url: str
) -> None:
    store = await PostgresStore.open(postgres_url)

    def end_it() -> None:
        postgres.run(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname <> current_database()"
        )

    def work(db: Tables) -> None:
        end_it()
        db.execute("select 1")

    results = await in_one_group(store, keep(store, "a"), store._writer.run(work))
    assert {type(each) for each in results} == {StoreBusy}
    end_it()
    await keep(store, "after")
    await store.close()
    assert kept(postgres_url) == ["after"]


# -- how much a group saves -------------------------------------------------------------------


async def test_sixteen_that_wait_are_committed_together(
    server: PostgresServer,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = await PostgresStore.open(server.new_database())
    visits: list[Visit] = []
    at = store.clock() + 3600
    for n in range(16):
        await store.people.add_inmate(Inmate(f"i{n}", "north", str(n), "N"), b"m" * 32)
        await store.people.add_visitor(Visitor(f"v{n}", f"v{n}@x.y", "V", "hash", 1.0))
        booked = Booked("north", f"i{n}", (f"v{n}",), at, at + 1800, at - 600)
        visits.append(await store.visits.book(f"a{n}", booked, "staff:x"))

    async def come_and_go(n: int) -> None:
        for _ in range(20):
            for what in (VisitorJoined(f"v{n}"), VisitorLeft(f"v{n}")):
                visits[n] = await store.visits.append(visits[n], [Draft(what, "hub")])

    async def rate() -> float:
        await store.ping()  # the groups are of this size from the next one on
        began = time.perf_counter()
        await asyncio.gather(*(come_and_go(n) for n in range(16)))
        return 16 * 40 / (time.perf_counter() - began)

    together = await rate()
    monkeypatch.setattr(PostgresBackend, "group_size", 1)
    each = await rate()
    await store.close()
    with capsys.disabled():
        print(
            f"\nvisit events a second, 16 waiting: {together:.0f} in groups, {each:.0f} alone,"
            f" {together / each:.1f} times"
        )
    assert together > each
