"""Files that a page may fetch once by plain HTTP: a websocket cannot start a download.

The bytes are made when the ticket is issued, so that whoever has the path needs nothing else, and
are kept in memory for a minute: few for each visitor, and bounded in all.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from signalling.errors import UserError
from signalling.hub.web_files import File

PREFIX: Final = "/t/"
HOLDS_S: Final = 60.0
PER_VISITOR: Final = 8
IN_ALL_BYTES: Final = 16 * 1024 * 1024
SECRET_BYTES: Final = 24


@dataclass(frozen=True, slots=True)
class _Issued:
    visitor: str
    until: float
    file: File


class Tickets:
    """The tickets that were issued and not fetched yet."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._issued: dict[str, _Issued] = {}
        """In the order of issue, which is the order of expiry."""

    def issue(self, visitor: str, file: File) -> str:
        """Return the path of a file for one visitor; their oldest one goes when it is one too many.

        Raises:
            UserError: `busy`, when too much waits to be fetched.
        """
        self._drop_expired()
        theirs = [path for path, each in self._issued.items() if each.visitor == visitor]
        for path in theirs[: max(0, len(theirs) + 1 - PER_VISITOR)]:
            del self._issued[path]
        waiting = sum(len(each.file.body) for each in self._issued.values())
        if waiting + len(file.body) > IN_ALL_BYTES:
            raise UserError("busy")
        path = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
        self._issued[path] = _Issued(visitor, self._clock() + HOLDS_S, file)
        return path

    def take(self, path: str, *, spend: bool) -> File | None:
        """Return the file of a path, which is then spent if so asked; None when there is none."""
        self._drop_expired()
        found = self._issued.pop(path, None) if spend else self._issued.get(path)
        return found.file if found is not None else None

    def _drop_expired(self) -> None:
        now = self._clock()
        for path, each in list(self._issued.items()):
            if now < each.until:
                break
            del self._issued[path]
