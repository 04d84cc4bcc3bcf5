"""Carries out the staff commands that forget: what is too old, and who asks to be."""

from __future__ import annotations

from typing import Any, Final

from signalling.hub import staff_commands as ask
from signalling.hub.bus.interface import PeopleChanged
from signalling.hub.desk_finding import find_inmate, find_visitor
from signalling.hub.errors import StaffError
from signalling.hub.services import Services
from signalling.hub.store.audit_interface import ERASED_NAME, StillNeeded

SWEEP_FOR_S: Final = 5.0
"""Of one command; whoever asked asks again."""


class RetentionDesk:
    """One method per command. Every one raises StaffError with a sentence for a person."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._store = services.store

    async def retention_preview(self, _command: ask.RetentionPreview, _who: str) -> Any:
        """What would go now."""
        return await self._services.sweeper.preview()

    async def retention_run(self, _command: ask.RetentionRun, _who: str) -> Any:
        """Delete what is too old; `done` says whether all of it went."""
        gone, done = await self._services.sweeper.sweep(SWEEP_FOR_S)
        return {"gone": gone, "done": done}

    async def visitor_erase(self, command: ask.VisitorErase, _who: str) -> Any:
        """Forget a visitor but for the id that the logs of their visits have."""
        visitor = await find_visitor(self._store, command.email)
        try:
            ended = await self._store.retention.erase_visitor(visitor.id)
        except StillNeeded as error:
            raise StaffError(_needed(command.email, error)) from None
        self._services.accounts.say_ended(ended)
        await self._services.visits.read_people_again(visitor.id)
        return {"id": visitor.id, "log_ins_ended": len(ended)}

    async def inmate_erase(self, command: ask.InmateErase, _who: str) -> Any:
        """Forget an inmate but for the id that the logs of their visits have."""
        inmate = await find_inmate(self._store, command.number, command.facility)
        try:
            visitors = await self._store.retention.erase_inmate(inmate)
        except StillNeeded as error:
            raise StaffError(_needed(f"inmate {command.number}", error)) from None
        for live in self._services.visits.of_inmate(inmate.id):
            live.inmate_name = ERASED_NAME
            self._services.visits.publish(live)
        for who in visitors:
            self._services.bus.publish(PeopleChanged(who))
        return {"id": inmate.id, "approvals_ended": len(visitors)}


def _needed(who: str, error: StillNeeded) -> str:
    if error.visits:
        these = ", ".join(error.visits)
        return f"{who} has open visits ({these}): cancel or end them first (visit-hub visit cancel)"
    return f"{who} is signed in at terminal {error.terminal}: have them sign out first"
