"""Quality words."""

from __future__ import annotations

import msgspec
import pytest

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
