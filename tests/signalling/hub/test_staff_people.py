"""What staff see of one person, and an inmate's new PIN."""

from __future__ import annotations

import pytest

from signalling.errors import UserError
from signalling.hub import staff_commands as ask
from signalling.hub.errors import StaffError
from signalling.messages import LoggedIn, LogIn
from tests.signalling.hub.commands import Cli
from tests.signalling.hub.harness import EMAIL, NUMBER, PASSWORD, PIN, Hub
from tests.signalling.hub.test_staff import cli, seed, toml

__all__ = ["cli", "toml"]  # fixtures


async def lock(hub: Hub) -> None:
    for _ in range(hub.services.config.inmates.pin_tries):
        with pytest.raises(UserError):
            await hub.services.inmates.check("north", NUMBER, "000001", "c4")


async def test_a_new_pin_ends_the_one_before_and_the_lockout(hub: Hub) -> None:
    await hub.people()
    await lock(hub)
    assert (await hub.do(ask.InmateShow(number=NUMBER)))["locked_until"] is not None
    answer = await hub.do(ask.InmatePin(number=NUMBER))
    assert (answer["was_locked"], len(answer["pin"])) == (True, 6)
    shown = await hub.do(ask.InmateShow(number=NUMBER))
    assert (shown["locked_until"], shown["has_pin"]) == (None, True)
    with pytest.raises(UserError, match="wrong-sign-in"):
        await hub.services.inmates.check("north", NUMBER, PIN, "c4")
    inmate = await hub.services.inmates.check("north", NUMBER, answer["pin"], "c4")
    assert inmate.number == NUMBER
    (entry,) = await hub.do(ask.AuditList(kind="staff-inmate-pin"))
    assert entry["about"] == f"inmate:{inmate.id}"
    assert answer["pin"] not in repr(await hub.do(ask.AuditList(limit=1000)))


async def test_what_is_shown_of_an_inmate_and_of_a_visitor(hub: Hub) -> None:
    await hub.people()
    visit = await hub.book("+600")
    inmate = await hub.do(ask.InmateShow(number=NUMBER))
    assert [(each["email"], each["holds"]) for each in inmate["visitors"]] == [(EMAIL, True)]
    visitor = await hub.do(ask.VisitorShow(email=EMAIL.upper()))
    assert [(each["inmate"], each["holds"]) for each in visitor["inmates"]] == [(NUMBER, True)]
    for person in (inmate, visitor):
        assert [each["visit"] for each in person["visits"]] == [visit]
    await hub.do(ask.VisitCancel(visit=visit))
    await hub.do(ask.VisitorRevoke(email=EMAIL, inmate=NUMBER, reason="Left"))
    visitor = await hub.do(ask.VisitorShow(email=EMAIL))
    assert [(each["holds"], each["reason"]) for each in visitor["inmates"]] == [(False, "Left")]
    assert visitor["visits"] == []
    await hub.do(ask.VisitorErase(email=EMAIL))
    with pytest.raises(StaffError, match="has no account"):
        await hub.do(ask.VisitorShow(email=EMAIL))


def test_on_the_command_line(cli: Cli) -> None:
    seed(cli)
    code, said = cli.run("inmate", "show", NUMBER)
    assert code == 0
    for words in ("Daniel", "Has PIN", EMAIL, "Visits that are open: none"):
        assert words in said
    code, said = cli.run("visitor", "show", EMAIL)
    assert code == 0
    for words in ("Ana [bold]R", NUMBER, "mother", "Requests: none"):
        assert words in said
    pin = cli.json("inmate", "pin", NUMBER)["pin"]
    assert pin not in cli.run("inmate", "show", NUMBER)[1]
    assert "there is no inmate 1" in cli.fails("inmate", "pin", "1")
    assert "there is no inmate 1: visit-hub inmate list" in cli.fails("inmate", "show", "1")


async def test_a_visitor_who_tried_too_often_is_released(hub: Hub) -> None:
    await hub.people()
    page = await hub.page()
    await page.hello()
    right = LogIn(email=EMAIL, password=PASSWORD)
    for _ in range(hub.services.config.limits.log_in_tries):
        assert (await page.refused(LogIn(email=EMAIL, password="wrong"))).code == "wrong-log-in"
    assert (await page.refused(right)).code == "too-many-tries"
    answer = await hub.do(ask.VisitorRelease(email=EMAIL))
    assert answer["refused_from"] == ["127.0.0.1"]
    await page.ask(right, LoggedIn)
    (entry,) = await hub.do(ask.AuditList(kind="staff-visitor-release"))
    assert entry["name"] == EMAIL
    with pytest.raises(StaffError, match="has no account"):
        await hub.do(ask.VisitorRelease(email="nobody@example.org"))
