"""Receipts of ended visits: read from the store, with the names of people, signed on request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from config.schema import Facility, HubConfig
from signalling.hub.signing import ReceiptKey
from signalling.hub.store.interface import Store
from signalling.receipt import GiveBack, Receipt, receipt_of
from signalling.visit import fold


@dataclass(frozen=True, slots=True)
class Named:
    """A receipt, and what people call those whom it names by id."""

    receipt: Receipt
    facility: Facility
    inmate: str
    visitors: tuple[str, ...]
    """Empty for one who erased their account."""


class Receipts:
    """Makes and signs receipts."""

    def __init__(self, store: Store, config: HubConfig, key: ReceiptKey) -> None:
        self._store = store
        self._hub = config.name
        self._limits = GiveBack(config.visits.give_back_max_s, config.visits.pause_max_s)
        self._facilities = {each.id: each for each in config.facility}
        self.key = key

    async def of(self, visit: str) -> Named:
        """Return a visit's receipt.

        Raises:
            LookupError: no such visit, or its facility is not in hub.toml any more.
            NotEnded: it has not ended.
        """
        events = await self._store.visits.log(visit)
        if not events:
            raise LookupError(visit)
        folded = fold(events)
        booked = folded.booked
        people = self._store.people
        inmate = await people.inmate(booked.inmate)
        visitors = [await people.visitor(who) for who in folded.visitors]
        return Named(
            receipt_of(events, self._limits),
            self._facilities[booked.facility],
            inmate.name if inmate is not None else booked.inmate,
            tuple(visitor.name if visitor is not None else "" for visitor in visitors),
        )

    def sign(self, named: Named) -> bytes:
        """Return the receipt as a signed JSON document."""
        return self.key.sign(document(named, self._hub, self._store.clock()))


def document(named: Named, hub: str, issued_at: float) -> dict[str, Any]:
    """Return what a receipt says, for anybody to read: instants as text in UTC."""
    facility = {
        "id": named.facility.id,
        "name": named.facility.name,
        "time_zone": named.facility.time_zone,
    }
    return {
        "hub": hub,
        "issued_at": _instant(round(issued_at)),
        "facility": facility,
        "inmate": named.inmate,
        "visitors": list(named.visitors),
        **_said(msgspec.to_builtins(named.receipt)),
    }


def _said(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _value(key, value) for key, value in facts.items()}


def _value(key: str, value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_said(each) for each in value]
    if isinstance(value, int) and (key.endswith("_at") or key.startswith("booked_")):
        return _instant(value)
    return value


def _instant(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
