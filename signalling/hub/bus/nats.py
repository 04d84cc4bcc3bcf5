"""The bus of several hubs over NATS (nats-py).

Core NATS delivers at most once: what is published while its server is away may be lost. So every
hub counts what it sends, to everybody and to each other hub, and says the counts ten times a
second (`_Beat`). Whoever has got less takes what it knows of the sender as lost and begins anew;
nothing is ever asked for again, because a conversation with a hole in it is better begun anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from signalling.hub.background import end
from signalling.hub.bus.interface import Change, Frame, Parcel
from signalling.hub.bus.local import new_hub_name
from signalling.hub.errors import StartError

log = logging.getLogger(__name__)

BEAT_EVERY_S: Final = 0.1
SILENT_S: Final = 3.0
"""A hub that was not heard for so long counts as lost."""
FORGOTTEN_AFTER_S: Final = 3600.0
CONNECT_WITHIN_S: Final = 5.0
RECONNECT_EVERY_S: Final = 0.1
PING_EVERY_S: Final = 1
PINGS_OUT: Final = 2
"""A server that is frozen, or behind a cut cable, is left for another one after three pings."""
MAX_WAITING: Final = 50_000
"""Letters that may wait for a server; one more, and all of them are dropped. Their receivers see
by the counts that they are missing."""
PACK: Final = 64
"""Parcels to one hub that travel as one message when they wait together."""
PACK_BYTES: Final = 256 * 1024
"""And no more of them than this: the server refuses a message of more than a megabyte, and what was
refused would end all conversations between two hubs."""


class _Beat(Struct, frozen=True, array_like=True, tag="b"):
    sent: int
    """How much was sent to this subject before."""


class _Changes(Struct, frozen=True, array_like=True, tag="c"):
    first: int
    changes: list[Change]


class _Parcels(Struct, frozen=True, array_like=True, tag="p"):
    first: int
    parcels: list[Parcel]


class _Letter(Struct, frozen=True, array_like=True):
    hub: str
    what: _Beat | _Changes | _Parcels


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Letter).decode


@dataclass(slots=True)
class _Other:
    """Another hub as it was heard last, and how much of it."""

    heard_at_s: float
    changes: int = 0
    parcels: int = 0
    silent: bool = False


@dataclass(slots=True)
class _Waiting:
    """What is to be sent, in order, with the subject it goes to."""

    letters: deque[tuple[str, Change | Parcel | _Beat]] = field(default_factory=deque)
    wake: asyncio.Event = field(default_factory=asyncio.Event)


def _size(what: Change | Parcel) -> int:
    """Return about how long something is on its way, and not less than that of a long one."""
    text = what.text if isinstance(what, Frame) else None
    return 256 if text is None else len(text) * (1 if text.isascii() else 4)


def _without_user(url: str) -> str:
    """Return a server's URL as nats-py wants it: a user without a password would be a token."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _call(handlers: Iterable[Callable[..., None]], *what: object) -> None:
    """Call handlers; a fault of one must end neither the hearing nor what came with it."""
    for handler in handlers:
        try:
            handler(*what)
        except Exception:
            log.exception("nats: what another hub sent was not carried out")


class _Said:
    """Logs what the client says of its connection, and keeps the last error."""

    def __init__(self) -> None:
        self.last = ""
        self.refused = ""
        """Why a server let us not in. It resets the connection at once, which is said last."""

    async def failed(self, error: Exception) -> None:
        before, self.last = self.last, str(error) or type(error).__name__
        if "authorization" in self.last.lower():
            self.refused = self.last
        if self.last != before:  # it tries again ten times a second
            log.warning("nats: %s", ascii(self.last))

    async def gone(self) -> None:
        log.warning("nats: connection lost")

    async def back(self) -> None:
        self.last = ""
        log.info("nats: connected again")


