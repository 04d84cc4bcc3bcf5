"""A real PostgreSQL server (Debian's) on loopback, started by the tests as their own child."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

from tests.signalling.hub.mail_server import free_port

HOST, USER = "127.0.0.1", "vb"
LOCKED = "locked"
"""A user that the server asks for a password; nobody makes it unasked."""
NOBODY = 65534
START_S = 20.0
FAST = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")
"""For tests that kill no machine: a process that is killed leaves its pages to the kernel."""


def program(name: str) -> str:
    """Return where one of the server's programs is; Debian has them in no PATH."""
    found = [*sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}")), shutil.which(name)]
    newest = next((path for path in reversed(found) if path), None)
    assert newest is not None, f"{name} is missing: run .ci/bootstrap test"
    return str(newest)


def as_another() -> list[str]:
    """Return the words that run a server as somebody: root it refuses.

    It dies with the thread that starts it, so that none is left behind: start it in the main one.
    """
    words = ["setpriv", "--pdeathsig", "KILL"]
    if os.geteuid() == 0:
        words += [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    return words


class PostgresServer:
    """A server in a folder of its own; `start` it, and again after `kill`."""

    def __init__(self, folder: Path, *settings: str) -> None:
        self.port = free_port()
        self._folder = folder
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)

    def make(self) -> None:
        """Make the files of an empty server."""
        words = [program("initdb"), "-D", str(self._folder / "data"), "-U", USER, "-A", "trust"]
        subprocess.run(
            [*as_another(), *words, "--locale=C.UTF-8", "--no-sync"],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        rules = self._folder / "data/pg_hba.conf"  # the first that fits holds
        asks = f"host all {LOCKED} {HOST}/32 scram-sha-256\n"
        rules.write_text(asks + rules.read_text())

    def start(self) -> None:
        """Start it; returns when it answers."""
        deadline = time.monotonic() + START_S
        self._process = self._launch()
        while not self._answers():
            assert time.monotonic() < deadline, (self._folder / "log").read_text()
            time.sleep(0.01)
            # One that was killed leaves children, who notice in their own time.
            if self._process.poll() is not None:
                self._process = self._launch()

    def _launch(self) -> subprocess.Popen[bytes]:
        # Never with pg_ctl: killed, it must be waited for before it is started again.
        settings = (
            f"listen_addresses={HOST}",
            f"port={self.port}",
            f"unix_socket_directories={self._folder}",
            *self._settings,
        )
        words = [*as_another(), program("postgres"), "-D", str(self._folder / "data")]
        words += [word for each in settings for word in ("-c", each)]
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(words, stdout=log, stderr=log)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True

    def kill(self) -> None:
        """Kill it as a power cut does its processes."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Stop it at once, connections or not. Idempotent."""
        self._end(signal.SIGQUIT)

    def _end(self, number: int) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait()
            self._process = None

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop all its processes until the block ends; the kernel goes on accepting for it."""
        assert self._process is not None
        first = self._process.pid
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        every = [first, *map(int, children)]
        for pid in every:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in reversed(every):
                os.kill(pid, signal.SIGCONT)

    def url(self, database: str) -> str:
        """Return what goes into hub.toml."""
        return f"postgresql://{USER}@{HOST}:{self.port}/{database}"

    def run(self, statement: str, database: str = "postgres") -> None:
        """Run a statement outside of the stores."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement.encode())

    def new_database(self, words: str = "") -> str:
        """Make a database without tables; return its URL."""
        name = f"test{next(self._numbers)}"
        self.run(f"create database {name} {words}")
        return self.url(name)


@contextlib.contextmanager
def postgres_server(*settings: str) -> Iterator[PostgresServer]:
    """Run a server until the block ends."""
    with tempfile.TemporaryDirectory(prefix="visitbooth-pg-") as name:
        folder = Path(name)
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
        server = PostgresServer(folder, *settings)
        server.make()
        server.start()
        try:
            yield server
        finally:
            server.stop()
