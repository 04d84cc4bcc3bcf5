"""Pure: what staff commands answer, as dicts that JSON and tables are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from signalling.hub.event_words import why_ended
from signalling.hub.scheduling import wall_text
from signalling.hub.store.audit_interface import ERASED_NAME
from signalling.hub.store.records import Approval, Inmate, Terminal, Visitor
from signalling.hub.switchboard import TerminalLink
from signalling.visit import Visit
from signalling.visit_events import Event

Row = dict[str, Any]

ERASED: Final = "(erased)"
"""Who was forgotten since: their visits stay."""


def called(name: str, who: str) -> str:
    """Return a person's name. An erased one has none, or their id in its place."""
    return ERASED if name in ("", who, ERASED_NAME) else name


def inmate_row(inmate: Inmate, terminal: str | None) -> Row:
    """An inmate, and where they are signed in."""
    return {
        "facility": inmate.facility,
        "number": inmate.number,
        "name": inmate.name,
        "unit": inmate.unit,
        "signed_in_at": terminal,
    }


def visitor_row(visitor: Visitor, approvals: Sequence[tuple[Approval, Inmate]]) -> Row:
    """A visitor, and whom they may visit."""
    return {
        "id": visitor.id,
        "email": visitor.email,
        "name": visitor.name,
        "approved": [
            {
                "inmate": inmate.number,
                "facility": inmate.facility,
                "relation": approval.relation,
                "private": approval.private,
            }
            for approval, inmate in approvals
        ],
    }


def terminal_row(
    terminal: Terminal,
    link: TerminalLink | None,
    taken: bool,
    now: float,
    kept: Sequence[str] = (),
) -> Row:
    """A terminal as it is now; of one that is away the faults that it reported last."""
    return {
        "terminal": terminal.id,
        "facility": terminal.facility,
        "label": terminal.label,
        "unit": terminal.unit,
        "enrolled": terminal.public_key is not None,
        "key": _key_words(terminal, now),
        "linked": link is not None,
        "signed_in": taken,
        "faults": list(link.faults if link is not None else kept),
        "second_links": terminal.second_links,
        "second_link_at": terminal.second_link_at,
        "alarm": "two machines use its key" if terminal.second_links else "",
    }


def _key_words(terminal: Terminal, now: float) -> str:
    waits = terminal.code_holds(now)
    if terminal.public_key is not None:
        return "enrolled, a code waits for another machine" if waits else "enrolled"
    if terminal.code_hash is None:
        return "revoked"
    return "none, its code waits" if waits else "none, its code is void"


def report_row(kept: tuple[float, str] | None, time_zone: str) -> Row:
    """What a terminal last reported of itself; `reported_at` is None when it never has."""
    if kept is None:
        return {"reported": None, "reported_at": None, "devices": [], "history": [], "facts": []}
    at, text = kept
    report = msgspec.json.decode(text)
    return {
        "reported": wall_text(at, time_zone),
        "reported_at": at,
        "devices": report["devices"],
        "history": [
            {
                **each,
                "from": wall_text(each["since"], time_zone),
                "to": None
                if each["mended_at"] is None
                else wall_text(each["mended_at"], time_zone),
            }
            for each in report["faults"]
        ],
        "facts": report["facts"],
    }


def visit_row(
    visit: Visit, inmate: str, visitors: Sequence[str], time_zone: str, now: float
) -> Row:
    """A visit at `now`. Times as instants (`_at`) and as the facility's clocks show them."""
    at = visit.at(max(now, visit.last_recorded_at))
    return {
        "visit": visit.id,
        "status": str(at.status),
        "facility": visit.booked.facility,
        "inmate": called(inmate, visit.booked.inmate),
        "visitors": [ERASED if each in visit.visitors else called(each, "") for each in visitors],
        "start": wall_text(at.starts_at, time_zone),
        "end": wall_text(at.ends_at, time_zone),
        "starts_at": at.starts_at,
        "ends_at": at.ends_at,
        "private": visit.private,
        "terminal": visit.terminal,
        "used_s": round(at.used_s, 3),
        "lost_s": round(at.lost_s, 3),
        "added_s": round(at.added_s, 3),
        "ended_by": str(at.ended_by) if at.ended_by else None,
        "end_reason": str(at.end_reason) if at.end_reason else None,
        "why_ended": why_ended(at.end_reason, at.ended_by, visit.ended.who if visit.ended else ""),
    }


def log_row(event: Event, time_zone: str, names: Mapping[str, str]) -> Row:
    """One event of a visit's log; `by` and `details` are for people."""
    what = msgspec.to_builtins(event.what)
    kind = what.pop("kind")
    kind_of_author, _, who = event.author.partition(":")
    return {
        "seq": event.seq,
        "kind": kind,
        "author": event.author,
        "by": f"{kind_of_author} {names.get(who, who)}".strip(),
        "happened": wall_text(event.happened_at, time_zone),
        "happened_at": event.happened_at,
        "recorded_at": event.recorded_at,
        "what": what,
        "details": "\n".join(
            f"{key.removesuffix('_at').replace('_', ' ')} {_said(key, value, time_zone, names)}"
            for key, value in what.items()
            if value not in ("", None)
        ),
    }


def _said(key: str, value: Any, time_zone: str, names: Mapping[str, str]) -> str:
    if key.endswith("_at") or key == "sign_in_from":
        return wall_text(value, time_zone)
    if isinstance(value, list | tuple):
        return " and ".join(names.get(each, str(each)) for each in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.1f}"
    return names.get(value, str(value))
