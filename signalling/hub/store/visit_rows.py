"""The rows of visits, within a transaction: logs, booking facts, who and what is occupied."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import msgspec

from signalling.errors import IllegalEvent
from signalling.hub.audit_chain import Note
from signalling.hub.scheduling import CELL_S
from signalling.hub.store import chain
from signalling.hub.store.interface import Occupied, Stale
from signalling.hub.store.records import Draft
from signalling.hub.store.tables import Tables
from signalling.visit import Visit, book
from signalling.visit_events import KIND_OF, AnyWhat, Booked, Event

_INSERT: Final = "insert into events (visit, seq, id, author, happened_at, recorded_at, kind, what)"
_encode = msgspec.json.Encoder().encode
_decode: Callable[[str], AnyWhat] = msgspec.json.Decoder(AnyWhat).decode


def cells(starts_at: float, ends_at: float) -> range:
    """Return the five-minute cells that the span touches."""
    return range(math.floor(starts_at / CELL_S), math.ceil(ends_at / CELL_S))


def start_log(  # noqa: PLR0917 - the first event's parts
    db: Tables, visit: str, booked: Booked, author: str, now: float, seat: str | None
) -> Visit:
    """Start a visit's log and occupy everybody, and the seat. Raises Occupied, IllegalEvent."""
    event = Event(visit, 1, Draft(booked, author).id, author, now, now, booked)
    made = book(event)
    db.execute(
        "insert into visits (id, facility, inmate, starts_at, booked_end, ends_at, seat)"
        " values (?, ?, ?, ?, ?, ?, ?)",
        (
            visit,
            booked.facility,
            booked.inmate,
            booked.starts_at,
            booked.ends_at,
            booked.ends_at,
            seat,
        ),
    )
    db.executemany(
        "insert into visit_visitors (visitor, visit) values (?, ?)",
        [(who, visit) for who in booked.visitors],
    )
    db.execute(f"{_INSERT} values (?, ?, ?, ?, ?, ?, ?, ?)", _row(event))
    chain.note(note_of(event))
    take_cells(db, visit, holds(db, made), cells(booked.starts_at, booked.ends_at))
    return made


def append_all(db: Tables, visit: Visit, drafts: Sequence[Draft], clock: float) -> Visit:
    """Append all drafts. Raises Stale, IllegalEvent, Occupied."""
    try:
        folded, events = _fold_drafts(visit, drafts, clock)
    except IllegalEvent:
        _check_last(db, visit)  # what is known of a log that grew may be what forbids it
        raise
    for each in events:
        chain.note(note_of(each))
    if len(events) == 1 and not _moves(visit, folded):
        # Most events are of this kind. The log has no gaps, so that it grew is a conflict.
        db.append(
            f"{_INSERT} select ?, ?, ?, ?, ?, ?, ?, ?"
            " where (select max(seq) from events where visit = ?) = ? on conflict do nothing",
            (*_row(events[0]), visit.id, visit.length),
            Stale(f"visit {visit.id}: seq {visit.length} is not its last"),
        )
        return folded
    _check_last(db, visit)
    db.executemany(f"{_INSERT} values (?, ?, ?, ?, ?, ?, ?, ?)", [_row(each) for each in events])
    _keep(db, visit, folded)
    return folded


def _fold_drafts(visit: Visit, drafts: Sequence[Draft], clock: float) -> tuple[Visit, list[Event]]:
    """Return the visit after its drafts, and the events of those that are new."""
    events = []
    for draft in drafts:
        event = _event(visit, draft, clock)
        after = visit.append(event)
        if after is not visit:
            events.append(event)
        visit = after
    return visit, events


def _check_last(db: Tables, visit: Visit) -> None:
    last = db.execute("select max(seq) from events where visit = ?", (visit.id,)).fetchone()
    if last[0] != visit.length:
        raise Stale(f"visit {visit.id}: seq {visit.length} expected, {last[0]} found")


def free_seat(db: Tables, facility: str, unit: str, terminals: int, span: range) -> str | None:
    """Return a seat of a housing unit that nobody holds in these cells, or None."""
    seats = [f"{facility}/{unit}#{number + 1}" for number in range(terminals)]
    if not seats:
        return None
    marks = ", ".join("?" * len(seats))
    sql = (
        f"select distinct id from occupancy where kind = 'terminal' and id in ({marks})"
        " and cell >= ? and cell < ?"
    )
    taken = {row[0] for row in db.execute(sql, (*seats, span.start, span.stop))}
    return next((seat for seat in seats if seat not in taken), None)


