"""What a facility's keys must mean: relations, the rules for visitors, visiting hours, units."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from config.problems import Key
from config.rule import FieldRule, TableRule
from config.schema import Facility, Unit, Visiting
from config.visiting_hours import read_closed, read_hours

RULES_MAX_CHARACTERS: Final = 20_000


def _private_relations(table: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    for index, relation in enumerate(table["private_relations"]):
        if relation not in table["relations"]:
            yield ("private_relations", index), f"one of relations: {', '.join(table['relations'])}"


def _visitors_rules(table: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    texts, version = table["rules"], table["rules_version"]
    if texts and not version:
        yield ("rules_version",), 'a name for these rules, such as "2026-11", since there are some'
    if version and not texts:
        yield ("rules",), 'the text by language, such as en = "...", since rules_version is set'
    for language, text in texts.items():
        if not re.fullmatch(r"[a-z]{2,3}", language):
            yield ("rules", language), "a key that is a language's code, such as en or es"
        elif not 1 <= len(text) <= RULES_MAX_CHARACTERS or not text.strip():
            yield ("rules", language), f"a text of 1 to {RULES_MAX_CHARACTERS} characters"


def _hours(table: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    wrong = list(_lines("hours", table["hours"], lambda text: read_hours([text])))
    yield from wrong
    if wrong:
        return
    try:
        read_hours(table["hours"])  # together
    except ValueError as error:
        yield ("hours",), str(error)


def _blackout(table: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    yield from _lines("blackout", table["blackout"], read_closed)


def _lines(
    key: str, texts: Iterable[str], read: Callable[[str], object]
) -> Iterator[tuple[Key, str]]:
    for index, text in enumerate(texts):
        try:
            read(text)
        except ValueError as error:
            yield (key, index), str(error)


def _five_minutes(minutes: int) -> str:
    # Nobody is booked twice within five minutes of the clock, so slots start and end on them.
    return "a multiple of 5" if minutes % 5 else ""


def _units(table: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    names: set[str] = set()
    for index, unit in enumerate(table["unit"]):
        if unit["name"] in names:
            yield ("unit", index, "name"), "a name that no unit above has"
        names.add(unit["name"])


FACILITY_FIELD_RULES: Mapping[tuple[type, str], FieldRule] = {
    (Visiting, "visit_min"): _five_minutes,
    (Visiting, "gap_min"): _five_minutes,
}

FACILITY_TABLE_RULES: Mapping[type, tuple[TableRule, ...]] = {
    Facility: (
        TableRule(("relations", "private_relations"), _private_relations),
        TableRule(("rules", "rules_version"), _visitors_rules),
        TableRule(("unit",), _units),
    ),
    Visiting: (TableRule(("hours",), _hours), TableRule(("blackout",), _blackout)),
    Unit: (TableRule(("hours",), _hours),),
}
