"""What `visit-config check` says of each file of the corpus, and whether that helps a person."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

import msgspec

from config.loader import load
from config.problems import ConfigError
from config.schema import TerminalConfig
from tests.bench.provisioning.corpus import MUTANTS, Mutant


@dataclass(frozen=True, slots=True)
class Judged:
    """A file, what was said of it, and what that is worth."""

    name: str
    said: str
    right_line: bool
    has_fix: bool
    peer_line: bool
    """Whether tomllib and msgspec alone name the line too."""


def judge(folder: Path) -> list[Judged]:
    """Make every file of the corpus in `folder`, and judge what is said of it."""
    return [_judge(mutant, folder / f"{number}.toml") for number, mutant in enumerate(MUTANTS)]


def _judge(mutant: Mutant, path: Path) -> Judged:
    mutant.make(path)
    try:
        load(path, TerminalConfig)
    except ConfigError as error:
        helping = [each for each in error.problems if mutant.fix in each.text]
        said = (helping or error.problems)[0]
        return Judged(
            mutant.name,
            str(said).removeprefix(f"{path}"),
            # Where the file itself is wrong, a line may be told or not.
            right_line=mutant.line is None or said.line == mutant.line,
            has_fix=bool(helping),
            peer_line=mutant.line is None or f"line {mutant.line}," in _peer(path),
        )
    return Judged(mutant.name, "no mistakes", right_line=False, has_fix=False, peer_line=False)


def _peer(path: Path) -> str:
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
        msgspec.convert(values, TerminalConfig)
    except (OSError, ValueError, NotImplementedError) as error:
        return str(error)
    return ""
