"""`visit-hub top`: what it asks, and what a person sees."""

from __future__ import annotations

import asyncio
import io
import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console

from signalling.hub import staff_commands as ask
from signalling.hub.cli_top import picture
from signalling.hub.desk_top import badness
from signalling.messages import CallStats, Health
from tests.signalling.hub.harness import Hub, eventually, hub_config, running_hub


def shown(told: dict[str, Any]) -> str:
    console = Console(width=200, file=io.StringIO())
    with console.capture() as captured:
        console.print(picture(told))
    return captured.get()


async def test_what_a_person_sees_of_a_hub_with_a_visit(hub: Hub) -> None:
    terminal, page, visit = await hub.begun()
    await terminal.send(CallStats(visit=visit, connection=1, rtt_ms=40.0, fps_in=29.0))
    await page.send(
        CallStats(visit=visit, connection=1, rtt_ms=90.0, fps_in=7.0, concealed_ms=120.0)
    )
    live = hub.services.visits.get(visit)
    assert live is not None
    await eventually(lambda: len(live.measures.rows(0)) == 2)
    await terminal.send(Health(faults=["CAM-01"]))
    await eventually(lambda: hub.services.switchboard.terminals["c4"].faults)
    told = await hub.do(ask.HubShow())
    assert json.loads(json.dumps(told)) == told
    assert told["connections"] == {"terminal": 1, "page": 1, "half-open": 0, "lent": 0}
    assert told["terminals"] == {"linked": 1, "faulty": 1, "doubled": 0}
    assert told["visits"]["in-visit"] == 1
    assert told["log_ins_a_minute"] == 1
    assert told["store_ms"]["p99"] >= told["store_ms"]["p50"] > 0
    assert [row["end"] for row in told["calls"]] == ["page", "terminal"]
    text = shown(told)
    for words in ("test-hub", "serving", "in-visit", "half-open", visit, "120.0", "faulty"):
        assert words in text
    for name in ("Daniel", "Ana"):
        assert name not in text


async def test_lockdowns_are_told_above_all(hub: Hub) -> None:
    assert (await hub.do(ask.HubShow()))["lockdowns"] == []
    await hub.do(ask.LockdownStart(facility="north", reason="Count [bold]"))
    told = await hub.do(ask.HubShow())
    text = shown(told)
    assert "Locked down: north, all, since" in text
    assert "by tester: Count [bold]" in text
    assert text.index("Locked down") < text.index("Connections")


async def test_it_is_no_entry_of_the_audit(hub: Hub) -> None:
    await hub.do(ask.HubShow())
    await hub.services.trail.flush()
    entries = await hub.services.store.audit.page(0, 100)
    assert not [each for each in entries if "hub show" in each.facts]


def test_an_end_that_fell_silent_is_the_worst() -> None:
    row = {"rtt_ms": None, "age_s": 1.0, "longest_gap_ms": 0.0, "concealed_ms": 0.0}
    gap, sound = {**row, "longest_gap_ms": 300.0}, {**row, "concealed_ms": 100.0}
    silent = {**row, "age_s": 9.0}
    order = sorted([gap, silent, sound, row], key=badness, reverse=True)
    assert order == [silent, sound, gap, row]


async def _run(config: Path, *more: str) -> tuple[int, str, str]:
    argv = [sys.executable, "-m", "signalling.hub", "top", "--config", str(config), *more]
    child = await asyncio.create_subprocess_exec(
        *argv, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await asyncio.wait_for(child.communicate(), 20)
    assert child.returncode is not None
    return child.returncode, out.decode(), err.decode()


async def test_the_command_line(tmp_path: Path) -> None:
    config = tmp_path / "hub.toml"
    config.write_text(
        f'name = "test-hub"\nstate_dir = "{tmp_path}/state"\n'
        '[[facility]]\nid = "north"\nname = "North Jail"\ntime_zone = "UTC"\n',
        encoding="utf-8",
    )
    status, _, err = await _run(config, "--once")
    assert (status, err.count("\n")) == (1, 1)
    assert "no hub runs with this configuration" in err
    async with running_hub(hub_config(tmp_path / "state")):
        (status, text, _), (as_json, told, _) = await asyncio.gather(
            _run(config), _run(config, "--json")
        )
    assert (status, as_json) == (0, 0)
    assert "No call goes on." in text
    assert json.loads(told)["state"] == "serving"
