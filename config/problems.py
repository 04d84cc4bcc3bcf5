"""What is wrong with a configuration file, in sentences that a person can act on. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Key = tuple[str | int, ...]
"""Where a value stands: ("visits", "link_grace_s"), ("facility", 0, "id")."""


def key_text(key: Key) -> str:
    """Return `key` as people write it; elements of a list count from 1: facility[1].id."""
    text = ""
    for part in key:
        if isinstance(part, int):
            text += f"[{part + 1}]"
        else:
            text += f".{part}" if text else part
    return text


def nearest(word: str, words: Iterable[str]) -> str:
    """Return the one of `words` that `word` is probably meant to be, or ""."""
    meant = {each.casefold(): each for each in words}
    matches = difflib.get_close_matches(word.casefold(), list(meant), n=1, cutoff=0.6)
    return meant[matches[0]] if matches else ""


@dataclass(frozen=True)
class Problem:
    """One mistake: where it is and what would be right. Never holds a secret's text."""

    file: Path
    text: str
    line: int | None = None
    key: Key = ()

    def __str__(self) -> str:
        line = f", line {self.line}" if self.line is not None else ""
        key = f", {key_text(self.key)}" if self.key else ""
        return f"{self.file}{line}{key}: {self.text}."


def plain(problem: Problem) -> dict[str, Any]:
    """Return a mistake for programs."""
    return {
        "file": str(problem.file),
        "line": problem.line,
        "key": key_text(problem.key),
        "text": problem.text,
    }


class ConfigError(Exception):
    """A configuration file cannot be used. `problems` holds every mistake found in it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        if not problems:
            raise ValueError("a ConfigError needs a problem")
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)
