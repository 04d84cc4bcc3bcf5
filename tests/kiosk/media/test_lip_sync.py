"""Pictures wait for their sound, gently, and never for long, whatever is reported."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.media.lip_sync import MAX_HOLD_S, STEP_S, LipSync

SENDER_S = 3_900_000_000
"""The sender's clock: NTP seconds, nothing to do with ours."""
AUDIO_0, VIDEO_0 = 2**32 - 100_000, 2**32 - 50_000
"""Both wrap around within seconds."""


def watched(
    sound_s: float, picture_s: float, seconds: float = 4.0, lip_sync: LipSync | None = None
) -> list[float]:
    """Holds of each picture when sound and picture take so long from capture to being ready."""
    lip_sync = lip_sync or LipSync()
    holds = []
    for number in range(int(seconds * 30)):
        captured = number / 30
        if number % 60 == 0:
            ntp = int((SENDER_S + captured) * 2**32)
            lip_sync.report("audio", ntp, int(AUDIO_0 + captured * 48_000) % 2**32)
            lip_sync.report("video", ntp, int(VIDEO_0 + captured * 90_000) % 2**32)
        now = 70.0 + captured + picture_s
        playing = captured + picture_s - sound_s
        lip_sync.played(int(AUDIO_0 + playing * 48_000) % 2**32, now)
        holds.append(lip_sync.hold_s(int(VIDEO_0 + captured * 90_000) % 2**32, now))
    return holds


@pytest.mark.parametrize("sound_ms", [0, 20, 45, 60, 100, 180, 230])
@pytest.mark.parametrize("picture_ms", [8, 30, 100, 200])
def test_they_are_together_within_40_ms(sound_ms: int, picture_ms: int) -> None:
    hold_ms = watched(sound_ms / 1000, picture_ms / 1000)[-1] * 1000
    assert abs(sound_ms - picture_ms - hold_ms) <= 40
    if abs(sound_ms - picture_ms) < 30:
        assert hold_ms == 0, "nothing is held without need"


def test_it_changes_in_small_steps_and_comes_back() -> None:
    lip_sync = LipSync()
    there = watched(0.25, 0.02, lip_sync=lip_sync)
    back = watched(0.02, 0.02, lip_sync=lip_sync)
    holds = [0.0, *there, *back]
    steps = [abs(b - a) for a, b in itertools.pairwise(holds)]
    assert max(steps) <= STEP_S + 1e-9
    assert there[-1] == pytest.approx(0.2, abs=0.01)
    assert back[-1] == 0


def test_without_reports_or_sound_nothing_is_held() -> None:
    lip_sync = LipSync()
    lip_sync.played(5, 1.0)
    assert lip_sync.hold_s(7, 1.0) == 0
    lip_sync.report("video", SENDER_S << 32, 7)
    assert lip_sync.hold_s(7, 1.0) == 0


def test_sound_that_stopped_holds_nothing_any_more() -> None:
    lip_sync = LipSync()
    assert watched(0.2, 0.02, lip_sync=lip_sync)[-1] > 0.1
    later = [lip_sync.hold_s(int(VIDEO_0 + at * 3000) % 2**32, 80.0 + at / 30) for at in range(90)]
    assert later[-1] == 0


@pytest.mark.parametrize("ntp", [0, -5, 2**64, 1, 5 << 32])
def test_absurd_reports_hold_nothing(ntp: int) -> None:
    lip_sync = LipSync()
    watched(0.05, 0.03, lip_sync=lip_sync)
    lip_sync.report("video", ntp, VIDEO_0)
    holds = [
        lip_sync.hold_s((VIDEO_0 + 360_000 + at * 3000) % 2**32, 74.03 + at / 30) for at in range(9)
    ]
    assert all(hold == 0 for hold in holds)


@given(
    st.lists(
        st.one_of(
            st.tuples(
                st.sampled_from(["audio", "video"]), st.integers(-1, 2**65), st.integers(-1, 2**33)
            ),
            st.tuples(st.just("played"), st.integers(0, 2**32 - 1), st.floats(0, 1e6)),
            st.tuples(st.just("shown"), st.integers(0, 2**32 - 1), st.floats(0, 1e6)),
        ),
        max_size=60,
    )
)
def test_nothing_that_is_reported_holds_for_long_or_jumps(
    steps: list[tuple[str, int, float]],
) -> None:
    lip_sync = LipSync()
    before = 0.0
    for what, first, second in steps:
        if what == "played":
            lip_sync.played(first, second)
        elif what == "shown":
            hold = lip_sync.hold_s(first, second)
            assert abs(hold) <= MAX_HOLD_S
            assert abs(hold - before) <= STEP_S + 1e-12
            before = hold
        else:
            lip_sync.report("audio" if what == "audio" else "video", first, int(second))
