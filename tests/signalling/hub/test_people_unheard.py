"""What one hub's staff changed of people, and another hub was not told of."""

from __future__ import annotations

from signalling.hub import staff_commands as ask
from tests.signalling.hub.harness import EMAIL, NUMBER, begin
from tests.signalling.hub.hub_process import until
from tests.signalling.hub.test_hubs_unheard import mute, unsent
from tests.signalling.hub.test_several_hubs import (
    Hubs,
)
from tests.signalling.hub.test_several_hubs import (
    hubs as hubs,  # a fixture
)
from tests.signalling.hub.test_several_hubs import (
    server as server,  # a fixture
)


async def test_a_relation_and_a_unit_that_were_not_heard_are_read(hubs: Hubs) -> None:
    keeper, other = await hubs.keeper(), await hubs.other()
    await keeper.people()
    visit = await keeper.book(start="+7200", seconds=600)
    await until(lambda: other.services.visits.get(visit))
    live = keeper.services.visits.get(visit)
    assert live is not None
    with mute(other):
        await other.do(ask.VisitorApprove(email=EMAIL, inmate=NUMBER, relation="sibling"))
        await other.do(ask.InmateMove(number=NUMBER, unit="D"))
        await unsent(other)
    await until(lambda: live.people[0].relation == "sibling")
    await until(lambda: live.unit == "D")


async def test_who_was_moved_into_a_lockdown_unheard_is_in_it(hubs: Hubs) -> None:
    keeper, other = await hubs.keeper(), await hubs.other()
    await keeper.people()
    await keeper.do(ask.InmateAdd(number="9", name="Max", facility="north", unit="D"))
    visit = await keeper.book(seconds=600)
    await until(lambda: other.services.visits.get(visit))
    await begin(await keeper.ready_terminal(), await keeper.ready_page(), visit)
    await keeper.do(ask.LockdownStart(facility="north", unit="D", reason="search"))
    live = keeper.services.visits.get(visit)
    assert live is not None
    assert not live.visit.paused
    with mute(other):
        await other.do(ask.InmateMove(number=NUMBER, unit="D"))
        await unsent(other)
    await until(lambda: live.visit.paused)
