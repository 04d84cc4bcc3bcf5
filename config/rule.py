"""What a rule about values is.

A field's rule takes one value of the right type and returns what was expected instead, or "".
A table's rule takes the table's values, defaults included, and yields (key, expectation) for each
mistake; the key starts in that table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from config.problems import Key

FieldRule = Callable[[Any], str]


@dataclass(frozen=True)
class TableRule:
    """A rule about several fields of one table; asked only when all of `fields` are right alone."""

    fields: tuple[str, ...]
    check: Callable[[Mapping[str, Any]], Iterator[tuple[Key, str]]]
