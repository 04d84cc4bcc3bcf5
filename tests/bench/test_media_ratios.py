"""The short form fails for a call that got worse, in whatever way, and passes a good one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.bench.media import ratios
from tests.bench.media.calls import Chirps, Press, Taken
from tests.bench.media.ears import Ears
from tests.bench.media.samples import Delay
from tests.bench.media.session import Measured, Sized
from tests.bench.media.sides import Frame

SECONDS = 8
GOOD = Chirps([42.0] * SECONDS, [62.0] * SECONDS)


def frames(fps: float = 30, width: int = 640, freeze_ms: float = 0.0) -> list[Frame]:
    """Pictures, half of them behind a freeze."""
    count = int(SECONDS * fps)
    return [
        Frame(1000 / fps * each + freeze_ms * (each > count / 2), each, width, width * 3 // 4)
        for each in range(count)
    ]


def side(
    seen: list[Frame] | None = None, press_ms: float = 20, delay_ms: float = 6, cpu: float = 9
) -> Measured:
    """What a side measured, the same in both rounds."""
    pictures = frames() if seen is None else seen
    delay = Delay(delay_ms, delay_ms, [delay_ms] * 99)
    return Measured(
        warm=[Press(press_ms, press_ms)] * 16,
        cold=[Press(90, 90)] * 8,
        calls=[Taken(pictures, pictures, delay, delay)] * 2,
        idle_percent=[5, 5],
        call_percent=[5 + cpu] * 2,
        pss_mb=[100],
    )


PEER = side(press_ms=38, delay_ms=13, cpu=15)


@pytest.fixture(autouse=True)
def bare_codecs(monkeypatch: pytest.MonkeyPatch) -> None:
    """3.4 % of a core, without measuring it."""
    monkeypatch.setattr("tests.bench.media.limit.call_percent", lambda *_: 3.4)


def fallen(ours: Measured, heard: Chirps = GOOD) -> set[str]:
    said: list[str] = []
    told = ratios.fallen(
        [Sized(640, 480, ours, PEER)], Ears(heard, Chirps([65.0] * 8, [65.0] * 8)), said.append
    )
    assert len(said) == len(ratios.RATIOS)
    return told


def test_a_good_call_passes() -> None:
    assert fallen(side()) == set()


@pytest.mark.parametrize(
    ("ours", "what"),
    [
        (side(press_ms=60), "press to picture"),
        (side(delay_ms=40), "picture delay"),
        (side(cpu=21), "CPU"),
        (side(frames(fps=5)), "readable pictures"),
        (side([replace(each, number=None) for each in frames()]), "readable pictures"),
        (side(frames(width=320)), "width"),
        (side(frames(freeze_ms=3000)), "gaps"),
    ],
)
def test_one_that_got_worse_falls(ours: Measured, what: str) -> None:
    found = fallen(ours)
    assert found and all(each.startswith(what) for each in found)


@pytest.mark.parametrize(
    ("heard", "what"),
    [
        (Chirps([120.0] * SECONDS, [62.0] * SECONDS), "mouth to ear to the kiosk"),
        (Chirps([42.0] * SECONDS, [62.0] + [None] * 7), "missing chirps at the family"),
    ],
)
def test_sound_that_got_worse_falls(heard: Chirps, what: str) -> None:
    found = fallen(side(), heard)
    assert found and all(each.startswith(what) for each in found)
