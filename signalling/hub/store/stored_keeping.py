"""Which hubs live and which facilities they keep, in the database that they share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from signalling.hub.keeping import preferred
from signalling.hub.store.records import Kept
from signalling.hub.store.tables import Tables
from signalling.hub.store.writer import Writer

SILENT_S: Final = 0.4
"""A hub whose session at the database server is gone, and that was silent for so long, is dead."""
SETTLED_S: Final = 2.0
"""Who has just connected may have found the server restarted, where nobody's session is left: it
judges nobody by that for so long."""


@dataclass(frozen=True, slots=True)
class Sessions:
    """Who is connected to the database server: this hub's own session, and all there are."""

    own: str
    all: frozenset[str]


class StoredKeeping:
    """`interface.KeepingStore`. Where the database is a file there are no sessions."""

    def __init__(
        self,
        writer: Writer,
        clock: Callable[[], float],
        sessions: Callable[[Tables], Sessions] = lambda _db: Sessions("", frozenset()),
    ) -> None:
        self._writer = writer
        self._clock = clock
        self._sessions = sessions

    async def beat(
        self,
        hub: str,
        facilities: tuple[str, ...],
        gives: frozenset[str],
        lease_s: float,
        heard: frozenset[str] = frozenset(),
    ) -> Kept:
        """Say that a hub lives, take what nobody keeps, give what another should; see all."""

        def work(db: Tables) -> Kept:
            now, sessions = self._clock(), self._sessions(db)
            own = msgspec.json.encode(facilities).decode()
            since: float = db.execute(
                "insert into hubs (id, until, facilities, session, since) values (?, ?, ?, ?, ?)"
                " on conflict (id) do update set until = excluded.until, since = case"
                " when hubs.session = excluded.session then hubs.since else excluded.since end,"
                " session = excluded.session returning since",
                (hub, now + lease_s, own, sessions.own, now),
            ).fetchone()[0]
            judged_by = sessions if sessions.own and now >= since + SETTLED_S else None
            serves = _living(db, now, lease_s, judged_by, heard)
            keepers, elsewhere = _keepers(db, serves), set[str]()
            for facility in facilities:
                wanted = preferred(facility, (id for id, its in serves.items() if facility in its))
                current = keepers.get(facility)
                if current is None and wanted == hub:
                    keepers[facility] = _keep(db, facility, hub)
                elif current == hub and wanted not in (hub, None):
                    if facility in gives:
                        keepers[facility] = _keep(db, facility, str(wanted))
                    else:
                        elsewhere.add(facility)
            return Kept(tuple(sorted(serves)), keepers, frozenset(elsewhere))

        return await self._writer.run(work)

    async def leave(self, hub: str) -> None:
        """A hub goes: others may take what it kept."""

        def work(db: Tables) -> None:
            db.execute("delete from keepers where hub = ?", (hub,))
            db.execute("delete from hubs where id = ?", (hub,))

        await self._writer.run(work)

    async def same_key(self, name: str, print: str) -> bool:
        """Whether a key is the one that this database is used with; the first one is kept."""

        def work(db: Tables) -> bool:
            db.execute(
                "insert into key_prints (name, print) values (?, ?) on conflict do nothing",
                (name, print),
            )
            row = db.execute("select print from key_prints where name = ?", (name,)).fetchone()
            return bool(row[0] == print)

        return await self._writer.run(work)


def _living(
    db: Tables,
    now: float,
    lease_s: float,
    sessions: Sessions | None,
    heard: frozenset[str],
) -> dict[str, tuple[str, ...]]:
    """Forget the hubs that are dead; return what the others serve."""
    serves: dict[str, tuple[str, ...]] = {}
    for id, until, facilities, session in db.execute(
        "select id, until, facilities, session from hubs"
    ).fetchall():
        # A hub that speaks has only lost its session, and serves until its lease is over.
        cut = sessions is not None and session not in sessions.all and id not in heard
        if now >= until or (cut and now >= until - lease_s + SILENT_S):
            db.execute("delete from hubs where id = ?", (id,))
        else:
            serves[id] = tuple(msgspec.json.decode(facilities))
    return serves


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
