"""Asking to visit somebody, what staff decide, the rules, and what pages are told of it."""

from __future__ import annotations

import base64
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from config.schema import Facility
from signalling.hub import people, people_endpoint
from signalling.hub import staff_commands as ask
from signalling.hub.errors import StaffError
from signalling.hub.people_endpoint import PART_WITHIN_S
from signalling.hub.tries import Limit
from signalling.messages import FacilityLogIn, Join, Joined, LoggedOut, LogOut, Ping, Pong
from signalling.people_messages import (
    AcceptRules,
    ApprovalView,
    FacilityTerms,
    GetFacility,
    People,
    PhotoKept,
    PhotoPart,
    RequestApproval,
    WithdrawRequest,
)
from tests.signalling.hub.harness import EMAIL, NUMBER, PASSWORD, Hub, Page, hub_config, running_hub

EVA = "eva@example.org"
RULES = {"en": "Be kind.", "es": "Sea amable."}


def north(**more: Any) -> Facility:
    return Facility(id="north", name="North Jail", time_zone="America/Chicago", **more)


@pytest.fixture
async def asks(tmp_path: Path) -> AsyncIterator[Hub]:
    """A hub whose facility has rules and lets approvals lapse."""
    facility = north(rules_version="1", rules=RULES, approval_days=30)
    async with running_hub(hub_config(tmp_path, facility=(facility,))) as hub:
        await hub.people()
        await hub.do(ask.VisitorAdd(email=EVA, name="Eva", password=PASSWORD))
        yield hub


async def eva(hub: Hub) -> Page:
    page = await hub.page()
    await page.hello()
    await page.log_in(EVA)
    await page.until(lambda: page.newest(People))
    return page


def told(page: Page) -> tuple[ApprovalView, ...]:
    newest = page.newest(People)
    return newest.people if newest is not None else ()


async def request(page: Page, number: str = NUMBER, relation: str = "mother") -> ApprovalView:
    message = RequestApproval(facility="north", inmate_number=number, relation=relation)
    await page.ask(message, People)
    return told(page)[0]


async def test_a_request_is_approved_and_lets_in(asks: Hub) -> None:
    page = await eva(asks)
    assert told(page) == ()
    log_in = FacilityLogIn(facility="north", password=PASSWORD)
    assert (await page.refused(log_in)).code == "not-approved"
    asked = await request(page)
    assert (asked.status, asked.name, asked.inmate) == ("pending", None, None)
    (row,) = await asks.do(ask.RequestList())
    assert (row["email"], row["inmate"], row["photo"]) == (EVA, "Daniel", False)
    assert await asks.do(ask.RequestList(facility="north")) == [row]
    with pytest.raises(StaffError, match="there is no facility east"):
        await asks.do(ask.RequestList(facility="east"))
    shown = (await asks.do(ask.VisitorShow(email=EVA)))["requests"]
    assert [(each["request"], each["status"]) for each in shown] == [(asked.id, "pending")]
    await asks.do(ask.RequestApprove(request=asked.id))
    await page.until(lambda: told(page)[0].status == "approved")
    assert told(page)[0].name == "Daniel"
    await page.open()
    assert page.newest(FacilityTerms) is not None
    assert await asks.do(ask.RequestList()) == []
    with pytest.raises(StaffError, match="decided already"):
        await asks.do(ask.RequestDeny(request=asked.id, reason="too late"))


async def test_a_number_that_is_nobodys_is_answered_alike(asks: Hub) -> None:
    page = await eva(asks)
    asked = await request(page, number="999")
    assert (asked.status, asked.name) == ("pending", None)
    with pytest.raises(StaffError, match=r"no inmate 999 at north.*--inmate"):
        await asks.do(ask.RequestApprove(request=asked.id))
    await asks.do(ask.RequestApprove(request=asked.id, inmate=NUMBER))
    await page.until(lambda: [each.status for each in told(page)] == ["approved"])


async def test_a_denial_says_why_and_one_may_ask_again(asks: Hub) -> None:
    page = await eva(asks)
    asked = await request(page)
    await asks.do(ask.RequestDeny(request=asked.id, reason="The photo cannot be read."))
    await page.until(lambda: told(page)[0].status == "denied")
    assert told(page)[0].reason == "The photo cannot be read."
    mails = await asks.services.store.outbox.all()
    assert any("The photo cannot be read." in each.body for each in mails)
    assert (await request(page)).status == "pending"
    assert [each.status for each in told(page)] == ["pending"]


