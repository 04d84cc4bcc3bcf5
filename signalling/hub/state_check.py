"""Pure: whether a visit's columns, its occupancy and the audit agree with its log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from signalling.errors import IllegalEvent
from signalling.hub.counted import counted
from signalling.hub.store.audit_interface import KeptVisit
from signalling.hub.store.visit_rows import cells, note_of
from signalling.visit import Visit, fold


def log_faults(kept: KeptVisit) -> Iterator[str]:
    """Yield what is wrong with a visit's log, and with the columns that follow from it."""
    visit = _folded(kept)
    if isinstance(visit, str):
        yield f"visit {kept.id}: its log cannot be read: {visit}"
        return
    has = {**kept.columns, "ends_at": kept.ends_at, "closed_at": kept.closed_at}
    for column, by_log in _columns(visit).items():
        if has[column] != by_log:
            yield f"visit {kept.id}: {column} is {has[column]}, by its log {by_log}"
    if set(visit.visitors) != kept.visitors:
        yield (
            f"visit {kept.id}: its visitors are {_names(kept.visitors)},"
            f" by its log {_names(visit.visitors)}"
        )


def occupancy_faults(kept: KeptVisit) -> Iterator[str]:
    """Yield whom an open visit does not occupy although it must, and the other way round."""
    visit = _folded(kept)
    if isinstance(visit, str):
        return  # `log_faults` says so
    who = [("inmate", visit.booked.inmate), *(("visitor", each) for each in visit.visitors)]
    if kept.seat is not None:
        who.append(("terminal", kept.seat))
    span = cells(visit.booked.starts_at, visit.ends_at) if visit.ended is None else range(0)
    wanted = {(kind, each, cell) for kind, each in who for cell in span}
    for what, difference in (("lacks", wanted - kept.cells), ("has", kept.cells - wanted)):
        for kind, each in sorted({(kind, each) for kind, each, _ in difference}):
            count = sum((kind, each) == cell[:2] for cell in difference)
            extra = "that it must have" if what == "lacks" else "that its log does not give it"
            yield f"visit {kept.id}: {what} {counted(count, 'cell')} of {kind} {each} {extra}"


def audit_faults(kept: KeptVisit, since: float) -> Iterator[str]:
    """Yield events that the audit lacks or has otherwise, and those of it that are in no log."""
    said = {_place(each.facts): each for each in kept.entries}
    for event in kept.events:
        entry, note = said.pop(event.seq, None), note_of(event)
        if entry is None:
            if event.recorded_at >= since:
                yield f"visit {kept.id}: event {event.seq} is not in the audit log"
        elif (entry.kind, entry.who, entry.facts) != (note.kind, note.who, note.facts):
            yield (
                f"visit {kept.id}: event {event.seq} is not what entry {entry.seq}"
                " of the audit log says it was"
            )
    for seq, entry in said.items():
        yield f"visit {kept.id}: lacks event {seq}, which entry {entry.seq} of the audit log has"


def _columns(visit: Visit) -> dict[str, str | float | None]:
    booked = visit.booked
    return {
        "facility": booked.facility,
        "inmate": booked.inmate,
        "starts_at": booked.starts_at,
        "booked_end": booked.ends_at,
        "ends_at": visit.ends_at,
        "closed_at": visit.ended_at,
        "end_reason": str(visit.ended.reason) if visit.ended is not None else None,
    }


def _folded(kept: KeptVisit) -> Visit | str:
    if kept.unreadable or not kept.events:
        return kept.unreadable or "it is empty"
    try:
        return fold(kept.events)
    except (IllegalEvent, ValueError) as error:
        return str(error)


def _place(facts: str) -> int:
    place = msgspec.json.decode(facts).get("seq")
    return place if isinstance(place, int) else 0


def _names(people: Iterable[str]) -> str:
    return ", ".join(sorted(people))
