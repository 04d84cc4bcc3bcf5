"""What both kinds of sides of a call share."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """One address of a side, as it is told to the other."""

    line: str
    mid: str | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded picture. `number` is what its mark says; None when that is impossible."""

    at_ms: float
    """Wall clock, milliseconds since 1970."""
    number: int | None
    width: int
    height: int
