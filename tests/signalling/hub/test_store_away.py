"""A hub whose database server goes away: it refuses politely, lives on, and catches up."""

from __future__ import annotations

from pathlib import Path

from signalling.messages import End, Offer, SignIn
from signalling.visit import Status
from tests.signalling.hub.harness import NUMBER, PIN, hub_config, running_hub
from tests.signalling.hub.postgres_server import FAST, postgres_server


async def test_a_visit_goes_on_and_ends_although_the_database_was_away(tmp_path: Path) -> None:
    with postgres_server(*FAST) as server:
        config = hub_config(tmp_path, store=server.new_database())
        async with running_hub(config) as hub:
            terminal, page, visit = await hub.begun(seconds=120.0)
            idle = await hub.ready_terminal("c5")
            server.stop()
            refused = await page.refused(End(visit=visit))
            assert refused.code == "busy"
            assert (await idle.refused(SignIn(inmate_number=NUMBER, pin=PIN))).code == "busy"
            # The others talk on, through the hub alone.
            await terminal.offer(visit, page.page, connection=2)
            await page.until(lambda: page.count(Offer) == 2)
            hub.pass_time(600)
            server.start()
            await page.sees(visit, lambda view: view.status is Status.ENDED)
            await terminal.sees(lambda view: view.status is Status.ENDED)
            assert (await hub.kinds(visit))[-1] == "ended"
            await terminal.sign_out()
            await idle.send(SignIn(inmate_number=NUMBER, pin=PIN))
            await idle.until(lambda: idle.seat is not None)
