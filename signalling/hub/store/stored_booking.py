"""Booking by visitors: every check is made again in the transaction that books."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

from signalling.errors import IllegalEvent
from signalling.hub.scheduling import Span
from signalling.hub.store.booking_plan import NotApproved, Plan, Wish
from signalling.hub.store.interface import SlotRefused, Stale
from signalling.hub.store.records import Draft
from signalling.hub.store.stored_staff import blackouts
from signalling.hub.store.tables import Tables
from signalling.hub.store.visit_news import VisitNews
from signalling.hub.store.visit_rows import append_all, cells, free_seat, read_log, start_log
from signalling.hub.store.writer import Writer
from signalling.hub.visiting_rules import Slot, Taken, monday
from signalling.visit import Visit, fold
from signalling.visit_events import Booked, By, Ended, EndReason

_OF_INMATE: Final = "visits v where v.inmate = ?"
_OF_VISITOR: Final = "visit_visitors w join visits v on v.id = w.visit where w.visitor = ?"


class StoredBooking:
    """`interface.BookingStore`."""

    def __init__(self, writer: Writer, clock: Callable[[], float], news: VisitNews) -> None:
        self._writer = writer
        self._clock = clock
        self._news = news

    async def taken(self, wish: Wish) -> Taken:
        """What stands in the way of a wish, now."""
        return await self._writer.read(lambda db: _taken(db, wish))

    async def book(self, plan: Plan) -> tuple[Visit, Visit | None]:
        """Book, and end the visit that this one is instead of. Returns both as they then are.

        A repeat of a request returns the visit that the first one made.

        Raises:
            SlotRefused: a rule stands in the way. IllegalEvent: the visit to move cannot be
            cancelled. Occupied. NotApproved. Nothing was changed then.
        """

        def work(db: Tables) -> tuple[Visit, Visit | None]:
            before = _booked_before(db, plan)
            if before is not None:
                return before, None
            if not plan.staff:
                _require_approved(db, plan.booked, self._clock())
            now = self._clock()
            ended = self._end(db, plan, now) if plan.wish.moving else None
            slot = plan.judge(_taken(db, plan.wish), now)
            if slot.rule:
                raise SlotRefused(slot)
            author = f"staff:{plan.staff}" if plan.staff else f"visitor:{plan.wish.visitor}"
            seat = _seat(db, plan)
            made = start_log(db, plan.visit, plan.booked, author, now, seat)
            db.execute(
                "update visits set booked_by = ?, request = ? where id = ?",
                (plan.wish.visitor, plan.request, plan.visit),
            )
            self._news.booked(db, made, now, ended)
            return made, ended

        return await self._writer.run(work)

    async def invite(
        self, visit: Visit, drafts: Sequence[Draft], wish: Wish, judge: Callable[[Taken], Slot]
    ) -> Visit:
        """Append to a log what `judge` lets pass, asked what is taken then.

        Raises SlotRefused, Stale, IllegalEvent, Occupied.
        """

        def work(db: Tables) -> Visit:
            slot, now = judge(_taken(db, wish)), self._clock()
            if slot.rule:
                raise SlotRefused(slot)
            appended = append_all(db, visit, drafts, now)
            self._news.changed(db, visit, appended, now)
            return appended

        return await self._writer.run(work)

    def _end(self, db: Tables, plan: Plan, now: float) -> Visit:
        """Cancel the visit to move: what it held may be what the new one needs."""
        moving = plan.wish.moving
        assert moving is not None
        events = read_log(db, moving)
        if not events:
            raise Stale(f"there is no visit {moving}")
        visit = fold(events)
        who = plan.wish.visitor
        if visit.visitors[0] != who:
            raise IllegalEvent("ended", "who did not book it cannot move it")
        draft = Draft(Ended(By.VISITOR, EndReason.CANCELLED, who), f"visitor:{who}")
        if plan.staff:
            draft = Draft(Ended(By.STAFF, EndReason.CANCELLED, plan.staff), f"staff:{plan.staff}")
        ended = append_all(db, visit, [draft], now)
        self._news.changed(db, visit, ended, now, frozenset(plan.booked.visitors))
        return ended


def _require_approved(db: Tables, booked: Booked, now: float) -> None:
    """Staff, or the end of an account, may have been faster. Raises NotApproved."""
    sql = (
        "select 1 from approvals where visitor = ? and inmate = ?"
        " and (expires_at is null or expires_at > ?)"
    )
    for who in booked.visitors:
        if db.execute(sql, (who, booked.inmate, now)).fetchone() is None:
            raise NotApproved(who)


def _seat(db: Tables, plan: Plan) -> str | None:
    booked, gap_s = plan.booked, plan.wish.gap_s
    span = cells(booked.starts_at - gap_s, booked.ends_at + gap_s)
    return free_seat(db, booked.facility, plan.wish.unit, plan.wish.terminals, span)


def _booked_before(db: Tables, plan: Plan) -> Visit | None:
    row = db.execute(
        "select id from visits where booked_by = ? and request = ?",
        (plan.wish.visitor, plan.request),
    ).fetchone()
    return fold(read_log(db, row[0])) if row is not None else None


def _taken(db: Tables, wish: Wish) -> Taken:
    seats: dict[int, list[Span]] = {}
    prefix = f"{wish.facility}/{wish.unit}#"
    rows = db.execute(
        "select seat, starts_at, ends_at from visits where closed_at is null and id <> ?"
        " and substr(seat, 1, ?) = ?",
        (wish.moving or "", len(prefix), prefix),
    )
    for seat, *span in rows:
        seats.setdefault(int(seat.rpartition("#")[2]), []).append(Span(*span))
    return Taken(
        inmate=_spans(db, wish, _OF_INMATE, wish.inmate),
        visitor=_spans(db, wish, _OF_VISITOR, wish.visitor),
        guests=tuple(span for who in wish.guests for span in _spans(db, wish, _OF_VISITOR, who)),
        seats={number: tuple(spans) for number, spans in seats.items()},
        inmate_weeks=_weeks(db, wish, _OF_INMATE, wish.inmate),
        visitor_weeks=_weeks(db, wish, _OF_VISITOR, wish.visitor),
        guest_weeks=tuple(_weeks(db, wish, _OF_VISITOR, who) for who in wish.guests),
        blackouts=tuple(
            blackouts(
                db,
                "facility = ? and unit in ('', ?) and until_at > ?",
                (wish.facility, wish.unit, wish.since),
            )
        ),
    )


def _spans(db: Tables, wish: Wish, whose: str, who: str) -> tuple[Span, ...]:
    """Open visits of somebody at every facility: nobody is in two places at once."""
    rows = db.execute(
        f"select v.starts_at, v.ends_at from {whose} and v.closed_at is null and v.id <> ?",
        (who, wish.moving or ""),
    )
    return tuple(Span(*row) for row in rows)


def _weeks(db: Tables, wish: Wish, whose: str, who: str) -> Counter[date]:
    """How many visits that were not cancelled start in each week, by its Monday."""
    rows = db.execute(
        f"select v.starts_at from {whose} and v.facility = ? and v.id <> ?"
        " and coalesce(v.end_reason, '') <> 'cancelled' and v.starts_at > ?",
        (who, wish.facility, wish.moving or "", wish.since),
    )
    return Counter(monday(row[0], wish.time_zone) for row in rows)