def holds(db: Tables, visit: Visit) -> list[tuple[str, str]]:
    """Return whom and what a visit occupies, each as (kind, id)."""
    held = [("inmate", visit.booked.inmate), *(("visitor", who) for who in visit.visitors)]
    row = db.execute("select seat from visits where id = ?", (visit.id,)).fetchone()
    return held if row is None or row[0] is None else [*held, ("terminal", row[0])]


def read_log(db: Tables, visit: str) -> list[Event]:
    """Return one visit's events, oldest first."""
    rows = db.query(
        "select visit, seq, id, author, happened_at, recorded_at, what"
        " from events where visit = ? order by seq",
        (visit,),
    )
    return [event_of(row) for row in rows]


def _event(visit: Visit, draft: Draft, clock: float) -> Event:
    # The store's clock may be set back; a visit's log may not.
    now = max(clock, visit.last_recorded_at)
    happened = now if draft.happened_at is None else min(draft.happened_at, now)
    return Event(visit.id, visit.length + 1, draft.id, draft.author, happened, now, draft.what)


def _row(event: Event) -> tuple[Any, ...]:
    return (
        event.visit,
        event.seq,
        event.id,
        event.author,
        event.happened_at,
        event.recorded_at,
        KIND_OF[type(event.what)],
        _encode(event.what).decode(),
    )


def note_of(event: Event) -> Note:
    """Return what the audit keeps of an event: all of it."""
    facts = {"seq": event.seq, "id": event.id, "happened_at": event.happened_at}
    return chain.new_note(
        event.recorded_at,
        f"visit-{KIND_OF[type(event.what)]}",
        event.author,
        f"visit:{event.visit}",
        **facts,
        what=event.what,
    )


def event_of(row: dict[str, Any]) -> Event:
    return Event(
        row["visit"],
        row["seq"],
        row["id"],
        row["author"],
        row["happened_at"],
        row["recorded_at"],
        _decode(row["what"]),
    )


def take_cells(db: Tables, visit: str, who: Iterable[tuple[str, str]], span: Iterable[int]) -> None:
    """Occupy people and terminals, each as (kind, id), for a visit. Raises Occupied."""
    wanted = [(kind, each, cell, visit) for kind, each in who for cell in span]
    if not wanted:
        return
    marks = ", ".join(["(?, ?, ?, ?)"] * len(wanted))
    taken = db.execute(
        f"insert into occupancy (kind, id, cell, visit) values {marks} on conflict do nothing",
        [value for row in wanted for value in row],
    ).rowcount
    if taken == len(wanted):
        return
    for kind, each, cell, _ in wanted:
        row = db.execute(
            "select visit from occupancy where kind = ? and id = ? and cell = ? and visit <> ?",
            (kind, each, cell, visit),
        ).fetchone()
        if row is not None:
            raise Occupied(kind, each, row[0])
    raise Occupied(kind, each, visit)


def _moves(before: Visit, after: Visit) -> bool:
    """Return whether more than the log changes."""
    return (
        after.visitors != before.visitors
        or after.ends_at > before.ends_at
        or (after.ended is not None and before.ended is None)
    )


def _keep(db: Tables, before: Visit, after: Visit) -> None:
    """Move the columns and the occupancy that follow from the log."""
    _keep_visitors(db, before, after)
    if after.ends_at > before.ends_at:
        db.execute("update visits set ends_at = ? where id = ?", (after.ends_at, after.id))
        held = cells(before.booked.starts_at, before.ends_at)
        wanted = cells(after.booked.starts_at, after.ends_at)
        take_cells(db, after.id, holds(db, after), range(held.stop, wanted.stop))
    if after.ended is not None and before.ended is None:
        db.execute(
            "update visits set closed_at = ?, end_reason = ? where id = ?",
            (after.ended_at, str(after.ended.reason), after.id),
        )
        db.execute("delete from occupancy where visit = ?", (after.id,))


def _keep_visitors(db: Tables, before: Visit, after: Visit) -> None:
    """Whoever is invited is occupied as the others are; whoever declines is free again."""
    for who in after.visitors:
        if who not in before.visitors:
            db.execute("insert into visit_visitors (visitor, visit) values (?, ?)", (who, after.id))
            span = cells(after.booked.starts_at, before.ends_at)
            take_cells(db, after.id, [("visitor", who)], span)
    for who in before.visitors:
        if who not in after.visitors:
            db.execute(
                "delete from visit_visitors where visitor = ? and visit = ?", (who, after.id)
            )
            db.execute(
                "delete from occupancy where kind = 'visitor' and id = ? and visit = ?",
                (who, after.id),
            )
