"""What the tables of terminal.toml and hub.toml are made of: kinds of values, secrets. Pure."""

from __future__ import annotations

import hmac
from typing import Annotated, NoReturn

from msgspec import Meta, Struct

Seconds = Annotated[float, Meta(ge=0, le=86_400)]
Text = Annotated[str, Meta(min_length=1, max_length=80)]
Relation = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=40,
        pattern=r"^[^\x00-\x1f\x7f]+\Z",
        description="1 to 40 characters on one line",
    ),
]
Slug = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=64,
        pattern=r"^[A-Za-z0-9._-]+\Z",
        description="1 to 64 letters, digits, dots, dashes or underscores",
    ),
]
Port = Annotated[int, Meta(ge=0, le=65535)]


class Secret:
    """A text that never prints. `reveal()` is the only way to it.

    Not a `str`: json, `"".join` and `+` would read a subclass's text past its methods.
    An empty one is false.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str = "") -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text."""
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __repr__(self) -> str:
        return "Secret('***')"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return "***"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled: it would leave the process in clear text")


class Table(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of all tables of a file."""
