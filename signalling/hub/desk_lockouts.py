"""Carries out the staff commands about lockouts after wrong PINs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from signalling.hub import staff_commands as ask
from signalling.hub.desk_finding import zone_of
from signalling.hub.errors import StaffError
from signalling.hub.scheduling import wall_text
from signalling.hub.services import Services
from signalling.hub.store.guessing_interface import Lockout


class LockoutDesk:
    """One method per command. Every one raises StaffError with a sentence for a person."""

    def __init__(self, services: Services) -> None:
        self._config = services.config
        self._guessing = services.store.guessing
        self._terminals = services.store.terminals

    async def lockout_list(self, _command: ask.LockoutList, _who: str) -> Any:
        """What is locked now."""
        facilities = {each.id: each.facility for each in await self._terminals.terminals()}
        return [
            {
                "kind": each.kind,
                "id": each.id,
                "wrong_pins": each.failures,
                "until": wall_text(
                    each.locked_until, zone_of(self._config, _facility(each, facilities))
                ),
                "until_at": each.locked_until,
            }
            for each in await self._guessing.lockouts()
        ]

    async def lockout_end(self, command: ask.LockoutEnd, _who: str) -> Any:
        """Let an inmate number, a terminal or a facility sign in again."""
        if not await self._guessing.release(command.kind, command.id):
            raise StaffError(
                f"{command.kind} {command.id} is not locked, and no wrong PIN counts: see lockout"
                " list"
            )
        return {"kind": command.kind, "id": command.id}


def _facility(locked: Lockout, of_terminals: Mapping[str, str]) -> str:
    """Return where it is; an inmate's id is FACILITY/NUMBER."""
    if locked.kind == "terminal":
        return of_terminals.get(locked.id, "")
    return locked.id.partition("/")[0]
