"""What to do about a line that is no TOML. Pure; never repeats a value, it may be a secret."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

MULTI_LINE: Final = re.compile(r'"""|' + "'''")
WORDS: Final = {"yes": "true", "on": "true", "no": "false", "off": "false"}

_KEY: Final = r"""\s*[A-Za-z0-9_."'-]+\s*"""
_Hint = str | Callable[[re.Match[str]], str]


def _bare(found: re.Match[str]) -> str:
    word = found["word"].lower()
    word = WORDS.get(word, word)
    if word in ("true", "false"):
        return f"expected {word}, in small letters and without quotes"
    return 'expected a text in quotes, key = "..."'


_HINTS: Final[tuple[tuple[re.Pattern[str], _Hint], ...]] = (
    (re.compile(r"\s*(<<<<<<<|=======|>>>>>>>)"), "delete this line, it is a merge's mark"),
    (re.compile(r".*[“”„‘’«»]"), "expected straight quotes, \"...\""),  # noqa: RUF001 - those meant
    (re.compile(r"\s*(//|;|--|/\*)"), "expected # before a comment"),
    (re.compile(rf"{_KEY}=="), "expected one =, key = value"),
    (re.compile(rf"{_KEY}:"), "expected key = value, with = and not :"),
    (re.compile(rf"{_KEY}=\s*(#.*)?$"), "expected a value after ="),
    (re.compile(r"\s*=") , "expected a key before ="),
    (re.compile(r"\s*\[[^\]]*$"), "expected ] at the end of the table's name"),
    (re.compile(r"\s*\[.*\]\s*[^\s#]"), "expected nothing after the table's name"),
    (re.compile(r"\s*\[\s*\]"), "expected a table's name between [ and ]"),
    (re.compile(rf"{_KEY}=\s*[+-]?\d+,\d+\s*(#.*)?$"), "expected a point in a number, not a comma"),
    (re.compile(rf"{_KEY}=\s*[+-]?0\d+\s*(#.*)?$"), "expected a number without a 0 before it"),
    (re.compile(rf"{_KEY}=\s*[+-]?[\d._]+\s*[A-Za-z%]+\s*(#.*)?$"),
     "expected the number alone, without unit"),
    (re.compile(rf"{_KEY}=\s*\{{"), "expected a table, [name] on a line of its own"),
    (re.compile(rf"{_KEY}=\s*(?P<word>[A-Za-z_/~.$]\S*)"), _bare),
    (re.compile(rf"""{_KEY}=\s*("[^"\\]*"|'[^']*'|[\d.]+|true|false)\s*[^\s#]"""),
     "expected nothing after the value, and the next key on a line of its own"),
    (re.compile(rf"""{_KEY}=\s*"[^"]*\\[^btnfr"\\uU]"""),
     "expected \\\\ for each \\, or single quotes around the text"),
    (re.compile(rf"{_KEY}=\s*(\"[^\"]*|'[^']*)$"), "expected a quote at the end of the text too"),
    (re.compile(r"[^=\[\]]+$"), "expected key = value"),
)  # fmt: skip


def hint(line: str, what: str) -> str:
    """Return what to do about `line`, of which tomllib says `what`; "" where nothing is known."""
    if "Unclosed array" in what:
        return "expected ] at the end of the list, and commas between its texts"
    if "Unterminated string" in what and MULTI_LINE.search(line):
        return "expected the three quotes again at the end of the text"
    if "\r" in line.rstrip("\r"):
        return "end each line with a line feed, as editors of this system do"
    for pattern, said in _HINTS:
        found = pattern.match(line)
        if found is not None:
            return said if isinstance(said, str) else said(found)
    return "delete the character that is no text" if "llegal character" in what else ""


def begun_at(lines: list[str], line: int, what: str) -> int:
    """Return the line where what tomllib missed the end of began; `line` is where it noticed."""
    pattern = None
    if "Unclosed array" in what:
        pattern = re.compile(rf"{_KEY}=\s*\[[^\]]*$")
    elif "Unterminated string" in what:
        pattern = re.compile(rf"{_KEY}=\s*(\"\"\"|''')")
    if pattern is not None:
        for number in range(min(line, len(lines)), 0, -1):
            if pattern.match(lines[number - 1]):
                return number
    return line
