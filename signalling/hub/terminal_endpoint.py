"""The terminals' endpoint: proof first, then the inmate at the terminal."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import Final

from signalling.errors import UserError
from signalling.hub.bus.interface import Opening, TerminalChanged
from signalling.hub.carrying import ELSEWHERE, RESTART
from signalling.hub.client import TRY_AGAIN, Client
from signalling.hub.coalesced import Coalesced
from signalling.hub.conversation import Inbox, answer, conversation
from signalling.hub.errors import Unauthorised
from signalling.hub.pages import LAST_WORD_S
from signalling.hub.services import Services
from signalling.hub.socket import Socket
from signalling.hub.store.chain import ORIGIN
from signalling.hub.store.records import Terminal
from signalling.hub.switchboard import REPLACED, TerminalLink
from signalling.hub.throttle import Throttle
from signalling.hub.views import facility_view
from signalling.messages import (
    TERMINAL_TO_HUB,
    CallStats,
    Choose,
    DeviceReport,
    End,
    Enrol,
    Health,
    Ice,
    Offer,
    Ping,
    Pong,
    Proof,
    SignIn,
    SignOut,
    TerminalHello,
    TerminalState,
    TerminalToHub,
    TerminalWelcome,
    check_version,
    encode,
)
from signalling.wire import FacilityView

log = logging.getLogger(__name__)

HOUR_S: Final = 3600.0


class TerminalEndpoint:
    """Serves `/terminal`."""

    def __init__(self, services: Services) -> None:
        self._config = services.config
        self._said = Coalesced(log)
        self._metrics = services.metrics
        self._reports = Throttle(self._config.limits.device_reports_per_hour, HOUR_S)
        self._store = services.store
        self._bus = services.bus
        self._terminals = services.terminals
        self._switchboard = services.switchboard
        self._visits = services.visits
        self._seats = services.seats
        self._pushes = services.pushes
        self._keeping = services.others.keeping
        self._carrier = services.others.carrier
        self._trail = services.trail

    async def serve(self, socket: Socket, address: str) -> None:
        """Talk with one terminal, or have its facility's hub do so, until its socket is gone."""
        ORIGIN.set(address)
        client = self._client(socket, f"client=terminal address={address}")
        try:
            await self._converse(socket, address, client)
        finally:
            # The code comes from the other end: only a machine that lives sends ours back. One
            # that came back by itself has dropped its older socket and answers nothing there.
            if client.closed_with == REPLACED == socket.close_code:
                await self._second_link(client)

    async def _second_link(self, client: Client) -> None:
        """Two machines have one key: somebody copied it. Kept until the key is another."""
        terminal = client.who.removeprefix("terminal:")
        self._said.warning(
            f"second link {terminal}",
            "alarm=second-link terminal=%s two machines use its key at once: find the copy, then "
            "run visit-hub terminal replace %s --now",
            terminal,
            terminal,
        )
        self._metrics.second_link()
        self._trail.count("terminal-second-link", client.who, client.who)
        await self._store.terminals.second_link(terminal)

    async def _converse(self, socket: Socket, address: str, client: Client) -> None:
        inbox = self._inbox(socket)
        async with conversation(client):
            async with asyncio.timeout(self._config.limits.log_in_timeout_s):
                terminal = await self._admit(client, inbox)
            client.name, client.who = f"terminal={terminal.id}", f"terminal:{terminal.id}"
            self._trail.count("terminal-linked", client.who, client.who)
            kept = self._keeping.keeps(terminal.facility)
            keeper = self._bus.hub if kept else await self._keeping.keeper(terminal.facility)
            if keeper == self._bus.hub:
                # It may have been revoked while it waited.
                await self._talk(terminal if kept else await self._known(terminal), client, inbox)
            elif keeper is None or not self._carrier.reaches(keeper):
                client.close(TRY_AGAIN, "no hub keeps its facility just now")
                await client.closed()
            else:
                opening = Opening(0, "terminal", terminal.id, "", address)
                inbox.known(known=True)
                await self._carrier.lend(keeper, client, inbox, opening)

    def _client(self, socket: Socket, name: str) -> Client:
        limits, said = self._config.limits, self._said
        return Client(socket, name, limits, said, self._metrics, self._trail)

    def _inbox(self, socket: Socket) -> Inbox[TerminalToHub]:
        return Inbox(socket, TERMINAL_TO_HUB, self._config.limits, self._metrics.traffic)

    async def serve_carried(self, socket: Socket, opening: Opening) -> None:
        """Talk with a terminal that has proved its key to another hub."""
        ORIGIN.set(opening.address)
        client = self._client(socket, f"terminal={opening.who}")
        inbox = self._inbox(socket)
        client.who = f"terminal:{opening.who}"
        async with conversation(client):
            terminal = await self._store.terminals.terminal(opening.who)
            if terminal is None or terminal.public_key is None:
                raise Unauthorised("the terminal was revoked")
            if not self._keeping.keeps(terminal.facility):  # it may be read just now
                await self._keeping.keeper(terminal.facility)
                terminal = await self._known(terminal)
            await self._talk(terminal, client, inbox)

    async def _known(self, proved: Terminal) -> Terminal:
        terminal = await self._store.terminals.terminal(proved.id)
        if terminal is None or terminal.public_key != proved.public_key:
            raise Unauthorised("the terminal was revoked")
        return terminal

    async def _talk(self, terminal: Terminal, client: Client, inbox: Inbox[TerminalToHub]) -> None:
        inbox.known(known=True)
        link = TerminalLink(terminal, client, last_heard_at=self._store.clock())
        try:
            if not self._keeping.keeps(terminal.facility):
                client.close(RESTART, ELSEWHERE)
                await client.closed()
            await self._welcome(link)
            while True:
                message = await inbox.receive()
                if client.closing:
                    continue  # revoked or replaced: it has no say until its socket is gone
                if not self._keeping.keeps(terminal.facility):
                    # Found out by a message before the rooms were told: so it was frozen.
                    client.close(RESTART, ELSEWHERE)
                    continue
                link.last_heard_at = self._store.clock()
                await answer(client, message, partial(self._handle, link, message))
        finally:
            await self._gone(link)

    async def _admit(self, client: Client, inbox: Inbox[TerminalToHub]) -> Terminal:
        first = await inbox.receive()
        match first:
            case TerminalHello():
                check_version(first.versions)
                handshake = await self._terminals.hello(first)
            case Enrol():
                check_version(first.versions)
                handshake = await self._terminals.enrol(first)
            case _:
                raise Unauthorised("say terminal-hello or enrol first")
        client.send(self._terminals.challenge(handshake))
        proof = await inbox.receive()
        if not isinstance(proof, Proof):
            raise Unauthorised("a proof must follow the challenge")
        return await self._terminals.prove(handshake, proof)

    async def _welcome(self, link: TerminalLink) -> None:
        self._switchboard.plug(link)
        log.info("terminal=%s linked", link.id)
        link.send(
            TerminalWelcome(
                now=self._store.clock(),
                label=link.terminal.label,
                unit=link.terminal.unit,
                facility=self._facility(link.terminal.facility),
            )
        )
        self._pushes.seat(link)
        self._pushes.board(link)
        self._bus.publish(TerminalChanged(link.id, link.terminal.facility))
        await self._seats.link_up(link)

    def _facility(self, facility: str) -> FacilityView:
        for each in self._config.facility:
            if each.id == facility:
                return facility_view(each)
        raise Unauthorised(f"facility {facility} is not in hub.toml any more")

    async def _gone(self, link: TerminalLink) -> None:
        if not self._switchboard.unplug(link):
            return
        log.info("terminal=%s link down", link.id)
        if self._visits.stopping:
            return
        since = max(link.last_heard_at, self._store.clock() - LAST_WORD_S)
        await self._seats.link_down(link.id, since)
        self._bus.publish(TerminalChanged(link.id, link.terminal.facility))

    def _require_few_reports(self, terminal: str) -> None:
        now = self._store.clock()
        if self._reports.shut_until(terminal, now) is not None:
            limit = "limits.device_reports_per_hour"
            self._said.warning(limit, "terminal %s: a device report refused, %s", terminal, limit)
            raise UserError("busy")
        self._reports.failed(terminal, now)

    async def _handle(self, link: TerminalLink, message: TerminalToHub) -> None:
        match message:
            case Ping():
                link.send(Pong(sent=message.sent, now=self._store.clock()))
            case SignIn():
                await self._seats.sign_in(link, message)
            case Choose():
                await self._seats.choose(link, message.visit)
            case SignOut():
                await self._seats.sign_out(link)
            case Offer():
                self._seats.offer(link, message)
            case Ice():
                self._seats.ice(link, message)
            case End():
                await self._seats.end(link, message.visit)
            case TerminalState():
                await self._seats.state(link, message)
            case Health():
                link.faults = tuple(message.faults)
                log.info("terminal=%s faults: %s", link.id, ", ".join(message.faults) or "none")
                self._bus.publish(TerminalChanged(link.id, link.terminal.facility))
                await self._store.faults.keep(link.id, message.faults)
            case DeviceReport():
                self._require_few_reports(link.id)
                await self._store.terminals.keep_report(link.id, encode(message))
                log.info("terminal=%s sent a device report", link.id)
            case CallStats():
                self._seats.measured(link, message)
            case TerminalHello() | Enrol() | Proof():
                raise Unauthorised("this terminal has proved its key already")
