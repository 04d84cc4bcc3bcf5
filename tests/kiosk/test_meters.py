"""Quality words, and what the hub is told of a second."""

from __future__ import annotations

from math import isfinite

import msgspec
import pytest

from kiosk.media.commands import Stats
from kiosk.meters import QUALITY_HISTORY, QualityMeter, call_stats
from signalling.messages import TERMINAL_TO_HUB, encode
from signalling.wire import MAX_FRAME
from tests.kiosk.test_narration import STATS

FROZEN = msgspec.structs.replace(STATS, fps_in=0.0, kbps_in=50.0)
GONE = msgspec.structs.replace(STATS, fps_in=0.0, kbps_in=1.0)
SLOW = msgspec.structs.replace(STATS, fps_in=30.0, rtt_ms=501.0)


def after(*seconds: Stats, picture_wanted: bool = True) -> list[str]:
    """Return the word after each second."""
    meter = QualityMeter()
    words = []
    for stats in seconds:
        meter.measured(stats, picture_wanted=picture_wanted)
        words.append(meter.word)
    return words


@pytest.mark.parametrize(
    ("fps_in", "rtt_ms", "word"),
    [
        (0.5, 10.0, "sound-only"),
        (7.9, 10.0, "weak"),
        (30.0, 501.0, "weak"),
        (13.9, 10.0, "fair"),
        (30.0, 201.0, "fair"),
        (30.0, None, "good"),
    ],
)
def test_quality_words(fps_in: float, rtt_ms: float | None, word: str) -> None:
    stats = msgspec.structs.replace(STATS, fps_in=fps_in, rtt_ms=rtt_ms)
    assert after(*[stats] * QUALITY_HISTORY)[-1] == word


def test_it_starts_good_and_takes_seconds_to_worsen_but_none_to_mend() -> None:
    assert after(FROZEN, SLOW, FROZEN, FROZEN) == ["good", "good", "good", "weak"]
    assert after(*[FROZEN] * 4, STATS) == ["good"] * 3 + ["sound-only", "good"]


def test_a_connection_is_not_judged_by_the_one_before() -> None:
    other = msgspec.structs.replace(FROZEN, connection=STATS.connection + 1)
    assert after(*[FROZEN] * 4, other, other)[3:] == ["sound-only", "good", "good"]


def test_without_a_picture_that_is_sent_only_the_way_counts() -> None:
    assert after(*[FROZEN] * 4, picture_wanted=False)[-1] == "good"
    assert after(*[SLOW] * 4, picture_wanted=False)[-1] == "weak"


def test_sound_only_says_that_sound_comes() -> None:
    assert after(*[GONE] * 4)[-1] == "weak"


@pytest.mark.parametrize("name", [each for each in Stats.__struct_fields__ if each != "connection"])
@pytest.mark.parametrize("value", [-1e12, float("nan"), float("inf"), float("-inf"), 1e12])
def test_whatever_the_media_process_measures_the_hub_takes(name: str, value: float) -> None:
    counts = name in ("lost_in", "lost_out", "dropped", "width_in", "height_in")
    odd = int(value) if counts and isfinite(value) else 0 if counts else value
    told = call_stats("v1", msgspec.structs.replace(STATS, **{name: odd}))
    assert TERMINAL_TO_HUB.decode(encode(told), limit=MAX_FRAME) == told
