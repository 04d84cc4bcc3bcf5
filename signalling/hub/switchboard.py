"""Who is connected, and what they carry to each other: offers, answers, candidates."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from config.schema import HubConfig
from signalling.descriptions import (
    MAX_CANDIDATES,
    AddressPolicy,
    check_answer,
    check_candidate,
    own_candidate,
)
from signalling.hub.audit_trail import NOBODY
from signalling.hub.client import POLICY, Client
from signalling.hub.errors import TooManyPages
from signalling.hub.ice import relay_only
from signalling.hub.live import Call, Live
from signalling.hub.photo import PhotoParts
from signalling.hub.store.records import Session, Terminal, Visitor
from signalling.hub.throttle import Throttle
from signalling.messages import Answer, Ice, Message, Offer
from signalling.wire import Neighbour

log = logging.getLogger(__name__)

REPLACED: Final = 4001
"""Close code of a terminal's older link."""
CHECKS: Final = 10
PROBES: Final = 60
CHECK_WINDOW_S: Final = 300.0
"""How many network checks and probes a page's connection has in each window."""


@dataclass(slots=True, eq=False)
class TerminalLink:
    """A terminal that proved its key."""

    terminal: Terminal
    client: Client
    faults: tuple[str, ...] = ()
    board: tuple[float | None, Neighbour | None] | None = None
    """What its idle screen was told last."""
    last_heard_at: float = 0.0

    @property
    def id(self) -> str:
        """The terminal's id."""
        return self.terminal.id

    def send(self, message: Message) -> None:
        """Queue a message."""
        self.client.send(message)


@dataclass(slots=True, eq=False)
class FamilyPage:
    """A browser page; somebody is logged in on it when it has a session."""

    client: Client
    session: Session | None = None
    visitor: Visitor | None = None
    last_heard_at: float = 0.0
    browser: str = ""
    joined: dict[str, str] = field(default_factory=dict)
    """The page's own id, by visit."""
    checks: Throttle = field(default_factory=lambda: Throttle(CHECKS, CHECK_WINDOW_S))
    probes: Throttle = field(default_factory=lambda: Throttle(PROBES, CHECK_WINDOW_S))
    """Network checks, and their probes, of this connection."""
    photo: PhotoParts | None = None
    """The photo that it is sending."""

    def send(self, message: Message) -> None:
        """Queue a message."""
        self.client.send(message)


