"""The network check of any day: servers to try, and padding that comes back."""

from __future__ import annotations

from typing import Final

from config.schema import HubConfig
from signalling.booking_messages import CheckNetwork, NetworkCheck, Probe, Probed
from signalling.errors import UserError
from signalling.hub.ice import ice_servers
from signalling.hub.switchboard import FamilyPage
from signalling.hub.throttle import Throttle

CHECK: Final = "check"
"""Stands in the place of a visit in their user."""
CREDENTIALS_S: Final = 120.0
"""TURN credentials for a check hold this long: nobody's visit runs on them."""


class NetworkChecks:
    """Answers `check-network` and `probe` of pages that somebody is logged in on."""

    def __init__(self, config: HubConfig) -> None:
        self._config = config

    def check(self, page: FamilyPage, _message: CheckNetwork, now: float) -> None:
        """Give servers to try with. Raises UserError."""
        _count(page.checks, now)
        page.send(
            NetworkCheck(
                ice_servers=ice_servers(self._config.turn, CHECK, now + CREDENTIALS_S),
                ice_policy=self._config.ice_policy,
            )
        )

    def probe(self, page: FamilyPage, message: Probe, now: float) -> None:
        """Send the padding back. Raises UserError."""
        _count(page.probes, now)
        page.send(Probed(sent=message.sent, padding=message.padding))


def _count(throttle: Throttle, now: float) -> None:
    if throttle.shut_until("", now) is not None:
        raise UserError("busy")
    throttle.failed("", now)
