"""Violations that only the hub can find, beside those of `signalling.errors`."""

from __future__ import annotations

from signalling.errors import ProtocolError


class Unauthorised(ProtocolError):
    """A terminal without proof of its key wants more than to prove it."""

    code = "unauthorised"


class TooFast(ProtocolError):
    """More messages in ten seconds than hub.toml allows."""

    code = "too-fast"


class TooManyPages(ProtocolError):
    """A visitor has more pages open than hub.toml allows."""

    code = "too-many-pages"


class StaffError(Exception):
    """A staff command cannot be done; the message is one clear sentence for a person."""


class StartError(Exception):
    """The hub cannot start; the message says what to mend."""
