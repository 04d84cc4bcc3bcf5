"""Lines are those a person counts, whatever TOML's way of writing."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.positions import find_lines
from config.problems import Key


def test_every_way_of_writing_a_key_has_its_line() -> None:
    text = "\n".join(  # the line of each is its place in this list
        [
            '# "a" = 1  [nothing]',
            'plain = "x"',
            '"quoted key" = 1',
            "dotted.inner = 2",
            "inline = { first = 1, second = [2, 3] }",
            'long = """',
            "not = a key",
            '[no header]"""',
            "list = [",
            "  1, # one",
            "  2,",
            "]",
            "",
            "[table]  # with a comment",
            "key = 'a # b'",
            "[table.inner]",
            "key = 2",
            "[[many]]",
            "key = 1",
            "[many.sub]",
            "key = 2",
            "[[many.more]]",
            "key = 3",
            "[[many]]",
            "key = 4",
            "[[many.more]]",
            "key = 5",
        ]
    )
    lines = find_lines(text)
    expected: dict[Key, int] = {
        ("plain",): 2,
        ("quoted key",): 3,
        ("dotted",): 4,
        ("dotted", "inner"): 4,
        ("inline", "second", 1): 5,
        ("long",): 6,
        ("list",): 9,
        ("list", 1): 9,
        ("table",): 14,
        ("table", "key"): 15,
        ("table", "inner", "key"): 17,
        ("many",): 18,
        ("many", 0): 18,
        ("many", 0, "key"): 19,
        ("many", 0, "sub"): 20,
        ("many", 0, "sub", "key"): 21,
        ("many", 0, "more", 0, "key"): 23,
        ("many", 1): 24,
        ("many", 1, "key"): 25,
        ("many", 1, "more", 0): 26,
        ("many", 1, "more", 0, "key"): 27,
    }
    assert {key: lines.get(key) for key in expected} == expected


def test_windows_line_ends_count_once() -> None:
    assert find_lines("a = 1\r\n\r\nb = 2\r\n")[("b",)] == 3


_VALUES = st.sampled_from(["1", '"x"', "'''\na\nb'''", "[\n1,\n2]", "{ c = 1 }", "true"])


@given(st.lists(st.tuples(st.integers(0, 3), _VALUES), max_size=12))
def test_each_key_stands_on_the_line_that_begins_with_it(parts: list[tuple[int, str]]) -> None:
    """Keys k0, k1, ... with blank lines and comments between; line k really starts with the key."""
    text = ""
    for index, (gap, value) in enumerate(parts):
        text += "# note\n" * (gap // 2) + "\n" * (gap % 2) + f"k{index} = {value}\n"
    tomllib.loads(text)
    lines = find_lines(text)
    for index in range(len(parts)):
        line = text.splitlines()[lines[(f"k{index}",)] - 1]
        assert line.startswith(f"k{index} =")


@pytest.mark.parametrize("text", ["", "\n\n", "# only a note"])
def test_a_text_without_keys_has_none(text: str) -> None:
    assert find_lines(text) == {(): 1}
