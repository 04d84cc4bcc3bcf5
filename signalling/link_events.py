"""What a terminal's link tells its owner, beside the hub's messages. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from signalling.messages import TerminalWelcome


@dataclass(frozen=True, slots=True)
class LinkUp:
    """The hub knows this terminal; everything sent from now on arrives or the link goes down."""

    welcome: TerminalWelcome


@dataclass(frozen=True, slots=True)
class LinkDown:
    """The hub is away; the link tries again by itself.

    `code` is the fault code when trying again cannot help without staff (HUB-04: the hub refuses
    this terminal or is not the one configured, NET-04: its certificate does not hold), else None.
    """

    reason: str
    code: str | None = None
    back_in_s: float | None = None
    """The hub stopped in good order and said when to come back."""
