"""Accounts: mailed links, passwords and e-mails that change, accounts that end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from signalling.hub.store import chain
from signalling.hub.store.interface import Stale
from signalling.hub.store.records import Mail, MailToken, Session, Visitor
from signalling.hub.store.stored_outbox import forget_mails, insert_mail, redirect_mails
from signalling.hub.store.stored_people import insert_visitor, session_rows, visitor_row
from signalling.hub.store.tables import Tables
from signalling.hub.store.writer import Writer

_MAILED: Final = "token_hash, kind, visitor, email, expires_at"
MAX_SESSIONS: Final = 100
"""As many as one message tells."""


class StoredAccounts:
    """`interface.AccountStore`."""

    def __init__(self, writer: Writer, clock: Callable[[], float]) -> None:
        self._writer = writer
        self._clock = clock

    async def issue(
        self, token: MailToken, mail: Mail | None, new_visitor: Visitor | None = None
    ) -> None:
        """Keep a link and the mail that carries it, and whom it is the first of; sweep old ones.

        Raises:
            Duplicate: the new visitor's e-mail is known; nothing was kept.
        """
        row = (token.token_hash, token.kind, token.visitor, token.email, token.expires_at)

        def work(db: Tables) -> None:
            if new_visitor is not None:
                insert_visitor(db, new_visitor)
            _sweep(db, self._clock())
            db.execute(f"insert into mail_tokens ({_MAILED}) values (?, ?, ?, ?, ?)", row)
            if mail is not None:
                insert_mail(db, mail)

        await self._writer.run(work)

    async def token(self, token_hash: str) -> MailToken | None:
        """A link that opens something still; it stays as it is."""
        return await self._writer.read(lambda db: _token(db, token_hash, self._clock()))

    async def verify(self, token_hash: str) -> Visitor | None:
        """Spend a link that shows whose an address is; the visitor as they then are, or None.

        A `change-email` link lets its address hold, if nobody else has it by now.
        """

        def work(db: Tables) -> Visitor | None:
            now = self._clock()
            token = _token(db, token_hash, now)
            if token is None or token.visitor is None or token.kind == "reset":
                return None
            _drop_links(db, token.visitor)
            if token.kind == "change-email" and not _set_email(db, token.visitor, token.email):
                return None
            db.execute(
                "update visitors set verified_at = coalesce(verified_at, ?) where id = ?",
                (now, token.visitor),
            )
            return visitor_row(db, token.visitor)

        return await self._writer.run(work)

    async def reset(self, token_hash: str, password_hash: str) -> list[str] | None:
        """Spend a `reset` link: the password is this one, the address verified, nobody logged in.

        Returns the token hashes of the sessions that ended; None when it is not valid.
        """

        def work(db: Tables) -> list[str] | None:
            now = self._clock()
            token = _token(db, token_hash, now)
            if token is None or token.visitor is None or token.kind != "reset":
                return None
            # Whoever knew the old password may have asked for another e-mail.
            _drop_links(db, token.visitor)
            db.execute(
                "update visitors set password_hash = ?, new_email = null,"
                " verified_at = coalesce(verified_at, ?) where id = ?",
                (password_hash, now, token.visitor),
            )
            return _drop_sessions(db, token.visitor)

        return await self._writer.run(work)

    # -- changes ----------------------------------------------------------------------------

    async def set_password(self, visitor: str, password_hash: str, but: str) -> list[str]:
        """Set a password; links and a wish for another e-mail are void, all sessions `but` end."""

        def work(db: Tables) -> list[str]:
            _drop_links(db, visitor)
            db.execute(
                "update visitors set password_hash = ?, new_email = null where id = ?",
                (password_hash, visitor),
            )
            return _drop_sessions(db, visitor, but)

        return await self._writer.run(work)

    async def wish_email(self, visitor: str, email: str | None) -> None:
        """Keep that a visitor wants another e-mail, or none any more; earlier links are void."""

        def work(db: Tables) -> None:
            db.execute(
                "delete from mail_tokens where visitor = ? and kind = 'change-email'", (visitor,)
            )
            db.execute("update visitors set new_email = ? where id = ?", (email, visitor))

        await self._writer.run(work)

    async def set_language(self, visitor: str, language: str) -> None:
        """Mails are in this language from now on."""

        def work(db: Tables) -> None:
            db.execute("update visitors set language = ? where id = ?", (language, visitor))

        await self._writer.run(work)

    async def erase(self, visitor: str) -> list[str]:
        """Forget all of an account but its id, mails to it too.

        Raises:
            Stale: a visit with it lies ahead still; nothing was forgotten.
        """

        def work(db: Tables) -> list[str]:
            ahead = db.execute(
                "select 1 from visit_visitors w join visits v on v.id = w.visit"
                " where w.visitor = ? and v.closed_at is null and v.ends_at > ?",
                (visitor, self._clock()),
            )
            if ahead.fetchone() is not None:
                raise Stale(f"visitor {visitor} has visits ahead")
            return erase_visitor(db, visitor, self._clock())

        return await self._writer.run(work)

    # -- log-ins ----------------------------------------------------------------------------

    async def seen(self, token_hash: str, at: float) -> None:
        """Somebody was there on this session."""

        def work(db: Tables) -> None:
            db.execute("update sessions set seen_at = ? where token_hash = ?", (at, token_hash))
            db.execute(
                "update visitors set seen_at = ? where id ="
                " (select visitor from sessions where token_hash = ?)",
                (at, token_hash),
            )

        await self._writer.run(work)

    async def sessions(self, visitor: str) -> list[Session]:
        """A visitor's newest sessions that have not expired, the newest first."""

        def work(db: Tables) -> list[Session]:
            return session_rows(
                db,
                "visitor = ? and expires_at > ? order by created_at desc limit ?",
                (visitor, self._clock(), MAX_SESSIONS),
            )

        return await self._writer.read(work)

    async def end_sessions(self, visitor: str, but: str, session: str | None = None) -> list[str]:
        """End a visitor's session with this id, or all, `but` this token hash's."""
        return await self._writer.run(lambda db: _drop_sessions(db, visitor, but, session))


