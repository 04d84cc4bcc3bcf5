"""Pictures out of a video node: the driver's buffers, mapped, filled and given back in turn."""

from __future__ import annotations

import contextlib
import errno
import mmap
import os
import select
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from hardware.v4l2 import DAMAGED, Buffer, Mapper, Node, map_buffer

BUFFERS: Final = 4
"""One being filled, one waiting, one being decoded, and one for a thread that comes late."""
FAILED: Final = select.POLLERR | select.POLLHUP | select.POLLNVAL


class Stream:
    """Captures from `node` from `open` to `close`; used by one thread.

    With `newest`, pictures that came while the one before was looked at are skipped but for the
    last; without, none is (of H.264 each is needed to decode the next). The driver itself drops
    pictures when all of its buffers wait to be taken.
    """

    def __init__(self, node: Node, *, newest: bool, mapper: Mapper = map_buffer) -> None:
        self.damaged = 0
        """Buffers that the driver said hold no whole picture."""
        self._node = node
        self._newest = newest
        self._mapper = mapper
        self._maps: list[mmap.mmap] = []
        self._poll = select.poll()
        self._wake: int | None = None
        self._waking = threading.Lock()
        """One thread closes what another may be writing to."""

    def open(self) -> None:
        """Map the buffers and begin. Raises OSError; `close` undoes what was done."""
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._poll.register(self._wake, select.POLLIN)
        self._poll.register(self._node.descriptor, select.POLLIN)
        for index in range(self._node.request_buffers(BUFFERS)):
            told = self._node.buffer(index)
            self._maps.append(self._mapper(self._node.descriptor, told.length, told.offset))
            self._node.queue(index)
        if not self._maps:
            raise OSError(errno.ENOMEM, "the driver has no buffers")
        self._node.start()

    def wake(self) -> None:
        """Have `wait` return at once; from any thread."""
        with self._waking:
            if self._wake is not None:
                os.eventfd_write(self._wake, 1)

    def wait(self, timeout_s: float) -> bool:
        """Wait for a picture; False when none came. Raises OSError (ENODEV) when it is gone."""
        events = dict(self._poll.poll(timeout_s * 1000))
        happened = events.get(self._node.descriptor, 0)
        if happened & select.POLLIN:
            return True  # what is there is taken; DQBUF says what else there is
        if happened & FAILED:
            raise OSError(errno.ENODEV, "it was unplugged, or its driver has given up")
        return False

    @contextmanager
    def picture(self) -> Iterator[tuple[memoryview, Buffer] | None]:
        """Lend the bytes of a picture until the context ends; None when none is whole.

        Raises OSError when the camera is gone.
        """
        filled = self._take()
        if filled is None:
            yield None
            return
        try:
            with memoryview(self._maps[filled.number]) as whole, whole[: filled.used] as lent:
                yield lent, filled
        finally:
            self._node.queue(filled.number)

    def close(self) -> None:
        """Stop and unmap; idempotent. A node that is gone needs no stopping."""
        with contextlib.suppress(OSError):
            self._node.stop()
        while self._maps:
            # A traceback that somebody keeps may hold a view of it: it ends with that.
            with contextlib.suppress(BufferError):
                self._maps.pop().close()
        with contextlib.suppress(OSError):
            self._node.request_buffers(0)
        with self._waking:
            wake, self._wake = self._wake, None
            if wake is not None:
                os.close(wake)

    def _take(self) -> Buffer | None:
        """Take the picture to be looked at; give back those before it and those not whole."""
        taken: Buffer | None = None
        for _ in range(len(self._maps)):
            filled = self._node.dequeue()
            if filled is None:
                break
            if filled.flags & DAMAGED or filled.used == 0:
                self.damaged += 1
                self._node.queue(filled.number)
                continue
            if taken is not None:
                self._node.queue(taken.number)
            taken = filled
            if not self._newest:
                break
        return taken
