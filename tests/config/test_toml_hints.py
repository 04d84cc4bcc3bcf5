"""What to do about a line that is no TOML; each in the corpus of wrong files too."""

from __future__ import annotations

import pytest

from config.toml_hints import begun_at, hint


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("fps = yes", "expected true, in small letters and without quotes"),
        ("fps = Off", "expected false, in small letters and without quotes"),
        ("hub = wss://h", 'expected a text in quotes, key = "..."'),
        ("hub: x", "expected key = value, with = and not :"),
        ("fps = 30 fps", "expected the number alone, without unit"),
        ("a = 1 b = 2", "expected nothing after the value, and the next key on a line of its own"),
        ("a = {b = 1", "expected a table, [name] on a line of its own"),
        ("[a] b = 1", "expected nothing after the table's name"),
        ("a = [[[", ""),
    ],
)
def test_by_the_look_of_the_line(line: str, said: str) -> None:
    assert hint(line, "Invalid value") == said


def test_where_something_without_end_began() -> None:
    lines = ["a = [1,", "", "b = 2", 'c = """', "text"]
    assert begun_at(lines, 3, "Unclosed array") == 1
    assert begun_at(lines, 5, "Unterminated string") == 4
    assert begun_at(lines, 5, "Invalid value") == 5
    assert begun_at(["b = 2"], 1, "Unclosed array") == 1
