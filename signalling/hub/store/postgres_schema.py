"""PostgreSQL's schema: the sum of the first migrations, then the same ones as SQLite's.

Migrations after `BASELINE` are run by both: what they say in SQLite's words (`strict`, `real`,
`blob`) is put into PostgreSQL's, so each is written once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, cast

import psycopg

from signalling.hub.store.interface import StoreError
from signalling.hub.store.migrations import migrations
from signalling.hub.store.postgres_tables import Connection, translated

BASELINE: Final = "0007-after"
"""The last of the migrations that `SCHEMA` is the sum of."""

_LOCK: Final = 0x7669736975
"""Held while a hub migrates; not the writers' lock, which is never waited for so long."""

SCHEMA: Final = """
create table visitors (
    id text primary key, email text not null unique, name text not null,
    password_hash text not null, created_at real not null, verified_at real,
    language text not null default 'en', new_email text, deleted_at real);
create table sessions (
    token_hash text primary key, visitor text not null references visitors(id) on delete cascade,
    expires_at real not null, facility text, facility_until real not null default 0,
    id text not null default '', created_at real not null default 0,
    seen_at real not null default 0, browser text not null default '');
create index sessions_expires on sessions(expires_at);
create unique index sessions_id on sessions(id);
create index sessions_visitor on sessions(visitor);
create table inmates (
    id text primary key, facility text not null, number text not null, name text not null,
    pin_mac blob not null, unit text not null default '', unique (number, facility));
create table pin_failures (
    kind text not null check (kind in ('inmate', 'terminal')), id text not null,
    failures integer not null, first_at real not null, last_at real not null,
    locked_until real, primary key (kind, id));
create table approvals (
    visitor text not null references visitors(id), inmate text not null references inmates(id),
    relation text not null, private integer not null, asked_at real not null default 0,
    decided_at real not null default 0, expires_at real, reason text not null default '',
    primary key (visitor, inmate));
create table visits (
    id text primary key, facility text not null, inmate text not null references inmates(id),
    starts_at real not null, booked_end real not null, ends_at real not null, closed_at real,
    seat text, end_reason text, booked_by text, request text);
create index visits_open on visits(ends_at) where closed_at is null;
create index visits_closed on visits(closed_at);
create index visits_inmate on visits(inmate, starts_at);
create index visits_start on visits(facility, starts_at);
create unique index visits_request on visits(booked_by, request) where request is not null;
create index visits_seat on visits(seat, starts_at) where seat is not null;
create table visit_visitors (
    visitor text not null references visitors(id), visit text not null references visits(id),
    primary key (visitor, visit));
create table events (
    visit text not null references visits(id), seq integer not null, id text not null,
    author text not null, happened_at real not null, recorded_at real not null,
    kind text not null, what text not null,
    primary key (visit, seq), unique (visit, id));
create table occupancy (
    kind text not null check (kind in ('inmate', 'visitor', 'terminal')), id text not null,
    cell integer not null, visit text not null references visits(id),
    primary key (kind, id, cell));
create index occupancy_visit on occupancy(visit);
create table terminals (
    id text primary key, facility text not null, label text not null, unit text not null,
    public_key blob, code_hash text, code_expires_at real not null default 0,
    code_tries integer not null default 0);
create table seats (
    terminal text primary key references terminals(id),
    inmate text not null unique references inmates(id),
    visit text references visits(id));
create table audit (
    id integer primary key, at real not null, who text not null, command text not null,
    facts text not null);
create table device_reports (
    terminal text primary key references terminals(id), at real not null, report text not null);
create table outbox (
    key text primary key, recipient text not null, subject text not null, body text not null,
    calendar blob, due_at real not null, tries integer not null default 0, sent_at real,
    error text not null default '', failed_at real, wanted_at real not null default 0);
create index outbox_due on outbox(due_at) where sent_at is null and failed_at is null;
create table mail_tokens (
    token_hash text primary key,
    kind text not null check (kind in ('verify', 'reset', 'change-email')),
    visitor text references visitors(id) on delete cascade, email text not null,
    expires_at real not null);
create index mail_tokens_visitor on mail_tokens(visitor);
create index mail_tokens_expires on mail_tokens(expires_at);
create table photos (
    id text primary key, visitor text not null references visitors(id) on delete cascade,
    kept_at real not null, jpeg blob not null);
create index photos_visitor on photos(visitor);
create table requests (
    id text primary key, visitor text not null references visitors(id) on delete cascade,
    facility text not null, number text not null, relation text not null,
    private integer not null, photo text references photos(id) on delete set null,
    status text not null check (status in ('pending', 'approved', 'denied', 'withdrawn')),
    asked_at real not null, decided_at real, decided_by text not null default '',
    reason text not null default '');
create index requests_visitor on requests(visitor, asked_at);
create unique index requests_pending on requests(visitor, facility, number)
    where status = 'pending';
create table acceptances (
    id integer primary key, visitor text not null references visitors(id) on delete cascade,
    facility text not null, version text not null, at real not null);
create index acceptances_visitor on acceptances(visitor, facility, version);
create table ratings (
    visit text not null references visits(id) on delete cascade,
    visitor text not null references visitors(id) on delete cascade,
    stars integer not null check (stars between 1 and 5), troubles text not null,
    rated_at real not null, primary key (visit, visitor));
"""

