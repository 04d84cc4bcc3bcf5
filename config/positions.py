"""On which line of a TOML text each key stands. Pure.

tomllib keeps no positions. But a key/value or a header is complete at the first line end at which
it parses on its own, so tomllib itself finds where each statement starts and what it names.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

from config.problems import Key


def find_lines(text: str) -> dict[Key, int]:
    """Return the line (from 1) where each table, key and list element of `text` is first named.

    `text` must be valid TOML; a list's elements stand on the line of their key.
    """
    lines: dict[Key, int] = {(): 1}
    sizes: dict[Key, int] = {}
    table: Key = ()
    for line, statement in _statements(text):
        tree = tomllib.loads(statement)
        if statement.lstrip().startswith("["):
            table = _enter(tree, sizes)
            for length in range(1, len(table) + 1):
                lines.setdefault(table[:length], line)
        else:
            for key in _keys(tree, table):
                lines.setdefault(key, line)
    return lines


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield the first line and the text of each header and each key/value."""
    start, pending = 1, ""
    for line, content in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        if not pending:
            start = line
        pending += content + "\n"
        if not pending.strip():
            pending = ""
        elif _is_complete(pending):
            yield start, pending
            pending = ""


def _is_complete(statement: str) -> bool:
    try:
        tomllib.loads(statement)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _enter(header: dict[str, Any], sizes: dict[Key, int]) -> Key:
    """Return the table that a header opens; `sizes` counts the elements of [[lists]] so far."""
    names: list[str] = []
    node: Any = header
    while isinstance(node, dict) and node:
        name, node = next(iter(node.items()))
        names.append(name)
    table: Key = ()
    for name in names[:-1]:
        table += (name,)
        if table in sizes:
            table += (sizes[table] - 1,)
    table += tuple(names[-1:])
    if isinstance(node, list):
        sizes[table] = sizes.get(table, 0) + 1
        table += (sizes[table] - 1,)
    return table


def _keys(value: Any, at: Key) -> Iterator[Key]:
    """Yield the key of everything inside `value`, which stands at `at`."""
    items: Iterator[tuple[str | int, Any]]
    if isinstance(value, dict):
        items = iter(value.items())
    elif isinstance(value, list):
        items = iter(enumerate(value))
    else:
        return
    for name, inner in items:
        yield (*at, name)
        yield from _keys(inner, (*at, name))
