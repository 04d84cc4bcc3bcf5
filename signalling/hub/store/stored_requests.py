"""Requests to visit, photos of identity cards and accepted rules."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Final

from signalling.hub.store.interface import Duplicate, Stale
from signalling.hub.store.records import Approval, Photo, Request
from signalling.hub.store.stored_people import keep_approval
from signalling.hub.store.tables import Tables
from signalling.hub.store.writer import Writer

_REQUEST: Final = (
    "id, visitor, facility, number, relation, private, photo, status, asked_at,"
    " decided_at, decided_by, reason"
)
LOOSE_PHOTOS: Final = 3
"""Photos of one visitor that no request names; the oldest goes first."""


class StoredRequests:
    """`interface.RequestStore`."""

    def __init__(self, writer: Writer, clock: Callable[[], float]) -> None:
        self._writer = writer
        self._clock = clock

    async def add(self, request: Request) -> None:
        """Raises Duplicate when the visitor waits for the same number already."""

        def work(db: Tables) -> None:
            places = ", ".join("?" * len(dataclasses.fields(Request)))
            added = db.execute(
                f"insert into requests ({_REQUEST}) values ({places})"
                " on conflict (visitor, facility, number) where status = 'pending' do nothing",
                dataclasses.astuple(request),
            ).rowcount
            if not added:
                raise Duplicate(f"{request.visitor} asked for {request.number} already")

        await self._writer.run(work)

    async def of_visitor(self, visitor: str) -> list[Request]:
        """A visitor's requests, the newest first."""
        return await self._read("where visitor = ? order by asked_at desc", visitor)

    async def all(self, pending_only: bool) -> list[Request]:
        """Everybody's requests, the oldest first."""
        where = "where status = 'pending' or ? = 0 order by asked_at"
        return await self._read(where, int(pending_only))

    async def request(self, request: str) -> Request | None:
        """By id."""
        return next(iter(await self._read("where id = ?", request)), None)

    async def decide(self, request: Request, approval: Approval | None) -> None:
        """Keep a decision and the approval that comes of it. Raises Stale when it was decided."""

        def work(db: Tables) -> None:
            changed = db.execute(
                "update requests set status = ?, decided_at = ?, decided_by = ?, reason = ?"
                " where id = ? and status = 'pending'",
                (
                    request.status,
                    request.decided_at,
                    request.decided_by,
                    request.reason,
                    request.id,
                ),
            ).rowcount
            if not changed:
                raise Stale(f"request {request.id} was decided already")
            if approval is not None:
                keep_approval(db, approval)

        await self._writer.run(work)

    async def put_away(self, request: str) -> bool:
        """Take a denied request from its visitor's list; False when it is no such one."""

        def work(db: Tables) -> bool:
            sql = "update requests set status = 'withdrawn' where id = ? and status = 'denied'"
            return bool(db.execute(sql, (request,)).rowcount)

        return await self._writer.run(work)

    # -- photos -----------------------------------------------------------------------------

    async def keep_photo(self, photo: Photo) -> None:
        """Keep a photo, once; the visitor's older ones that no request names go."""

        def work(db: Tables) -> None:
            db.execute(
                "insert into photos (id, visitor, kept_at, jpeg) values (?, ?, ?, ?)"
                " on conflict (id) do nothing",
                dataclasses.astuple(photo),
            )
            db.execute(
                "delete from photos where id in (select id from (select id,"
                " row_number() over (order by kept_at desc) as place from photos where visitor = ?"
                " and id not in (select photo from requests where photo is not null)) as loose"
                " where place > ?)",
                (photo.visitor, LOOSE_PHOTOS),
            )

        await self._writer.run(work)

    async def photo(self, photo: str) -> Photo | None:
        """By id."""

        def work(db: Tables) -> Photo | None:
            rows = db.query("select id, visitor, kept_at, jpeg from photos where id = ?", (photo,))
            return next((Photo(**row) for row in rows), None)

        return await self._writer.read(work)

    async def sweep(self, decided_before: float, loose_before: float) -> int:
        """Delete photos that are no longer needed; how many those were."""

        def work(db: Tables) -> int:
            return db.execute(
                "delete from photos where id in (select photo from requests where"
                # One that was put away was decided: the visitor does not say how long staff see it.
                " (status = 'withdrawn' and decided_by = '') or decided_at < ?)"
                " or kept_at < ?"
                " and id not in (select photo from requests where photo is not null)",
                (decided_before, loose_before),
            ).rowcount

        return await self._writer.run(work)

    # -- rules ------------------------------------------------------------------------------

    async def accept(self, visitor: str, facility: str, version: str) -> None:
        """Keep that a visitor accepted a version of a facility's rules."""

        def work(db: Tables) -> None:
            db.execute(
                "insert into acceptances (visitor, facility, version, at) values (?, ?, ?, ?)",
                (visitor, facility, version, self._clock()),
            )

        await self._writer.run(work)

    async def accepted_at(self, visitor: str, facility: str, version: str) -> float | None:
        """When a visitor first accepted a version of a facility's rules."""

        def work(db: Tables) -> float | None:
            at: float | None = db.execute(
                "select min(at) from acceptances where visitor = ? and facility = ?"
                " and version = ?",
                (visitor, facility, version),
            ).fetchone()[0]
            return at

        return await self._writer.read(work)

    async def _read(self, where: str, value: Any) -> list[Request]:
        def work(db: Tables) -> list[Request]:
            rows = db.query(f"select {_REQUEST} from requests {where}", (value,))
            return [Request(**{**row, "private": bool(row["private"])}) for row in rows]

        return await self._writer.read(work)