async def test_asking_has_limits(asks: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    page = await eva(asks)
    message = RequestApproval(facility="north", inmate_number="1", relation="mother")
    asked = await request(page, "1")
    assert (await page.refused(message)).code == "already-asked"
    no_such = RequestApproval(facility="west", inmate_number="1", relation="mother")
    assert (await page.refused(no_such)).code == "unknown-facility"
    odd = RequestApproval(facility="north", inmate_number="2", relation="warden")
    assert (await page.refused(odd)).code == "unknown-relation"
    monkeypatch.setattr(people, "MAX_PENDING", 1)
    more = RequestApproval(facility="north", inmate_number="2", relation="mother")
    assert (await page.refused(more)).code == "too-many-requests"
    assert (await page.refused(WithdrawRequest(request="q-1"))).code == "unknown-request"
    other = await asks.ready_page()
    assert (await other.refused(WithdrawRequest(request=asked.id))).code == "unknown-request"
    await page.ask(WithdrawRequest(request=asked.id), People)
    await page.until(lambda: told(page) == ())


async def test_a_denied_request_is_put_away_by_its_visitor(asks: Hub) -> None:
    page = await eva(asks)
    first = await request(page)
    await asks.do(ask.RequestDeny(request=first.id, reason="No card."))
    second = await request(page)
    await asks.do(ask.RequestDeny(request=second.id, reason="Still no card."))
    await page.until(lambda: [each.reason for each in told(page)] == ["Still no card."])
    await page.ask(WithdrawRequest(request=second.id), People)
    await page.until(lambda: told(page) == ())
    assert (await page.refused(WithdrawRequest(request=second.id))).code == "unknown-request"
    # Staff still read what they decided.
    rows = await asks.do(ask.RequestList(all=True))
    assert [(row["status"], row["reason"]) for row in rows] == [
        ("denied", "No card."),
        ("denied", "Still no card."),
    ]
    third = await request(page)
    assert third.status == "pending"


async def test_a_lawyers_relation_makes_their_visits_private(asks: Hub) -> None:
    page = await eva(asks)
    asked = await request(page, relation="lawyer")
    assert asked.private
    await asks.do(ask.RequestApprove(request=asked.id))
    booked = await asks.do(
        ask.VisitBook(inmate=NUMBER, visitors=(EVA,), start="now", length_s=600.0)
    )
    assert booked["private"]


async def test_an_approval_lapses_and_can_be_ended(asks: Hub) -> None:
    asks.pass_time(31 * 86_400.0)
    page = await asks.page()
    await page.hello()
    await page.log_in(EMAIL)
    await page.until(lambda: [each.status for each in told(page)] == ["expired"])
    log_in = FacilityLogIn(facility="north", password=PASSWORD)
    assert (await page.refused(log_in)).code == "not-approved"
    await asks.do(ask.VisitorApprove(email=EMAIL, inmate=NUMBER, days=0))
    await page.until(lambda: told(page)[0].status == "approved")
    assert told(page)[0].expires_at is None
    ended = await asks.do(ask.VisitorRevoke(email=EMAIL, inmate=NUMBER, reason="At his wish."))
    assert ended["approved"] == []
    await page.until(lambda: told(page)[0].reason == "At his wish.")
    with pytest.raises(StaffError, match="is not approved"):
        await asks.book(start="+600")


async def test_rules_are_accepted_once_a_version_before_a_visit(asks: Hub) -> None:
    visit = await asks.book(seconds=600.0)
    page = await asks.ready_page()
    await page.until(lambda: page.newest(FacilityTerms))
    terms = page.newest(FacilityTerms)
    assert terms is not None and (terms.rules, terms.accepted_at) == (RULES, None)
    join = Join(visit=visit, page="p1")
    assert (await page.refused(join)).code == "rules-not-accepted"
    assert (await page.refused(AcceptRules(facility="north", version="0"))).code == "stale-rules"
    accepted = await page.ask(AcceptRules(facility="north", version="1"), FacilityTerms)
    assert accepted.accepted_at is not None
    again = await page.ask(AcceptRules(facility="north", version="1"), FacilityTerms)
    assert again.accepted_at == accepted.accepted_at
    await page.ask(join, Joined)


async def test_a_facility_may_let_its_log_in_hold_longer_or_shorter(tmp_path: Path) -> None:
    config = hub_config(tmp_path, facility=(north(facility_log_in_s=60.0),))
    async with running_hub(config) as hub:
        await hub.people()
        page = await hub.page()
        await page.hello()
        await page.log_in()
        opened = await page.open()
        assert opened.until - hub.clock() == pytest.approx(60, abs=5)


def a_card() -> str:
    made = io.BytesIO()
    Image.new("RGB", (60, 40), "blue").save(made, "PNG")
    return base64.b64encode(made.getvalue()).decode()


async def test_a_photo_that_comes_twice_is_kept_once(asks: Hub) -> None:
    page = await eva(asks)
    part = PhotoPart(photo="p1", part=a_card(), last=True)
    for _ in range(2):  # the answer was lost, say
        await page.ask(part, PhotoKept)


async def test_photos_are_not_taken_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "PHOTOS", Limit("one photo", 1, 3600.0))
    async with running_hub(hub_config(tmp_path, facility=(north(),))) as hub:
        await hub.people()
        page = await hub.ready_page()
        await page.ask(PhotoPart(photo="p1", part=a_card(), last=True), PhotoKept)
        more = PhotoPart(photo="p2", part=a_card(), last=True)
        assert (await page.refused(more)).code == "too-many-requests"


