"""What one hub does to a facility that another one may keep by now."""

from __future__ import annotations

import pytest

from signalling.errors import UserError
from signalling.hub import staff_commands as ask
from signalling.messages import SignIn
from tests.signalling.hub.harness import NUMBER, PIN, Hub


async def test_seats_are_read_anew_by_whoever_takes_a_facility_again(hub: Hub) -> None:
    await hub.people()
    terminal = await hub.ready_terminal()
    await terminal.sign_in()
    seats, store = hub.services.seats, hub.services.store
    # The taking was broken off before it was told to leave; another hub had them stand up.
    await store.terminals.stand("c4")
    await seats.take("north")
    assert seats.at("c4") is None
    assert not seats.taken("north")


async def test_nobody_is_seated_by_a_hub_that_has_just_left_the_facility(hub: Hub) -> None:
    await hub.people()
    await hub.ready_terminal()
    link = hub.services.switchboard.terminals["c4"]
    hub.services.others.rooms.leave("north")
    with pytest.raises(UserError, match="busy"):
        await hub.services.seats.sign_in(link, SignIn(inmate_number=NUMBER, pin=PIN))
    (row,) = await hub.do(ask.TerminalList())
    assert not row["signed_in"]
