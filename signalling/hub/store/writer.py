"""One named thread that owns the SQLite connection; callers await their transaction's commit.

Waiting tasks are committed as a group: each runs inside its own savepoint, so that one that fails
leaves the others alone, and all are answered only after the COMMIT (with `synchronous=FULL` that
means: on disk).
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlite_utils import Database

from signalling.hub.store.interface import StoreBusy, StoreError
from signalling.hub.store.migrations import migrate

T = TypeVar("T")

QUEUE_SIZE: Final = 10_000
"""Tasks that may wait; one more is refused with StoreBusy."""
GROUP_SIZE: Final = 256
"""Tasks of one transaction: bounds how long the first of them waits for the last."""
BUSY_TIMEOUT_S: Final = 5.0


@dataclass(slots=True)
class _Task:
    work: Callable[[Database], Any]
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None


def connect(path: Path) -> Database:
    """Open the database for the thread that calls, in WAL mode, flushing at each commit."""
    path.touch(mode=0o600)  # SQLite's own files beside it take over its mode
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    for pragma in ("journal_mode=wal", "synchronous=full", "foreign_keys=on"):
        connection.execute(f"pragma {pragma}")
    return Database(connection)


class Writer:
    """Runs functions of the database, in order, in one thread. Make it with `await Writer.open`."""

    def __init__(self, path: Path, loop: asyncio.AbstractEventLoop) -> None:
        self._path = path
        self._loop = loop
        self._queue: queue.Queue[_Task | None] = queue.Queue(QUEUE_SIZE)
        self._ready: asyncio.Future[None] = loop.create_future()
        self._closed = False
        self._thread = threading.Thread(target=self._main, name="store-writer", daemon=True)

    @classmethod
    async def open(cls, path: Path) -> Writer:
        """Start the thread; returns when the schema is up to date.

        Raises:
            StoreError: the file cannot be opened or is of a newer version.
        """
        writer = cls(path, asyncio.get_running_loop())
        writer._thread.start()
        try:
            await asyncio.shield(writer._ready)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"cannot open {path}: {error}") from error
        return writer

    async def run(self, work: Callable[[Database], T]) -> T:
        """Run `work` in the thread, in a transaction; return its result once that is on disk.

        Raises:
            StoreBusy: too many wait. Else whatever `work` raises; its changes are undone.
        """
        if self._closed:
            raise StoreError("the store is closed")
        future: asyncio.Future[T] = self._loop.create_future()
        try:
            self._queue.put_nowait(_Task(work, future))
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
            db = connect(self._path)
            migrate(db)
        except BaseException as error:
            self._deliver(self._ready, None, error)
            return
        self._deliver(self._ready, None, None)
        try:
            while self._serve(db):
                pass
        finally:
            db.close()

    def _serve(self, db: Database) -> bool:
        """Run one group; return False when told to stop."""
        group, go_on = self._take()
        if group:
            self._commit(db, group)
            for task in group:
                self._deliver(task.future, task.result, task.error)
        return go_on

    def _take(self) -> tuple[list[_Task], bool]:
        first = self._queue.get()
        if first is None:
            return [], False
        group = [first]
        while len(group) < GROUP_SIZE:
            try:
                task = self._queue.get_nowait()
            except queue.Empty:
                break
            if task is None:
                return group, False
            group.append(task)
        return group, True

    def _commit(self, db: Database, group: list[_Task]) -> None:
        try:
            db.conn.execute("begin immediate")
            for task in group:
                try:
                    with db.atomic():
                        task.result = task.work(db)
                except Exception as error:
                    task.error = error
            db.conn.execute("commit")
        except sqlite3.Error as error:
            # Nothing of the group is on disk: nobody may be told otherwise.
            db.rollback()
            for task in group:
                task.error = error

    def _deliver(
        self, future: asyncio.Future[Any], result: object, error: BaseException | None
    ) -> None:
        def settle() -> None:
            if future.done():  # the caller was cancelled
                return
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

        # The loop may be gone at the end of a program; then nobody waits for the answer.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(settle)
