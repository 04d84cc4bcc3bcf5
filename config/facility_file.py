"""Reads facility.toml: what all terminals of a facility have in common, what each has of its own.

Each terminal is held against the schema of terminal.toml as `visit-config check` would hold its
file; a mistake is told with its place in facility.toml, once, however many terminals it is in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec

from config import structure
from config.advice import unwise
from config.loader import decode, read_text, to_values
from config.positions import find_lines
from config.problems import ConfigError, Key, Problem, nearest
from config.schema import TerminalConfig

TOP: Final = ("facility", "defaults", "terminal")
OWN: Final = ("label", "unit")
"""Keys of a [terminal.NAME] that are the hub's to know, not the terminal's."""
MAX_LABEL: Final = 40


@dataclass(frozen=True, slots=True)
class Given:
    """What the hub said when it made the codes; facility.toml goes before it."""

    facts: Mapping[str, str] = field(default_factory=dict)
    """hub, hub_name, ca."""
    codes: Mapping[str, str] = field(default_factory=dict, repr=False)
    """By terminal."""


@dataclass(frozen=True, slots=True)
class Member:
    """One terminal. `values` are those of its terminal.toml."""

    name: str
    label: str
    unit: str
    values: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class FacilityFile:
    """A facility.toml without mistakes."""

    facility: str
    members: tuple[Member, ...]
    warnings: tuple[Problem, ...]


def read_facility(path: Path, given: Given | None = None) -> FacilityFile:
    """Read `path`. Raises ConfigError with every mistake in it."""
    return _Reading(path, given or Given()).read()


class _Reading:
    def __init__(self, path: Path, given: Given) -> None:
        self._path = path
        self._given = given
        text = read_text(path)
        self._values = to_values(path, text)
        self._lines = find_lines(text)
        self._found: dict[Problem, None] = {}
        self._warnings: dict[Problem, None] = {}

    def read(self) -> FacilityFile:
        facility = self._top()
        defaults = self._table(("defaults",), self._values.get("defaults", {}))
        self._only_own(defaults)
        terminals = self._table(("terminal",), self._values.get("terminal", {}))
        members = [
            self._member(name, self._table(("terminal", name), own), defaults)
            for name, own in terminals.items()
        ]
        self._unlike(members)
        if self._found:
            raise ConfigError(sorted(self._found, key=lambda problem: problem.line or 0))
        return FacilityFile(facility, tuple(members), tuple(self._warnings))

    def _report(self, key: Key, words: str) -> None:
        self._found[Problem(self._path, words, self._line(key), key)] = None

    def _line(self, key: Key) -> int | None:
        return next(
            (self._lines[key[:n]] for n in range(len(key), 0, -1) if key[:n] in self._lines), None
        )

    # -- the file itself --------------------------------------------------------------------

    def _top(self) -> str:
        for name in self._values:
            if name not in TOP:
                self._report((name,), f"there is no such key; {_hint(name)}")
        facility = self._values.get("facility")
        if not isinstance(facility, str) or not facility:
            expected = 'the facility\'s id in hub.toml, facility = "..."'
            self._report(("facility",), f"{structure.found(facility)}, expected {expected}")
        if not self._values.get("terminal"):
            self._report(("terminal",), "nothing found, expected a table [terminal.NAME] for each")
        return str(facility)

    def _table(self, key: Key, value: Any) -> Mapping[str, Any]:
        if isinstance(value, Mapping):
            return value
        self._report(key, f"{structure.found(value)}, expected a table")
        return {}

    def _only_own(self, defaults: Mapping[str, Any]) -> None:
        for name in ("terminal", "enrolment_code", "machine", *OWN):
            if name in defaults:
                words = "found for all, expected in each [terminal.NAME]: no two have the same"
                self._report(("defaults", name), words)

    # -- one terminal -----------------------------------------------------------------------

    def _member(self, name: str, own: Mapping[str, Any], defaults: Mapping[str, Any]) -> Member:
        labels = {key: self._label(name, key, own.get(key, "")) for key in OWN}
        values = merged(merged(self._given.facts, defaults), self._without_own(name, own))
        code = self._given.codes.get(name)
        if code:
            values["enrolment_code"] = code
        values = {"terminal": name, **values}
        wrong: list[Key] = []

        def told(key: Key, words: str) -> None:
            # What is named by an absolute path has to be there on the terminal, not here.
            if key != ("ca_file",) or not str(values["ca_file"]).startswith("/"):
                wrong.append(key)
                self._told(name, key, words)

        structure.check(TerminalConfig, values, told)
        if not wrong:
            self._advise(name, values)
        return Member(name, labels["label"], labels["unit"], values)

    def _label(self, name: str, key: str, value: Any) -> str:
        if isinstance(value, str) and len(value) <= MAX_LABEL:
            return value
        expected = f"a text of at most {MAX_LABEL} characters"
        self._report(("terminal", name, key), f"{structure.found(value)}, expected {expected}")
        return ""

    def _without_own(self, name: str, own: Mapping[str, Any]) -> dict[str, Any]:
        values = {}
        for key, value in own.items():
            near = "" if key in TerminalConfig.__struct_fields__ else nearest(key, OWN)
            if key == "terminal":
                self._report(("terminal", name, key), "found a name, expected it in the brackets")
            elif near and key not in OWN:
                words = f"there is no such key; the nearest is {near}"
                self._report(("terminal", name, key), words)
            elif key not in OWN:
                values[key] = value
        return values

    def _told(self, name: str, key: Key, words: str) -> None:
        """Report a mistake of a terminal's values where they stand in this file."""
        if key == ("terminal",):
            self._report(("terminal", name), words)
            return
        if key == ("enrolment_code",) and name in self._given.codes:
            words = f"{words} (it came with the codes, not with this file)"
        self._report(self._home(name, key), words)

    def _home(self, name: str, key: Key) -> Key:
        for length in range(len(key), 0, -1):
            for at in (("terminal", name), ("defaults",)):
                if (*at, *key[:length]) in self._lines:
                    return (*at, *key)
        return ("defaults", *key)

    def _advise(self, name: str, values: Mapping[str, Any]) -> None:
        config = msgspec.convert(values, TerminalConfig, dec_hook=decode)
        for device, words in unwise(config.devices):
            key = self._home(name, ("devices", device))
            self._warnings[Problem(self._path, words, self._line(key), key)] = None

    def _unlike(self, members: list[Member]) -> None:
        for key, values in (
            ("label", [each.label for each in members]),
            ("machine", [_plain(each.values.get("machine")) for each in members]),
        ):
            for index, value in enumerate(values):
                if value and value in values[:index]:
                    name = members[values.index(value)].name
                    words = f"found the {key} of {name}, expected one that no other terminal has"
                    self._report(("terminal", members[index].name, key), words)


def _hint(name: str) -> str:
    if name in TerminalConfig.__struct_fields__:
        return f"{name} belongs in [defaults] or in a [terminal.NAME]"
    near = nearest(name, TOP)
    return f"the nearest is {near}" if near else f"expected one of {', '.join(TOP)}"


def _plain(machine: Any) -> str:
    return machine.lower().replace("-", ":") if isinstance(machine, str) else ""


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return both; where both have a value that of `above`, where both have a table both of it."""
    return dict(_merged(below, above))


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in below.items():
        if isinstance(value, Mapping) and isinstance(above.get(key), Mapping):
            yield key, merged(value, above[key])
        else:
            yield key, above.get(key, value)
    for key, value in above.items():
        if key not in below:
            yield key, value
