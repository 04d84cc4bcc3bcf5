"""Carries out the staff commands about lockouts after wrong PINs."""

from __future__ import annotations

from typing import Any

from signalling.hub import staff_commands as ask
from signalling.hub.errors import StaffError
from signalling.hub.scheduling import wall_text
from signalling.hub.services import Services


class LockoutDesk:
    """One method per command. Every one raises StaffError with a sentence for a person."""

    def __init__(self, services: Services) -> None:
        self._guessing = services.store.guessing

    async def lockout_list(self, _command: ask.LockoutList, _who: str) -> Any:
        """What is locked now."""
        return [
            {
                "kind": each.kind,
                "id": each.id,
                "wrong_pins": each.failures,
                "until": wall_text(each.locked_until, "UTC"),
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
