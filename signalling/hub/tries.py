"""What strangers may try so often and no more: passwords, mails, requests, photos.

All hubs count together, in their database: more hubs give nobody more tries, nor does a restart.
Whose tries they are is kept under a key, so that a stolen database tells no address or e-mail.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from signalling.hub.store.guessing_interface import Counted
from signalling.hub.store.interface import Store


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many in a window, which begins with the first of them."""

    name: str
    """As the log says it."""
    most: int
    window_s: float


@dataclass(frozen=True, slots=True)
class Try:
    """One that counts against a limit of somebody, or of an address."""

    limit: Limit
    whose: str


@dataclass(frozen=True, slots=True)
class Shut:
    """Nothing was counted, since there is no try left of this one."""

    of: Try
    until: float


class Tries:
    """Counts in the store."""

    def __init__(self, store: Store, key: bytes) -> None:
        self._store = store
        self._key = key

    async def count(self, tries: Sequence[Try]) -> Shut | None:
        """Count each, or none where one's limit is reached.

        Before it is known what comes of it: many side by side are many.
        """
        counted = [Counted(self._mac(t), t.limit.most, t.limit.window_s) for t in tries]
        shut = await self._store.guessing.count_tries(counted)
        return Shut(tries[shut.number], shut.until) if shut is not None else None

    async def take_back(self, tries: Sequence[Try], forget: Sequence[Try] = ()) -> None:
        """They were none after all; of those to `forget` all that was counted goes."""
        back, gone = [self._mac(each) for each in tries], [self._mac(each) for each in forget]
        await self._store.guessing.take_back_tries(back, gone)

    def _mac(self, one: Try) -> bytes:
        return hmac.digest(self._key, f"try\0{one.limit.name}\0{one.whose}".encode(), "sha256")
