"""Open faults: since when, who has to look again, who may mend them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.faults import FLAPS_WITHIN_S, MAX_FAULTS, STEADY_S, Faults


def faults(*codes: str) -> Faults:
    """Return these faults, raised one a second from 100 on."""
    made = Faults()
    for second, code in enumerate(codes):
        made.raised(code, 100.0 + second)
    return made


def test_at_first_nothing_fails() -> None:
    none = Faults()
    assert (none.codes, none.since, none.need_media) == ((), None, False)


def test_they_stand_in_the_order_in_which_they_came() -> None:
    three = faults("MIC-01", "CAM-01", "HOOK-01")
    assert (three.codes, three.since) == (("MIC-01", "CAM-01", "HOOK-01"), 100.0)


def test_a_repeat_keeps_its_place_and_its_first_time() -> None:
    two = faults("MIC-01", "CAM-01")
    two.raised("MIC-01", 500.0)
    assert (two.codes, two.since) == (("MIC-01", "CAM-01"), 100.0)


def test_since_is_the_oldest_time_even_when_the_hubs_clock_was_set_back() -> None:
    two = faults("MIC-01")
    two.raised("CAM-01", 40.0)
    assert two.since == 40.0
    two.mended("CAM-01")
    assert two.since == 100.0


def test_mended_and_broken_again_it_is_new() -> None:
    two = faults("MIC-01", "CAM-01")
    two.mended("MIC-01")
    two.raised("MIC-01", 500.0)
    assert (two.codes, two.since) == (("CAM-01", "MIC-01"), 101.0)


def test_mending_what_does_not_fail_changes_nothing() -> None:
    one = faults("MIC-01")
    one.mended("CAM-01")
    assert one.codes == ("MIC-01",)


@pytest.mark.parametrize(
    ("code", "needed"),
    [
        ("CAM-01", True),
        ("CAM-03", False),
        ("MIC-02", False),
        ("MIC-04", True),
        ("EAR-01", True),
        ("APP-01", False),
        ("HOOK-01", False),
        ("NET-04", False),
        ("HUB-04", False),
    ],
)
def test_what_a_media_process_can_see_mended_needs_one(code: str, needed: bool) -> None:
    assert faults(code).need_media is needed


@pytest.mark.parametrize(
    ("code", "judged"),
    [("CAM-02", True), ("EAR-03", True), ("APP-01", True), ("CAM-01", False), ("NET-03", False)],
)
def test_silent_black_frozen_and_a_program_that_fails_are_judgements(
    code: str, judged: bool
) -> None:
    assert faults(code).judged == ((code,) if judged else ())


def test_what_a_self_test_found_is_a_judgement_until_a_process_says_so_itself() -> None:
    one = Faults()
    one.raised("CAM-01", 100.0, "not there", judged=True)
    assert (one.judged, one.need_media) == (("CAM-01",), False)
    assert one.open == (("CAM-01", 100.0, "not there"),)
    one.raised("CAM-01", 200.0)
    assert (one.judged, one.need_media, one.since) == ((), True, 100.0)
    one.raised("CAM-01", 300.0, judged=True)
    assert one.judged == (), "whoever sees it missing sees it come back"
    one.mended("CAM-01")
    one.raised("CAM-01", 400.0)
    assert one.need_media


def test_a_process_that_opens_to_judge_leaves_judgements_standing() -> None:
    three = faults("CAM-01", "MIC-02")
    three.raised("EAR-04", 102.0, judged=True)
    three.media_started()
    three.media_opened(proves=True)
    assert three.codes == ("MIC-02", "EAR-04")
    three.media_started()
    three.media_opened()
    assert not three.codes


def test_no_more_are_kept_than_the_wire_carries_but_a_known_one_is_still_known() -> None:
    full = faults(*(f"CAM-{number:02}" for number in range(MAX_FAULTS)))
    full.raised("HOOK-01", 200.0)
    assert len(full.codes) == MAX_FAULTS
    assert "HOOK-01" not in full.codes
    full.raised("CAM-00", 200.0)
    assert full.since == 100.0
    full.mended("CAM-00")
    full.raised("HOOK-01", 200.0)
    assert full.codes[-1] == "HOOK-01"


# -- a new media process ----------------------------------------------------------------------


def test_until_the_new_process_has_opened_the_old_ones_faults_stand() -> None:
    one = faults("CAM-01")
    one.media_started()
    assert (one.codes, one.need_media) == (("CAM-01",), True)
    one.media_opened()
    assert (one.codes, one.need_media) == ((), False)


def test_what_the_new_process_reports_again_stays_since_its_first_time() -> None:
    two = faults("CAM-01", "MIC-01")
    two.media_started()
    two.raised("CAM-01", 300.0)
    two.media_opened()
    assert (two.codes, two.since) == (("CAM-01",), 100.0)


def test_what_the_new_process_found_first_stays() -> None:
    two = faults("CAM-01")
    two.media_started()
    two.raised("EAR-01", 300.0)
    two.media_opened()
    assert two.codes == ("EAR-01",)


def test_reported_again_and_mended_before_it_opened() -> None:
    one = faults("CAM-01")
    one.media_started()
    one.raised("CAM-01", 300.0)
    one.mended("CAM-01")
    one.media_opened()
    assert one.codes == ()


def test_broken_after_it_was_mended_it_outlives_the_opening() -> None:
    one = faults("CAM-01")
    one.media_started()
    one.mended("CAM-01")
    one.raised("CAM-01", 300.0)
    one.media_opened()
    assert (one.codes, one.since) == (("CAM-01",), 300.0)


def test_opening_says_nothing_of_the_hook_or_the_hub() -> None:
    three = faults("HOOK-01", "HUB-04", "CAM-01")
    three.media_started()
    three.media_opened()
    assert three.codes == ("HOOK-01", "HUB-04")


def test_a_second_opening_mends_nothing_that_came_since_the_first() -> None:
    one = faults()
    one.media_started()
    one.media_opened()
    one.raised("CAM-03", 300.0)
    one.media_opened()
    assert one.codes == ("CAM-03",)


# -- the link ---------------------------------------------------------------------------------


def test_a_hub_that_welcomes_mends_the_links_faults_and_no_other() -> None:
    four = faults("HUB-04", "CAM-01", "NET-04", "HOOK-01")
    four.link_up()
    assert (four.codes, four.since) == (("CAM-01", "HOOK-01"), 101.0)


CODES = st.sampled_from(["CAM-01", "CAM-02", "MIC-01", "APP-01", "HOOK-01", "HUB-04"])


@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.sampled_from(["raised", "mended"]), CODES),
            st.tuples(st.sampled_from(["started", "opened"]), st.none()),
        ),
        max_size=30,
    )
)
def test_opened_leaves_of_the_medias_faults_those_raised_since_the_start(
    steps: list[tuple[str, str | None]],
) -> None:
    """Against a plain record: who raised it last, the process that runs or one before."""
    real, open_codes, seen_before = Faults(), set[str](), set[str]()
    for clock, (step, code) in enumerate(steps):
        match step, code:
            case "raised", str():
                real.raised(code, float(clock))
                open_codes.add(code)
                seen_before.discard(code)
            case "mended", str():
                real.mended(code)
                open_codes.discard(code)
            case "started", None:
                real.media_started()
                seen_before = {each for each in open_codes if each[:3] in ("CAM", "MIC", "APP")}
            case _:
                real.media_opened()
                open_codes -= seen_before
                seen_before = set()
        assert set(real.codes) == open_codes
        assert (real.since is None) == (not open_codes)


# -- what comes and goes ----------------------------------------------------------------------


def flapped(made: Faults, times: int, *, every_s: float = 1.0) -> float:
    """Let a fault come and go; return the time after the last."""
    now = 0.0
    for _ in range(times):
        made.raised("CAM-01", now)
        made.settle(now)
        made.mended("CAM-01")
        made.settle(now)
        now += every_s
    return now


def test_what_comes_and_goes_is_followed_twice_and_then_has_to_be_steady() -> None:
    made = Faults()
    assert flapped(made, 2) == 2.0
    assert made.codes == ()
    made = Faults()
    flapped(made, 3)
    assert made.codes == ("CAM-01",)
    made.settle(2.0 + STEADY_S - 0.1)
    assert made.codes == ("CAM-01",)
    made.settle(2.0 + STEADY_S)
    assert made.since is None


def test_one_that_flaps_for_ever_is_one_fault() -> None:
    made = Faults()
    flapped(made, 500)
    assert made.open == (("CAM-01", 2.0, ""),)


def test_what_comes_seldom_is_mended_at_once() -> None:
    made = Faults()
    flapped(made, 10, every_s=FLAPS_WITHIN_S / 2)
    assert made.codes == ()


def test_what_came_again_is_not_forgotten_for_having_been_well_before() -> None:
    made = Faults()
    now = flapped(made, 3)
    made.raised("CAM-01", now)
    made.settle(now)
    made.settle(now + 100)
    assert made.codes == ("CAM-01",)
    made.mended("CAM-01")
    assert made.since is None
