"""Connecting to PostgreSQL: the session's settings, and what is said when it does not work."""

from __future__ import annotations

import re
from typing import Final

import psycopg
from psycopg import conninfo
from psycopg.abc import RV, PQGen

from signalling.hub.store.interface import StoreError
from signalling.hub.store.postgres_tables import BoolDumper, Connection, NumberLoader

# A hub that is stopped in mid-transaction (SIGSTOP, a frozen machine) is put out after 2 s; the
# others wait for its lock a little longer than that.
SESSION: Final = """
set idle_in_transaction_session_timeout = '2s';
set lock_timeout = '4s';
set statement_timeout = '10s';
select set_config('synchronous_commit', 'on', false)
    where current_setting('synchronous_commit') in ('off', 'local');
"""
"""What every session sets first: what was answered is on disk whatever the server's default is."""

ANSWER_S: Final = 12.0
"""A server that is silent for so long, longer than any timeout of the session, is given up."""

_DEFAULTS: Final[dict[str, str | int]] = {
    "application_name": "visitbooth-hub",
    "connect_timeout": 3,
    "keepalives_idle": 3,
    "keepalives_interval": 1,
    "keepalives_count": 2,
    "tcp_user_timeout": 5_000,
}

_REASONS: Final = (
    ("password authentication failed", "the password is wrong: see store_password or ~/.pgpass"),
    ("no password supplied", "it wants a password: set store_password, or ~/.pgpass"),
    (r'role "[^"]*" does not exist', "there is no such user: make it with createuser"),
    ("no pg_hba.conf entry", "the server lets this user in from nowhere near: see its pg_hba.conf"),
    (r'database "[^"]*" does not exist', "there is no such database: make it with createdb"),
    ("Connection refused|No such file or directory", "nothing answers there: start PostgreSQL"),
    ("could not translate host name|Name or service not known", "there is no such host"),
    ("timeout expired|No route to host|Network is unreachable", "the host does not answer"),
    ("starting up|shutting down|recovery mode", "the server is not ready: try again in a moment"),
    ("too many", "the server has no connection left: raise its max_connections"),
)


class BoundedConnection(Connection):
    """A connection that does not wait forever for a server that is frozen, only `patience_s`."""

    patience_s: float | None = ANSWER_S

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Wait for an answer; a connection without one is closed.

        Raises:
            psycopg.OperationalError: there was none.
        """
        try:
            return super().wait(gen, interval, self.patience_s if timeout is None else timeout)
        except psycopg.errors._WaitTimeout:
            self.pgconn.finish()
            raise psycopg.OperationalError("the server gave no answer") from None


def place(url: str) -> str:
    """Return the URL without its password, for people and logs."""
    try:
        parts = conninfo.conninfo_to_dict(url)
    except psycopg.Error:
        return "postgresql://..."
    host, port = parts.get("host", "local socket"), parts.get("port", 5432)
    user = f"{parts['user']}@" if "user" in parts else ""
    return f"postgresql://{user}{host}:{port}/{parts.get('dbname', '')}"


def connect(url: str, password: str = "") -> BoundedConnection:
    """Connect, with the settings of a hub's session.

    Raises:
        StoreError: one sentence that says what to do. It never holds the password.
    """
    try:
        given = conninfo.conninfo_to_dict(url)
        more = {name: value for name, value in _DEFAULTS.items() if name not in given}
        if password:
            more["password"] = password
        connection = BoundedConnection.connect(url, autocommit=True, **more)  # type: ignore[arg-type]
    except psycopg.Error as error:
        raise StoreError(f'store "{place(url)}": {_reason(str(error))}') from None
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        connection.close()
        raise StoreError(
            f'store "{place(url)}": the database\'s encoding is {encoding}, expected UTF8:'
            " make it anew with createdb --encoding=UTF8 --template=template0"
        )
    connection.adapters.register_dumper(bool, BoolDumper)
    connection.adapters.register_loader("numeric", NumberLoader)
    try:
        connection.execute(SESSION)
    except psycopg.Error as error:
        connection.close()
        raise StoreError(f'store "{place(url)}": {_reason(str(error))}') from None
    return connection


def _reason(said: str) -> str:
    for pattern, reason in _REASONS:
        if re.search(pattern, said):
            return reason
    # libpq names host, user and database, never the password.
    return " ".join(said.split())
