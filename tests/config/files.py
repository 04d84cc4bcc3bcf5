"""Configuration files for the tests of this folder."""

from __future__ import annotations

from pathlib import Path

HUB = """\
name = "main"

[[facility]]
id = "a"
name = "A"
time_zone = "America/New_York"
"""

TERMINAL = """\
terminal = "t1"
hub = "wss://visits.example"
hub_name = "main"
"""


def write(folder: Path, text: str, name: str = "file.toml") -> Path:
    """Write `text` to a file that its owner alone may read."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return path
