"""A hub's whole state in one file, made while it runs; and back from it, all or nothing.

The file is a zip of the database (one consistent moment of it), the keys that PINs are hashed
under and receipts are signed with, the newest signed head of the audit, and a manifest with the
SHA-256 of each. Whoever has it has the keys: it is made with mode 0600.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final

import msgspec

from config.schema import HubConfig
from config.whole_file import make_durable
from signalling.hub.audit_heads import HEAD_FILE
from signalling.hub.errors import StaffError
from signalling.hub.services import PIN_KEY
from signalling.hub.signing import KEY_FILE
from signalling.hub.stores import store_path
from signalling.version import VERSION

FORMAT: Final = "visitbooth-backup-1"
MANIFEST: Final = "manifest.json"
MAX_MANIFEST: Final = 65_536
DATABASE: Final = "visits.db"
KEYS: Final = (PIN_KEY, KEY_FILE)
BLOCK: Final = 1024 * 1024
BUSY_TIMEOUT_S: Final = 30.0
LOOK_EVERY_S: Final = 0.5

Say = Callable[[int, int], None]
"""Told how many bytes of how many are done."""


class Member(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of a backup."""

    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a backup says of itself. `schema` are the database's migrations."""

    format: str
    hub: str
    version: str
    made_at: str
    schema: tuple[str, ...]
    files: dict[str, Member]


@dataclass(frozen=True, slots=True)
class Made:
    """What became of a backup."""

    path: Path
    bytes: int
    sha256: str
    manifest: Manifest


def database_of(config: HubConfig) -> Path:
    """Return the database's file.

    Raises:
        StaffError: it is a server's, or there is none yet.
    """
    path: Path | None = store_path(config)
    if path is None:
        raise StaffError(
            "the store is a PostgreSQL database: back it up with pg_dump and bring it back with"
            f" pg_restore, and with it {', '.join(KEYS)} of {config.state_dir}"
        )
    return path


def targets(config: HubConfig) -> dict[str, Path]:
    """Return where each file of a backup belongs."""
    state = Path(config.state_dir)
    names = (*KEYS, HEAD_FILE)
    return {DATABASE: database_of(config), **{name: state / name for name in names}}


def make(config: HubConfig, path: Path, say: Say) -> Made:
    """Make a backup; a hub may run meanwhile and is not kept waiting.

    Raises:
        StaffError: it cannot be made; then there is no file.
    """
    database = database_of(config)
    if not database.exists():
        raise StaffError(f"there is no database {database}: no hub has run with this configuration")
    if path.exists():
        raise StaffError(f"{path} exists already: give the backup another name")
    snapshot, part = path.with_name(path.name + ".db"), path.with_name(path.name + ".part")
    try:
        with _removed(snapshot, part):
            _private(snapshot)
            schema = _snapshot(database, snapshot, say)
            files = {**targets(config), DATABASE: snapshot}
            present = {name: each for name, each in files.items() if each.exists()}
            manifest = _pack(config, part, present, schema, say)
            made = Made(path, part.stat().st_size, _sha256(part), manifest)
            part.rename(path)
            make_durable(path.parent)
    except OSError as error:
        raise StaffError(f"cannot make {path}: {error.strerror or error}") from None
    except sqlite3.Error as error:
        raise StaffError(f"cannot read {database}: {error}") from None
    return made


@contextlib.contextmanager
def _removed(*paths: Path) -> Iterator[None]:
    try:
        yield
    finally:
        for path in paths:
            path.unlink(missing_ok=True)


def _private(path: Path) -> None:
    path.unlink(missing_ok=True)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _snapshot(database: Path, into: Path, say: Say) -> tuple[str, ...]:
    """Copy one moment of a database; return its migrations.

    VACUUM INTO on a connection of its own: it reads beside the hub's writes, which never wait for
    it, and unlike the backup API it does not start again at each of them.
    """
    uri = f"{database.absolute().as_uri()}?mode=rw"
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    try:
        total = database.stat().st_size
        with _watched(into, total, say):
            connection.execute("vacuum into ?", (str(into),))
    finally:
        connection.close()
    copy = sqlite3.connect(f"{into.absolute().as_uri()}?mode=ro", uri=True)
    try:
        return schema_of(copy)
    finally:
        copy.close()


def schema_of(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Return the migrations that a database has. Raises sqlite3.Error: it is none of ours."""
    sql = "select name from _sqlite_migrations where migration_set = 'visitbooth-hub' order by name"
    return tuple(row[0] for row in connection.execute(sql))


@contextlib.contextmanager
def _watched(path: Path, total: int, say: Say) -> Iterator[None]:
    """Say how much of a file is there, while one call writes it."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(LOOK_EVERY_S):
            say(path.stat().st_size, total)

    thread = threading.Thread(target=watch, name="backup-progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _pack(
    config: HubConfig, part: Path, files: dict[str, Path], schema: tuple[str, ...], say: Say
) -> Manifest:
    _private(part)
    total, before = sum(each.stat().st_size for each in files.values()), 0
    members: dict[str, Member] = {}
    with part.open("r+b") as raw:
        with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name, path in files.items():
                with path.open("rb") as source, archive.open(name, "w", force_zip64=True) as into:
                    members[name] = copy(source, into, shifted(say, before, total))
                before += members[name].bytes
            now = datetime.now(UTC).isoformat(timespec="seconds")
            manifest = Manifest(FORMAT, config.name, VERSION, now, schema, members)
            archive.writestr(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
        raw.flush()
        os.fsync(raw.fileno())
    return manifest


def shifted(say: Say, before: int, total: int) -> Callable[[int], None]:
    """Return what says how far all is, told how far one file is."""
    return lambda done: say(before + done, total)


def copy(
    source: IO[bytes], into: IO[bytes], say: Callable[[int], None], limit: int | None = None
) -> Member:
    """Copy a file; return its length and its SHA-256. Stops behind a limit, if there is one."""
    digest, count = hashlib.sha256(), 0
    while block := source.read(BLOCK):
        digest.update(block)
        into.write(block)
        count += len(block)
        say(count)
        if limit is not None and count > limit:
            break
    return Member(count, digest.hexdigest())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
