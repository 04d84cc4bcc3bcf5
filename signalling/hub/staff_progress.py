"""Tells whoever waits for a long staff command how far it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic
from typing import Final

QUIET_S: Final = 2.0
"""Nothing is told of what takes less, and nothing more often."""

_listener: ContextVar[Callable[[str], None] | None] = ContextVar("staff_progress", default=None)


@contextmanager
def told_to(listener: Callable[[str], None]) -> Iterator[None]:
    """Have what is told within be passed on, now and then."""
    last_s = monotonic()

    def now_and_then(said: str) -> None:
        nonlocal last_s
        if monotonic() >= last_s + QUIET_S:
            last_s = monotonic()
            listener(said)

    token = _listener.set(now_and_then)
    try:
        yield
    finally:
        _listener.reset(token)


def tell(said: str) -> None:
    """Say how far the command is that runs now."""
    listener = _listener.get()
    if listener is not None:
        listener(said)
