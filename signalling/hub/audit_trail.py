"""What the audit is told outside any transaction: refusals, looks and links, summed up by minute.

Whoever causes them may be a stranger who causes many, so they are counted by who, where and what,
and written once a minute, at most KINDS_A_MINUTE entries: nobody fills the disk, nor waits for
it. A hub that is killed loses the last minute's. Everything else is written by the transaction
that does it (`store/chain.py`), or is awaited before anybody hears of it.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from signalling.hub import audit_heads
from signalling.hub.audit_chain import Head, Note, facts_text
from signalling.hub.signing import ReceiptKey
from signalling.hub.store.chain import ORIGIN
from signalling.hub.store.interface import Store, StoreError

log = logging.getLogger(__name__)

WINDOW_S: Final = 60.0
KINDS_A_MINUTE: Final = 200
"""What differs in who, where or what; the rest of a minute is summed up by kind alone."""
HEAD_EVERY_S: Final = 3600.0
MANY: Final = "many"
NOBODY: Final = "nobody"
"""Who has not said, or not shown, who they are."""


@dataclass(slots=True)
class _Sum:
    count: int
    first_at: float
    last_at: float


_Key = tuple[str, str, str, str, tuple[tuple[str, Any], ...]]


class AuditTrail:
    """Sums up, and signs heads."""

    def __init__(self, store: Store, key: ReceiptKey, hub: str, state_dir: Path) -> None:
        self._store = store
        self._key = key
        self._hub = hub
        self._file = state_dir / audit_heads.HEAD_FILE
        self._sums: dict[_Key, _Sum] = {}
        self._signing = asyncio.Lock()

    def count(
        self, kind: str, who: str = NOBODY, about: str = "", origin: str | None = None, **facts: str
    ) -> None:
        """Count something that happened now; never waits."""
        now = self._store.clock()
        where = ORIGIN.get() if origin is None else origin
        key: _Key = (kind, who, where, about, tuple(sorted(facts.items())))
        if key not in self._sums and len(self._sums) >= KINDS_A_MINUTE:
            key = (kind, MANY, MANY, "", ())
        known = self._sums.setdefault(key, _Sum(0, now, now))
        known.count += 1
        known.last_at = now

    async def flush(self) -> None:
        """Write what was counted. Raises StoreError: it is kept, and written the next time."""
        sums, self._sums = self._sums, {}
        if not sums:
            return
        try:
            await self._store.audit.add([_note(key, each) for key, each in sums.items()])
        except StoreError:
            for key, late in self._sums.items():
                if key in sums:
                    sums[key].count += late.count
                    sums[key].last_at = late.last_at
                else:
                    sums[key] = late
            self._sums = sums
            raise

    async def head(self) -> str | None:
        """Sign the newest entry's hash, keep it beside the key; return the document.

        None when the chain does not hold the one that was kept before: that one stays, for it is
        what shows that somebody wrote the chain anew.
        """
        async with self._signing:  # one after the other: they write the same file
            if not await self.holds():
                return None
            head = await self._store.audit.head()
            document = audit_heads.signed(self._key, self._hub, head, audit_heads.HEAD_FORM)
            await asyncio.to_thread(audit_heads.keep, self._file, document)
        log.info("audit: entry %d has the hash %s, signed and kept", head.seq, head.hash)
        return document

    def kept(self) -> str | None:
        """Return the signed head that was kept last."""
        return audit_heads.kept(self._file)

    def anchor(self, head: Head) -> str:
        """Sign what the oldest kept entry will follow."""
        return audit_heads.signed(self._key, self._hub, head, audit_heads.ANCHOR_FORM)

    async def holds(self) -> bool:
        """Whether the chain still holds the head that was kept last; if not, the log says so."""
        text = self.kept()
        if text is None:
            return True
        head = audit_heads.read_head(text, self._key.pem, audit_heads.HEAD_FORM)
        if head is not None and await self._has(head):
            return True
        log.error(
            "audit: the chain does not hold the head in %s: run visit-hub audit verify",
            self._file,
        )
        return False

    async def _has(self, head: Head) -> bool:
        if not head.seq:
            return True
        found = await self._store.audit.page(head.seq - 1, 1)
        if found and found[0].hash == head.hash:
            return True
        text = await self._store.audit.anchor()
        anchor = audit_heads.read_head(text or "", self._key.pem, audit_heads.ANCHOR_FORM)
        return anchor is not None and anchor.seq >= head.seq  # too old, and cut with its time

    async def run(self) -> None:
        """Write each minute what was counted, and sign a head each hour, until cancelled."""
        signed_at = float("-inf")
        loop = asyncio.get_running_loop()
        while True:
            try:
                await self.flush()
                if loop.time() >= signed_at + HEAD_EVERY_S:
                    await self.head()
                    signed_at = loop.time()
            except (StoreError, OSError) as error:
                log.warning("audit: not written, tried again later: %s", error)
            await asyncio.sleep(WINDOW_S)

    async def close(self) -> None:
        """Write what was counted, and keep the last head."""
        try:
            await self.flush()
            await self.head()
        except (StoreError, OSError) as error:
            log.warning("audit: the last of it was not written: %s", error)


def _note(key: _Key, each: _Sum) -> Note:
    kind, who, where, about, facts = key
    told = {**dict(facts), "count": each.count}
    if each.count > 1:
        told["first_at"] = each.first_at
    return Note(round(each.last_at * 1000), kind, who, where, about, facts_text(told))
