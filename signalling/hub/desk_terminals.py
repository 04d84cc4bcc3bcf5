"""Carries out the staff commands about terminals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from signalling.hub import staff_commands as ask
from signalling.hub.bus.interface import TerminalRevoked
from signalling.hub.desk_finding import facility_of, require_listed
from signalling.hub.desk_rows import report_row, terminal_row
from signalling.hub.errors import StaffError
from signalling.hub.provisioning import hub_facts
from signalling.hub.services import Services
from signalling.hub.store.chain import audited, new_note
from signalling.hub.store.records import Terminal


class TerminalDesk:
    """One method per command. Every one raises StaffError with a sentence for a person."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def terminal_add(self, command: ask.TerminalAdd, _who: str) -> Any:
        """Add a terminal, or give one without a key a new code; shown once."""
        require_listed(facility_of(self._services.config, command.facility), command.unit)
        before = await self._services.store.terminals.terminal(command.terminal)
        facts = await hub_facts(self._services)
        void = before is not None and before.code_hash is not None
        _require_not_moved(before, command.facility)
        code = await self._services.terminals.add(
            command.terminal, command.facility, command.label, command.unit
        )
        return {
            "terminal": command.terminal,
            "label": command.label,
            "unit": command.unit,
            "code": code,
            "earlier_code_void": void,
            **facts,
        }

    async def terminal_list(self, _command: ask.TerminalList, _who: str) -> Any:
        """All terminals."""
        faults = await self._services.store.faults.all()
        taken = {seat.terminal for seat in await self._services.store.terminals.seats()}
        return [
            self._row(each, each.id in taken, faults.get(each.id, ()))
            for each in await self._services.store.terminals.terminals()
        ]

    async def terminal_show(self, command: ask.TerminalShow, _who: str) -> Any:
        """A terminal, and what its technician last had it report."""
        terminal = await self._services.store.terminals.terminal(command.terminal)
        if terminal is None:
            raise StaffError(f"there is no terminal {command.terminal} (visit-hub terminal list)")
        faults = (await self._services.store.faults.all()).get(terminal.id, ())
        seats = await self._services.store.terminals.seats()
        row = self._row(terminal, any(seat.terminal == terminal.id for seat in seats), faults)
        time_zone = facility_of(self._services.config, terminal.facility).time_zone
        kept = await self._services.store.terminals.report(terminal.id)
        return row | report_row(kept, time_zone)

    def _row(self, terminal: Terminal, taken: bool, faults: Sequence[str]) -> dict[str, Any]:
        link = self._services.switchboard.terminals.get(terminal.id)
        # Whether it is linked is known to the hub that keeps its facility, and to no other.
        known = link is not None or self._services.others.keeping.keeps(terminal.facility)
        row = terminal_row(terminal, link, taken, self._services.store.clock(), faults)
        return row | ({} if known else {"linked": None})

    async def terminal_enrol(self, command: ask.TerminalEnrol, who: str) -> Any:
        """Add a facility's terminals; those without a key get a code, which is shown once."""
        facility = facility_of(self._services.config, command.facility)
        known = {each.id: each for each in await self._services.store.terminals.terminals()}
        for each in command.terminals:
            require_listed(facility, each.unit)
            other = known.get(each.terminal)
            if other is not None and other.facility != facility.id:
                raise StaffError(f"terminal {each.terminal} is one of {other.facility} already")
        facts = await hub_facts(self._services)
        rows = []
        for each in command.terminals:
            before = known.get(each.terminal)
            enrolled = before is not None and before.public_key is not None
            code = None
            if not enrolled and not command.dry_run:
                code = await self._code(each, facility.id, who)
            rows.append({**msgspec.to_builtins(each), "enrolled": enrolled, "code": code})
        return {"facility": facility.id, **facts, "terminals": rows}

    async def _code(self, new: ask.NewTerminal, facility: str, who: str) -> str:
        """Make one's code; the audit is told of each, since the command names no single one."""
        facts = {"facility": facility, "unit": new.unit}
        now, about = self._services.store.clock(), f"terminal:{new.terminal}"
        note = new_note(now, "staff-terminal-enrol", f"staff:{who}", about, **facts)
        added = self._services.terminals.add(new.terminal, facility, new.label, new.unit)
        return await audited(added, lambda _: note)

    async def terminal_replace(self, command: ask.TerminalReplace, _who: str) -> Any:
        """Give the machine that takes a terminal's place a code; shown once."""
        facts = await hub_facts(self._services)
        code = await self._services.terminals.replace(command.terminal, at_once=command.now)
        if command.now:
            self._services.bus.publish(TerminalRevoked(command.terminal))
        terminal = await self._services.store.terminals.terminal(command.terminal)
        assert terminal is not None  # none is ever deleted
        known = {"terminal": terminal.id, "label": terminal.label, "unit": terminal.unit}
        return {**known, "code": code, **facts}

    async def terminal_revoke(self, command: ask.TerminalRevoke, _who: str) -> Any:
        """Forget a terminal's key; its link is closed."""
        if not await self._services.store.terminals.revoke(command.terminal):
            raise StaffError(f"there is no terminal {command.terminal} (visit-hub terminal list)")
        linked = command.terminal in self._services.switchboard.terminals
        # Its link may be at any hub; `seats` of that one closes it.
        self._services.bus.publish(TerminalRevoked(command.terminal))
        return {"terminal": command.terminal, "linked": linked}


def _require_not_moved(before: Terminal | None, facility: str) -> None:
    """Raise StaffError: a terminal in use would be at another facility, by one mistyped word."""
    if before is None or before.facility == facility:
        return
    if before.public_key is not None or before.code_hash is not None:
        raise StaffError(
            f"terminal {before.id} is at {before.facility}: give the one at {facility} another id,"
            f" or, to move it, run visit-hub terminal revoke {before.id} and add it again"
        )
