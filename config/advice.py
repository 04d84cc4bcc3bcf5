"""What is unwise about a terminal's devices though not wrong: for `visit-config check`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from config.positions import find_lines
from config.problems import Problem, nearest
from config.schema import AUTO, NONE, SIMULATED, Devices, Table, TerminalConfig

DEVICE_KEYS: Final = ("camera", "microphone", "earpiece", "keypad", "hook")
SOUND_KEYS: Final = ("microphone", "earpiece")
SOUND_WORDS: Final = (AUTO, SIMULATED)


def advice(file: Path, config: Table) -> list[Problem]:
    """Return a warning for each device that is simulated, misspelt, or named by path and absent."""
    if not isinstance(config, TerminalConfig):
        return []
    lines = find_lines(file.read_text(encoding="utf-8"))
    return [
        Problem(file, words, lines.get(("devices", name)), ("devices", name))
        for name in DEVICE_KEYS
        for words in _words(name, config.devices)
    ]


def doubt(kind: str, word: str) -> str:
    """Return why a word for a microphone or earpiece is probably not what was meant, or "".

    It is no mistake: a part of an ALSA name may be any text.
    """
    if kind not in SOUND_KEYS or word in SOUND_WORDS:
        return ""
    if word.lower() == NONE:
        return f'"{word}" is looked for among ALSA\'s names; there is no word for no {kind}'
    near = nearest(word.lower(), SOUND_WORDS)
    return f'"{word}" is looked for among ALSA\'s names; probably "{near}" is meant' if near else ""


def unwise(devices: Devices) -> Iterator[tuple[str, str]]:
    """Yield the key and the words for each device that is unwise on whatever machine."""
    for name in DEVICE_KEYS:
        words = _unwise(name, getattr(devices, name))
        if words:
            yield name, words


def _unwise(name: str, word: str) -> str:
    if word == SIMULATED:
        return f"{name} is simulated; on a wall it is not what the terminal should use"
    return doubt(name, word)


def _words(name: str, devices: Devices) -> list[str]:
    word: str = getattr(devices, name)
    doubted = _unwise(name, word)
    if doubted:
        return [doubted]
    path = _path(word)
    if path and not Path(path).exists():
        return [f"this machine has no {path} now; visit-hardware list shows what it has"]
    return []


def _path(word: str) -> str:
    """Return the node that a word names; "" where it names none."""
    if word.startswith("gpio:"):
        return "/dev/" + word.removeprefix("gpio:").split("/", 1)[0]
    path = word.removeprefix("serial:")
    return path if path.startswith("/dev/") else ""
