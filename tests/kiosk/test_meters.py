"""Quality words and the hub's clock."""

from __future__ import annotations

import msgspec
import pytest

from kiosk.hub_clock import HubClock
from kiosk.meters import quality
from tests.kiosk.test_narration import STATS


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
    assert quality(msgspec.structs.replace(STATS, fps_in=fps_in, rtt_ms=rtt_ms)) == word


def test_the_hubs_clock_is_followed_by_its_quickest_message() -> None:
    clock = HubClock(1000.0)
    assert clock.at(1.0) == 1001.0
    clock.heard(501.0, 1.0)  # ours was wrong
    assert clock.at(2.0) == 502.0
    clock.heard(502.0, 2.3)  # 0.3 s late: not believed
    assert clock.at(3.0) == 503.0
    clock.heard(503.1, 3.0)  # quicker than any before
    assert clock.at(3.0) == 503.1
    clock.heard(480.0, 4.0)  # the hub's clock was set back
    assert clock.at(4.0) == 480.0
