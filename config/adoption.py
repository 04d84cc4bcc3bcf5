"""Takes this machine's terminal.toml from a stick or a boot partition, once, at its first boot.

Whoever can plug a stick in must not change a terminal that works, so nothing is taken where there
is a terminal.toml already; and what is taken has no mistakes, else the machine stays as it is.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from config.loader import FILE_MAX_BYTES, load
from config.problems import ConfigError, Problem, plain
from config.schema import TerminalConfig
from config.whole_file import write_whole

NAME: Final = "terminal.toml"
MOST_FILES: Final = 2000
"""Looked at on all sticks together."""
NETWORK_CARDS: Final = Path("/sys/class/net")
MODE: Final = 0o640


class Nothing(Exception):
    """No stick has a file for a terminal."""


def machines(cards: Path = NETWORK_CARDS) -> frozenset[str]:
    """Return the addresses of this machine's network cards, as `machine` names it."""
    found = (each.read_text(encoding="ascii").strip().lower() for each in cards.glob("*/address"))
    return frozenset(each for each in found if each.strip("0:"))


def find(folders: Iterable[Path], own: frozenset[str]) -> tuple[Path, str]:
    """Return the file that is this machine's, and what people call it.

    One that names the machine goes before a terminal.toml, which is for whichever machine.

    Raises:
        ConfigError: it cannot be told which one is.
        Nothing: there is none.
    """
    seen = [*_files(folders)]
    named = [each for each in seen if _names(each[0]) & own]
    plain_ones = [each for each in seen if each[0].name == NAME and not _names(each[0])]
    for some in (named, plain_ones):
        if len(some) == 1:
            return some[0]
        if some:
            both = " and ".join(label for _, label in some[:2])
            raise ConfigError([Problem(Path(both), "found several for this machine, expected one")])
    if not seen:
        raise Nothing
    addresses = ", ".join(sorted(own)) or "none"
    words = (
        f"found {len(seen)} files, none for this machine; name its own {NAME}, or write machine ="
        f' "..." in it (network cards here: {addresses})'
    )
    raise ConfigError([Problem(Path(seen[0][1]), words)])


def _files(folders: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Yield the files in the folders and in theirs; links could lead to what is not the stick's."""
    count = 0
    for folder in folders:
        for path in sorted((*folder.glob("*.toml"), *folder.glob("*/*.toml"))):
            hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
            linked = path.is_symlink() or path.parent.is_symlink()
            if hidden or linked or not path.is_file() or path.name in ("facility.toml", "hub.toml"):
                continue
            count += 1
            if count > MOST_FILES:
                return
            yield path, f"{folder.name}: {path.relative_to(folder)}"


def _names(path: Path) -> frozenset[str]:
    """Return the machine that a file names, even where the file has mistakes."""
    try:
        with path.open("rb") as file:
            text = file.read(FILE_MAX_BYTES).decode("utf-8", errors="replace")
    except OSError:
        return frozenset()  # it is told when it is the one that is taken
    lines = (line.partition("=") for line in text.splitlines())
    return frozenset(
        value.partition("#")[0].strip().strip("\"'").lower().replace("-", ":")
        for key, _, value in lines
        if key.strip() == "machine"
    ) - {""}


def adopt(path: Path, label: str, target: Path, group: int | None) -> None:
    """Check a file and put a copy where the kiosk reads it.

    Raises:
        ConfigError: it has mistakes, told of `label`; or there is a configuration already.
        OSError: it cannot be written; nothing has changed.
    """
    if target.exists():
        words = "there is a configuration already; a stick brings only the first one"
        raise ConfigError([Problem(target, words)])
    try:
        load(path, TerminalConfig)
        data = path.read_bytes()
    except ConfigError as error:
        raise ConfigError(
            [dataclasses.replace(each, file=Path(label)) for each in error.problems]
        ) from None
    write_whole(target, data, MODE, group)


def report(file: Path, problems: Sequence[Problem]) -> None:
    """Leave what is wrong for the screen; nothing: there is nothing to say any more."""
    if problems:
        told = json.dumps({"mistakes": [*map(plain, problems)]})
        write_whole(file, told.encode(), 0o644)
    else:
        file.unlink(missing_ok=True)
