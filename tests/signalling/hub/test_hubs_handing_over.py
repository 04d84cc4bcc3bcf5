"""What one hub does to a facility that another one may keep by now."""

from __future__ import annotations

import pytest

from signalling.errors import IllegalEvent, UserError
from signalling.hub import staff_commands as ask
from signalling.hub.store.records import Draft
from signalling.hub.turn_console import TurnSession
from signalling.hub.turn_keeper import TurnKeeper
from signalling.messages import LoggedIn, SignIn, SignOut
from signalling.visit import Visit
from signalling.visit_events import By, Ended, EndReason, Extended, InmateSignedIn, VisitorLeft
from tests.signalling.hub.harness import NUMBER, PIN, Hub
from tests.signalling.hub.test_lost_time import lose


async def test_seats_are_read_anew_by_whoever_takes_a_facility_again(hub: Hub) -> None:
    await hub.people()
    terminal = await hub.ready_terminal()
    await terminal.sign_in()
    seats, store = hub.services.seats, hub.services.store
    # The taking was broken off before it was told to leave; another hub had them stand up.
    await store.terminals.stand("c4", None)
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


async def test_a_hub_that_wakes_up_seats_nobody_where_another_keeps_the_seats(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hub.people()
    visit = await hub.book(seconds=600)
    terminal, seats, store = await hub.ready_terminal(), hub.services.seats, hub.services.store
    monkeypatch.setattr(seats, "_keeper", "this one", raising=False)
    await store.keeping.beat("this one", ("north",), frozenset(), 4.0)
    await terminal.sign_in()
    hub.clock.ahead_s += 5.0  # it was frozen, and another hub took the facility
    await store.keeping.beat("another", ("north",), frozenset(), 4.0)
    assert (await terminal.refused(SignOut())).code == "busy"
    assert seats.at("c4") is not None
    assert "inmate-signed-out" not in await hub.kinds(visit)
    other = await hub.ready_terminal("c5")
    await terminal.pull()
    refused = await other.refused(SignIn(inmate_number=NUMBER, pin=PIN))
    assert refused.code == "busy"
    assert [row.terminal for row in await store.terminals.seats()] == ["c4"]


async def test_time_that_another_hub_gave_back_is_not_given_twice(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal, page, visit = await hub.begun(seconds=600)
    visits = hub.services.store.visits
    room_after = visits.room_after

    async def other_was_first(known: Visit) -> float:
        again = await visits.load(visit)
        assert again is not None
        if not again.added_s:
            due = again.at(hub.clock()).owed_s
            await visits.append(again, [Draft(Extended(due), "hub")])
        return await room_after(known)

    monkeypatch.setattr(visits, "room_after", other_was_first)
    await lose(hub, terminal, page, visit, 20)
    await page.sees(visit, lambda view: view.added_s > 0)
    kinds = await hub.kinds(visit)
    assert kinds.count("extended") == 1


async def test_a_hub_that_wakes_up_says_nothing_of_ends_that_another_knows(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    _terminal, _page, visit = await hub.begun(seconds=600)
    visits, keeping = hub.services.store.visits, hub.services.others.keeping
    append = visits.append

    async def frozen(known: Visit, drafts: list[Draft]) -> Visit:
        """While it was frozen in this call another hub took the facility."""
        if any(isinstance(each.what, VisitorLeft) for each in drafts) and keeping.keeps("north"):
            monkeypatch.setattr(type(keeping), "keeps", lambda *_: False)
            await append(known, [Draft(Extended(5.0), "hub")])
        return await append(known, drafts)

    monkeypatch.setattr(visits, "append", frozen)
    live = hub.services.visits.get(visit)
    assert live is not None
    live.pages.clear()
    await hub.services.visits.settle(live)
    assert "visitor-left" not in await hub.kinds(visit)


async def test_whoever_is_on_a_visit_is_told_of_its_end_although_the_hub_that_ended_it_is_gone(
    hub: Hub,
) -> None:
    await hub.people()
    page = await hub.ready_page()
    visit = await hub.book(start="+90000", seconds=600)
    outbox, live = hub.services.store.outbox, hub.services.visits.get(visit)
    assert live is not None
    assert sum(mail.key.startswith(f"remind.{visit}.") for mail in await outbox.all()) == 2
    # The other hub was killed right after its commit.
    ended = Ended(By.STAFF, EndReason.STAFF, "x")
    await hub.services.store.visits.append(live.visit, [Draft(ended, "staff:x")])
    letters = [mail.key.rpartition(".")[2] for mail in await outbox.all()]
    assert sorted(letters) == ["booked", "cancelled"]
    with pytest.raises(IllegalEvent):
        await hub.services.visits.change(live, lambda *_: [Draft(InmateSignedIn("c4"), "t")])
    await page.sees(visit, lambda view: view.ended_at)
    marker = await hub.book(start="+20000", seconds=600)
    mails = await outbox.all()
    assert any(marker in mail.key for mail in mails)
    assert sum(mail.key.endswith("cancelled") for mail in mails) == 1


async def test_media_of_a_visit_that_another_hub_gave_time_are_not_cut(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    _terminal, _page, visit = await hub.begun(seconds=600)
    services = hub.services
    turn = TurnKeeper(services.config.turn, services.store, services.bus, services.visits)
    live = services.visits.get(visit)
    assert live is not None
    monkeypatch.setattr(type(services.others.keeping), "keeps", lambda *_: False)
    await services.store.visits.append(live.visit, [Draft(Extended(60.0), "hub")])
    allocation = TurnSession("1", f"9999999999:{visit}")
    hub.pass_time(610)
    assert not await turn._is_over(allocation)
    hub.pass_time(60)
    assert await turn._is_over(allocation)


@pytest.mark.parametrize("who", ["terminal", "page"])
async def test_who_was_shut_out_while_nobody_kept_the_facility_is_not_let_in(
    who: str, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hub.people()
    page, terminal = await hub.ready_page(), await hub.ready_terminal()
    (session,) = [each.session for each in hub.services.switchboard.pages]
    logged_in = page.newest(LoggedIn)
    assert logged_in is not None
    assert session is not None
    await page.pull()
    await terminal.pull()
    keeping = hub.services.others.keeping
    kept = False

    async def keeper(*_args: object) -> str:
        """Take the facility at last; but staff and the visitor were faster."""
        nonlocal kept
        await hub.do(ask.TerminalRevoke(terminal="c4"))
        await hub.services.accounts.log_out(session)
        kept = True
        return hub.services.bus.hub

    monkeypatch.setattr(type(keeping), "keeps", lambda *_: kept)
    monkeypatch.setattr(type(keeping), "keeper", keeper)
    if who == "page":
        again = await hub.page()
        assert (await again.hello(logged_in.token)).name is None
    else:
        back = await hub.terminal()
        with pytest.raises(ConnectionError, match="unauthorised"):
            await back.hello(hub.keys["c4"], "c4")
        assert "c4" not in hub.services.switchboard.terminals
