"""Holds a decoded TOML file against the schema and finds every mistake in one pass. Pure.

msgspec stops at the first mistake, so the types are walked here; the loader then lets msgspec
build the struct from values that are already known to fit.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec
from msgspec import NODEFAULT, inspect

from config.problems import Key, key_text, nearest
from config.rules import FIELD_RULES, TABLE_RULES
from config.schema import Secret

BAD: Final = object()
"""Stands for a value that was wrong; no rule is asked about it."""

FOUND_MAX_CHARACTERS = 60

Report = Callable[[Key, str], None]
"""Takes the key of a mistake and the words for it."""


def check(schema: type[msgspec.Struct], values: Mapping[str, Any], report: Report) -> None:
    """Call `report` for every mistake in `values`, which tomllib decoded."""
    info = inspect.type_info(schema)
    assert isinstance(info, inspect.StructType)
    _Walk(info, report).table(info, values, ())


class _Walk:
    def __init__(self, root: inspect.StructType, report: Report) -> None:
        self._report = report
        self._homes = _homes(root, ())

    def table(self, info: inspect.StructType, value: Any, at: Key) -> Any:
        """Check one table; return its effective values, defaults included, or BAD."""
        if not isinstance(value, Mapping):
            return self._wrong(at, value, f"a table, [{key_text(at)}]")
        fields = {field.encode_name: field for field in info.fields}
        meant = self._unknown_keys(fields, value, at)
        effective: dict[str, Any] = {}
        for name, field in fields.items():
            if name in value:
                effective[name] = self._field(info.cls, field, value[name], (*at, name))
            else:
                effective[name] = self._absent(field, (*at, name), meant)
        self._table_rules(info.cls, effective, at)
        return effective

    def _unknown_keys(
        self, fields: Mapping[str, inspect.Field], value: Mapping[str, Any], at: Key
    ) -> set[str]:
        """Report the keys that do not exist; return the fields that they were meant to be."""
        meant: set[str] = set()
        for name in value:
            if name in fields:
                continue
            kind = "table" if _is_table(value[name]) else "key"
            near = nearest(name, fields.keys() - value.keys()) or nearest(name, fields)
            meant.add(near)
            self._report((*at, name), f"there is no such {kind}{self._hint(name, near, fields)}")
        return meant

    def _hint(self, name: str, near: str, fields: Iterable[str]) -> str:
        homes = self._homes.get(name, [])
        if homes and not near:
            return f"; {name} belongs {' or '.join(homes)}"
        if near:
            return f"; the nearest is {near}"
        return f"; expected one of {', '.join(fields)}"

    def _absent(self, field: inspect.Field, at: Key, meant: set[str]) -> Any:
        kind = _bare(field.type)
        if field.required:
            if field.encode_name not in meant:  # a misspelt key is one mistake, not two
                self._report(at, f"nothing found, expected {_words(field.type)}")
            return BAD
        if isinstance(kind, inspect.StructType):
            return self.table(kind, {}, at)
        if field.default is not NODEFAULT:
            return field.default
        return field.default_factory()

    def _field(self, table: type, field: inspect.Field, value: Any, at: Key) -> Any:
        kind = _bare(field.type)
        rule = FIELD_RULES.get((table, field.encode_name))
        if isinstance(kind, inspect.StructType):
            return self.table(kind, value, at)
        if isinstance(kind, inspect.VarTupleType):
            return self._list(kind, value, at, rule)
        if isinstance(kind, inspect.DictType):
            return self._names(kind, value, at)
        return self._single(field.type, value, at, rule)

    def _names(self, kind: inspect.DictType, value: Any, at: Key) -> Any:
        """Check a table whose keys are free; a rule of its table says which ones may be."""
        if not isinstance(value, Mapping):
            return self._wrong(at, value, f"a table, [{key_text(at)}]")
        return {
            name: self._single(kind.value_type, inner, (*at, name), None)
            for name, inner in value.items()
        }

    def _list(
        self, kind: inspect.VarTupleType, value: Any, at: Key, rule: Callable[[Any], str] | None
    ) -> Any:
        if not isinstance(value, list):
            return self._wrong(at, value, _words(kind))
        if len(value) < (kind.min_length or 0):
            return self._wrong(at, value, f"{_words(kind)}, at least {kind.min_length}")
        if kind.max_length is not None and len(value) > kind.max_length:
            return self._wrong(at, value, f"{_words(kind)}, at most {kind.max_length}")
        item = kind.item_type
        checked = [
            self.table(item, inner, (*at, index))
            if isinstance(item, inspect.StructType)
            else self._single(item, inner, (*at, index), rule)
            for index, inner in enumerate(value)
        ]
        return tuple(checked)

    def _single(
        self, kind: inspect.Type, value: Any, at: Key, rule: Callable[[Any], str] | None
    ) -> Any:
        if _is_secret(kind):
            if isinstance(value, str):
                secret = Secret(value)
                expected = rule(secret) if rule is not None else ""
                if expected:
                    return self._wrong(at, None, expected, found="something (it is not shown)")
                return secret
            return self._wrong(at, None, _words(kind), found="something that is not text")
        if not _fits(_bare(kind), value):
            return self._wrong(at, value, _words(kind))
        expected = rule(value) if rule is not None else ""
        return self._wrong(at, value, expected) if expected else value

    def _table_rules(self, table: type, effective: Mapping[str, Any], at: Key) -> None:
        for rule in TABLE_RULES.get(table, ()):
            if any(_has_bad(effective[name]) for name in rule.fields):
                continue
            for key, expected in rule.check(effective):
                self._wrong((*at, *key), _inside(effective, key), expected)

    def _wrong(self, at: Key, value: Any, expected: str, found: str | None = None) -> Any:
        self._report(at, f"found {found or _show(value)}, expected {expected}")
        return BAD


# -- types ------------------------------------------------------------------------------------


def _bare(kind: inspect.Type) -> inspect.Type:
    """Return `kind` without the description around it."""
    return kind.type if isinstance(kind, inspect.Metadata) else kind


def _is_secret(kind: inspect.Type) -> bool:
    return isinstance(kind, inspect.CustomType) and kind.cls is Secret


def _fits(kind: inspect.Type, value: Any) -> bool:
    """Return whether one value has the type, range and pattern of `kind`."""
    match kind:
        case inspect.BoolType():
            return isinstance(value, bool)
        case inspect.IntType():
            return type(value) is int and _within(kind, value)
        case inspect.FloatType():
            return type(value) in (int, float) and math.isfinite(value) and _within(kind, value)
        case inspect.StrType():
            return isinstance(value, str) and _text_fits(kind, value)
    raise NotImplementedError(f"the schema uses a type that is not checked: {kind}")


def _within(kind: inspect.IntType | inspect.FloatType, value: float) -> bool:
    low = -math.inf if kind.ge is None else kind.ge
    high = math.inf if kind.le is None else kind.le
    return low <= value <= high


def _text_fits(kind: inspect.StrType, value: str) -> bool:
    shortest = kind.min_length or 0
    longest = math.inf if kind.max_length is None else kind.max_length
    return shortest <= len(value) <= longest and bool(re.search(kind.pattern or "", value))


# -- words ------------------------------------------------------------------------------------


def _words(kind: inspect.Type) -> str:
    """Say what `kind` takes."""
    if isinstance(kind, inspect.Metadata):
        return str((kind.extra_json_schema or {}).get("description", _words(kind.type)))
    match kind:
        case inspect.BoolType():
            return "true or false"
        case inspect.IntType():
            return f"a whole number{_range_words(kind)}"
        case inspect.FloatType():
            return f"a number{_range_words(kind)}"
        case inspect.StrType(min_length=shortest, max_length=None):
            return "a text in quotes" + (" that is not empty" if shortest else "")
        case inspect.StrType(min_length=shortest, max_length=longest):
            return f"a text of {shortest or 0} to {longest} characters"
        case inspect.VarTupleType(item_type=inspect.StructType()):
            return "tables in double brackets, [[...]]"
        case inspect.VarTupleType():
            return 'a list of texts, ["..."]'
        case inspect.StructType() | inspect.DictType():
            return "a table"
        case inspect.CustomType():
            return "a text in quotes"
    raise NotImplementedError(f"the schema uses a type that has no words: {kind}")


def _range_words(kind: inspect.IntType | inspect.FloatType) -> str:
    if kind.ge is not None and kind.le is not None:
        return f" from {kind.ge:g} to {kind.le:g}" if kind.le < 1e6 else f" from {kind.ge:g} up"
    if kind.ge is not None:
        return f" of at least {kind.ge:g}"
    return ""


def found(value: Any) -> str:
    """Say what stands in the place of something else; None: nothing."""
    return "nothing found" if value is None else f"found {_show(value)}"


def _show(value: Any) -> str:
    """Show a value that a person wrote, short and on one line; no secret comes here."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            # A password before a host is not shown, in whatever key somebody wrote it.
            shown = re.sub(r"(?<=://)([^/@\s:]*):\S*@", r"\1:***@", value)
            text = msgspec.json.encode(shown).decode()
        case list() | tuple() if not value:
            return "an empty list"
        case list() | tuple():
            return "a list"
        case Mapping():
            return "a table"
        case Secret():
            return "a secret" if value else "no secret"
        case _:
            text = str(value)
    if len(text) > FOUND_MAX_CHARACTERS:
        return f"{text[:FOUND_MAX_CHARACTERS]}... ({len(text)} characters)"
    return text


# -- keys -------------------------------------------------------------------------------------


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping) or (
        isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)
    )


def _has_bad(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_has_bad(inner) for inner in value.values())
    if isinstance(value, tuple):
        return any(_has_bad(inner) for inner in value)
    return value is BAD


def _inside(values: Any, key: Key) -> Any:
    for part in key:
        values = values[part]
    return values


def _homes(info: inspect.StructType, at: Key) -> dict[str, list[str]]:
    """Return for every key of the file the tables that it belongs in, as words."""
    homes: dict[str, list[str]] = {}
    for field in info.fields:
        place = f"in [{key_text(at)}]" if at else "at the top, before the first table"
        homes.setdefault(field.encode_name, []).append(place)
        kind = _bare(field.type)
        if isinstance(kind, inspect.VarTupleType):
            kind = kind.item_type
        if isinstance(kind, inspect.StructType):
            for name, places in _homes(kind, (*at, field.encode_name)).items():
                homes.setdefault(name, []).extend(places)
    return homes
