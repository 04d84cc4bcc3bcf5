"""Two changes of one visit at the same moment, one of which takes somebody off it."""

from __future__ import annotations

import asyncio

from signalling.hub import staff_commands as ask
from signalling.hub.store.records import Draft
from signalling.visit_events import VisitorDeclined, VisitorJoined
from tests.signalling.hub.harness import EMAIL, Hub

EVA = "eva@example.org"


async def test_what_waits_behind_a_guest_who_declines_does_not_fail(hub: Hub) -> None:
    await hub.people()
    await hub.visitor(EVA, "Eva")
    visit = await hub.book(start="+7200", seconds=600, visitors=(EMAIL, EVA))
    visits = hub.services.visits
    live = visits.get(visit)
    assert live is not None
    ana, eva = live.visit.visitors
    declines = Draft(VisitorDeclined(eva), f"visitor:{eva}")
    joins = Draft(VisitorJoined(ana), "hub")
    both = await asyncio.gather(
        visits.change(live, lambda _visit, _now: [declines]),
        visits.change(live, lambda _visit, _now: [joins]),
    )
    assert all(both)
    assert (await hub.do(ask.VisitShow(visit=visit)))["visitors"] == ["Ana"]
    assert visits.of(eva) == []
    assert visits.of(ana) == [live]
