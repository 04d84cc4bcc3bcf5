"""The outbox: mails that are to go out, each once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from signalling.hub.store.records import Mail
from signalling.hub.store.tables import Tables
from signalling.hub.store.writer import Writer

_MAIL: Final = (
    "key, recipient, subject, body, calendar, due_at, tries, sent_at, error, wanted_at, failed_at"
)
_WAITS: Final = "sent_at is null and failed_at is null"


class StoredOutbox:
    """`interface.OutboxStore`."""

    def __init__(self, writer: Writer, clock: Callable[[], float]) -> None:
        self._writer = writer
        self._clock = clock

    async def put(self, mail: Mail) -> bool:
        """Keep a mail; False when its key is known already."""
        return await self._writer.run(lambda db: insert_mail(db, mail))

    async def claim(self, limit: int, hold_s: float) -> list[Mail]:
        """Mails to send now, the oldest first; nobody else gets them for `hold_s`.

        A hub that dies with them lets them go: they are sent again then, since nobody knows
        whether they were.
        """

        def work(db: Tables) -> list[Mail]:
            now = self._clock()
            sql = (
                "update outbox set held_until = ? where key in (select key from outbox"
                f" where {_WAITS} and due_at <= ? and held_until <= ? order by due_at limit ?)"
                f" returning {_MAIL}"
            )
            rows = db.query(sql, (now + hold_s, now, now, limit))
            return sorted((Mail(**row) for row in rows), key=lambda mail: mail.due_at)

        return await self._writer.run(work)

    async def next_due_at(self) -> float | None:
        """When the next mail is to go out."""

        def work(db: Tables) -> float | None:
            # Two numbers: SQLite's max() of two is PostgreSQL's greatest().
            later = "case when held_until > due_at then held_until else due_at end"
            sql = f"select min({later}) from outbox where {_WAITS}"
            due_at: float | None = db.execute(sql).fetchone()[0]
            return due_at

        return await self._writer.read(work)

    async def counts(self) -> tuple[int, int]:
        """How many wait to be sent, and how many were given up."""

        def work(db: Tables) -> tuple[int, int]:
            sql = (
                "select count(*) filter (where failed_at is null),"
                " count(*) filter (where failed_at is not null) from outbox where sent_at is null"
            )
            waiting, failed = db.execute(sql).fetchone()
            return waiting, failed

        return await self._writer.run(work)

    async def all(self) -> list[Mail]:
        """All mails, by when they are or were due."""

        def work(db: Tables) -> list[Mail]:
            sql = f"select {_MAIL} from outbox order by due_at"
            return [Mail(**row) for row in db.query(sql)]

        return await self._writer.read(work)

    async def sent(self, key: str) -> None:
        """It is on its way."""

        def work(db: Tables) -> None:
            now = self._clock()
            db.execute("update outbox set sent_at = ?, error = '' where key = ?", (now, key))

        await self._writer.run(work)

    async def failed(self, key: str, error: str, due_at: float | None) -> None:
        """It could not be sent; it is tried again at `due_at`, or with None given up."""

        def work(db: Tables) -> None:
            db.execute(
                "update outbox set tries = tries + 1, error = ?, due_at = coalesce(?, due_at),"
                " failed_at = ?, held_until = 0 where key = ?",
                (error, due_at, self._clock() if due_at is None else None, key),
            )

        await self._writer.run(work)

    async def retry(self, key: str | None) -> list[str]:
        """Let one mail, or all, that was not sent be tried anew from now on; return their keys."""

        def work(db: Tables) -> list[str]:
            now = self._clock()
            rows = db.execute(
                "update outbox set due_at = ?, wanted_at = ?, failed_at = null, tries = 0"
                " where sent_at is null and (key = ? or (cast(? as text) is null and error <> ''))"
                " returning key",
                (now, now, key, key),
            )
            return sorted(row[0] for row in rows.fetchall())

        return await self._writer.run(work)


def insert_mail(db: Tables, mail: Mail) -> bool:
    """Keep a mail within a transaction; False when its key is known already."""
    row = (mail.key, mail.recipient, mail.subject, mail.body, mail.calendar, mail.due_at)
    sql = (
        "insert into outbox (key, recipient, subject, body, calendar, due_at, wanted_at)"
        " values (?, ?, ?, ?, ?, ?, ?) on conflict do nothing"
    )
    return bool(db.execute(sql, (*row, mail.due_at)).rowcount)


def redirect_mails(db: Tables, visitor: str, email: str) -> None:
    """Let what waits to be told of a visitor's visits go to another e-mail of theirs."""
    db.execute(
        "update outbox set recipient = ? where sent_at is null"
        " and recipient = (select email from visitors where id = ?)"
        " and (substr(key, 1, 7) = 'remind.' or substr(key, 1, 6) = 'visit.')",
        (email, visitor),
    )


def forget_mails(db: Tables, visitor: str) -> None:
    """Forget the mails to a visitor, within a transaction.

    Whoever wishes for an e-mail has not shown that it is theirs: what somebody else gets there
    stays, and only the link goes that the wish was mailed with.
    """
    db.execute(
        "delete from outbox where recipient = (select email from visitors where id = ?)",
        (visitor,),
    )
    db.execute(
        "delete from outbox where recipient = (select new_email from visitors where id = ?)"
        " and substr(key, 1, 13) = 'change-email.'"
        " and recipient not in (select email from visitors)",
        (visitor,),
    )
