"""Reads terminal.toml and hub.toml, or says everything that is wrong with them."""

from __future__ import annotations

import logging
import re
import stat
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import msgspec

from config import structure
from config.positions import find_lines
from config.problems import ConfigError, Key, Problem
from config.schema import SCHEMAS, HubConfig, Secret, Table, TerminalConfig
from config.toml_hints import begun_at, hint

logger = logging.getLogger(__name__)

FILE_MAX_BYTES = 262_144
UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
MISSING: Final = "there is no such file"
ELSEWHERE: Final = f"{MISSING}; name another with --config, or in the variable {{}}"

Config = TypeVar("Config", bound=Table)


@dataclass(frozen=True)
class Loaded(Generic[Config]):
    """A file's configuration, and what is unwise about the file though not wrong."""

    config: Config
    warnings: tuple[Problem, ...]


def load_hub(path: Path | str) -> HubConfig:
    """Read hub.toml; log its warnings. Raises ConfigError with every mistake in it."""
    return _logged(load(Path(path), HubConfig, ELSEWHERE.format("VISITBOOTH_HUB")))


def load_terminal(path: Path | str) -> TerminalConfig:
    """Read terminal.toml; log its warnings. Raises ConfigError with every mistake in it."""
    return _logged(load(Path(path), TerminalConfig, ELSEWHERE.format("VISITBOOTH_TERMINAL")))


def load(path: Path, schema: type[Config], missing: str = MISSING) -> Loaded[Config]:
    """Read `path` as `schema`. Raises ConfigError with every mistake in it."""
    text = read_text(path, missing)
    values = to_values(path, text)
    lines = find_lines(text)
    problems: list[Problem] = []

    def report(key: Key, words: str) -> None:
        problems.append(Problem(path, words, _line(lines, key), key))

    structure.check(schema, values, report)
    if problems:
        raise ConfigError(sorted(problems, key=lambda problem: problem.line or 0))
    config = msgspec.convert(values, schema, dec_hook=decode)
    return Loaded(config, tuple(_warnings(path, config)))


def read_values(path: Path) -> dict[str, Any]:
    """Return the undecoded tables of `path`. Raises ConfigError if it is no readable TOML."""
    return to_values(path, read_text(path))


def detect(path: Path) -> str:
    """Return the kind that has most of the file's top keys. Raises ConfigError."""
    values = read_values(path)
    keys = values.keys()
    if isinstance(values.get("terminal"), dict):
        words = "found a facility's terminals: `visit-config render --dry-run` checks those"
        raise ConfigError([Problem(path, words)])
    hits = {kind: len(keys & {*schema.__struct_fields__}) for kind, schema in SCHEMAS.items()}
    best = max(hits, key=lambda kind: hits[kind])
    if [*hits.values()].count(hits[best]) > 1:
        raise ConfigError([Problem(path, "its keys do not tell what it is, expected --kind")])
    return best


def _logged(loaded: Loaded[Config]) -> Config:
    for warning in loaded.warnings:
        logger.warning("%s", warning)
    return loaded.config


def read_text(path: Path, missing: str = MISSING) -> str:
    """Return the text of a configuration file. Raises ConfigError."""
    try:
        with path.open("rb") as file:
            content = file.read(FILE_MAX_BYTES + 1)
    except FileNotFoundError:
        raise ConfigError([Problem(path, missing)]) from None
    except OSError as error:
        raise ConfigError([Problem(path, f"cannot be read: {error.strerror}")]) from None
    if len(content) > FILE_MAX_BYTES:
        raise ConfigError([Problem(path, f"found more than {FILE_MAX_BYTES} bytes, expected less")])
    if content.startswith(UTF_16) or content[1:2] == b"\0":
        words = "found text in UTF-16, expected UTF-8: save it anew with that encoding"
        raise ConfigError([Problem(path, words, 1)])
    if b"\0" in content:
        line = content.count(b"\n", 0, content.index(b"\0")) + 1
        words = "found bytes that no text has, expected a text file: copy it anew"
        raise ConfigError([Problem(path, words, line)])
    try:
        # Some editors begin a file with a mark of its encoding.
        return content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        words = (
            f"found the byte 0x{content[error.start]:02x}, expected UTF-8 text: save it anew with "
            "that encoding"
        )
        raise ConfigError([Problem(path, words, line)]) from None


def to_values(path: Path, text: str) -> dict[str, Any]:
    """Return what TOML's `text` holds; `path` is for the ConfigError that it raises."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what, _, where = str(error).rpartition(" (at ")
        place = re.match(r"line (\d+), (column \d+)", where)
        lines = text.split("\n")
        noticed = int(place[1]) if place else max(1, len(lines) - (not lines[-1]))
        line = begun_at(lines, noticed, what)
        words = _doubled(what) or _no_toml(lines[line - 1] if lines else "", what)
        if line == noticed:
            words = f"{place[2] if place else 'end of file'}, {words}"
        raise ConfigError([Problem(path, words, line)]) from None
    except (ValueError, RecursionError):
        # What tomllib does not call a mistake of the file: 5,000 digits, 1,000 brackets.
        raise ConfigError([Problem(path, "found a number or nesting beyond all bounds")]) from None


def _no_toml(line: str, what: str) -> str:
    todo = hint(line, what)
    return f"found no valid TOML ({what[:1].lower()}{what[1:]})" + (f", {todo}" if todo else "")


def _doubled(what: str) -> str:
    """Return what to do where tomllib complains that a table or key stands twice, or ""."""
    table = re.match(r"Cannot declare \((.*)\) twice", what)
    if table is not None:
        name = ".".join(re.findall(r"'([^']*)'", table[1]))
        return (
            f"found a second [{name}], expected one; leave one of the two, with the lines of both"
        )
    if what.startswith(("Cannot overwrite a value", "Cannot mutate immutable")):
        return "found a key that stands above already, expected it once; delete one of the two"
    return ""


def _line(lines: dict[Key, int], key: Key) -> int | None:
    """Return where `key` stands, or for a missing one the table that it is missing from."""
    for length in range(len(key), 0, -1):
        if key[:length] in lines:
            return lines[key[:length]]
    return None


def decode(kind: type, value: Any) -> Any:
    """Convert what msgspec does not know."""
    if kind is Secret and isinstance(value, str):
        return Secret(value)
    raise NotImplementedError(f"no conversion from {type(value).__name__} to {kind.__name__}")


def _warnings(path: Path, config: Table) -> list[Problem]:
    mode = stat.S_IMODE(path.stat().st_mode)
    if not (mode & stat.S_IROTH and has_secret(config)):
        return []
    words = (
        f"holds a secret and everybody may read it (mode {mode:04o}), expected mode 0600, or 0640 "
        "where its service's group reads it"
    )
    return [Problem(path, words)]


def has_secret(config: Table) -> bool:
    """Return whether a secret is set anywhere in `config`."""
    values = (getattr(config, name) for name in config.__struct_fields__)
    return any(
        has_secret(value) if isinstance(value, Table) else isinstance(value, Secret) and bool(value)
        for value in values
    )
