"""Whoever sat at a terminal that staff revoked does not sit at the machine that comes after it."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.schema import Facility
from signalling.hub import staff_commands as ask
from signalling.hub.store.interface import StoreBusy
from tests.signalling.hub.harness import Hub, eventually, hub_config, running_hub


async def seated(hub: Hub) -> str | None:
    (row,) = [each for each in await hub.do(ask.InmateList()) if each["number"] == "40713"]
    return row["signed_in_at"]  # type: ignore[no-any-return]  # staff get what JSON can say


@pytest.mark.parametrize("again", ["revoke", "replace"])
async def test_at_the_next_machine_nobody_is_signed_in(hub: Hub, again: str) -> None:
    await hub.people()
    visit = await hub.book()
    terminal = await hub.ready_terminal()
    await terminal.sign_in()
    if again == "revoke":
        await hub.do(ask.TerminalRevoke(terminal="c4"))
    else:
        await hub.do(ask.TerminalReplace(terminal="c4", now=True))
    await terminal.gone()
    await eventually(lambda: hub.services.seats.at("c4") is None)
    assert await seated(hub) is None
    assert (await hub.kinds(visit))[-1] == "inmate-signed-out"
    (out,) = await hub.do(ask.AuditList(kind="inmate-signed-out"))
    assert out["who"] == "terminal:c4"
    hub.keys.clear()
    if again == "revoke":
        next_one = await hub.ready_terminal()
        assert next_one.seat is None


async def test_revoked_while_no_hub_runs(tmp_path: Path) -> None:
    north, south = (Facility(id=each, name=each, time_zone="UTC") for each in ("north", "south"))
    config = hub_config(tmp_path, facility=(north, south))
    async with running_hub(config) as hub:
        await hub.people()
        await (await hub.ready_terminal()).sign_in()
        await hub.services.store.terminals.revoke("c4")
    async with running_hub(config) as hub:
        await hub.do(ask.TerminalAdd(terminal="c4", facility="south", label="C4", unit="C"))
        assert hub.services.seats.at("c4") is None
        assert await seated(hub) is None


async def test_a_busy_store_keeps_nobody_there(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    await hub.people()
    await (await hub.ready_terminal()).sign_in()

    async def busy(*_seat: object) -> bool:
        raise StoreBusy("the store is busy")

    monkeypatch.setattr(hub.services.store.terminals, "stand", busy)
    await hub.do(ask.TerminalRevoke(terminal="c4"))
    await eventually(lambda: hub.services.seats.at("c4") is None)
    other = await hub.ready_terminal("c5")
    assert await other.sign_in() is not None
    assert await seated(hub) == "c5"
