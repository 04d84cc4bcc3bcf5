"""The schema as numbered migrations; each is applied once, in one transaction with its record."""

from __future__ import annotations

from sqlite_utils import Database, Migrations

from signalling.hub.store.audit_schema import make_audit
from signalling.hub.store.interface import StoreError

migrations = Migrations("visitbooth-hub")

_PEOPLE = """
create table visitors (
    id text primary key, email text not null unique, name text not null,
    password_hash text not null, created_at real not null) strict;
create table sessions (
    token_hash text primary key, visitor text not null references visitors(id) on delete cascade,
    expires_at real not null, facility text, facility_until real not null default 0) strict;
create index sessions_expires on sessions(expires_at);
create table inmates (
    id text primary key, facility text not null, number text not null, name text not null,
    pin_mac blob not null, unique (number, facility)) strict;
create table pin_failures (
    kind text not null check (kind in ('inmate', 'terminal')), id text not null,
    failures integer not null, first_at real not null, last_at real not null,
    locked_until real, primary key (kind, id)) strict, without rowid;
create table approvals (
    visitor text not null references visitors(id), inmate text not null references inmates(id),
    relation text not null, private integer not null,
    primary key (visitor, inmate)) strict, without rowid;
"""

_VISITS = """
create table visits (
    id text primary key, facility text not null, inmate text not null references inmates(id),
    starts_at real not null, booked_end real not null, ends_at real not null,
    closed_at real) strict;
create index visits_open on visits(ends_at) where closed_at is null;
create index visits_closed on visits(closed_at);
create index visits_inmate on visits(inmate, starts_at);
create index visits_start on visits(facility, starts_at);
create table visit_visitors (
    visitor text not null references visitors(id), visit text not null references visits(id),
    primary key (visitor, visit)) strict, without rowid;
create table events (
    visit text not null references visits(id), seq integer not null, id text not null,
    author text not null, happened_at real not null, recorded_at real not null,
    kind text not null, what text not null,
    primary key (visit, seq), unique (visit, id)) strict, without rowid;
create table occupancy (
    kind text not null check (kind in ('inmate', 'visitor')), id text not null,
    cell integer not null, visit text not null references visits(id),
    primary key (kind, id, cell)) strict, without rowid;
create index occupancy_visit on occupancy(visit);
"""

_TERMINALS = """
create table terminals (
    id text primary key, facility text not null, label text not null, unit text not null,
    public_key blob, code_hash text, code_expires_at real not null default 0,
    code_tries integer not null default 0) strict;
create table seats (
    terminal text primary key references terminals(id),
    inmate text not null unique references inmates(id),
    visit text references visits(id)) strict;
create table audit (
    id integer primary key, at real not null, who text not null, command text not null,
    facts text not null) strict;
"""


@migrations(name="0001-people-visits-terminals")
def people_visits_terminals(db: Database) -> None:
    """The first schema."""
    for script in (_PEOPLE, _VISITS, _TERMINALS):
        db.executescript(script)


@migrations(name="0002-device-reports")
def device_reports(db: Database) -> None:
    """The newest report of each terminal about its devices."""
    db.executescript(
        "create table device_reports ("
        " terminal text primary key references terminals(id),"
        " at real not null, report text not null) strict;"
    )


@migrations(name="0003-outbox")
def outbox(db: Database) -> None:
    """Mails that are to go out."""
    db.executescript(
        "create table outbox ("
        " key text primary key, recipient text not null, subject text not null,"
        " body text not null, calendar blob, due_at real not null,"
        " tries integer not null default 0, sent_at real, error text not null default '') strict;"
        "create index outbox_due on outbox(due_at) where sent_at is null;"
    )


