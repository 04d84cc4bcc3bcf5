"""One event is one line of the log, whatever strangers put into it.

Line breaks, escape sequences of terminals, and marks that turn text around are shown as `\\n`,
`\\x1b`, `\\u202e`: nobody forges a line, nor what a person's screen shows of one.
"""

from __future__ import annotations

import logging
import traceback
from typing import Final

TRACEBACK: Final = "  | "
"""Before each line of a traceback, so that what an error quotes does not look like an event."""


def escaped(text: str) -> str:
    """Return a text on one line, with nothing in it that a terminal obeys."""
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )


class OneLine(logging.Filter):
    """Makes every record that passes a handler one line, and its traceback marked lines."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record; all of them pass."""
        try:
            message = record.getMessage()
        except (TypeError, ValueError):  # arguments that do not fit: logging tells of it by itself
            return True
        record.msg, record.args = escaped(message), None
        if record.exc_info and record.exc_info[1] is not None:
            lines = "".join(traceback.format_exception(record.exc_info[1])).splitlines()
            # A formatter prints what is here already and does not look at the error again.
            record.exc_text = "\n".join(TRACEBACK + escaped(line) for line in lines)
        return True


def guard(logger: logging.Logger) -> None:
    """Have all of a logger's handlers write one line an event. Call it after they were made."""
    for handler in logger.handlers:
        handler.addFilter(OneLine())
