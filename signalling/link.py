"""The terminal's connection to the hub: proves the key, comes back by itself. PROTOCOL.md.

```mermaid
stateDiagram-v2
    [*] --> away
    away --> proving: connected
    proving --> up: terminal-welcome
    proving --> away: refused, broken, too slow
    up --> away: broken, overflow
```
"""

from __future__ import annotations

import asyncio
import base64
import logging
import random
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final, NoReturn, TypeVar

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from config.reach import words
from config.schema import Secret
from signalling.errors import ProtocolError
from signalling.link_events import LinkDown, LinkUp
from signalling.messages import (
    HUB_TO_TERMINAL,
    Challenge,
    Enrol,
    HubStopping,
    HubToTerminal,
    Message,
    Proof,
    TerminalHello,
    TerminalWelcome,
    Violation,
    encode,
)
from signalling.terminal_key import TerminalKey
from signalling.ways_in import WaysIn
from signalling.wire import MAX_FRAME, MAX_FRAME_BEFORE_LOG_IN, VERSION

log = logging.getLogger(__name__)

BACKOFF_S: Final = (0.2, 5.0)
"""First and longest wait before another try; the longest doubles, jitter picks in between."""
SLOW_S: Final = (5.0, 60.0)
"""The same after what a quick try cannot mend: the hub refuses us, or another has our key."""
HANDSHAKE_TIMEOUT_S: Final = 10.0
PING_S: Final = 5.0
"""Interval of the websocket's pings, and how long one may stay unanswered."""
MAX_OUTGOING: Final = 64
"""Overflow rule "close": a hub that takes nothing for so long is gone. What the session says is
level-triggered and said anew after the next welcome, so nothing is lost by it."""
MAX_INCOMING: Final = 64
"""Overflow rule "wait": the socket is read no further until the terminal has kept up."""

REPLACED: Final = 4001
"""Close code of a link whose key came a second time. PROTOCOL.md, "Limits"."""
UNAUTHORISED: Final = "unauthorised"

NEW_CODE: Final = "A new code is made at the hub: visit-hub terminal replace"
MAX_REASON: Final = 300
REFUSED: Final = "HUB-04"
NOT_TRUSTED: Final = "NET-04"

M = TypeVar("M", bound=Message)
LinkEvent = LinkUp | LinkDown | HubToTerminal


