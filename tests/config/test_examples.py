"""The commented examples and the schema say the same: every key, every default."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

import config
from config import load_hub, load_terminal
from config.positions import find_lines
from config.problems import Key
from config.schema import HubConfig, Secret, Table, TerminalConfig

FOLDER = Path(config.__file__).parent
EXAMPLES: list[tuple[str, type[Table]]] = [
    ("terminal.toml", TerminalConfig),
    ("hub.toml", HubConfig),
]


def uncommented(text: str) -> str:
    """Return `text` with its defaults made live: "#key = 1", but not "# a sentence"."""
    return re.sub(r"^#(?=[a-z0-9_]+ = )", "", text, flags=re.MULTILINE)


def leaves(table: type[msgspec.Struct], at: Key = ()) -> Iterator[tuple[Key, Any]]:
    """Yield every key of the schema with its default; a list of tables counts with one."""
    for field in msgspec.structs.fields(table):
        key = (*at, field.encode_name)
        info = msgspec.inspect.type_info(field.type)
        if isinstance(info, msgspec.inspect.VarTupleType):
            item = info.item_type
            # A list that may be left out is shown as one key, its tables in words above it.
            if isinstance(item, msgspec.inspect.StructType) and field.required:
                yield from leaves(item.cls, (*key, 0))
                continue
        if isinstance(info, msgspec.inspect.StructType):
            yield from leaves(info.cls, key)
        else:
            made = field.default_factory
            yield key, field.default if made is msgspec.NODEFAULT else made()


def value_at(values: Any, key: Key) -> Any:
    for part in key:
        values = values[part]
    return values


def flat(values: Any, at: Key = ()) -> Iterator[Key]:
    """Yield the key of every plain value, as leaves() does."""
    if isinstance(values, dict) and values:
        for name, inner in values.items():
            yield from flat(inner, (*at, name))
    elif isinstance(values, list) and values and isinstance(values[0], dict):
        for index, inner in enumerate(values):
            yield from flat(inner, (*at, index))
    else:
        yield at


@pytest.mark.parametrize(("name", "schema"), EXAMPLES)
def test_every_key_is_documented_and_every_documented_key_exists(
    name: str, schema: type[Table]
) -> None:
    values = tomllib.loads(uncommented((FOLDER / name).read_text()))
    assert sorted(map(str, flat(values))) == sorted(str(key) for key, _ in leaves(schema))


@pytest.mark.parametrize(("name", "schema"), EXAMPLES)
def test_every_documented_default_is_the_schemas(name: str, schema: type[Table]) -> None:
    text = (FOLDER / name).read_text()
    values = tomllib.loads(uncommented(text))
    live = {*flat(tomllib.loads(text))}
    for key, default in leaves(schema):
        if default is msgspec.NODEFAULT:
            assert key in live, f"{key} has no default, so the example must set it"
            continue
        assert key not in live, f"{key} has a default, so the example shows it commented"
        expected = default.reveal() if isinstance(default, Secret) else default
        documented = value_at(values, key)
        assert (tuple(documented) if isinstance(documented, list) else documented) == expected, key


@pytest.mark.parametrize(("name", "schema"), EXAMPLES)
def test_every_key_has_a_sentence_above_it_or_above_its_group(
    name: str, schema: type[Table]
) -> None:
    text = uncommented((FOLDER / name).read_text())
    lines, places = text.splitlines(), find_lines(text)
    for key, _ in leaves(schema):
        above = places[key] - 2
        while re.match(r"[a-z0-9_]+ = ", lines[above]):
            above -= 1
        if not lines[above]:  # a group without its own sentence stands under its table's
            above = next(line for line in range(above, 0, -1) if lines[line].startswith("[")) - 1
        assert lines[above].startswith("# "), f"{name}: {key} is not explained"


def test_the_examples_load_as_they_are_and_with_all_defaults_live(tmp_path: Path) -> None:
    for name, load in (("terminal.toml", load_terminal), ("hub.toml", load_hub)):
        live = tmp_path / name
        live.write_text(uncommented((FOLDER / name).read_text()))
        assert load(FOLDER / name) == load(live)
