"""Which hubs live and which facilities they keep, in the database that they share."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from signalling.hub.keeping import preferred
from signalling.hub.store.records import Kept
from signalling.hub.store.tables import Tables
from signalling.hub.store.writer import Writer


class StoredKeeping:
    """`interface.KeepingStore`."""

    def __init__(self, writer: Writer, clock: Callable[[], float]) -> None:
        self._writer = writer
        self._clock = clock

    async def beat(
        self, hub: str, facilities: tuple[str, ...], gives: frozenset[str], lease_s: float
    ) -> Kept:
        """Say that a hub lives, take what nobody keeps, give what another should; see all."""

        def work(db: Tables) -> Kept:
            now = self._clock()
            db.execute(
                "insert into hubs (id, until, facilities) values (?, ?, ?)"
                " on conflict (id) do update set until = excluded.until",
                (hub, now + lease_s, msgspec.json.encode(facilities).decode()),
            )
            serves = _living(db, now)
            keepers = _keepers(db, serves)
            for facility in facilities:
                wanted = preferred(facility, (id for id, its in serves.items() if facility in its))
                current = keepers.get(facility)
                if current is None and wanted == hub:
                    keepers[facility] = _keep(db, facility, hub)
                elif current == hub and wanted not in (hub, None) and facility in gives:
                    keepers[facility] = _keep(db, facility, str(wanted))
            return Kept(tuple(sorted(serves)), keepers)

        return await self._writer.run(work)

    async def leave(self, hub: str) -> None:
        """A hub goes: others may take what it kept."""

        def work(db: Tables) -> None:
            db.execute("delete from keepers where hub = ?", (hub,))
            db.execute("delete from hubs where id = ?", (hub,))

        await self._writer.run(work)


def _living(db: Tables, now: float) -> dict[str, tuple[str, ...]]:
    """Forget the hubs that said nothing for the length of their lease; return what others serve."""
    db.execute("delete from hubs where until <= ?", (now,))
    rows = db.execute("select id, facilities from hubs").fetchall()
    return {id: tuple(msgspec.json.decode(facilities)) for id, facilities in rows}


def _keepers(db: Tables, serves: Mapping[str, object]) -> dict[str, str]:
    rows = db.execute("select facility, hub from keepers").fetchall()
    return {facility: hub for facility, hub in rows if hub in serves}


def _keep(db: Tables, facility: str, hub: str) -> str:
    db.execute(
        "insert into keepers (facility, hub) values (?, ?)"
        " on conflict (facility) do update set hub = excluded.hub",
        (facility, hub),
    )
    return hub
