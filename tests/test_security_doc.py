"""The threat model names no defence without a test, and no test that is not there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs" / "security.md"
NAMED = re.compile(r"`(tests/[\w/.]+\.py)::(test_\w+)`")
THREATS = (
    "stolen terminal", "stolen database", "hostile page", "hostile inmate at the touch screen",
    "insider", "guessing from many addresses", "pin guessing", "replay of a terminal's proof",
    "session theft", "cross-site websockets", "too many connections", "half-open", "slow readers",
    "too many messages", "log injection", "secrets in logs", "turn abuse", "stale turn allocation",
    "tls mistakes",
)  # fmt: skip


def rows() -> list[tuple[str, str, str]]:
    """Return every threat with its defence and the cell of its tests."""
    lines = DOCUMENT.read_text().splitlines()
    cells = [
        tuple(each.strip() for each in line.strip("|").split(" | "))
        for line in lines
        if line.startswith("|") and not line.startswith("| ---")
    ]
    assert all(len(each) == 3 for each in cells), "three cells in each row"
    return [(a, b, c) for a, b, c in cells if a != "threat"]


@cache
def names_in(path: str) -> frozenset[str]:
    """Return the names of a file's tests."""
    tree = ast.parse((ROOT / path).read_text())
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in tree.body if isinstance(node, kinds))


def missing(cell: str) -> list[str]:
    """Return what a cell names that is no test."""
    return [
        f"{path}::{name}"
        for path, name in NAMED.findall(cell)
        if not (ROOT / path).is_file() or name not in names_in(path)
    ]


def test_every_threat_has_a_defence_and_a_test_that_exists() -> None:
    assert len(rows()) > 40
    for threat, defence, tests in rows():
        assert defence, threat
        assert NAMED.findall(tests), f"no test: {threat}"
        assert re.sub(r"[\s,]", "", NAMED.sub("", tests)) == "", f"not a test: {threat}"
        assert missing(tests) == [], threat


@pytest.mark.parametrize("threat", THREATS)
def test_the_threats_that_were_thought_of_are_in_the_table(threat: str) -> None:
    assert any(threat in row[0].lower() for row in rows())


def test_a_test_that_is_not_there_would_be_found() -> None:
    assert missing("`tests/test_security_doc.py::test_no_such`, `tests/none.py::test_x`") == [
        "tests/test_security_doc.py::test_no_such", "tests/none.py::test_x",
    ]  # fmt: skip