async def test_half_sent_photos_shut_nobody_out(asks: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people_endpoint, "UPLOADS", 3)
    part = PhotoPart(photo="p1", part=a_card()[:400])
    pages = [await eva(asks) for _ in range(3)]
    for page in pages[:2]:
        await page.send(part)
        await page.ask(Ping(sent=0.0), Pong)
    assert (await pages[2].refused(part)).code == "busy"
    other = await asks.ready_page()
    await other.send(part)
    await other.ask(Ping(sent=0.0), Pong)
    await pages[0].ask(LogOut(), LoggedOut)  # what it sent goes with it
    whole = PhotoPart(photo="p2", part=a_card(), last=True)
    await pages[2].ask(whole, PhotoKept)
    await pages[2].send(part)
    await pages[2].ask(Ping(sent=0.0), Pong)
    late = await eva(asks)
    assert (await late.refused(whole)).code == "busy"
    asks.pass_time(PART_WITHIN_S)
    await late.ask(whole, PhotoKept)


async def test_a_photo_comes_in_parts_and_reaches_staff(tmp_path: Path) -> None:
    config = hub_config(tmp_path, facility=(north(photo="required"),))
    async with running_hub(config) as hub:
        await hub.people()
        page = await hub.ready_page()
        message = RequestApproval(facility="north", inmate_number="7", relation="mother")
        refused = await page.refused(message)
        assert (refused.code, refused.facts) == ("photo-refused", {"why": "missing"})
        wrong = await page.refused(PhotoPart(photo="p0", part="AAAA", last=True))
        assert (wrong.code, wrong.facts) == ("photo-refused", {"why": "not-a-picture"})
        card = a_card()
        half = len(card) // 8 * 4
        await page.send(PhotoPart(photo="p1", part=card[:half]))
        await page.ask(PhotoPart(photo="p1", part=card[half:], last=True), PhotoKept)
        stolen = RequestApproval(facility="north", inmate_number="7", relation="mother", photo="p2")
        assert (await page.refused(stolen)).code == "photo-refused"
        asked = RequestApproval(facility="north", inmate_number="7", relation="mother", photo="p1")
        await page.ask(asked, People)
        (row,) = await hub.do(ask.RequestList())
        photo = await hub.do(ask.RequestPhoto(request=row["request"]))
        with Image.open(io.BytesIO(base64.b64decode(photo["jpeg"]))) as jpeg:
            assert (jpeg.format, jpeg.size) == ("JPEG", (60, 40))
        await hub.do(ask.RequestDeny(request=row["request"], reason="No."))
        now = hub.clock()
        assert await hub.services.store.requests.sweep(now - 1.0, now - 1.0) == 0
        assert await hub.services.store.requests.sweep(now + 1.0, now - 1.0) == 1
        with pytest.raises(StaffError, match="has no photo"):
            await hub.do(ask.RequestPhoto(request=row["request"]))


async def test_terms_are_told_to_whoever_asks(asks: Hub) -> None:
    page = await eva(asks)
    terms = await page.ask(GetFacility(facility="north"), FacilityTerms)
    assert terms.private_relations == ("lawyer",)
    assert (await page.refused(GetFacility(facility="west"))).code == "unknown-facility"


async def test_an_inmates_housing_unit_is_kept(asks: Hub) -> None:
    await asks.do(ask.InmateAdd(number="8", name="Max", facility="north", unit="B"))
    await asks.do(ask.InmateMove(number="8", unit="C"))
    rows = {each["number"]: each["unit"] for each in await asks.do(ask.InmateList())}
    assert rows == {NUMBER: "", "8": "C"}
    roster = "number,name,facility,unit\n9,Ned,north,D\n"
    await asks.do(ask.InmateImport(roster=roster))
    rows = {each["number"]: each["unit"] for each in await asks.do(ask.InmateList())}
    assert rows["9"] == "D"
    too_long = f"number,name,facility,unit\n10,Ned,north,{'D' * 81}\n"
    (mistake,) = (await asks.do(ask.InmateImport(roster=too_long)))["mistakes"]
    assert (mistake["line"], mistake["expected"]) == (2, "at most 80 characters")
