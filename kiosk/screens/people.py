"""Whom a visit is with, in words. Pure."""

from __future__ import annotations

import textwrap
from typing import Final

from kiosk.screens.pen import ELLIPSIS
from kiosk.words import Words
from signalling.wire import VisitView

MAX_NAME: Final = 24
"""Characters of a visitor's name."""


def names(visit: VisitView, words: Words) -> str:
    """Return the visitors' names as one: Maria, Maria and Rosa, Maria and 2 more."""
    first, *others = (shortened(each.name) for each in visit.visitors)
    if not others:
        return first
    if len(others) == 1:
        return words("{name} and {other}", name=first, other=others[0])
    return words("{name} and {n} more", name=first, n=len(others))


def shortened(name: str) -> str:
    """Return a long name's first words, so that headings with it can stay large."""
    if len(name) <= MAX_NAME:
        return name
    whole_words = textwrap.shorten(name, MAX_NAME, placeholder=ELLIPSIS)
    return whole_words if whole_words != ELLIPSIS else name[: MAX_NAME - 1] + ELLIPSIS


def relation(visit: VisitView, words: Words) -> str:
    """Return the first visitor's relation, "" when the facility gave none."""
    word = visit.visitors[0].relation
    return words.relation(word) if word else ""
