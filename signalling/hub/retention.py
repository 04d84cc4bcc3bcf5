"""Forgets what is too old, by the ages in hub.toml: a little at a time, all day long."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Final

from config.schema import HubConfig, Retention
from signalling.hub.accounts import Accounts
from signalling.hub.audit_trail import AuditTrail
from signalling.hub.store.chain import audited, new_note
from signalling.hub.store.interface import Store, StoreError

log = logging.getLogger(__name__)

DAY_S: Final = 86_400.0
SWEEP_EVERY_S: Final = 3600.0
BATCH: Final = 50
AUDIT_BATCH: Final = 2000
BREATH_S: Final = 0.05
"""Between two batches: others come first."""
KINDS: Final = ("visits", "photos", "requests", "mails", "sessions", "accounts")
AUDIT: Final = "audit"

Row = dict[str, str | int | float | None]


class Ages:
    """Pure: what is too old at a time."""

    def __init__(self, config: Retention) -> None:
        self._config = config

    def days(self, what: str) -> int:
        """Return how many days things of a kind are kept; 0: for ever."""
        days: int = getattr(self._config, f"{what}_days")
        return days

    def before(self, what: str, now: float) -> float | None:
        """Return the time before which things of a kind go; None: they stay."""
        days = self.days(what)
        return now - days * DAY_S if days else None


class Sweeper:
    """Deletes in batches. Each hub of several does; what one deleted the others do not find."""

    def __init__(
        self, store: Store, accounts: Accounts, trail: AuditTrail, config: HubConfig
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._trail = trail
        self._ages = Ages(config.retention)

    async def preview(self) -> list[Row]:
        """Return what would go now: a row for each kind."""
        rows: list[Row] = []
        for what in (*KINDS, AUDIT):
            before = self._ages.before(what, self._store.clock())
            count, oldest = 0, None
            if before is not None and what == AUDIT:
                count, _ = await self._store.audit.old(round(before * 1000), 1)
            elif before is not None:
                old = await self._store.retention.old(what, before)
                count, oldest = old.count, old.oldest
            rows.append(
                {"what": what, "days": self._ages.days(what), "go": count, "oldest_at": oldest}
            )
        return rows

    async def sweep(self, within_s: float | None = None) -> tuple[dict[str, int], bool]:
        """Delete what is too old, for at most so long; return how many went, and if all did."""
        until = time.monotonic() + within_s if within_s is not None else None
        gone: dict[str, int] = {}
        for what in (*KINDS, AUDIT):
            while count := await self._batch(what):
                gone[what] = gone.get(what, 0) + count
                if until is not None and time.monotonic() >= until:
                    return gone, False
                await asyncio.sleep(BREATH_S)
        await self._store.retention.tidy()
        return gone, True

    async def _batch(self, what: str) -> int:
        now = self._store.clock()
        before = self._ages.before(what, now)
        if before is None:
            return 0
        if what == AUDIT:
            return await self._cut(before, now)
        gone = await audited(
            self._store.retention.forget(what, before, BATCH),
            lambda ids: (
                new_note(now, "retention", "hub", what=what, count=len(ids)) if ids else None
            ),
        )
        if what == "sessions":
            self._accounts.say_ended(gone)
        return len(gone)

    async def _cut(self, before: float, now: float) -> int:
        """Cut the beginning of the audit log; what it then begins with follows a signed anchor."""
        _, anchor = await self._store.audit.old(round(before * 1000), AUDIT_BATCH)
        if anchor is None:
            return 0
        return await audited(
            self._store.audit.cut(anchor, self._trail.anchor(anchor)),
            lambda count: (
                new_note(
                    now,
                    "retention",
                    "hub",
                    what=AUDIT,
                    count=count,
                    up_to=anchor.seq,
                    hash=anchor.hash,
                )
                if count
                else None
            ),
        )

    async def run(self) -> None:
        """Sweep now and each hour, until cancelled."""
        while True:
            try:
                gone, _ = await self.sweep()
            except StoreError as error:
                log.warning("retention: not swept, tried again later: %s", error)
            else:
                if gone:
                    told = ", ".join(f"{count} {what}" for what, count in gone.items())
                    log.info("retention: deleted %s", told)
            await asyncio.sleep(SWEEP_EVERY_S)
