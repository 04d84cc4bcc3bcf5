"""From device threads to the loop: a bounded queue, and a slot where the newest wins."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


def deliver(loop: asyncio.AbstractEventLoop, call: Callable[..., object], *args: object) -> None:
    """Run `call(*args)` on the loop, from any thread; a loop that is gone needs nothing."""
    try:
        loop.call_soon_threadsafe(call, *args)
    except RuntimeError:
        if not loop.is_closed():
            raise


async def in_thread(name: str, work: Callable[[], T]) -> T:
    """Run blocking work in a named thread of its own and return (or raise) what it gives.

    Not the loop's executor: encoders share that one, and an `open` may hang for seconds.
    """
    loop = asyncio.get_running_loop()
    result: asyncio.Future[T] = loop.create_future()

    def settle(value: T | None, error: BaseException | None) -> None:
        if result.done():
            return
        if error is not None:
            result.set_exception(error)
        else:
            # Without an error there is a value; None is one where T is optional.
            result.set_result(value)  # type: ignore[arg-type]

    def run() -> None:
        try:
            value = work()
        except BaseException as error:  # raised again where it is awaited
            deliver(loop, settle, None, error)
        else:
            deliver(loop, settle, value, None)

    threading.Thread(target=run, name=name, daemon=True).start()
    return await result


class DropOldest(Generic[T]):
    """A queue for the loop's thread: `put` never waits, the oldest is dropped and counted.

    `capacity` 1 is a slot where the newest wins.
    """

    def __init__(self, capacity: int) -> None:
        self.dropped = 0
        self._items: deque[T] = deque()
        self._capacity = capacity
        self._failure: Exception | None = None
        self._changed = asyncio.Event()

    def put(self, item: T) -> None:
        """Add an item; over capacity the oldest goes."""
        if len(self._items) >= self._capacity:
            self._items.popleft()
            self.dropped += 1
        self._items.append(item)
        self._changed.set()

    def fail(self, failure: Exception) -> None:
        """Raise `failure` in whoever waits, now and later; what is queued is forgotten."""
        self._items.clear()
        self._failure = failure
        self._changed.set()

    async def get(self) -> T:
        """Wait for the oldest item. Raises what `fail` was given."""
        while not self._items:
            if self._failure is not None:
                raise self._failure
            self._changed.clear()
            await self._changed.wait()
        return self._items.popleft()
