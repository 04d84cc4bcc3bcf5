"""Pure: the CSV roster of a jail, read with all its mistakes at once."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from signalling.hub.errors import StaffError
from signalling.hub.inmates import require_inmate

UNIT_MAX_CHARACTERS: Final = 80
MAX_TOLD: Final = 20
"""Mistakes that are told one by one."""


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


def read_roster(text: str, facilities: Collection[str]) -> list[RosterRow]:
    """Read a CSV roster with the heading `number,name,facility[,pin][,unit]`.

    Raises:
        StaffError: names every line that is wrong, or that has the number of an earlier one.
    """
    reader = csv.DictReader(text.splitlines())
    try:
        missing = {"number", "name", "facility"} - set(reader.fieldnames or ())
        if missing:
            raise StaffError(
                f"the roster's first line lacks: {', '.join(sorted(missing))}"
                " (it must be number,name,facility with commas, and may go on with pin and unit)"
            )
        lines = [(reader.line_num, _row(line)) for line in reader]
    except csv.Error as error:
        raise StaffError(f"the roster is no CSV: {error}") from None
    mistakes = list(_mistakes(lines, facilities))
    if mistakes:
        told = mistakes[:MAX_TOLD]
        if len(mistakes) > MAX_TOLD:
            told.append(f"and {len(mistakes) - MAX_TOLD} more")
        raise StaffError("\n  ".join(["the roster is wrong, nobody was added:", *told]))
    return [row for _, row in lines]


def _row(line: dict[str, str]) -> RosterRow:
    values = {key: (value or "").strip() for key, value in line.items() if key}
    return RosterRow(
        values["number"],
        values["name"],
        values["facility"],
        values.get("pin") or None,
        values.get("unit", ""),
    )


def _mistakes(lines: list[tuple[int, RosterRow]], facilities: Collection[str]) -> Iterator[str]:
    first: dict[tuple[str, str], int] = {}
    for number, row in lines:
        for why in _wrong(row, facilities):
            yield f"line {number}: {why}"
        key = (row.facility, row.number)
        if key in first:
            yield f"line {number}: {row.facility} has inmate {row.number} on line {first[key]}"
        first.setdefault(key, number)


def _wrong(row: RosterRow, facilities: Collection[str]) -> Iterator[str]:
    if row.facility not in facilities:
        known = ", ".join(sorted(facilities))
        yield f'there is no facility "{row.facility}" (there is: {known})'
    if len(row.unit) > UNIT_MAX_CHARACTERS:
        yield f"a housing unit has at most {UNIT_MAX_CHARACTERS} characters"
    # Each value by itself, so that one line tells all its mistakes.
    for number, name, pin in ((row.number, "x", None), ("0", row.name, None), ("0", "x", row.pin)):
        try:
            require_inmate(number, name, pin)
        except StaffError as error:
            yield str(error)
