"""One named thread that owns the database; callers await their transaction's commit.

Waiting tasks are committed as a group: each runs inside its own savepoint, so that one that fails
leaves the others alone, and all are answered only after the COMMIT (which means: on disk).
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeVar

from signalling.hub.audit_chain import Note
from signalling.hub.store import chain
from signalling.hub.store.interface import StoreBusy, StoreError
from signalling.hub.store.tables import Tables

log = logging.getLogger(__name__)

T = TypeVar("T")

QUEUE_SIZE: Final = 10_000
"""Tasks that may wait; one more is refused with StoreBusy."""
IDLE_S: Final = 5.0
"""After so long without a task the backend is asked to look after itself."""


@dataclass(slots=True)
class Task:
    """What one caller wants done, and what came of it."""

    work: Callable[[Tables], Any]
    future: asyncio.Future[Any]
    reads: bool = False
    """It only reads: a group of such needs no lock."""
    result: Any = None
    error: BaseException | None = None
    context: contextvars.Context = field(default_factory=contextvars.copy_context)
    """Of whoever asked: it knows from where, for the audit."""
    notes: list[Note] = field(default_factory=list)
    """For the audit, if it does not fail."""

    def perform(self, db: Tables) -> Any:
        """Do the work; return its result."""
        result, self.notes = self.context.run(chain.perform, self.work, db)
        return result


def notes_of(group: Iterable[Task]) -> list[Note]:
    """Return what the audit keeps of a group, once it is known which of its tasks failed."""
    return [note for task in group if task.error is None for note in task.notes]


def settle(group: Iterable[Task], error: StoreError) -> None:
    """Note that nothing of the group came to be."""
    for task in group:
        task.result, task.error = None, error


class Backend(Protocol):
    """A database as the writer's thread uses it."""

    group_size: int
    """Most tasks of one transaction: bounds how long the first of them waits for the last."""

    def commit(self, group: Sequence[Task]) -> None:
        """Run a group in one transaction and commit it; fill in every task's result or error.

        A task that raises is undone alone. Never raises: what failed is in the tasks.
        """

    def idle(self) -> None:
        """Nothing was asked for some seconds. Never raises."""

    def close(self) -> None:
        """Close the connection."""


class Writer:
    """Runs functions of the database, in order, in one thread. Make it with `await Writer.open`."""

    def __init__(self, backend: Callable[[], Backend], loop: asyncio.AbstractEventLoop) -> None:
        self._make = backend
        self._loop = loop
        self._queue: queue.Queue[Task | None] = queue.Queue(QUEUE_SIZE)
        self._ready: asyncio.Future[None] = loop.create_future()
        self._closed = False
        self.committed: Callable[[int, float], None] | None = None
        """Called in the thread after each transaction: how many tasks, how many seconds."""
        self._thread = threading.Thread(target=self._main, name="store-writer", daemon=True)

    @classmethod
    async def open(cls, backend: Callable[[], Backend]) -> Writer:
        """Start the thread; returns when it has made its backend there.

        Raises:
            StoreError: it cannot be opened or is of a newer version.
        """
        writer = cls(backend, asyncio.get_running_loop())
        writer._thread.start()
        await asyncio.shield(writer._ready)
        return writer

    @property
    def waiting(self) -> int:
        """How many tasks wait for the thread."""
        return self._queue.qsize()

    async def run(self, work: Callable[[Tables], T]) -> T:
        """Run `work` in the thread, in a transaction; return its result once that is on disk.

        Raises:
            StoreBusy: too many wait. Else whatever `work` raises; its changes are undone.
        """
        return await self._put(work, reads=False)

    async def read(self, work: Callable[[Tables], T]) -> T:
        """Run `work`, which changes nothing, in order with the others; return its result.

        Raises:
            StoreBusy: too many wait. Else whatever `work` raises.
        """
        return await self._put(work, reads=True)

    async def _put(self, work: Callable[[Tables], T], *, reads: bool) -> T:
        if self._closed:
            raise StoreError("the store is closed")
        future: asyncio.Future[T] = self._loop.create_future()
        try:
            self._queue.put_nowait(Task(work, future, reads))
        except queue.Full:
            raise StoreBusy("the store is busy") from None
        return await future

    async def close(self) -> None:
        """Finish what waits, close the connection, end the thread. Idempotent."""
        if not self._closed:
            self._closed = True
            # A full queue only means waiting for room; never on the loop's own thread.
            await self._loop.run_in_executor(None, self._queue.put, None)
        await self._loop.run_in_executor(None, self._thread.join)

    def _main(self) -> None:
        try:
            backend = self._make()
        except BaseException as error:
            failed = error  # `error` is gone once the block is left
            self._later(lambda: _answer(self._ready, None, failed))
            return
        self._later(lambda: _answer(self._ready, None, None))
        go_on = True
        while go_on:
            try:
                while go_on:
                    go_on = self._serve(backend)
            except Exception:
                # What its connection is in the middle of is not known.
                backend.close()
                backend = self._make()
        backend.close()

    def _serve(self, backend: Backend) -> bool:
        """Run one group; return False when told to stop."""
        try:
            group, go_on = self._take(backend.group_size)
        except queue.Empty:
            backend.idle()
            return True
        if group:
            began = time.perf_counter()
            try:
                backend.commit(group)
            except Exception as error:
                # A thread that ended without a word would leave everybody waiting for ever.
                log.exception("the store failed otherwise than its database may")
                settle(group, StoreError(f"the store failed: {error}"))
                self._later(lambda: _answer_all(group))
                raise
            if self.committed is not None:
                self.committed(len(group), time.perf_counter() - began)
            self._later(lambda: _answer_all(group))
        return go_on

    def _take(self, size: int) -> tuple[list[Task], bool]:
        first = self._queue.get(timeout=IDLE_S)
        if first is None:
            return [], False
        group = [first]
        while len(group) < size:
            try:
                task = self._queue.get_nowait()
            except queue.Empty:
                break
            if task is None:
                return group, False
            group.append(task)
        return group, True

    def _later(self, answer: Callable[[], object]) -> None:
        # Once a group: to wake the loop costs more than all the answers.
        # The loop may be gone at the end of a program; then nobody waits for them.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(answer)


def _answer_all(group: Iterable[Task]) -> None:
    for task in group:
        _answer(task.future, task.result, task.error)


def _answer(future: asyncio.Future[Any], result: object, error: BaseException | None) -> None:
    if future.done():  # the caller was cancelled
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
