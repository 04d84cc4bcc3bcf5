"""Errors that cross rooms, as a tree.

SignallingError
├── IllegalEvent      an event that the visit's log does not allow now
├── ProtocolError     the peer broke PROTOCOL.md: answered, then closed
│   ├── UnknownVersion, UnknownMessage, UnknownField, WrongType, TooLarge, NotJson
│   └── BadDescription   an SDP answer or a candidate that is not let through
└── UserError         a person did something that cannot be: shown, connection stays
"""

from __future__ import annotations


class SignallingError(Exception):
    """Root of what this package raises."""


class IllegalEvent(SignallingError):
    """The visit's log does not allow this event now; nothing was changed."""

    def __init__(self, kind: str, why: str) -> None:
        super().__init__(f"{kind}: {why}")
        self.kind = kind
        self.why = why


class ProtocolError(SignallingError):
    """The other end broke PROTOCOL.md. `code` is stable and goes on the wire."""

    code = "protocol"


class NotJson(ProtocolError):
    """The frame is not a JSON object in UTF-8 text."""

    code = "not-json"


class UnknownVersion(ProtocolError):
    """None of the offered protocol versions is spoken here."""

    code = "unknown-version"


class UnknownMessage(ProtocolError):
    """The `type` is missing or is no message of this endpoint and direction."""

    code = "unknown-message"


class UnknownField(ProtocolError):
    """A field that the message does not have."""

    code = "unknown-field"


class WrongType(ProtocolError):
    """A field is missing, of the wrong type, or outside its limits."""

    code = "wrong-type"


class TooLarge(ProtocolError):
    """The frame is over the size limit that holds now."""

    code = "too-large"


class BadDescription(ProtocolError):
    """An SDP answer or an ICE candidate that is not let through."""

    code = "bad-description"


class UserError(SignallingError):
    """A person asked for what cannot be now. `code` picks the words on the screen."""

    def __init__(self, code: str, **facts: str | int | float | None) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts
        self.about = ""
        """Whom or what it is about, for the audit; never on the wire."""