class Switchboard:
    """Connected clients of this hub."""

    def __init__(self, config: HubConfig) -> None:
        self._policy = AddressPolicy.of(config.allow_peers)
        self._relay = config.ice_policy == "relay"
        self._most_pages = config.limits.pages_per_visitor
        self.terminals: dict[str, TerminalLink] = {}
        self._at: dict[str, dict[str, TerminalLink]] = {}
        """The same by facility: a state's hub has thousands."""
        self.pages: set[FamilyPage] = set()
        self._of_visitor: dict[str, set[FamilyPage]] = {}

    def plug(self, link: TerminalLink) -> None:
        """Add a terminal's link, and close the one before: newest wins.

        Whether that one was alive is known once it has answered: see `TerminalEndpoint.serve`.
        """
        older = self.terminals.get(link.id)
        if older is not None and older.terminal.public_key != link.terminal.public_key:
            log.info("terminal=%s another machine took its place", link.id)
            older.client.close(POLICY, "revoked")
        elif older is not None:
            log.info("terminal=%s a newer link on its key; the older is closed", link.id)
            older.client.close(REPLACED, "another link proved this terminal's key")
        self.terminals[link.id] = link
        self._at.setdefault(link.terminal.facility, {})[link.id] = link

    def unplug(self, link: TerminalLink) -> bool:
        """Remove a link; False when a newer one has its place."""
        if self.terminals.get(link.id) is not link:
            return False
        del self.terminals[link.id]
        self._at[link.terminal.facility].pop(link.id, None)
        return True

    def terminals_at(self, facility: str) -> Collection[TerminalLink]:
        """A facility's."""
        return self._at.get(facility, {}).values()

    def works(self, terminal: str) -> bool:
        """Whether a terminal is linked and in order."""
        link = self.terminals.get(terminal)
        return link is not None and not link.faults

    def pages_of(self, visitor: str) -> list[FamilyPage]:
        """The pages that a visitor is logged in on."""
        return list(self._of_visitor.get(visitor, ()))

    def log_on(self, page: FamilyPage, session: Session | None, visitor: Visitor | None) -> None:
        """Keep who is logged in on a page; None: nobody.

        Raises:
            TooManyPages: the visitor has as many as may be; nothing changed.
        """
        if visitor is not None:
            others = self._of_visitor.get(visitor.id, set()) - {page}
            if len(others) >= self._most_pages:
                raise TooManyPages(f"{self._most_pages} pages of one visitor are open")
        if page.visitor is not None:
            here = self._of_visitor.get(page.visitor.id, set())
            here.discard(page)
            if not here:
                self._of_visitor.pop(page.visitor.id, None)
        page.session, page.visitor, page.photo = session, visitor, None
        page.client.who = f"visitor:{visitor.id}" if visitor is not None else NOBODY
        if visitor is not None:
            self._of_visitor.setdefault(visitor.id, set()).add(page)

    # -- carrying ---------------------------------------------------------------------------

    def carry_offer(self, live: Live, offer: Offer) -> None:
        """Take the terminal's newest offer to the page that has the visit.

        An offer for another page is late and dropped: a newer snapshot is on its way.
        """
        if offer.page != live.holder:
            log.info("visit=%s offer %d for a gone page", live.id, offer.connection)
            return
        if self._relay:
            offer = Offer(
                visit=offer.visit,
                page=offer.page,
                connection=offer.connection,
                sdp=relay_only(offer.sdp),
            )
        live.call = Call(offer)
        live.send_to_holder(offer)

    def carry_again(self, live: Live, page: str) -> None:
        """Repeat to a page that came back what it may have missed."""
        call = live.call
        if call is None or not call.offer.page == page == live.holder:
            return
        if not call.answered:
            live.send_to_holder(call.offer)
        for candidate in call.found:
            live.send_to_holder(_own_ice(call.offer, candidate))

    def carry_answer(self, live: Live, page: str, answer: Answer) -> None:
        """Check a page's answer and take it to the terminal.

        Raises:
            BadDescription: it is not let through.
        """
        call = self._call(live, page, answer.connection)
        if call is None or call.answered:
            return
        sdp = check_answer(answer.sdp, call.offer.sdp, self._policy)
        call.answered = True
        self._to_terminal(live, Answer(visit=live.id, connection=answer.connection, sdp=sdp))

    def carry_ice(self, live: Live, page: str, ice: Ice) -> None:
        """Check a page's candidate and take it to the terminal, up to MAX_CANDIDATES.

        Raises:
            BadDescription: it is no candidate.
        """
        call = self._call(live, page, ice.connection)
        if call is None:
            return
        if ice.candidate:
            call.candidates += 1
        if call.candidates > MAX_CANDIDATES:
            # A machine with many networks is no attacker; it connects without the rest.
            log.info("visit=%s more than %d candidates, dropped", live.id, MAX_CANDIDATES)
            return
        candidate = check_candidate(ice.candidate, self._policy)
        if candidate is not None:
            self._to_terminal(
                live,
                Ice(
                    visit=live.id,
                    connection=ice.connection,
                    candidate=candidate,
                    sdp_mid=ice.sdp_mid,
                    sdp_m_line_index=ice.sdp_m_line_index,
                ),
            )

    def carry_own_ice(self, live: Live, ice: Ice) -> None:
        """Take a terminal's candidate, as far as a family may see it, to the page of its offer.

        A terminal whose link broke says all of a connection's again; each goes on once.

        Raises:
            BadDescription: it is no candidate.
        """
        call = live.call
        if call is None or call.offer.connection != ice.connection:
            log.info("visit=%s dropped a candidate of connection %d", live.id, ice.connection)
            return
        candidate = own_candidate(ice.candidate, relay_only=self._relay)
        if candidate is None or candidate in call.found:
            return
        if candidate and sum(map(bool, call.found)) >= MAX_CANDIDATES:
            log.info("visit=%s more than %d candidates, dropped", live.id, MAX_CANDIDATES)
            return
        call.found.append(candidate)
        if call.offer.page == live.holder:
            live.send_to_holder(_own_ice(call.offer, candidate))

    def _call(self, live: Live, page: str, connection: int) -> Call | None:
        call = live.call
        if call is None or call.offer.page != page or call.offer.connection != connection:
            log.info("visit=%s dropped what belongs to connection %d", live.id, connection)
            return None
        return call

    def _to_terminal(self, live: Live, message: Message) -> None:
        link = self.terminals.get(live.visit.terminal or "")
        if link is not None:
            link.send(message)


def _own_ice(offer: Offer, candidate: str) -> Ice:
    # Everything is bundled on the first section's transport (RFC 9143).
    return Ice(
        visit=offer.visit, connection=offer.connection, candidate=candidate, sdp_m_line_index=0
    )
