"""Pure: the CSV roster of a jail, read with all its mistakes at once."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from signalling.hub.errors import StaffError
from signalling.hub.inmates import fits_name, fits_number, fits_pin
from signalling.hub.store.records import Inmate

UNIT_MAX_CHARACTERS: Final = 80
HEADING: Final = "it must be number,name,facility and may go on with pin and unit"


@dataclass(frozen=True, slots=True)
class RosterRow:
    """A line of a roster file: number, name, facility, a PIN or none, and the housing unit."""

    number: str
    name: str
    facility: str
    pin: str | None
    unit: str = ""


def roster_text(data: bytes) -> str:
    """Return a roster file as text.

    Raises:
        StaffError: it is not UTF-8; names the line.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise StaffError(
            f"line {line} of the roster is not UTF-8: save the file as CSV in UTF-8"
        ) from None


@dataclass(frozen=True, slots=True)
class Mistake:
    """One value of a roster that cannot be."""

    line: int
    column: str
    found: str
    expected: str


def read_roster(
    text: str, facilities: Collection[str], units: Mapping[str, Collection[str]] | None = None
) -> tuple[list[tuple[int, RosterRow]], list[Mistake]]:
    """Read a CSV roster with the heading `number,name,facility[,pin][,unit]`.

    Commas, semicolons or tabs. Returns each row with its line, and all mistakes. `units` are the
    housing units of the facilities that have a list of them.

    Raises:
        StaffError: it is empty, is no CSV, or has another heading.
    """
    lines = text.splitlines()
    if not lines:
        raise StaffError(f"the roster is empty: {HEADING}")
    # Without a quote before it the heading's own separator is the file's.
    separator = next((each for each in ",;\t" if each in lines[0]), ",")
    reader = csv.DictReader(lines, delimiter=separator)
    try:
        names = [(each or "").strip().lower() for each in reader.fieldnames or ()]
        reader.fieldnames = names
        missing = {"number", "name", "facility"} - set(names)
        unknown = sorted(set(names) - {"number", "name", "facility", "pin", "unit"})
        if missing:
            raise StaffError(
                f"the roster's first line lacks: {', '.join(sorted(missing))} ({HEADING})"
            )
        if unknown:
            raise StaffError(f'the roster has an unknown column "{unknown[0]}" ({HEADING})')
        rows: list[tuple[int, RosterRow]] = []
        mistakes: list[Mistake] = []
        for line in reader:
            rows.append((reader.line_num, _row(line)))
            mistakes += _too_many(reader.line_num, line.pop(None, []), len(names))
    except csv.Error as error:
        raise StaffError(f"the roster is no CSV: {error}") from None
    mistakes += _mistakes(rows, facilities, units or {})
    return rows, sorted(mistakes, key=lambda each: each.line)


def _too_many(line: int, more: Iterable[str], columns: int) -> Iterator[Mistake]:
    """Yield what stands after the last column: a name with a comma shifts all that follows it."""
    found = ", ".join(each.strip() for each in more if each.strip())
    if found:  # office programs end lines with empty ones
        expected = f'{columns} values as in the first line; one with a comma in it in quotes ""'
        yield Mistake(line, "after the last", found[:40], expected)


def _row(line: dict[str, str]) -> RosterRow:
    values = {key: (value or "").strip() for key, value in line.items() if key}
    return RosterRow(
        values["number"],
        values["name"],
        values["facility"],
        values.get("pin") or None,
        values.get("unit", ""),
    )


def _mistakes(
    lines: list[tuple[int, RosterRow]],
    facilities: Collection[str],
    units: Mapping[str, Collection[str]],
) -> Iterator[Mistake]:
    first: dict[tuple[str, str], int] = {}
    for number, row in lines:
        yield from _wrong(number, row, facilities)
        here = units.get(row.facility)
        if here and row.unit and row.unit not in here:
            known = f"a housing unit of {row.facility} in hub.toml: {', '.join(here)}"
            yield Mistake(number, "unit", row.unit[:40], known)
        key = (row.facility, row.number)
        if key in first:
            where = f"a number once at {row.facility}: it is on line {first[key]}"
            yield Mistake(number, "number", row.number, where)
        first.setdefault(key, number)


def _wrong(line: int, row: RosterRow, facilities: Collection[str]) -> Iterator[Mistake]:
    # Each value by itself, so that one line tells all its mistakes.
    if not fits_number(row.number):
        yield Mistake(line, "number", row.number, "1 to 16 digits")
    if not fits_name(row.name):
        yield Mistake(line, "name", row.name, "1 to 80 characters, all of them to be seen")
    if row.facility not in facilities:
        known = ", ".join(sorted(facilities))
        if not {row.pin, row.unit}.isdisjoint(facilities):  # it stands one column further on
            known += '; a name with a comma in it in quotes ""'
        yield Mistake(line, "facility", row.facility, f"a facility of hub.toml: {known}")
    if row.pin is not None and not fits_pin(row.pin):
        yield Mistake(line, "pin", "not shown", "4 to 16 digits, or empty for a random one")
    if len(row.unit) > UNIT_MAX_CHARACTERS or not (row.unit.isprintable()):
        yield Mistake(line, "unit", row.unit[:40], f"at most {UNIT_MAX_CHARACTERS} characters")


# -- what it changes --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Changes:
    """What a roster makes of the inmates that are known."""

    added: tuple[RosterRow, ...]
    changed: tuple[tuple[Inmate, Inmate], ...]
    """Known inmates, as they were and as they are now: another name, another unit."""
    gone: tuple[Inmate, ...]
    """Of the file's facilities, not in the file; who left before is none of them."""
    back: tuple[tuple[RosterRow, Inmate], ...]
    """Whose PIN ended when they left, with what they are now."""
    away: tuple[Inmate, ...]
    """Not in the file, as those who are gone, but left before: that is no news."""
    same: int


def changes(
    rows: Collection[RosterRow], known: Collection[Inmate], left: Collection[str] = ()
) -> Changes:
    """Compare a roster with the known inmates. An empty unit says nothing.

    `left` are the ids of those whose PIN ended when they left.
    """
    by_key = {(each.facility, each.number): each for each in known}
    added, changed, back, same = [], [], [], 0
    for row in rows:
        before = by_key.get((row.facility, row.number))
        if before is None:
            added.append(row)
            continue
        now = replace(before, name=row.name, unit=row.unit or before.unit)
        if now != before:
            changed.append((before, now))
        elif now.id not in left:
            same += 1
        if now.id in left:
            back.append((row, now))
    listed = {(row.facility, row.number) for row in rows}
    facilities = {row.facility for row in rows}
    missing = [
        each for key, each in by_key.items() if each.facility in facilities and key not in listed
    ]
    gone = tuple(each for each in missing if each.id not in left)
    away = tuple(each for each in missing if each.id in left)
    return Changes(tuple(added), tuple(changed), gone, tuple(back), away, same)
