"""Pure: what happened to a visit, for staff's tables and as pairs for the log."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from signalling.visit_events import AnyWhat, By, EndReason

_WHY: Final[dict[tuple[EndReason, By], str]] = {
    (EndReason.EXPIRED, By.CLOCK): "its time was over",
    (EndReason.NOBODY_CAME, By.CLOCK): "it did not begin in time",
    (EndReason.RED_X, By.INMATE): "the inmate ended it (red X)",
    (EndReason.RED_X, By.VISITOR): "the visitor ended it (red X)",
    (EndReason.CANCELLED, By.VISITOR): "the visitor cancelled it",
    (EndReason.CANCELLED, By.STAFF): "staff cancelled it",
    (EndReason.STAFF, By.STAFF): "staff ended it",
}
_PLAIN: Final = re.compile(r"[^\s\"=]+")


def why_ended(reason: EndReason | None, by: By | None, staff: str = "") -> str | None:
    """Return why a visit ended, `staff` being who did it; None while it has not."""
    if reason is None:
        return None
    words = _WHY.get((reason, by or By.CLOCK), f"{reason} by {by}")
    return f"{words}: {staff}" if staff and by is By.STAFF else words


def pairs(what: AnyWhat) -> str:
    """Return an event as `event=KIND key=value ...`, what is empty left out."""
    facts = msgspec.to_builtins(what)
    kind = facts.pop("kind")
    told = {key: value for key, value in facts.items() if value not in ("", None)}
    return " ".join([f"event={kind}", *(f"{key}={_value(each)}" for key, each in told.items())])


def _value(value: Any) -> str:
    if isinstance(value, list | tuple):
        return _value(",".join(map(str, value)) or "-")
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = f"{value:.3f}" if isinstance(value, float) else str(value)
    return text if _PLAIN.fullmatch(text) else '"' + text.replace('"', "'") + '"'
