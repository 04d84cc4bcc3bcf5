"""The threat model names no defence without a test, and no test that is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tested_rows import missing, require_tested, rows

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs" / "security.md"
THREATS = (
    "stolen terminal", "stolen database", "hostile page", "hostile inmate at the touch screen",
    "insider", "guessing from many addresses", "pin guessing", "replay of a terminal's proof",
    "session theft", "cross-site websockets", "too many connections", "half-open", "slow readers",
    "too many messages", "log injection", "secrets in logs", "turn abuse", "stale turn allocation",
    "tls mistakes",
)  # fmt: skip


def test_every_threat_has_a_defence_and_a_test_that_exists() -> None:
    assert len(rows(DOCUMENT)) > 40
    for row in rows(DOCUMENT):
        require_tested(*row)


@pytest.mark.parametrize("threat", THREATS)
def test_the_threats_that_were_thought_of_are_in_the_table(threat: str) -> None:
    assert any(threat in row[0].lower() for row in rows(DOCUMENT))


def test_a_test_that_is_not_there_would_be_found() -> None:
    assert missing("`tests/test_security_doc.py::test_no_such`, `tests/none.py::test_x`") == [
        "tests/test_security_doc.py::test_no_such", "tests/none.py::test_x",
    ]  # fmt: skip
