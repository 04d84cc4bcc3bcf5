"""Pure: what every staff command is made of."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

Short = Annotated[str, Meta(min_length=1, max_length=80)]
Days = Annotated[int, Meta(ge=0, le=3660)]
Unit = Annotated[str, Meta(max_length=80)]
Slug = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+\Z")]
Reason = Annotated[str, Meta(max_length=120, pattern=r"\S")]
"""Why staff stop visits; no longer than the terminal's screen can say."""


class Command(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="command"):
    """Base of all commands."""