class _Gone(Exception):
    """This try is over; `code` as in LinkDown."""

    def __init__(self, reason: str, code: str | None = None, *, unauthorised: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
        self.unauthorised = unauthorised


@dataclass(slots=True)
class Backoff:
    """How many seconds to wait before another try. Pure but for its dice."""

    dice: random.Random
    _longest_s: float = field(default=BACKOFF_S[0], init=False)
    _slow_s: float = field(default=SLOW_S[0], init=False)

    def after_failure(self, *, was_up: bool) -> float:
        """Return the wait after a try that came to nothing, or a link (`was_up`) that broke."""
        if was_up:
            self._longest_s, self._slow_s = BACKOFF_S[0], SLOW_S[0]
        else:
            self._longest_s = min(BACKOFF_S[1], self._longest_s * 2)
        return self.dice.uniform(BACKOFF_S[0], self._longest_s)

    def after_refusal(self) -> float:
        """Return the wait after a try that will fail again; it doubles until a link breaks."""
        wait_s = self._slow_s
        self._slow_s = min(SLOW_S[1], wait_s * 2)
        # Never shorter: of two terminals with one key each throws the other out.
        return wait_s * self.dice.uniform(1.0, 1.25)


@dataclass(frozen=True, slots=True)
class Address:
    """Where the hub is and who it must be. `url` has no path.

    `ca` is the text of the authorities, `ca_file` their file; both empty: the system's.
    """

    url: str
    hub_name: str
    terminal: str
    ca_file: str = ""
    ca: str = ""


class Link:
    """Run `run` in a task; read `events`; `send` is dropped unless the link is up."""

    def __init__(
        self, address: Address, key: TerminalKey, code: Secret, *, jitter: random.Random
    ) -> None:
        self._address = address
        self._ways = WaysIn(key, has_code=bool(code.reveal()))
        self._code = code
        self._backoff = Backoff(jitter)
        self._refusals = 0
        """How often in a row the hub did not know us."""
        self._said_of_code = "the enrolment code is wrong or was used"
        self._outgoing: asyncio.Queue[Message] | None = None
        self._overflow = asyncio.Event()
        self._back_in_s: float | None = None
        """The hub stops and said when to come back."""
        self._events: asyncio.Queue[LinkEvent] = asyncio.Queue(MAX_INCOMING)
        self.overflows = 0
        """How often the outgoing queue was full and the connection was closed for it."""

    @property
    def is_up(self) -> bool:
        """Whether the hub is seen now."""
        return self._outgoing is not None

    def send(self, message: Message) -> bool:
        """Queue a message; False when it was dropped because the link is not up."""
        if self._outgoing is None:
            return False
        try:
            self._outgoing.put_nowait(message)
        except asyncio.QueueFull:
            self._overflow.set()
            return False
        return True

    async def events(self) -> AsyncIterator[LinkEvent]:
        """Yield LinkUp, the messages of that connection, LinkDown, and so on for ever."""
        while True:
            yield await self._events.get()

    async def run(self) -> NoReturn:
        """Connect, and connect again, until cancelled."""
        while True:
            was_up = refused = False
            self._back_in_s = None
            try:
                async with self._socket() as socket:
                    welcome = await self._prove(socket)
                    was_up = True
                    await self._carry(socket, welcome)
            except _Gone as gone:
                down = LinkDown(gone.reason, gone.code)
                refused = gone.unauthorised and self._is_refused()
            except ConnectionClosed as closed:
                code = closed.rcvd.code if closed.rcvd else 1006
                refused = code == REPLACED
                down = LinkDown(
                    "another terminal uses this key" if refused else f"closed by the hub ({code})"
                )
            except ssl.SSLError as error:
                down = LinkDown(self._why(error), NOT_TRUSTED)
            except (OSError, TimeoutError, InvalidHandshake, InvalidURI) as error:
                down = LinkDown(self._why(error))
            wait_s = (
                self._backoff.after_refusal()
                if refused
                else self._backoff.after_failure(was_up=was_up)
            )
            if self._back_in_s is not None:
                wait_s = self._back_in_s
                down = LinkDown("the hub stops for a moment", back_in_s=wait_s)
            log.log(
                logging.WARNING if refused or down.code else logging.INFO,
                'link=down reason="%s" code=%s again_s=%.1f', down.reason, down.code or "-", wait_s,
            )  # fmt: skip
            await self._events.put(down)
            await asyncio.sleep(wait_s)

    def _is_refused(self) -> bool:
        """Count a refusal; return whether every way in was tried. Say once what to do."""
        self._refusals += 1
        if self._refusals == self._ways.count:
            log.error('link=refused reason="%s"', self._unknown())
        return self._refusals >= self._ways.count

    def _why(self, error: Exception) -> str:
        return words(error, self._address.url, HANDSHAKE_TIMEOUT_S)[:MAX_REASON]

    def _unknown(self) -> str:
        """Return why the hub does not take this terminal, as far as can be told from here."""
        if self._ways.taken_before and not self._ways.enrols:
            why = "terminal in terminal.toml is wrong, or it was revoked or replaced there"
        elif self._code.reveal():
            why = f"{self._said_of_code}, or terminal in terminal.toml is wrong"
        else:
            why = "enrolment_code in terminal.toml is empty"
        return f"the hub does not take this terminal: {why}. {NEW_CODE} {self._address.terminal}"

    def _socket(self) -> connect:
        secure = self._address.url.startswith("wss:")
        context = ssl.create_default_context(
            cafile=self._address.ca_file or None, cadata=self._address.ca or None
        )
        return connect(
            f"{self._address.url.rstrip('/')}/terminal",
            ssl=context if secure else None,
            compression=None,
            proxy=None,
            open_timeout=HANDSHAKE_TIMEOUT_S,
            ping_interval=PING_S,
            ping_timeout=PING_S,
            close_timeout=1.0,
            max_size=MAX_FRAME,
            max_queue=16,
            user_agent_header=None,
        )

    async def _prove(self, socket: ClientConnection) -> TerminalWelcome:
        """Say who we are; return the hub's welcome.

        Raises:
            _Gone: the hub refuses, is another one, or breaks the protocol.
        """
        async with asyncio.timeout(HANDSHAKE_TIMEOUT_S):
            try:
                await socket.send(encode(self._hello()))
                await socket.send(encode(self._proof(await self._expect(socket, Challenge))))
                welcome = await self._expect(socket, TerminalWelcome)
            except (_Gone, ConnectionClosed):
                self._ways.turn()
                raise
        self._ways.welcomed()
        self._refusals = 0
        log.info("link=up hub=%s terminal=%s", self._address.hub_name, self._address.terminal)
        return welcome

    def _hello(self) -> Message:
        terminal = self._address.terminal
        if not self._ways.enrols:
            return TerminalHello(versions=[VERSION], terminal=terminal)
        return Enrol(
            versions=[VERSION],
            terminal=terminal,
            code=self._code.reveal(),
            public_key=self._ways.key.public_base64(),
        )

    def _proof(self, challenge: Challenge) -> Proof:
        # Signing for a hub of another name would let it prove itself to ours as this terminal.
        if challenge.hub != self._address.hub_name:
            asked = self._address.hub_name
            raise _Gone(
                f"the hub calls itself {challenge.hub!r}: hub_name in terminal.toml says {asked!r}",
                REFUSED,
            )
        try:
            nonce = base64.b64decode(challenge.nonce, validate=True)
        except ValueError:
            raise _Gone("the challenge is not base64", REFUSED) from None
        return Proof(signature=self._ways.key.prove(challenge.hub, self._address.terminal, nonce))

    async def _expect(self, socket: ClientConnection, kind: type[M]) -> M:
        message = self._decode(await socket.recv(), limit=MAX_FRAME_BEFORE_LOG_IN)
        if isinstance(message, kind):
            return message
        if isinstance(message, Violation):
            if message.code == UNAUTHORISED:
                if self._ways.enrols and message.detail:
                    self._said_of_code = message.detail
                raise _Gone(self._unknown(), REFUSED, unauthorised=True)
            raise _Gone(f"the hub refuses this terminal: {message.code}", REFUSED)
        raise _Gone(f"the hub answered with {message}", REFUSED)

    @staticmethod
    def _decode(frame: str | bytes, *, limit: int) -> HubToTerminal:
        try:
            return HUB_TO_TERMINAL.decode(frame, limit=limit)
        except ProtocolError as error:
            raise _Gone(f"the hub broke the protocol: {error.code}") from None

    async def _carry(self, socket: ClientConnection, welcome: TerminalWelcome) -> None:
        """Carry messages both ways until the connection is gone. Always raises."""
        # Before LinkUp is seen: what its reader answers with is already taken.
        self._outgoing = outgoing = asyncio.Queue[Message](MAX_OUTGOING)
        self._overflow.clear()
        await self._events.put(LinkUp(welcome))
        tasks = {
            asyncio.create_task(self._receive(socket), name="link-receive"),
            asyncio.create_task(self._transmit(socket, outgoing), name="link-transmit"),
            asyncio.create_task(self._watch_overflow(), name="link-overflow"),
        }
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            self._outgoing = None
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _receive(self, socket: ClientConnection) -> NoReturn:
        while True:
            message = self._decode(await socket.recv(), limit=MAX_FRAME)
            if isinstance(message, Violation):
                log.error("link=violation code=%s detail=%s", message.code, message.detail)
                raise _Gone(f"the hub says we broke the protocol: {message.code}")
            if isinstance(message, HubStopping):
                self._back_in_s = message.come_back_s
                continue  # it closes now
            await self._events.put(message)

    @staticmethod
    async def _transmit(socket: ClientConnection, outgoing: asyncio.Queue[Message]) -> NoReturn:
        while True:
            await socket.send(encode(await outgoing.get()))

    async def _watch_overflow(self) -> NoReturn:
        await self._overflow.wait()
        self.overflows += 1
        raise _Gone("overflow: the hub takes nothing")
