"""A file that is there whole or not at all, and that nobody reads who may not."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: Path, data: bytes, mode: int = 0o600, group: int | None = None) -> None:
    """Write `data`, durable when this returns, in the place of what was there.

    A power cut leaves the old file, the new one or none, never a part of one. `group` is a number;
    its members read the file as `mode` says.

    Raises:
        OSError: the folder cannot be written to, or the group cannot be given.
    """
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        if group is not None and os.fstat(descriptor).st_gid != group:
            os.fchown(descriptor, -1, group)
        if mode != 0o600:
            os.fchmod(descriptor, mode)
        os.fsync(file.fileno())
    part.replace(path)
    make_durable(path.parent)


def make_durable(folder: Path) -> None:
    """Have the names in a folder outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
