"""Files that a page may fetch once by plain HTTP: a websocket cannot start a download.

The bytes are made when the ticket is issued, so that whoever has the path needs nothing else, and
are kept in the store for a minute, since the request may reach another hub: few for each visitor,
and bounded in all.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

import msgspec

from signalling.errors import UserError
from signalling.hub.store.interface import Store
from signalling.hub.store.records import TicketRow
from signalling.hub.web_files import File

PREFIX: Final = "/t/"
HOLDS_S: Final = 60.0
PER_VISITOR: Final = 8
IN_ALL_BYTES: Final = 16 * 1024 * 1024
SECRET_BYTES: Final = 24

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(File).decode


class Tickets:
    """The tickets that were issued and not fetched yet."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def issue(self, visitor: str, file: File) -> str:
        """Return the path of a file for one visitor; their oldest one goes when it is one too many.

        Raises:
            UserError: `busy`, when too much waits to be fetched.
        """
        path = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
        until = self._store.clock() + HOLDS_S
        ticket = TicketRow(_hash(path), visitor, until, _encode(file))
        if not await self._store.tickets.issue(ticket, PER_VISITOR, IN_ALL_BYTES):
            raise UserError("busy")
        return path

    async def take(self, path: str, *, spend: bool) -> File | None:
        """Return the file of a path, which is then spent if so asked; None when there is none."""
        found = await self._store.tickets.take(_hash(path), spend=spend)
        return _decode(found) if found is not None else None


def _hash(path: str) -> str:
    # Whoever reads the database must not be able to fetch what waits.
    return hashlib.sha256(path.encode()).hexdigest()