@migrations(name="0004-accounts")
def accounts(db: Database) -> None:
    """Addresses that are verified by mail, log-ins that can be told apart, accounts that end."""
    # Accounts of before this version were made by staff or used already: nobody loses theirs.
    db.executescript(
        "alter table visitors add column verified_at real;"
        "update visitors set verified_at = created_at;"
        "alter table visitors add column language text not null default 'en';"
        "alter table visitors add column new_email text;"
        "alter table visitors add column deleted_at real;"
        "alter table sessions add column id text not null default '';"
        "alter table sessions add column created_at real not null default 0;"
        "alter table sessions add column seen_at real not null default 0;"
        "alter table sessions add column browser text not null default '';"
        "update sessions set id = 's-' || lower(hex(randomblob(6))),"
        " created_at = unixepoch(), seen_at = unixepoch();"
        "create unique index sessions_id on sessions(id);"
        "create index sessions_visitor on sessions(visitor);"
        "create table mail_tokens ("
        " token_hash text primary key,"
        " kind text not null check (kind in ('verify', 'reset', 'change-email')),"
        " visitor text references visitors(id) on delete cascade,"
        " email text not null, expires_at real not null) strict;"
        "create index mail_tokens_visitor on mail_tokens(visitor);"
        "create index mail_tokens_expires on mail_tokens(expires_at);"
        "alter table outbox add column failed_at real;"
        "drop index outbox_due;"
        "create index outbox_due on outbox(due_at) where sent_at is null and failed_at is null;"
        "alter table outbox add column wanted_at real not null default 0;"
        "update outbox set wanted_at = due_at;"
    )


_REQUESTS = """
alter table inmates add column unit text not null default '';
alter table approvals add column asked_at real not null default 0;
alter table approvals add column decided_at real not null default 0;
alter table approvals add column expires_at real;
alter table approvals add column reason text not null default '';
update approvals set asked_at = visitors.created_at, decided_at = visitors.created_at
    from visitors where visitors.id = approvals.visitor;
create table photos (
    id text primary key, visitor text not null references visitors(id) on delete cascade,
    kept_at real not null, jpeg blob not null) strict;
create index photos_visitor on photos(visitor);
create table requests (
    id text primary key, visitor text not null references visitors(id) on delete cascade,
    facility text not null, number text not null, relation text not null,
    private integer not null, photo text references photos(id) on delete set null,
    status text not null check (status in ('pending', 'approved', 'denied', 'withdrawn')),
    asked_at real not null, decided_at real, decided_by text not null default '',
    reason text not null default '') strict;
create index requests_visitor on requests(visitor, asked_at);
create unique index requests_pending on requests(visitor, facility, number)
    where status = 'pending';
create table acceptances (
    id integer primary key, visitor text not null references visitors(id) on delete cascade,
    facility text not null, version text not null, at real not null) strict;
create index acceptances_visitor on acceptances(visitor, facility, version);
"""


@migrations(name="0005-people")
def people(db: Database) -> None:
    """Requests to visit, photos of identity cards, accepted rules, housing units."""
    db.executescript(_REQUESTS)


_SCHEDULING = """
create table occupancy_2 (
    kind text not null check (kind in ('inmate', 'visitor', 'terminal')), id text not null,
    cell integer not null, visit text not null references visits(id),
    primary key (kind, id, cell)) strict, without rowid;
insert into occupancy_2 (kind, id, cell, visit) select kind, id, cell, visit from occupancy;
drop table occupancy;
alter table occupancy_2 rename to occupancy;
create index occupancy_visit on occupancy(visit);
alter table visits add column seat text;
alter table visits add column end_reason text;
alter table visits add column booked_by text;
alter table visits add column request text;
update visits set end_reason = (select json_extract(what, '$.reason') from events
    where events.visit = visits.id and events.kind = 'ended') where closed_at is not null;
create unique index visits_request on visits(booked_by, request) where request is not null;
create index visits_seat on visits(seat, starts_at) where seat is not null;
"""


@migrations(name="0006-scheduling")
def scheduling(db: Database) -> None:
    """Terminals that visits hold, and what quotas count."""
    db.executescript(_SCHEDULING)


