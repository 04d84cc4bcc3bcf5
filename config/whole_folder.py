"""A folder of files that is there with all of them or not at all."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from config.whole_file import make_durable, write_whole


def write_folder(folder: Path, files: Mapping[str, bytes], *, replace: bool) -> Path | None:
    """Write all of `files` (mode 0600), or nothing, to `folder`.

    With `replace`, a folder that is there is kept under another name, which is returned.

    Raises:
        FileExistsError: something is there, and it is not to be replaced.
        OSError: it cannot be written; what was there is there.
    """
    folder = folder.absolute()
    if not replace and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(17, "File exists", str(folder))
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for name, data in files.items():
            write_whole(part / name, data)
        return _take_place(part, folder)
    except OSError:
        shutil.rmtree(part, ignore_errors=True)
        raise


def _take_place(part: Path, folder: Path) -> Path | None:
    before = None
    if folder.exists() and any(folder.iterdir()):
        names = (f"{folder.name}.before{n or ''}" for n in itertools.count())
        before = next(each for each in map(folder.with_name, names) if not each.exists())
        folder.replace(before)
    try:
        part.replace(folder)
    except OSError:
        if before is not None:
            before.replace(folder)
        raise
    make_durable(folder.parent)
    return before
