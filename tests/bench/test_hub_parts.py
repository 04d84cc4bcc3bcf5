"""The pure parts of the hub's benchmark: samples, shares, who is who."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import load_hub
from tests.bench.hub.across import Across, Way
from tests.bench.hub.ours import Ours
from tests.bench.hub.people import facility, hub_toml, session_token, terminal_key
from tests.bench.hub.rows import add_rows, add_secure
from tests.bench.hub.rows_several import TAKEN_WITHIN_S, add_across, add_takeover
from tests.bench.hub.running import Measured
from tests.bench.hub.samples import Samples, share
from tests.bench.hub.secure import Secure
from tests.bench.hub.several import knows_both
from tests.bench.hub.sizes import FACILITIES, FULL, PAIRS, SHORT, Size
from tests.bench.hub.takeover import AFTER_S, BEFORE_S, HOWS, TakenOver, timetable
from tests.bench.report import Benchmark


def test_a_message_counts_once_however_often_it_arrives() -> None:
    samples = Samples()
    samples.left("offer 1")
    for key in ("offer 1", "offer 1", "never sent"):
        samples.arrived(key)
    (took_ms,) = samples.take()
    assert took_ms >= 0
    assert samples.take() == []


def test_a_share_is_the_value_that_so_many_do_not_exceed() -> None:
    assert share([float(number) for number in range(1, 101)], 99) == 100.0
    assert share([3.0, 1.0, 2.0], 50) == 2.0
    with pytest.raises(ValueError, match="nothing was measured"):
        share([], 99)


def test_everybody_follows_from_their_number() -> None:
    keys = {terminal_key(number).public_key().public_bytes_raw() for number in (0, 1, 0)}
    assert len(keys) == 2
    assert session_token(1) != session_token(2)
    assert facility(0) == facility(50) != facility(1)


@pytest.mark.parametrize("size", [FULL, SHORT])
def test_there_are_people_for_every_part_of_a_run(size: Size) -> None:
    assert PAIRS + size.starting + size.pending <= size.clients // 2


def test_the_benchmarks_configuration_is_one(tmp_path: Path) -> None:
    path = tmp_path / "hub.toml"
    path.write_text(hub_toml(path.parent), encoding="utf-8")
    assert len(load_hub(path).facility) == 50


@pytest.mark.parametrize("size", [FULL, SHORT])
def test_timers_fire_before_a_fault_and_until_long_after_it(size: Size) -> None:
    times = timetable(1000.0, size.timers)
    ats = sorted(at for _, _, at in times.values())
    assert ats[0] == 1000.0 - BEFORE_S
    assert max(TAKEN_WITHIN_S.values()) < ats[-1] - 1000.0 < AFTER_S
    pages = [page for page, _, _ in times.values()]
    assert len(set(pages)) == len(pages) == 2 * size.timers
    assert min(pages) == FACILITIES


def test_a_hub_knows_both_by_its_newest_word() -> None:
    one, two = "INFO hubs: h-aa\n", "INFO hubs: h-aa, h-bb\nINFO more h-cc\n"
    assert knows_both(one + two)
    assert not knows_both(two + one)
    assert not knows_both("")


def test_each_fault_has_a_goal_and_what_is_missed_is_told() -> None:
    assert set(TAKEN_WITHIN_S) == set(HOWS)
    bench = Benchmark("hub")
    found = TakenOver(kept_s=4.0, back_s=[0.3, 4.5], again_s=[4.6], late_s=[0.0, 5.5], twice=1)
    add_takeover(bench, "frozen", found)
    assert [row.met for row in bench.rows] == [None, True, True, False, False]
    assert all(row.what.startswith("keeping hub frozen: ") for row in bench.rows)


def test_hubs_together_may_cost_a_little_more_than_twice_what_one_does() -> None:
    local, bus = Way([30.0], [0.2], [0.5]), Way([40.0, 30.0, 7.0], [0.4], [0.9])
    bench = Benchmark("hub")
    add_across(bench, Across(local, bus))
    (cpu,) = [row for row in bench.rows if row.what.startswith("CPU of both hubs")]
    assert (cpu.ours, cpu.limit, cpu.met) == (70.0, 30.0, False)


def test_tls_is_held_against_the_bare_relay_without() -> None:
    secure = Secure(Measured(kib_each=37.0), {"took_s": 26.0, "resets": 0, "wrong": 0})
    bench = Benchmark("hub")
    add_secure(bench, FULL, secure, Measured(kib_each=12.5))
    assert [(row.goal, row.met) for row in bench.rows if row.goal is not None] == [
        (37.5, True), (25.0, False), (0.0, True), (0.0, True),
    ]  # fmt: skip


def test_the_table_says_for_how_long_pauses_were_looked_for() -> None:
    ours = Ours(
        start_s=[0.5], ready_ms=[3.0], told_ms=[90.0], beside_ms=[9.0],
        back={"took_s": 9.0, "resets": 0, "wrong": 0},
        pause_ms=[60.0, 20.0], minutes=[61.25, 1.5], held_ms=[1.0, 40.0],
    )  # fmt: skip
    every = [Measured(alone_ms=[1.0], starting_ms=[1.0]) for _ in range(2)]
    ours.common = Measured(alone_ms=[1.0], starting_ms=[1.0])
    bench = Benchmark("hub")
    add_rows(bench, FULL, ours, *every)
    met = {row.what: row.met for row in bench.rows}
    assert met["longest pause of the loop in 61.2 minutes until it was killed"] is False
    assert met["longest pause of the loop in 1.5 minutes from its start again"] is True
    assert met["carried, 1,000 pages lost and back each 60 s, p99"] is False
    assert met["carried, 1,000 pages lost and back each 60 s, worst"] is True