@migrations(name="0007-after")
def after(db: Database) -> None:
    """How visits were for their visitors."""
    db.executescript(
        "create table ratings ("
        " visit text not null references visits(id) on delete cascade,"
        " visitor text not null references visitors(id) on delete cascade,"
        " stars integer not null check (stars between 1 and 5), troubles text not null,"
        " rated_at real not null, primary key (visit, visitor)) strict, without rowid;"
    )


@migrations(name="0008-audit")
def audit(db: Database) -> None:
    """The audit's chain in the place of a plain table; what erasure and retention go by."""
    make_audit(db)


_STAFF = """
create table lockdowns (
    id text primary key, facility text not null, unit text not null, reason text not null,
    started_by text not null, started_at real not null, ended_by text not null default '',
    ended_at real) strict;
create unique index lockdowns_open on lockdowns(facility, unit) where ended_at is null;
create table blackouts (
    id text primary key, facility text not null, unit text not null, from_at real not null,
    until_at real not null, reason text not null, added_by text not null, added_at real not null)
    strict;
create index blackouts_facility on blackouts(facility, until_at);
create table terminal_faults (
    terminal text primary key references terminals(id), at real not null, faults text not null)
    strict;
"""


@migrations(name="0009-staff")
def staff(db: Database) -> None:
    """Lockdowns, blackouts, and the faults that terminals reported last."""
    db.executescript(_STAFF)


_HUBS = """
create table hubs (
    id text primary key, until real not null, facilities text not null,
    session text not null, since real not null) strict;
create table key_prints (name text primary key, print text not null) strict;
create table keepers (facility text primary key, hub text not null) strict;
create table tickets (
    path_hash text primary key, visitor text not null, until real not null, file blob not null)
    strict;
create index tickets_visitor on tickets(visitor, until);
alter table outbox add column held_until real not null default 0;
"""


@migrations(name="0010-hubs")
def hubs(db: Database) -> None:
    """Several hubs on one database: who keeps what, tickets and mails that any of them serves."""
    db.executescript(_HUBS)


_GUESSING = """
create table pin_failures_2 (
    kind text not null check (kind in ('inmate', 'terminal', 'facility')), id text not null,
    failures integer not null, first_at real not null, last_at real not null,
    locked_until real, primary key (kind, id)) strict, without rowid;
insert into pin_failures_2 (kind, id, failures, first_at, last_at, locked_until)
    select kind, id, failures, first_at, last_at, locked_until from pin_failures;
drop table pin_failures;
alter table pin_failures_2 rename to pin_failures;
create table familiar (
    visitor text not null references visitors(id) on delete cascade, address_mac blob not null,
    seen_at real not null, primary key (visitor, address_mac)) strict, without rowid;
"""


@migrations(name="0011-guessing")
def guessing(db: Database) -> None:
    """Wrong PINs are counted by facility too; where from a visitor's log-ins came."""
    db.executescript(_GUESSING)


_TRIES = """
create table tries (
    mac blob primary key, count integer not null, until_at real not null) strict, without rowid;
create index tries_until on tries(until_at);
create index familiar_seen on familiar(seen_at);
"""


@migrations(name="0012-tries")
def tries(db: Database) -> None:
    """Tries of passwords, mails and requests are counted by all hubs together."""
    db.executescript(_TRIES)


@migrations(name="0013-provision")
def provision(db: Database) -> None:
    """Terminals whose key two machines have."""
    db.executescript(
        "alter table terminals add column second_links integer not null default 0;"
        "alter table terminals add column second_link_at real;"
    )


def migration_names() -> set[str]:
    """Return the names of this version's migrations."""
    return {each.name for each in migrations._migrations}


def migrate(db: Database) -> None:
    """Bring the database to this version's schema.

    Raises:
        StoreError: a newer version wrote it.
    """
    ours = migration_names()
    newer = [each.name for each in migrations.applied(db) if each.name not in ours]
    if newer:
        raise StoreError(f"the database was written by a newer version ({', '.join(newer)})")
    migrations.apply(db)
