"""A file that only its owner reads, there whole or not at all."""

from __future__ import annotations

from pathlib import Path

from config.whole_file import write_whole


def write_private(path: Path, data: bytes) -> None:
    """Write `data` (mode 0600), durable when this returns.

    Half a key would lock its owner out for good.

    Raises:
        OSError: the folder cannot be written to.
    """
    write_whole(path, data)
