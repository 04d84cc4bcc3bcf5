"""How hub and terminal write their logs: one line each, `key=value` or JSON, one id per visit.

Every line about a visit has `visit=ID`, the id that the hub gave it, at the hub, at the terminal
and in the page's console: `grep visit=ID` finds all of it. A line says it itself or gets it from
what its program is doing. Messages begin with their own `key=value` pairs; as JSON those are
members. Names, PINs and tokens are in no line.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, TextIO

from signalling import one_line

TEXT: Final = "text"
JSON: Final = "json"

_PAIR: Final = re.compile(r'([a-z][a-z0-9_-]*)=("[^"]*"|\S+)(?: +|$)')
_FIRST: Final = re.compile(r"([a-z-]+) +(?=[a-z][a-z0-9_-]*=)")
_VISIT: Final = re.compile(r"(?:^|\s)visit=")

_handled: ContextVar[str | None] = ContextVar("visit", default=None)
"""Of the task that logs. Only a context variable follows a task; nothing else reads it."""


@contextmanager
def about_visit(visit: str | None) -> Iterator[None]:
    """Have every line of this task say that it is about a visit, until left."""
    token = _handled.set(visit)
    try:
        yield
    finally:
        _handled.reset(token)


def visit_of_task() -> str | None:
    """Return the visit that this task is about."""
    return _handled.get()


class Text(logging.Formatter):
    """`time=... level=... from=... visit=... ` and the message."""

    def __init__(self, visit: Callable[[], str | None]) -> None:
        super().__init__()
        self._visit = visit

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a traceback follows it on lines of its own."""
        message = record.getMessage()
        visit = None if _VISIT.search(message) else self._visit()
        about = f"visit={visit} " if visit is not None else ""
        line = f"time={_time(record)} level={record.levelname} from={record.name} {about}{message}"
        return f"{line}\n{self._traceback(record)}" if record.exc_info else line

    def _traceback(self, record: logging.LogRecord) -> str:
        assert record.exc_info is not None
        # Made already, each line marked, where `one_line` guards the handler.
        return record.exc_text or self.formatException(record.exc_info)


class Json(logging.Formatter):
    """One object a line: time, level, from, the message's own pairs, and its words."""

    def __init__(self, visit: Callable[[], str | None]) -> None:
        super().__init__()
        self._visit = visit

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        told: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname,
            "from": record.name,
        }
        pairs, words = split(record.getMessage())
        told |= {key: value for key, value in pairs.items() if key not in told}
        visit = self._visit()
        if visit is not None:
            told.setdefault("visit", visit)
        told["message"] = words
        if record.exc_info:
            told["traceback"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False)


def split(message: str) -> tuple[dict[str, str], str]:
    """Return the pairs that a message begins with, after at most one word, and the rest of it.

    Not those further on: there are words of strangers, which must not look like ours.
    """
    pairs: dict[str, str] = {}
    first = _FIRST.match(message)
    word = first[1] if first else ""
    at = first.end() if first else 0
    while found := _PAIR.match(message, at):
        pairs[found[1]] = found[2].strip('"')
        at = found.end()
    return pairs, " ".join(each for each in (word, message[at:]) if each)


def _time(record: logging.LogRecord) -> str:
    at = time.gmtime(record.created)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', at)}.{int(record.msecs):03d}Z"


def set_up(
    form: str,
    *,
    level: int = logging.INFO,
    visit: Callable[[], str | None] = visit_of_task,
    stream: TextIO | None = None,
) -> None:
    """Write this program's log to standard error, in one of the two forms."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(Json(visit) if form == JSON else Text(visit))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    one_line.guard(logging.getLogger())
