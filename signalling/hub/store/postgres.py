"""The store on PostgreSQL (psycopg): several hubs may share one database."""

from __future__ import annotations

from signalling.hub.store.postgres_backend import PostgresBackend
from signalling.hub.store.server_clock import ServerClock
from signalling.hub.store.stored import Clock, StoredStore
from signalling.hub.store.stored_keeping import Sessions, StoredKeeping
from signalling.hub.store.tables import Tables
from signalling.hub.store.writer import Writer


class PostgresStore(StoredStore):
    """`interface.Store`. Make it with `await PostgresStore.open(url)`."""

    migrations_table = "migrations"

    def __init__(self, writer: Writer, clock: Clock) -> None:
        super().__init__(writer, clock)
        self.keeping = StoredKeeping(writer, clock, _sessions)

    @classmethod
    async def open(cls, url: str, clock: Clock | None = None, password: str = "") -> PostgresStore:
        """Connect and bring the database's schema up to date.

        Without a clock time is the server's, which all its hubs share.

        Raises:
            StoreError: it cannot be used or is of a newer version.
        """
        server = ServerClock()
        writer = await Writer.open(lambda: PostgresBackend(url, server, password))
        return cls(writer, clock or server)


def _sessions(db: Tables) -> Sessions:
    """Return who is connected: the kernel of a killed hub closes its socket, and its session ends.

    https://www.postgresql.org/docs/15/monitoring-stats.html, pg_stat_activity
    """
    rows = db.execute(
        "select pid::text || '/' || backend_start::text, pid = pg_backend_pid()"
        " from pg_stat_activity where datname = current_database()"
    ).fetchall()
    own = next(name for name, is_own in rows if is_own)
    return Sessions(own, frozenset(name for name, _ in rows))
