"""The tables of the audit's chain, and how what staff did before there was one gets into it."""

from __future__ import annotations

import time
from typing import Any, Final

import msgspec
from sqlite_utils import Database

from signalling.hub.audit_chain import Note, facts_text
from signalling.hub.staff_facts import emails_in, facts_of, number_in, subject_of
from signalling.hub.store.chain import append

SCHEMA: Final = """
create table audit_entries (
    seq integer primary key, at_ms integer not null, kind text not null, who text not null,
    origin text not null, about text not null, facts text not null,
    previous text not null, hash text not null) strict;
create index audit_about on audit_entries(about, seq);
create table audit_began (
    id integer primary key check (id = 1), at_ms integer not null) strict;
create table audit_anchor (
    id integer primary key check (id = 1), document text not null) strict;
alter table visitors add column seen_at real not null default 0;
alter table inmates add column erased_at real;
"""


def make_audit(db: Database) -> None:
    """Make the tables and carry the rows of the plain table over; it goes."""
    db.executescript(SCHEMA)
    now = time.time()
    if db.execute("select 1 from visits limit 1").fetchone() is not None:
        # What these went through so far is in their logs only.
        db.execute("insert into audit_began (id, at_ms) values (1, ?)", (round(now * 1000),))
    # Nobody kept when accounts of before this version were last used: they count as used now.
    db.execute("update visitors set seen_at = ?", (now,))
    rows = db.execute("select at, who, command, facts from audit order by id").fetchall()
    append(db, [_carried(db, *row) for row in rows])
    db.execute("drop table audit")


def _carried(db: Database, at: float, who: str, command: str, text: str) -> Note:
    fields: dict[str, Any] = msgspec.json.decode(text)
    visitors = {email: _visitor(db, email) for email in emails_in(fields)}
    number = number_in(fields)
    inmates = {number: _inmate(db, number, fields.get("facility"))} if number else {}
    facts = facts_of(command, fields, visitors, inmates)
    about = subject_of(fields, visitors, inmates)
    kind = f"staff-{command.replace(' ', '-')}"
    return Note(round(at * 1000), kind, f"staff:{who}", "", about, facts_text(facts))


def _visitor(db: Database, email: str) -> str:
    row = db.execute("select id from visitors where email = ?", (email.lower(),)).fetchone()
    return row[0] if row is not None else ""


def _inmate(db: Database, number: str, facility: str | None) -> str:
    rows = db.execute("select id, facility from inmates where number = ?", (number,)).fetchall()
    found = [row[0] for row in rows if facility in (None, row[1])]
    return found[0] if len(found) == 1 else ""
