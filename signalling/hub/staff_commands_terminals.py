"""Pure: the staff commands about terminals that are more than one line of fields."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from signalling.hub.staff_command import Command, Short, Slug


class NewTerminal(Struct, frozen=True, forbid_unknown_fields=True):
    """One of `TerminalEnrol`."""

    terminal: Slug
    label: Short
    unit: Short


class TerminalEnrol(Command, frozen=True, tag="terminal enrol"):
    """Add a facility's terminals, and give those without a key a code each."""

    facility: str
    terminals: Annotated[tuple[NewTerminal, ...], Meta(min_length=1, max_length=1000)]
    dry_run: bool = False
    """Only say what would be done: no codes."""


TerminalCommand = TerminalEnrol
