"""Enrolment, proof of the key, sign-in and lockout, boards."""

from __future__ import annotations

import asyncio
import base64
import logging
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from signalling.device_report import DeviceState, Fact, PastFaultView
from signalling.hub import staff_commands as ask
from signalling.hub.errors import StaffError
from signalling.hub.metrics import Levels
from signalling.hub.pushes import MAX_SEAT_VISITS
from signalling.hub.switchboard import REPLACED
from signalling.hub.terminals import CODE_HOLDS_S, NONCE_HOLDS_S, Terminals, new_code
from signalling.messages import (
    Board,
    Challenge,
    Choose,
    DeviceReport,
    End,
    Enrol,
    Health,
    Ping,
    Pong,
    Proof,
    SeatMessage,
    SignIn,
    TerminalHello,
    TerminalWelcome,
    Violation,
    encode,
)
from signalling.visit import Status
from signalling.wire import MAX_FRAME, VERSION, Neighbour
from tests.signalling.hub.harness import NUMBER, PIN, Hub, Terminal, eventually

C4 = ask.TerminalAdd(terminal="c4", facility="north", label="Terminal 4", unit="Unit C")


def enrol(key: Ed25519PrivateKey, code: str, terminal: str = "c4") -> Enrol:
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    return Enrol(versions=[VERSION], terminal=terminal, code=code, public_key=public)


async def test_a_code_is_spent_once_whatever_its_case_and_dashes(hub: Hub) -> None:
    code = (await hub.do(C4))["code"]
    terminal, key = await hub.terminal(), Ed25519PrivateKey.generate()
    await terminal.enrol(key, "c4", code.lower().replace("-", ""))
    welcome = terminal.newest(TerminalWelcome)
    assert welcome is not None
    assert (welcome.label, welcome.facility.time_zone) == ("Terminal 4", "America/Chicago")
    thief = await hub.terminal()
    await thief.send(enrol(Ed25519PrivateKey.generate(), code))
    assert await thief.violated() == ("unauthorised", 1008)


async def test_a_code_is_not_spent_without_proof(hub: Hub) -> None:
    code = (await hub.do(C4))["code"]
    terminal, key = await hub.terminal(), Ed25519PrivateKey.generate()
    await terminal.ask(enrol(key, code), Challenge)
    await terminal.send(Proof(signature=base64.b64encode(bytes(64)).decode()))
    assert await terminal.violated() == ("unauthorised", 1008)
    again = await hub.terminal()
    await again.enrol(key, "c4", code)


async def test_five_wrong_codes_void_it_and_a_day_does_too(hub: Hub) -> None:
    code, key = (await hub.do(C4))["code"], Ed25519PrivateKey.generate()
    for guess in ["AAAA-AAAA"] * 5 + [code]:
        terminal = await hub.terminal()
        await terminal.send(enrol(key, guess))
        assert await terminal.violated() == ("unauthorised", 1008)
        told = terminal.newest(Violation)
        assert told is not None
        assert ("tried too often" if guess == code else "is wrong or was used") in told.detail
    code = (await hub.do(C4))["code"]
    hub.pass_time(CODE_HOLDS_S)
    for guess, said in ((code, "too old, it held for 24 hours"), ("AAAA-AAAA", "wrong or was")):
        terminal = await hub.terminal()
        await terminal.send(enrol(key, guess))
        assert await terminal.violated() == ("unauthorised", 1008)
        told = terminal.newest(Violation)
        assert told is not None
        assert said in told.detail


async def test_a_wrong_key_and_an_unknown_terminal_look_alike(hub: Hub) -> None:
    await hub.ready_terminal("c4")
    for name in ("c4", "no-such-terminal"):
        terminal = await hub.terminal()
        hello = TerminalHello(versions=[VERSION], terminal=name)
        challenge = await terminal.ask(hello, Challenge)
        assert len(base64.b64decode(challenge.nonce)) == 32
        await terminal.prove(Ed25519PrivateKey.generate(), name, challenge)
        assert await terminal.violated() == ("unauthorised", 1008)


async def test_a_nonce_is_fresh_and_its_proof_cannot_be_replayed(hub: Hub) -> None:
    await hub.ready_terminal("c4")
    hello = TerminalHello(versions=[VERSION], terminal="c4")
    one, two = await hub.terminal(), await hub.terminal()
    first, second = await one.ask(hello, Challenge), await two.ask(hello, Challenge)
    assert first.nonce != second.nonce
    await two.prove(hub.keys["c4"], "c4", first)
    assert await two.violated() == ("unauthorised", 1008)


