"""coturn's own console: the one way to end an allocation that its client keeps refreshing.

Credentials that expire bound new allocations only: coturn 4.6.1 lets an old one be refreshed for
ever, also with a new nonce (`stale-nonce`) and a short `max-allocate-lifetime`. Its console
(`cli-ip`, `cli-port`, `cli-password`) lists sessions (`ps`) and cancels one (`cs`).
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Final

PROMPT: Final = b"> "
PASSWORD: Final = b"password: \r\n"
WITHIN_S: Final = 5.0
MAX_ANSWER: Final = 64 * 1024 * 1024
_SESSION: Final = re.compile(r"^ *\d+\) id=(\d+), user <([^>\n]*)>:\s*$", re.MULTILINE)
_TOTAL: Final = re.compile(r"^ *Total sessions: (\d+)", re.MULTILINE)


class ConsoleError(Exception):
    """coturn's console cannot be used; one sentence says why."""


@dataclass(frozen=True, slots=True)
class TurnSession:
    """One allocation. `user` is `EXPIRY:VISIT`, as `ice.ice_servers` made it."""

    id: str
    user: str


def sessions_in(answer: str) -> list[TurnSession]:
    """Return the sessions that `ps` answered with.

    Raises:
        ConsoleError: it is no such answer, or not all of one.
    """
    found = [TurnSession(*each) for each in _SESSION.findall(answer)]
    total = _TOTAL.search(answer)
    if total is None:
        raise ConsoleError("answered ps with something else than sessions")
    if int(total[1]) > len(found):
        raise ConsoleError(
            f"listed {len(found)} of {total[1]} sessions: raise cli-max-output-sessions"
        )
    return found


class TurnConsole:
    """A connection to one coturn's console, made when it is first needed, and made anew."""

    def __init__(self, address: str, password: str) -> None:
        """`address` is HOST:PORT."""
        self.address = address
        self._host, _, port = address.rpartition(":")
        self._port = int(port)
        self._password = password
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def sessions(self) -> list[TurnSession]:
        """Return every allocation. Raises ConsoleError."""
        return sessions_in(await self._ask("ps"))

    async def cancel(self, session: TurnSession) -> None:
        """End an allocation: nothing is relayed by it any more. Raises ConsoleError."""
        await self._ask(f"cs {session.id}")

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _ask(self, command: str) -> str:
        try:
            async with asyncio.timeout(WITHIN_S):
                if self._streams is None:
                    await self._log_in()
                return await self._say(command, PROMPT)
        except TimeoutError:
            self.close()
            raise ConsoleError("does not answer") from None
        except (OSError, EOFError) as error:
            self.close()
            raise ConsoleError(str(error) or "hung up") from None
        except BaseException:
            self.close()
            raise

    async def _log_in(self) -> None:
        self._streams = await asyncio.open_connection(self._host.strip("[]"), self._port)
        await self._hear(PASSWORD)
        answer = await self._say(self._password, PROMPT, PASSWORD)
        if not answer.endswith(PROMPT.decode()):
            raise ConsoleError("refuses turn.console_password")

    async def _say(self, words: str, *marks: bytes) -> str:
        assert self._streams is not None
        self._streams[1].write(f"{words}\r\n".encode())
        return await self._hear(*marks)

    async def _hear(self, *marks: bytes) -> str:
        """Read until one of the marks ends what came."""
        assert self._streams is not None
        heard = bytearray()
        while not heard.endswith(marks):
            more = await self._streams[0].read(65_536)
            if not more:
                raise EOFError("hung up")
            heard += more
            if len(heard) > MAX_ANSWER:
                raise ConsoleError(f"answered with more than {MAX_ANSWER} bytes")
        return heard.decode(errors="replace")
