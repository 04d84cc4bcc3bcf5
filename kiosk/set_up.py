"""What the screen says of a terminal that nobody can use yet: its file, or its hub. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from config.problems import Problem, key_text
from kiosk.view import SetUp

NO_FILE: Final = (
    "there is no such file; plug a stick in with the terminal.toml that `visit-hub terminal add` "
    "wrote, or install it with install-terminal"
)
MOST: Final = 4
"""Mistakes that are shown; `visit-config check` names all."""


def of_mistakes(problems: Iterable[Problem]) -> SetUp:
    """Return what is wrong with terminal.toml, each mistake with its place."""
    said = [(place(each), f"{each.text}.") for each in problems]
    return SetUp("file", said=tuple(said[:MOST]), more=max(0, len(said) - MOST))


def place(problem: Problem) -> str:
    """Return where a mistake is: file, line, key."""
    parts = [str(problem.file)]
    if problem.line is not None:
        parts.append(f"line {problem.line}")
    if problem.key:
        parts.append(key_text(problem.key))
    return ", ".join(parts)


def of_hub(terminal: str, hub: str, why: str) -> SetUp:
    """Return why the hub has not taken this terminal yet; `why` "" while it is asked."""
    return SetUp("hub", said=((f"{terminal}, {hub}", why[:1].upper() + why[1:]),))