async def test_a_proof_that_comes_late_is_refused(hub: Hub) -> None:
    now = [0.0]
    terminals = Terminals(hub.services.store, "test-hub", lambda: now[0])
    handshake = await terminals.hello(TerminalHello(versions=[VERSION], terminal="c4"))
    now[0] = NONCE_HOLDS_S + 0.1
    with pytest.raises(Exception, match="too late"):
        await terminals.prove(handshake, Proof(signature="AAAA"))


async def test_a_second_live_link_on_one_key_wins_and_is_warned_of(
    hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    terminal, page, visit = await hub.begun()
    with caplog.at_level(logging.WARNING):
        clone = await hub.ready_terminal("c4")
        assert (await terminal.ended())[0] == REPLACED
        await eventually(lambda: "alarm=second-link terminal=c4 two machines" in caplog.text)
    await clone.send(End(visit=visit))
    await page.sees(visit, lambda view: view.ended_at is not None)
    assert "interrupted" not in await hub.kinds(visit)


async def row(hub: Hub) -> dict[str, Any]:
    (found,) = [each for each in await hub.do(ask.TerminalList()) if each["terminal"] == "c4"]
    return dict(found)


async def alarms(hub: Hub) -> int:
    return int((await row(hub))["second_links"])


async def until_alarms(hub: Hub, count: int) -> None:
    async with asyncio.timeout(5):
        while await alarms(hub) < count:  # noqa: ASYNC110 - the store has no event
            await asyncio.sleep(0.01)


async def test_a_copied_key_is_an_alarm_until_the_key_is_another(hub: Hub) -> None:
    await hub.ready_terminal("c4")
    await hub.ready_terminal("c4")
    await until_alarms(hub, 1)
    await hub.ready_terminal("c4")
    await until_alarms(hub, 2)
    listed, top = await row(hub), await hub.do(ask.HubShow())
    assert listed["alarm"] == "two machines use its key"
    assert listed["second_link_at"] == pytest.approx(hub.clock(), abs=5)
    assert top["terminals"] == {"linked": 1, "faulty": 0, "doubled": 1}
    assert b"visitbooth_second_links_total 2.0" in hub.services.metrics.text(Levels())
    await hub.do(ask.TerminalReplace(terminal="c4", now=True))
    assert (await row(hub))["alarm"] == ""
    assert (await hub.do(ask.HubShow()))["terminals"]["doubled"] == 0


async def test_a_terminal_that_comes_back_by_itself_is_no_alarm(hub: Hub) -> None:
    lost = await hub.ready_terminal("c4")
    # It has given its older connection up, but the hub has not heard of that.
    lost.socket.transport.pause_reading()
    older = hub.services.switchboard.terminals["c4"]
    await hub.ready_terminal("c4")
    assert older.client.closed_with == REPLACED
    await lost.pull()
    await hub.ready_terminal("c5")
    assert await alarms(hub) == 0


async def test_a_replacement_takes_over_when_it_has_proved_its_key(hub: Hub) -> None:
    broken, key = await hub.ready_terminal("c4"), Ed25519PrivateKey.generate()
    code = (await hub.do(ask.TerminalReplace(terminal="c4")))["code"]
    await broken.ask(Ping(sent=1.0), Pong)
    assert (await row(hub))["enrolled"] is True
    assert (await row(hub))["key"] == "enrolled, a code waits for another machine"
    new = await hub.terminal()
    await new.enrol(key, "c4", code)
    assert await broken.ended() == (1008, "revoked")
    assert await alarms(hub) == 0
    again = await hub.terminal()
    challenge = await again.ask(TerminalHello(versions=[VERSION], terminal="c4"), Challenge)
    await again.prove(hub.keys["c4"], "c4", challenge)
    assert await again.violated() == ("unauthorised", 1008)
    await new.ask(Ping(sent=1.0), Pong)


async def test_staff_see_what_became_of_a_key_and_a_code(hub: Hub) -> None:
    add = ask.TerminalAdd(terminal="c4", facility="north", label="4", unit="C")
    await hub.do(add)
    assert (await row(hub))["key"] == "none, its code waits"
    hub.pass_time(25 * 3600)
    assert (await row(hub))["key"] == "none, its code is void"
    await hub.do(ask.TerminalRevoke(terminal="c4"))
    assert (await row(hub))["key"] == "revoked"
    code = (await hub.do(add))["code"]
    new = await hub.terminal()
    await new.enrol(Ed25519PrivateKey.generate(), "c4", code)
    assert (await row(hub))["key"] == "enrolled"


async def test_a_stolen_terminal_is_out_before_its_replacement_comes(hub: Hub) -> None:
    stolen = await hub.ready_terminal("c4")
    code = (await hub.do(ask.TerminalReplace(terminal="c4", now=True)))["code"]
    assert await stolen.ended() == (1008, "revoked")
    new = await hub.terminal()
    await new.enrol(Ed25519PrivateKey.generate(), "c4", code)
    with pytest.raises(StaffError, match="there is no terminal c9"):
        await hub.do(ask.TerminalReplace(terminal="c9"))
    with pytest.raises(StaffError, match="in its place: visit-hub terminal replace c4"):
        await hub.do(C4)


async def test_what_a_revoked_terminal_still_says_is_not_heard(hub: Hub) -> None:
    terminal, page, visit = await hub.begun()
    hub.services.switchboard.terminals["c4"].client.close(1008, "revoked")
    await terminal.send(End(visit=visit))
    await terminal.ended()
    await page.sees(visit, lambda view: view.status is Status.INTERRUPTED)
    assert "ended" not in await hub.kinds(visit)


async def test_revoked_terminals_are_cut_off(hub: Hub) -> None:
    terminal = await hub.ready_terminal("c4")
    await hub.do(ask.TerminalRevoke(terminal="c4"))
    await terminal.ended()
    again = await hub.terminal()
    challenge = await again.ask(TerminalHello(versions=[VERSION], terminal="c4"), Challenge)
    await again.prove(hub.keys["c4"], "c4", challenge)
    assert await again.violated() == ("unauthorised", 1008)


def test_codes_have_forty_bits() -> None:
    codes = {new_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(len(code) == 9 and not set(code) & set("IO01") for code in codes)


# -- sign-in ----------------------------------------------------------------------------------


async def wrong(
    terminal: Terminal, number: str = NUMBER, pin: str = "000000"
) -> tuple[str, object]:
    refused = await terminal.refused(SignIn(inmate_number=number, pin=pin))
    return refused.code, refused.facts.get("tries_left")


@pytest.mark.parametrize("number", [NUMBER, "99999"])
async def test_wrong_pins_lock_known_and_unknown_numbers_alike(
    hub: Hub, number: str, caplog: pytest.LogCaptureFixture
) -> None:
    await hub.people()
    terminal = await hub.ready_terminal()
    assert await wrong(terminal, number) == ("wrong-sign-in", 2)
    assert await wrong(terminal, number) == ("wrong-sign-in", 1)
    assert await wrong(terminal, number) == ("locked", None)
    assert f"inmate number {number} is locked after wrong PINs" in caplog.text
    other = await hub.ready_terminal("c5")
    refused = await other.refused(SignIn(inmate_number=number, pin=PIN))
    assert refused.code == "locked"
    unlock_at = refused.facts["unlock_at"]
    assert isinstance(unlock_at, float)
    assert 890 < unlock_at - hub.clock() <= 900


async def test_a_lockout_ends_by_time_and_by_staff(hub: Hub) -> None:
    await hub.people()
    terminal = await hub.ready_terminal()
    for _ in range(3):
        await wrong(terminal)
    await hub.do(ask.InmateRelease(number=NUMBER))
    assert await wrong(terminal) == ("wrong-sign-in", 2)
    assert await wrong(terminal) == ("locked", None)  # five wrong PINs lock this terminal
    hub.pass_time(901)
    seat = await terminal.ask(SignIn(inmate_number=NUMBER, pin=PIN), SeatMessage)
    assert seat.seat is not None


async def test_a_terminal_locks_whoevers_pins_are_wrong(hub: Hub) -> None:
    await hub.people()
    terminal = await hub.ready_terminal()
    for number in ("1", "2", "3", "4"):
        assert await wrong(terminal, number) == ("wrong-sign-in", 2)
    assert (await wrong(terminal, "5"))[0] == "locked"
    assert (await wrong(terminal, NUMBER, PIN))[0] == "locked"
    other = await hub.ready_terminal("c5")
    assert (await other.sign_in()) is not None


async def test_an_inmate_without_visits_is_seated_by_name_and_signed_out(hub: Hub) -> None:
    await hub.people()
    terminal = await hub.ready_terminal()
    seat = await terminal.sign_in()
    assert seat is not None
    assert (seat.inmate, seat.visits, seat.visit) == ("Daniel", (), None)
    await terminal.sign_out()


async def test_another_inmate_takes_the_seat_and_the_first_is_signed_out(hub: Hub) -> None:
    await hub.people()
    await hub.do(ask.InmateAdd(number="99", name="Max", facility="north", pin="111222"))
    visit = await hub.book()
    terminal = await hub.ready_terminal()
    await terminal.sign_in()
    await terminal.send(SignIn(inmate_number="99", pin="111222"))
    await terminal.until(lambda: terminal.seat is not None and terminal.seat.inmate == "Max")
    assert await hub.kinds(visit) == ["booked", "inmate-signed-in", "inmate-signed-out"]


async def test_a_seat_with_a_year_of_bookings_fits_in_a_frame(hub: Hub) -> None:
    await hub.people()
    for day in range(1, 100):
        await hub.book(start=f"+{day * 86_400}", seconds=600)
    now = await hub.book()
    terminal = await hub.ready_terminal()
    seat = await terminal.sign_in()
    assert seat is not None
    assert len(encode(SeatMessage(now=0.0, seat=seat))) < MAX_FRAME
    starts = [each.starts_at for each in seat.visits]
    assert (seat.visit, seat.visits[0].id, len(starts)) == (now, now, MAX_SEAT_VISITS)
    assert starts == sorted(starts)


async def test_choose_needs_a_seat_and_an_own_visit_inside_its_window(hub: Hub) -> None:
    await hub.people()
    visit = await hub.book("+7200", 60)
    terminal = await hub.ready_terminal()
    assert (await terminal.refused(Choose(visit=visit))).code == "not-signed-in"
    await terminal.sign_in()
    refused = await terminal.refused(Choose(visit=visit))
    assert (refused.code, refused.facts) == ("not-ready", {"status": "scheduled"})
    assert (await terminal.refused(Choose(visit="other"))).code == "unknown-visit"


async def test_board_shows_the_next_start_and_a_free_neighbour_in_order(hub: Hub) -> None:
    await hub.people()
    one = await hub.ready_terminal("c4")
    board = one.newest(Board)
    assert board is None or board.free_terminal is None
    two = await hub.ready_terminal("c5")
    neighbour = Neighbour(label="Terminal c5", unit="C")
    await one.until(lambda: (b := one.newest(Board)) and b.free_terminal == neighbour)
    await hub.book("+7200", 60)
    await one.until(lambda: (b := one.newest(Board)) and b.next_start_at)
    await two.send(Health(faults=["CAM-01"]))
    await one.until(lambda: (b := one.newest(Board)) and b.free_terminal is None)
    await two.send(Health(faults=[]))
    await one.until(lambda: (b := one.newest(Board)) and b.free_terminal == neighbour)
    await two.sign_in()
    await one.until(lambda: (b := one.newest(Board)) and b.free_terminal is None)


# -- what a terminal reports of itself --------------------------------------------------------

REPORT = DeviceReport(
    devices=[DeviceState(device="camera", state="fail", code="CAM-02", detail="black")],
    faults=[
        PastFaultView(code="CAM-02", since=1_800_000_000.0),
        PastFaultView(code="MIC-01", since=1_799_000_000.0, mended_at=1_799_000_060.0),
    ],
    facts=[Fact(name="kernel", value="6.1.0")],
)


async def test_the_newest_report_is_kept_before_its_ping_is_answered(hub: Hub) -> None:
    terminal = await hub.ready_terminal()
    nothing = await hub.do(ask.TerminalShow(terminal="c4"))
    assert (nothing["reported_at"], nothing["devices"]) == (None, [])
    await terminal.send(DeviceReport(devices=[], faults=[], facts=[]))
    await terminal.send(REPORT)
    await terminal.ask(Ping(sent=1.0), Pong)
    shown = await hub.do(ask.TerminalShow(terminal="c4"))
    assert (shown["terminal"], shown["linked"]) == ("c4", True)
    assert shown["reported_at"] == pytest.approx(hub.clock(), abs=5)
    assert [(each["device"], each["code"]) for each in shown["devices"]] == [("camera", "CAM-02")]
    assert [(each["from"], each["to"]) for each in shown["history"]] == [
        ("2027-01-15 02:00:00 CST", None),
        ("2027-01-03 12:13:20 CST", "2027-01-03 12:14:20 CST"),
    ]
    assert shown["facts"] == [{"name": "kernel", "value": "6.1.0"}]


async def test_a_report_outlives_the_link_and_is_no_other_terminals(hub: Hub) -> None:
    terminal = await hub.ready_terminal("c4")
    await hub.ready_terminal("c5")
    await terminal.send(REPORT)
    await terminal.ask(Ping(sent=1.0), Pong)
    await terminal.close()
    assert (await hub.do(ask.TerminalShow(terminal="c4")))["reported_at"] is not None
    assert (await hub.do(ask.TerminalShow(terminal="c5")))["reported_at"] is None
    with pytest.raises(StaffError, match="there is no terminal c6"):
        await hub.do(ask.TerminalShow(terminal="c6"))