_WORDS: Final = (
    (r"\binteger primary key\b", "bigint generated by default as identity primary key"),
    (r"\binteger\b", "bigint"),
    (r"\breal\b", "double precision"),
    (r"\bblob\b", "bytea"),
    (r"\)\s*strict(\s*,\s*without\s+rowid)?\b", ")"),
    (r"\)\s*without\s+rowid(\s*,\s*strict)?\b", ")"),
)


def in_postgres(script: str) -> str:
    """Return a script of SQLite's words for columns and tables in PostgreSQL's."""
    for pattern, word in _WORDS:
        script = re.sub(pattern, word, script, flags=re.IGNORECASE)
    return script


class Scripts:
    """What a migration does to its database, as sqlite-utils' Database has it."""

    def __init__(self, connection: Connection) -> None:
        self._cursor = psycopg.ClientCursor(connection)

    def executescript(self, script: str) -> None:
        """Run statements that are set apart by semicolons."""
        self._cursor.execute(in_postgres(script).encode())

    def execute(self, sql: str, values: Sequence[Any] = ()) -> psycopg.ClientCursor[Any]:
        """Run one statement with `?` for values."""
        return self._cursor.execute(translated(in_postgres(sql)).encode(), values)

    def query(self, sql: str, values: Sequence[Any] = ()) -> Iterator[dict[str, Any]]:
        """Yield rows by the names of their columns."""
        cursor = self.execute(sql, values)
        names = [column.name for column in cursor.description or ()]
        return (dict(zip(names, row, strict=True)) for row in cursor.fetchall())


def migrate(connection: Connection, where: str) -> None:
    """Bring the database to this version's schema; hubs that start at once do it in turn.

    Raises:
        StoreError: a newer version wrote it, or this user may not make tables.
    """
    try:
        with connection.transaction():
            connection.execute("set local lock_timeout = 0; set local statement_timeout = 0")
            connection.execute(f"select pg_advisory_xact_lock({_LOCK})".encode())
            _migrate(connection)
    except psycopg.errors.InsufficientPrivilege as error:
        raise StoreError(
            f'store "{where}": the user may not make tables there ({error.diag.message_primary}):'
            " make it the database's owner"
        ) from None
    except psycopg.Error as error:
        raise StoreError(f'store "{where}": the schema: {" ".join(str(error).split())}') from error


def _migrate(connection: Connection) -> None:
    connection.execute(
        "create table if not exists migrations ("
        "name text primary key, applied_at timestamptz not null default now())"
    )
    applied = {row[0] for row in connection.execute("select name from migrations")}
    every = migrations._migrations
    newer = sorted(applied - {each.name for each in every})
    if newer:
        raise StoreError(f"the database was written by a newer version ({', '.join(newer)})")
    scripts = Scripts(connection)
    if not applied:
        scripts.executescript(SCHEMA)
    for each in every:
        if each.name not in applied:
            if each.name > BASELINE:
                cast("Callable[[Scripts], None]", each.fn)(scripts)
            connection.execute("insert into migrations (name) values (%s)", (each.name,))
