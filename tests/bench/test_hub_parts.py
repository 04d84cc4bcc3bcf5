"""The pure parts of the hub's benchmark: samples, shares, who is who."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import load_hub
from tests.bench.hub.people import facility, hub_toml, session_token, terminal_key
from tests.bench.hub.samples import Samples, share
from tests.bench.hub.sizes import FULL, PAIRS, SHORT, Size


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