def erase_visitor(db: Tables, visitor: str, now: float) -> list[str]:
    """Forget all of an account but its id, mails to it too; return sessions that ended."""
    forget_mails(db, visitor)
    for table in ("approvals", "requests", "photos", "acceptances", "familiar"):
        db.execute(f"delete from {table} where visitor = ?", (visitor,))
    _drop_links(db, visitor)
    db.execute(
        "update visitors set email = 'deleted ' || id, name = '', password_hash = '',"
        " new_email = null, language = 'en', deleted_at = ? where id = ?",
        (now, visitor),
    )
    chain.note(chain.visitor_note(now, "visitor-erased", visitor))
    return _drop_sessions(db, visitor)


def _sweep(db: Tables, now: float) -> None:
    """Forget links that are over, and the wishes that they carried."""
    db.execute(
        "update visitors set new_email = null where id in (select visitor from mail_tokens"
        " where kind = 'change-email' and expires_at <= ?)",
        (now,),
    )
    db.execute("delete from mail_tokens where expires_at <= ?", (now,))


def _set_email(db: Tables, visitor: str, email: str) -> bool:
    """Let an e-mail hold; False when somebody else has it by now."""
    taken = db.execute(
        "select 1 from visitors where email = ? and id <> ?", (email, visitor)
    ).fetchone()
    new = email if taken is None else None
    if new is not None:
        redirect_mails(db, visitor, new)
    db.execute(
        "update visitors set email = coalesce(?, email), new_email = null where id = ?",
        (new, visitor),
    )
    return taken is None


def _drop_links(db: Tables, visitor: str) -> None:
    db.execute("delete from mail_tokens where visitor = ?", (visitor,))


def _drop_sessions(
    db: Tables, visitor: str, but: str = "", session: str | None = None
) -> list[str]:
    """Drop a visitor's sessions, or the one with an id; return their token hashes."""
    sql = (
        "delete from sessions where visitor = ? and token_hash <> ?"
        " and (cast(? as text) is null or id = ?) returning token_hash"
    )
    return [row[0] for row in db.execute(sql, (visitor, but, session, session)).fetchall()]


def _token(db: Tables, token_hash: str, now: float) -> MailToken | None:
    sql = f"select {_MAILED} from mail_tokens where token_hash = ? and expires_at > ?"
    row: dict[str, Any] | None = next(db.query(sql, (token_hash, now)), None)
    return MailToken(**row) if row is not None else None
