"""Accounts in the store: what an older hub left, and links."""

from __future__ import annotations

from pathlib import Path

import pytest

from signalling.hub.store.interface import Duplicate
from signalling.hub.store.migrations import migrations
from signalling.hub.store.records import Mail, MailToken, Visitor
from signalling.hub.store.sqlite import SqliteStore
from signalling.hub.store.sqlite_tables import connect
from signalling.hub.store.stored import StoredStore
from tests.signalling.hub.store.conftest import START

NOW = START
ANA = Visitor("v-ana", "ana@example.org", "Ana", "hash", NOW)


async def test_an_older_hubs_accounts_and_log_ins_go_on(tmp_path: Path) -> None:
    path = tmp_path / "visits.db"
    db = connect(path)
    migrations.apply(db, stop_before="0004-accounts")
    db.execute("insert into visitors values ('v1', 'a@b.cd', 'Ana', 'hash', 5.0)")
    for token in ("t1", "t2"):
        db.execute("insert into sessions values (?, 'v1', ?, null, 0)", (token, NOW + 60))
    db.close()
    store = await SqliteStore.open(path, lambda: NOW)
    ana = await store.people.visitor("v1")
    sessions = [await store.people.session(token) for token in ("t1", "t2")]
    await store.close()
    assert ana is not None
    assert (ana.verified_at, ana.language, ana.new_email) == (5.0, "en", None)
    assert len({each.id for each in sessions if each is not None}) == 2


async def test_a_link_its_mail_and_its_visitor_are_kept_together_or_not_at_all(
    store: StoredStore,
) -> None:
    def of(number: int) -> tuple[MailToken, Mail, Visitor]:
        token = MailToken(f"hash{number}", "verify", ANA.id, ANA.email, NOW + 1)
        return token, Mail(f"verify.{number}", ANA.email, "s", "b"), ANA

    await store.accounts.issue(*of(1))
    with pytest.raises(Duplicate):
        await store.accounts.issue(*of(2))
    assert [each.key for each in await store.outbox.all()] == ["verify.1"]
    assert await store.accounts.token("hash1") == of(1)[0]
    assert await store.accounts.token("hash2") is None


async def test_links_that_are_over_are_swept(store: StoredStore) -> None:
    await store.accounts.issue(MailToken("old", "reset", None, "x@y.zz", NOW), None)
    await store.accounts.issue(MailToken("new", "reset", None, "x@y.zz", NOW + 1), None)
    rows = await store._writer.run(
        lambda db: list(db.query("select token_hash from mail_tokens order by 1"))
    )
    assert rows == [{"token_hash": "new"}]