class NatsBus:
    """`interface.Bus` over NATS. Make it with `await NatsBus.open(url, name)`."""

    def __init__(self, client: Client, name: str) -> None:
        self.hub = new_hub_name()
        self._client = client
        self._prefix = f"visitbooth.{name}"
        self._handlers: list[Callable[[Change], None]] = []
        self._of_others: list[Callable[[Change | None], None]] = []
        self._parcels: list[Callable[[str, Parcel], None]] = []
        self._lost: list[Callable[[str], None]] = []
        self._others: dict[str, _Other] = {}
        self._sent: defaultdict[str, int] = defaultdict(int, {"all": 0})
        """How much was sent to each subject."""
        self._waiting = _Waiting()
        self._tasks: list[asyncio.Task[None]] = []

    @classmethod
    async def open(cls, url: str, name: str, password: str = "") -> NatsBus:
        """Connect; `url` may name several servers of one cluster, with commas between them.

        The password is that of the user in the first one's URL.

        Raises:
            StartError: no server answers, or it lets us not in.
        """
        servers = [each.strip() for each in url.split(",")]
        user = urlsplit(servers[0]).username
        servers = [_without_user(each) for each in servers]
        client, said = Client(), _Said()
        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                await client.connect(
                    servers=servers,
                    user=user,
                    password=password or None,
                    name=f"visitbooth hub {name}",
                    no_echo=True,
                    error_cb=said.failed,
                    disconnected_cb=said.gone,
                    reconnected_cb=said.back,
                    max_reconnect_attempts=-1,
                    # Typed as whole seconds, and only ever slept for.
                    reconnect_time_wait=RECONNECT_EVERY_S,  # type: ignore[arg-type]
                    ping_interval=PING_EVERY_S,
                    max_outstanding_pings=PINGS_OUT,
                )
        except (TimeoutError, OSError, NatsError) as error:
            where = ", ".join(urlsplit(each).netloc for each in servers)
            why = said.refused or str(error) or said.last or "no answer"
            raise StartError(f"bus: no NATS server at {where} lets us in: {why}") from error
        bus = cls(client, name)
        await bus._start()
        return bus

    async def _start(self) -> None:
        for subject in (f"{self._prefix}.all", f"{self._prefix}.to.{self.hub}"):
            await self._client.subscribe(subject, cb=self._arrived)
        # nats-py writes a flush's PING past the commands that wait, so the first answer may come
        # before the server knows what is listened to; the second PING goes out after them.
        await self._client.flush()
        await self._client.flush()
        self._tasks = [
            asyncio.create_task(self._send(), name="bus sender"),
            asyncio.create_task(self._beat(), name="bus beat"),
        ]

    # -- sending ----------------------------------------------------------------------------

    def publish(self, change: Change) -> None:
        """Tell all subscribers of all hubs, this one's at once."""
        self._put("all", change)
        self.publish_here(change)

    def publish_here(self, change: Change) -> None:
        """Tell this hub's own subscribers."""
        for handler in self._handlers:
            handler(change)

    def tell(self, hub: str, parcel: Parcel) -> None:
        """Send a parcel to one hub: in order, at most once."""
        self._put(f"to.{hub}", parcel)

    def _put(self, subject: str, what: Change | Parcel | _Beat) -> None:
        waiting = self._waiting
        if len(waiting.letters) >= MAX_WAITING:
            log.error("nats: %d letters wait, all dropped", len(waiting.letters))
            for where, each in waiting.letters:
                self._count(where, each)
            waiting.letters.clear()
        waiting.letters.append((subject, what))
        waiting.wake.set()

    async def _send(self) -> None:
        waiting = self._waiting
        while True:
            await waiting.wake.wait()
            waiting.wake.clear()
            while waiting.letters:
                subject, letter = self._next()
                try:
                    await self._client.publish(f"{self._prefix}.{subject}", _encode(letter))
                except NatsError as error:
                    # It is counted as sent: whoever misses it finds out by the next beat.
                    log.warning("nats: not sent: %s", type(error).__name__)
                except Exception:
                    # A fault of ours in one letter must not end this hub's speaking.
                    log.exception("nats: not sent")

    def _next(self) -> tuple[str, _Letter]:
        """Take what waits for one subject and travels together."""
        letters = self._waiting.letters
        subject, what = letters.popleft()
        first = self._count(subject, what)
        if isinstance(what, _Beat):
            return subject, _Letter(self.hub, _Beat(first))
        pack: list[Any] = [what]
        size = _size(what)
        while letters and len(pack) < PACK and letters[0][0] == subject:
            following = letters[0][1]
            if isinstance(following, _Beat) or (size := size + _size(following)) > PACK_BYTES:
                break
            pack.append(following)
            letters.popleft()
            self._count(subject, following)
        kind = _Changes if subject == "all" else _Parcels
        return subject, _Letter(self.hub, kind(first, pack))

    def _count(self, subject: str, what: Change | Parcel | _Beat) -> int:
        """Count what leaves; return how much left for its subject before."""
        before = self._sent[subject]
        if not isinstance(what, _Beat):
            self._sent[subject] += 1
        return before

    async def _beat(self) -> None:
        while True:
            for subject in list(self._sent):
                self._put(subject, _Beat(0))
            await asyncio.sleep(BEAT_EVERY_S)
            now_s = time.monotonic()
            for hub, other in list(self._others.items()):
                silent_s = now_s - other.heard_at_s
                if silent_s > SILENT_S and not other.silent:
                    log.warning("nats: hub %s is silent", hub)
                    other.silent = True
                    self._lose(hub)
                if silent_s > FORGOTTEN_AFTER_S:
                    del self._others[hub]
                    self._sent.pop(f"to.{hub}", None)

    # -- receiving --------------------------------------------------------------------------

    def subscribe(self, handler: Callable[[Change], None]) -> None:
        """Add a handler; it stays until the process ends."""
        self._handlers.append(handler)

    def subscribe_others(self, handler: Callable[[Change | None], None]) -> None:
        """Add a handler of what other hubs publish."""
        self._of_others.append(handler)

    def receive(self, handler: Callable[[str, Parcel], None]) -> None:
        """Add a handler of parcels."""
        self._parcels.append(handler)

    def subscribe_lost(self, handler: Callable[[str], None]) -> None:
        """Add a handler of hubs that are silent or whose parcels were lost."""
        self._lost.append(handler)

    @property
    def is_connected(self) -> bool:
        """Whether a server answers."""
        return bool(self._client.is_connected)

    def hears(self, hub: str) -> bool:
        """Whether another hub was heard of and is not silent."""
        other = self._others.get(hub)
        return other is not None and not other.silent

    def heard(self, within_s: float) -> frozenset[str]:
        """Return the hubs that said anything within the last seconds."""
        since_s = time.monotonic() - within_s
        return frozenset(hub for hub, it in self._others.items() if it.heard_at_s >= since_s)

    async def _arrived(self, message: Msg) -> None:
        try:
            letter = _decode(message.data)
        except msgspec.MsgspecError as error:
            log.warning("nats: %s: not understood: %s", message.subject, ascii(str(error)))
            return
        if letter.hub == self.hub:
            return
        other = self._others.get(letter.hub)
        if other is None:
            log.info("nats: heard hub %s", letter.hub)
            other = self._others[letter.hub] = _Other(time.monotonic())
        other.heard_at_s, other.silent = time.monotonic(), False
        self._take(letter.hub, other, letter.what, message.subject.endswith(".all"))

    def _take(
        self, hub: str, other: _Other, what: _Beat | _Changes | _Parcels, to_all: bool
    ) -> None:
        match what:
            case _Beat() if to_all:
                self._expect_change(other, what.sent)
            case _Beat():
                self._expect_parcel(hub, other, what.sent)
            case _Changes():
                self._expect_change(other, what.first)
                other.changes = what.first + len(what.changes)
                for change in what.changes:
                    self._tell_others(change)
            case _Parcels():
                self._expect_parcel(hub, other, what.first)
                other.parcels = what.first + len(what.parcels)
                for parcel in what.parcels:
                    _call(self._parcels, hub, parcel)

    def _expect_change(self, other: _Other, count: int) -> None:
        # Of a hub that was never heard before nobody knows whether this one heard all the time.
        if other.changes != count:
            log.warning("nats: %d changes were not heard", count - other.changes)
            self._tell_others(None)
        other.changes = count

    def _expect_parcel(self, hub: str, other: _Other, count: int) -> None:
        if other.parcels != count:
            self._lose(hub)
        other.parcels = count

    def _tell_others(self, change: Change | None) -> None:
        _call(self._of_others, change)

    def _lose(self, hub: str) -> None:
        log.warning("nats: conversations with hub %s end", hub)
        _call(self._lost, hub)

    async def close(self) -> None:
        """Send what waits, and be gone. Idempotent."""
        if self._client.is_closed:
            return
        while self._waiting.letters and self._client.is_connected:
            self._waiting.wake.set()
            await asyncio.sleep(0)
        await end(self._tasks)
        # A server that is away must not keep the hub from stopping in good order.
        with contextlib.suppress(NatsError, TimeoutError, OSError):
            await self._client.flush(timeout=1)
        with contextlib.suppress(NatsError, TimeoutError, OSError):
            await self._client.close()
