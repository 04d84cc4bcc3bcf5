"""Documents whose tables name the test that holds each of their rows."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
NAMED = re.compile(r"`(tests/[\w/.]+\.py)::(test_\w+)`")


def rows(document: Path) -> list[tuple[str, str, str]]:
    """Return what each row is of, what holds it, and the cell of its tests."""
    lines = [each for each in document.read_text().splitlines() if each.startswith("|")]
    cells = [tuple(each.strip() for each in line.strip("|").split(" | ")) for line in lines]
    assert all(len(each) == 3 for each in cells), "three cells in each row"
    # A table begins with its heading and a line of dashes.
    dashes = {number for number, each in enumerate(cells) if each[0].startswith("---")}
    heads = dashes | {number - 1 for number in dashes}
    return [(a, b, c) for number, (a, b, c) in enumerate(cells) if number not in heads]


def require_tested(what: str, held_by: str, tests: str) -> None:
    """Check that a row says what holds it, and names tests that exist and nothing else."""
    assert held_by, what
    assert NAMED.findall(tests), f"no test: {what}"
    assert re.sub(r"[\s,]", "", NAMED.sub("", tests)) == "", f"not a test: {what}"
    assert missing(tests) == [], what


@cache
def _names_in(path: str) -> frozenset[str]:
    """Return the names of a file's tests."""
    tree = ast.parse((ROOT / path).read_text())
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in tree.body if isinstance(node, kinds))


def missing(cell: str) -> list[str]:
    """Return what a cell names that is no test."""
    return [
        f"{path}::{name}"
        for path, name in NAMED.findall(cell)
        if not (ROOT / path).is_file() or name not in _names_in(path)
    ]
