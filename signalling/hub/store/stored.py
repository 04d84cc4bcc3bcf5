"""The store as rooms around one writer; the databases' own stores inherit it."""

from __future__ import annotations

from collections.abc import Callable

from signalling.hub.store.letters import Write
from signalling.hub.store.migrations import migration_names
from signalling.hub.store.stored_accounts import StoredAccounts
from signalling.hub.store.stored_audit import StoredAudit
from signalling.hub.store.stored_booking import StoredBooking
from signalling.hub.store.stored_checks import StoredChecks
from signalling.hub.store.stored_guessing import StoredGuessing
from signalling.hub.store.stored_keeping import StoredKeeping
from signalling.hub.store.stored_outbox import StoredOutbox
from signalling.hub.store.stored_past import StoredPast
from signalling.hub.store.stored_people import StoredPeople
from signalling.hub.store.stored_periods import StoredPeriods
from signalling.hub.store.stored_requests import StoredRequests
from signalling.hub.store.stored_retention import StoredRetention
from signalling.hub.store.stored_staff import StoredBlackouts, StoredFaults, StoredLockdowns
from signalling.hub.store.stored_terminals import StoredTerminals
from signalling.hub.store.stored_tickets import StoredTickets
from signalling.hub.store.stored_visits import StoredVisits
from signalling.hub.store.visit_news import VisitNews
from signalling.hub.store.writer import Writer

Clock = Callable[[], float]


class StoredStore:
    """`interface.Store`, whichever database is below the writer."""

    migrations_table: str
    """Where the database keeps the names of the migrations that were applied."""

    def __init__(self, writer: Writer, clock: Clock) -> None:
        self._writer = writer
        self._clock = clock
        self._news = VisitNews()
        self.visits = StoredVisits(writer, clock, self._news)
        self.booking = StoredBooking(writer, clock, self._news)
        self.people = StoredPeople(writer, clock)
        self.accounts = StoredAccounts(writer, clock)
        self.requests = StoredRequests(writer, clock)
        self.terminals = StoredTerminals(writer, clock)
        self.outbox = StoredOutbox(writer, clock)
        self.past = StoredPast(writer, clock)
        self.tickets = StoredTickets(writer, clock)
        self.keeping = StoredKeeping(writer, clock)
        self.guessing = StoredGuessing(writer, clock)
        self.lockdowns = StoredLockdowns(writer, clock)
        self.blackouts = StoredBlackouts(writer, clock)
        self.faults = StoredFaults(writer, clock)
        self.periods = StoredPeriods(writer, clock)
        self.audit = StoredAudit(writer)
        self.checks = StoredChecks(writer)
        self.retention = StoredRetention(writer, clock)

    def clock(self) -> float:
        """Seconds since the epoch."""
        return self._clock()

    async def ping(self) -> None:
        """Return when the writer answers."""
        await self._writer.run(lambda db: db.execute("select 1").fetchone())

    async def up_to_date(self) -> bool:
        """Whether its schema is the one of this version, no more and no less."""
        sql = f"select name from {self.migrations_table}"
        applied = await self._writer.run(lambda db: {row[0] for row in db.execute(sql)})
        return applied == migration_names()

    def waiting(self) -> int:
        """How many tasks wait for the writer."""
        return self._writer.waiting

    def write_letters_with(self, write: Write) -> None:
        """Have letters about visits written, in the writer's thread, as part of what they tell."""
        self._news.write = write

    def watch(self, committed: Callable[[int, float], None]) -> None:
        """Have `committed(tasks, seconds)` called, in the writer's thread, for each transaction."""
        self._writer.committed = committed

    async def close(self) -> None:
        """Finish what is queued and close the database. Idempotent."""
        await self._writer.close()
