"""Tables show what people and machines are called as it is."""

from __future__ import annotations

import re

import pytest
from rich.console import Console

from signalling.hub import tables


def test_a_name_is_neither_markup_nor_a_pictograph(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"name": "usb:100:bell: [b]B[/b]"}]
    tables.show(rows, as_json=False, title="All :bell: [b]B[/b]", columns=("name",))
    told = capsys.readouterr().out
    assert "usb:100:bell: [b]B[/b]" in told
    assert "All :bell:" in told


COLUMNS = ("visit", "status", "start", "end", "inmate", "terminal", "why_ended")
VISITS = [
    {
        "visit": f"kwajvbhhr{n}", "status": "in-visit", "start": "2026-11-28 03:00:00 CST",
        "end": "2026-11-28 03:30:27 CST", "inmate": "Reyes, Daniel", "terminal": "-",
        "why_ended": why,
    }
    for n, why in enumerate(("staff cancelled it", None))
]  # fmt: skip


def shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int
) -> list[str]:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setattr(Console, "is_terminal", True)
    tables.show(VISITS, as_json=False, title="Visits", columns=COLUMNS)
    return re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out).splitlines()


@pytest.mark.parametrize("width", [40, 60, 70, 80, 100, 120, 200])
def test_no_word_is_broken_on_a_screen_of_any_width(
    width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = shown(capsys, monkeypatch, width)
    assert max(map(len, lines)) <= width
    words = set(re.split(r"[\s│┃]+", "\n".join(lines)))
    assert {"kwajvbhhr0", "kwajvbhhr1", "2026-11-28", "03:30:27", "in-visit", "cancelled"} <= words


def test_a_narrow_screen_leaves_out_what_is_empty_and_a_narrower_one_has_a_line_for_each_fact(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert any("Terminal" in line for line in shown(capsys, monkeypatch, 120))
    narrow = shown(capsys, monkeypatch, 70)
    assert narrow[1].split() == ["Visit", "Status", "Start", "End", "Inmate", "Why", "ended"]
    assert narrow[2].startswith("kwajvbhhr0 in-visit 2026-11-28")
    facts = [line.split("│")[1:3] for line in shown(capsys, monkeypatch, 40) if "│" in line]
    assert ["Visit", "kwajvbhhr1"] in [[word.strip() for word in pair] for pair in facts]


def test_a_time_on_the_minute_has_no_seconds(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    line = next(line for line in shown(capsys, monkeypatch, 200) if "kwajvbhhr0" in line)
    assert "2026-11-28 03:00 CST" in line
    assert "2026-11-28 03:30:27 CST" in line
