"""Pure: how many of something there are, in words."""

from __future__ import annotations


def counted(count: int, one: str, many: str = "") -> str:
    """Return "1 mistake" or "2 mistakes"; `many` where that is not `one` with an s."""
    return f"{count} {one if count == 1 else many or one + 's'}"
