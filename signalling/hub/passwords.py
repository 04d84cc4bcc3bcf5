"""Argon2id in threads of its own behind a bounded queue, so that log-ins never stop the loop."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from signalling.errors import UserError

T = TypeVar("T")

THREADS: Final = 2
MIN_LENGTH: Final = 15
"""Letters; NIST SP 800-63B-4 for a password that stands alone. The page says it too."""
_LEAST_DIFFERENT: Final = 5


def make_hasher() -> PasswordHasher:
    """Return argon2id at OWASP's minimum: 19 MiB, two passes, one lane (23 ms)."""
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def require_strong(password: str, email: str) -> None:
    """Raise UserError `weak-password` for what is guessed first."""
    same_as_mail = password.lower() in (email.lower(), email.partition("@")[0].lower())
    plain = len(set(password.lower())) < _LEAST_DIFFERENT
    if len(password) < MIN_LENGTH or same_as_mail or plain:
        raise UserError("weak-password", min_length=MIN_LENGTH)


class Passwords:
    """Hashes and checks passwords. Close it after use."""

    def __init__(self, queue_size: int) -> None:
        self._hasher = make_hasher()
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="passwords")
        self._queue_size = queue_size
        self._under_way = 0
        # Checked for accounts that do not exist, so that the answer takes as long.
        self._nobody = self._hasher.hash(secrets.token_hex(16))

    async def hash(self, password: str) -> str:
        """Return the encoded hash. Raises UserError `busy`."""
        return await self._run(lambda: self._hasher.hash(password))

    async def matches(self, encoded: str | None, password: str) -> bool:
        """Whether the password is right; None: there is no such account. Raises UserError."""
        found = await self._run(lambda: self._verify(encoded or self._nobody, password))
        return found and encoded is not None

    def _verify(self, encoded: str, password: str) -> bool:
        try:
            return self._hasher.verify(encoded, password)
        except (VerifyMismatchError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        if self._under_way >= THREADS + self._queue_size:
            raise UserError("busy")
        self._under_way += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._under_way -= 1

    def close(self) -> None:
        """Let the threads finish what they hash; nothing new is taken."""
        self._pool.shutdown(cancel_futures=True)
