"""Pure: one address that a mail goes to, which can be read as nothing else.

A header is a language: with commas, angle brackets, quotes or comments what looks like one address
is several, or another one; Python's parser fails over some of them in ways of its own.
"""

from __future__ import annotations

import re
from typing import Final

_ATOM: Final = r"(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]|[^\W\x00-\x7f])+"
_LABEL: Final = r"(?:[A-Za-z0-9-]|[^\W\x00-\x7f])+"
_ADDRESS: Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")
"""Atoms with dots on both sides (RFC 5322, 3.4.1), letters of every script (RFC 6532) among them;
without the quoted and the obsolete forms, which no provider gives to anybody."""


def is_address(text: str) -> bool:
    """Whether a text is one address and nothing else."""
    return _ADDRESS.fullmatch(text) is not None
