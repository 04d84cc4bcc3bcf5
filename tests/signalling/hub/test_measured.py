"""How a call is, as both ends say each second: kept in memory, logged, told to staff."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from signalling.errors import NotJson, WrongType
from signalling.hub import staff_commands as ask
from signalling.hub.measured import LOG_EVERY_S, Measures
from signalling.hub.tables import CALL, show_visit
from signalling.messages import (
    PAGE_TO_HUB,
    TERMINAL_TO_HUB,
    CallStats,
    Codec,
    End,
    Ping,
    Pong,
)
from signalling.visit import Status
from signalling.wire import MAX_FRAME
from tests.signalling.hub.harness import Hub

NAMES = [name for name in CallStats.__struct_fields__ if name not in ("visit", "connection")]


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.name.endswith(".measured")]


async def shown(hub: Hub, visit: str) -> list[dict[str, Any]]:
    call: list[dict[str, Any]] = (await hub.do(ask.VisitShow(visit=visit)))["call"]
    return call


async def test_both_ends_are_logged_and_shown_and_never_stored(
    hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    terminal, page, visit = await hub.begun()
    before = await hub.kinds(visit)
    stats = CallStats(visit=visit, connection=1, rtt_ms=12.5, lost_in=3, longest_gap_ms=66.0)
    await terminal.send(stats)
    await terminal.ask(Ping(sent=0.0), Pong)
    await page.send(CallStats(visit=visit, connection=1, fps_in=29.97))
    await page.ask(Ping(sent=0.0), Pong)
    at_page, at_terminal = await shown(hub, visit)
    assert (at_page["end"], at_page["fps_in"], at_page["rtt_ms"]) == ("page", 30.0, None)
    assert at_terminal == {
        "end": "terminal",
        "age_s": at_terminal["age_s"],
        **{name: getattr(stats, name) for name in ["connection", *NAMES]},
    }
    first, second = lines(caplog)
    assert first.startswith(f"call visit={visit} end=terminal connection=1 rtt_ms=12.5 ")
    assert " lost_in=3 " in first
    assert " longest_gap_ms=66.0 " in first
    assert second.startswith(f"call visit={visit} end=page connection=1 rtt_ms=- ")
    assert await hub.kinds(visit) == before
    await page.send(End(visit=visit))
    await page.sees(visit, lambda view: view.status is Status.ENDED)
    assert await shown(hub, visit) == []


async def test_before_the_press_and_from_other_pages_nothing_is_kept(hub: Hub) -> None:
    await hub.people()
    visit = await hub.book()
    terminal, page = await hub.ready_terminal(), await hub.ready_page()
    await terminal.sign_in()
    await page.join(visit)
    for client in (terminal, page):
        await client.send(CallStats(visit=visit, connection=1))
        await client.ask(Ping(sent=0.0), Pong)
    assert await shown(hub, visit) == []
    await page.press(visit)
    await terminal.sees(lambda view: view.tracks_open)
    other = await hub.ready_page()
    await other.join(visit, "page-2")
    await other.send(CallStats(visit=visit, connection=1))
    await other.ask(Ping(sent=0.0), Pong)
    assert await shown(hub, visit) == []


async def test_a_flood_is_a_line_a_second(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    measures = Measures()
    for tenth in range(100):
        measures.take("terminal", CallStats(visit="v", connection=1, dropped=tenth), tenth / 10)
    assert len(lines(caplog)) == 10
    assert measures.rows(now=9.9)[0]["dropped"] == 99


async def test_a_sender_that_is_early_and_late_by_turns_loses_no_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    measures = Measures()
    for second in range(20):
        wobble = 0.05 if second % 2 else -0.05 * bool(second)
        measures.take("page", CallStats(visit="v", connection=1), second + 0.1 + wobble)
    assert len(lines(caplog)) >= 19


async def test_a_clock_that_is_set_back_silences_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    measures = Measures()
    measures.take("page", CallStats(visit="v", connection=1), 5000.0)
    measures.take("page", CallStats(visit="v", connection=1), 10.0)
    measures.take("page", CallStats(visit="v", connection=1), 10.0 + LOG_EVERY_S)
    assert len(lines(caplog)) == 2


@pytest.mark.parametrize("value", ["-1", "1e999", "NaN", "-0.5e1", '"1"', "true", "2e9"])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("codec", [TERMINAL_TO_HUB, PAGE_TO_HUB])
def test_no_number_that_would_spoil_a_log_comes_in(
    codec: Codec[Any], name: str, value: str
) -> None:
    frame = '{"type":"call-stats","visit":"v","connection":1,"%s":%s}'
    assert codec.decode(frame % (name, "1"), limit=MAX_FRAME)
    with pytest.raises((WrongType, NotJson)):
        codec.decode(frame % (name, value), limit=MAX_FRAME)


async def test_staff_read_both_ends_side_by_side(
    hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal, page, visit = await hub.begun()
    for client, fps in ((terminal, 29.5), (page, 14.0)):
        await client.send(CallStats(visit=visit, connection=1, fps_in=fps))
        await client.ask(Ping(sent=0.0), Pong)
    show_visit(await hub.do(ask.VisitShow(visit=visit)), as_json=False)
    rows = [
        [cell.strip() for cell in line.split("│")] for line in capsys.readouterr().out.split("\n")
    ]
    assert ["", "pictures received, a second", "14.0", "29.5", ""] in rows
    assert ["", "round trip, ms", "-", "-", ""] in rows
    assert CALL.keys() == {"age_s", "connection", *NAMES}, "every number has its words"
