"""A hub's state back from a backup: all of it is checked before anything is replaced."""

from __future__ import annotations

import os
import sqlite3
import struct
import zipfile
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from config.schema import HubConfig
from config.whole_file import make_durable
from signalling.hub.backup import (
    DATABASE,
    FORMAT,
    KEYS,
    MANIFEST,
    MAX_MANIFEST,
    Manifest,
    Say,
    copy,
    schema_of,
    shifted,
    targets,
)
from signalling.hub.errors import StaffError, StartError
from signalling.hub.inmates import read_pin_key
from signalling.hub.services import PIN_KEY, RESTORING
from signalling.hub.signing import KEY_FILE, ReceiptKey
from signalling.hub.store.migrations import migrations

BESIDE: Final = ".restore"
"""What a file's name ends with until it is put in place."""
UNREADABLE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    KeyError,
    RuntimeError,
    ValueError,
)
"""What zipfile raises for a file that is no zip any more (tried: each of its bits flipped)."""
OWN: Final = ("-wal", "-shm", "-journal")
"""SQLite's files beside a database: they belong to the old one."""


def restore(
    config: HubConfig, file: Path, say: Say, *, force: bool
) -> tuple[Manifest, Path | None]:
    """Put a backup in the place of a hub's state; the caller holds the hub's lock.

    Returns its manifest, and the folder that what was there before is kept in.

    Raises:
        StaffError: it is broken, or there is a state already; nothing was changed.
    """
    where = targets(config)
    present = [path for path in where.values() if path.exists()]
    if present and not force:
        raise StaffError(
            f"there is a hub's state already ({', '.join(map(str, present))}):"
            " --force puts it aside and the backup in its place"
        )
    parts = {name: path.with_name(path.name + BESIDE) for name, path in where.items()}
    try:
        manifest = _unpack(file, parts, say)
        _require_sound(parts, manifest)
        aside = _replace(config, where, parts, manifest)
    except OSError as error:
        raise StaffError(f"cannot restore {file}: {error.strerror or error}") from None
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)
    return manifest, aside


# -- checking ---------------------------------------------------------------------------------


def read_manifest(archive: zipfile.ZipFile) -> Manifest:
    """Return what a backup says of itself. Raises StaffError."""
    try:
        with archive.open(MANIFEST) as file:
            manifest = msgspec.json.decode(file.read(MAX_MANIFEST), type=Manifest)
    except (KeyError, msgspec.DecodeError):
        raise StaffError("it is no backup of a hub: it has no manifest") from None
    if manifest.format != FORMAT:
        raise StaffError(f'its format is "{manifest.format}", expected "{FORMAT}"')
    missing = [name for name in (DATABASE, *KEYS) if name not in manifest.files]
    if missing:
        raise StaffError(f"it lacks {', '.join(missing)}")
    return manifest


def _unpack(file: Path, parts: Mapping[str, Path], say: Say) -> Manifest:
    """Lay a backup's files beside those they are to replace. Raises StaffError."""
    try:
        with zipfile.ZipFile(file) as archive:
            manifest = read_manifest(archive)
            _require_schema(manifest)
            _unpack_all(archive, parts, manifest, say)
    except UNREADABLE as error:
        raise StaffError(f"{file} is broken, cut off or no backup: {error}") from None
    except StaffError as error:
        raise StaffError(f"{file} is not restored: {error}") from None
    return manifest


def _unpack_all(
    archive: zipfile.ZipFile, parts: Mapping[str, Path], manifest: Manifest, say: Say
) -> None:
    total, before = sum(each.bytes for each in manifest.files.values()), 0
    for name, member in manifest.files.items():
        if name not in parts:
            raise StaffError(f'it holds "{name}", which is no part of a backup')
        parts[name].unlink(missing_ok=True)
        descriptor = os.open(parts[name], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as into, archive.open(name) as source:
            found = copy(source, into, shifted(say, before, total), member.bytes)
            into.flush()
            os.fsync(into.fileno())
        if found != member:
            raise StaffError(f"{name} in it is not what was saved (its SHA-256 is another)")
        before += member.bytes


def _require_schema(manifest: Manifest) -> None:
    ours = {each.name for each in migrations._migrations}
    newer = [name for name in manifest.schema if name not in ours]
    if newer:
        raise StaffError(
            f"it was made by a newer version, {manifest.version} ({', '.join(newer)}):"
            " install that one first"
        )


def _require_sound(parts: Mapping[str, Path], manifest: Manifest) -> None:
    """Look whether what was unpacked is what a hub can start from. Raises StaffError."""
    try:
        read_pin_key(parts[PIN_KEY])
        ReceiptKey.load_or_make(parts[KEY_FILE])
    except StartError as error:
        raise StaffError(f"a key in it cannot be used: {error}") from None
    database = parts[DATABASE]
    try:
        connection = sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)
        try:
            faults = database_faults(connection)
            schema = schema_of(connection)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise StaffError(f"the database in it cannot be read: {error}") from None
    if faults:
        raise StaffError(f"the database in it is damaged: {faults[0]}")
    if schema != manifest.schema:
        raise StaffError("the database in it is not of the schema that its manifest names")


def database_faults(connection: sqlite3.Connection) -> list[str]:
    """Return what SQLite finds wrong with a database, as sentences; none: it is sound."""
    rows = connection.execute("pragma integrity_check(20)").fetchall()
    faults = [str(row[0]) for row in rows if row[0] != "ok"]
    for table, row, parent, _ in connection.execute("pragma foreign_key_check").fetchmany(20):
        faults.append(f"row {row} of {table} refers to what is not in {parent}")
    return faults


# -- replacing --------------------------------------------------------------------------------


def _replace(
    config: HubConfig, where: Mapping[str, Path], parts: Mapping[str, Path], manifest: Manifest
) -> Path | None:
    """Put the files in place; return the folder that the old ones are in, if there were any.

    A power cut in between leaves the marker: the hub does not start on half of two states.
    """
    state = Path(config.state_dir)
    marker = state / RESTORING
    marker.touch(mode=0o600)
    make_durable(state)
    aside = _put_aside(state, where)
    owner = state.stat()
    for name, path in where.items():
        if name in manifest.files:
            if os.geteuid() == 0:  # root restores for the hub's own user
                os.chown(parts[name], owner.st_uid, owner.st_gid)
            parts[name].rename(path)
    for folder in {path.parent for path in where.values()}:
        make_durable(folder)
    marker.unlink()
    make_durable(state)
    return aside


def _put_aside(state: Path, where: Mapping[str, Path]) -> Path | None:
    database = where[DATABASE]
    old = [*where.values(), *(database.with_name(database.name + each) for each in OWN)]
    old = [path for path in old if path.exists()]
    if not old:
        return None
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    for folder in {path.parent for path in old}:
        (folder / f"before-restore-{stamp}").mkdir(mode=0o700)
    for path in old:
        path.rename(path.parent / f"before-restore-{stamp}" / path.name)
    return database.parent / f"before-restore-{stamp}"
