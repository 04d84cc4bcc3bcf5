"""What the screens of a visit say: waiting, in visit, held, ended, out of order. No display."""

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec import structs

from kiosk.screens import theme
from kiosk.screens.items import Button, Fill, Icon, Picture, Source, Text
from kiosk.screens.layout import (
    REMOTE_VIDEO,
    SELF_VIEW,
    SELF_VIEW_WAITING,
)
from kiosk.screens.samples import (
    BEGUN,
    END,
    IN_VISIT,
    OUT_OF_ORDER,
    READY,
    SAMPLES,
    START,
    WAITING,
    in_language,
    visit,
)
from kiosk.view import (
    Sheet,
    View,
)
from signalling.visit import Status
from signalling.wire import Person

from .drawing import drawn, icons, texts


def test_waiting_shows_oneself_and_whom_it_depends_on() -> None:
    pictures = [each for each in drawn(WAITING) if isinstance(each, Picture)]
    assert [(each.source, each.box) for each in pictures] == [(Source.SELF, SELF_VIEW_WAITING)]
    lines = texts(WAITING).replace("\n", " ")
    assert "Ready" in lines
    assert "Waiting for Maria to press the green telephone" in lines


def test_before_the_start_the_heading_counts_down() -> None:
    said = texts(SAMPLES["k4-early"])
    assert "Your visit starts in" in said
    assert "8 min" in said
    assert "the green telephone" not in said


def test_the_meter_shows_the_level_or_that_nothing_is_heard() -> None:
    def lit(view: View) -> int:
        blocks = [each for each in drawn(view) if isinstance(each, Fill) and each.box.w == 26
                  and each.box.h == 32]  # fmt: skip
        assert len(blocks) == 16
        return sum(each.colour == theme.PINE for each in blocks)

    assert lit(WAITING) == 10
    assert lit(replace(WAITING, level=16)) == 16
    silent = replace(WAITING, level=0, silent=True)
    assert lit(silent) == 0
    assert "We do not hear you. Speak into the handset." in texts(silent)


def test_a_hung_up_handset_asks_to_lift_it_and_says_when_the_seat_is_lost() -> None:
    said = texts(SAMPLES["k4-lift"])
    assert "Lift the handset" in said
    assert "You sign out in 42 s" in said


def test_notices_show_only_what_is_done() -> None:
    for recorded in (False, True):
        for watched in (False, True):
            what = visit(status=Status.IN_VISIT, begun_at=START, recorded=recorded, watched=watched)
            view = replace(IN_VISIT, visit=what)
            assert ("Recorded" in texts(view)) is recorded
            assert ("Officer may watch" in texts(view)) is watched
            before = replace(WAITING, visit=what)
            assert ("This visit is recorded." in texts(before)) is recorded
            assert ("An officer may watch." in texts(before)) is watched


def test_a_private_visit_shows_the_lock_and_can_show_no_officer() -> None:
    what = visit(status=Status.IN_VISIT, begun_at=START, private=True, recorded=True, watched=True)
    for view in (replace(IN_VISIT, visit=what), replace(WAITING, visit=what)):
        assert "lock" in icons(view)
        assert "Private" in texts(view)
        assert "eye" not in icons(view)
        assert "record" not in icons(view)
        assert "fficer" not in texts(view)


def test_the_family_is_large_and_oneself_under_the_lens() -> None:
    pictures = {each.source: each for each in drawn(IN_VISIT) if isinstance(each, Picture)}
    assert pictures[Source.REMOTE].box == REMOTE_VIDEO
    assert pictures[Source.REMOTE].dim == 0
    assert pictures[Source.SELF].box == SELF_VIEW


def test_with_sound_only_the_last_picture_is_dimmed() -> None:
    view = replace(IN_VISIT, quality="sound-only")
    remote = next(each for each in drawn(view) if isinstance(each, Picture))
    assert 0 < remote.dim < 1
    assert "Sound only" in texts(view)


@pytest.mark.parametrize(
    ("left", "said", "sun"),
    [
        (1800, "30 min left", False),
        (1741, "30 min left", False),
        (1740, "29 min left", False),
        (121, "3 min left", False),
        (120, "2:00 left", True),
        (59, "0:59 left", True),
        (0, "0:00 left", True),
    ],
)
def test_time_left(left: int, said: str, sun: bool) -> None:
    view = replace(IN_VISIT, now=int(BEGUN.ends_at) - left)
    assert said in texts(view)
    blocks = [each for each in drawn(view) if isinstance(each, Fill) and each.box.y == 680]
    assert any(each.colour == theme.SUN for each in blocks) is sun


@pytest.mark.parametrize("minutes", [10, 5, 2, 1])
def test_each_warning_appears_for_ten_seconds(minutes: int) -> None:
    words = f"{minutes} minute{'s' if minutes > 1 else ''} left"
    at = int(BEGUN.ends_at) - 60 * minutes
    shown = [words in texts(replace(IN_VISIT, now=at + each)) for each in (-1, 0, 9, 10)]
    assert shown == [False, True, True, False]


@pytest.mark.parametrize(
    ("name", "title", "kept"),
    [
        ("k6-visitor", "Maria's internet dropped", True),
        ("k6-page", "Maria's page is closed", False),
        ("k6-press", "Waiting for Maria to press the green telephone", False),
        ("k6-terminal", "This terminal lost its connection", True),
        ("k6-network", "Our network has a problem", True),
        ("k6-handset", "The handset is hung up", False),
        ("k6-paused", "An officer paused your visit", True),
    ],
)
def test_held_says_whose_link_broke_and_what_becomes_of_the_time(
    name: str, title: str, kept: bool
) -> None:
    said = texts(SAMPLES[name])
    assert title in said
    assert ("28 seconds lost so far" in said) is kept
    assert ("Time kept for you" in said) is kept
    assert ("Your visit clock still runs" in said) is not kept
    assert "End visit" in [each.label for each in drawn(SAMPLES[name]) if isinstance(each, Button)]


@pytest.mark.parametrize(
    ("connected", "handset_up", "title"),
    [
        (False, True, "This terminal lost its connection"),
        (True, True, "Our network has a problem"),
        (True, False, "The handset is hung up"),
    ],
)
def test_a_hold_that_the_hub_has_not_told_yet_is_no_officers(
    connected: bool, handset_up: bool, title: str
) -> None:
    sample = replace(SAMPLES["k6-network"], connected=connected, handset_up=handset_up)
    assert sample.visit is not None
    untold = replace(sample, visit=structs.replace(sample.visit, breaks=()))
    said = texts(untold)
    assert title in said
    assert "An officer paused your visit" not in said


@pytest.mark.parametrize("name", ["k5-ending", "k6-ending"])
@pytest.mark.parametrize(
    ("language", "title", "later"),
    [
        ("en", "Ending your visit", "It ends as soon as the connection is back."),
        ("es", "Terminando su visita", "Termina en cuanto vuelva la conexión."),
    ],
)
def test_a_confirmed_end_is_said_until_it_is_done(
    name: str, language: str, title: str, later: str
) -> None:
    view = in_language(SAMPLES[name], language)
    said = texts(view)
    assert title in said and later in said
    assert "added" not in said and "left" not in said
    soon = texts(replace(view, connected=True))
    assert title in soon and later not in soon
    assert {"en": "One moment", "es": "Un momento"}[language] in soon
    assert title not in texts(replace(view, ending=False))


def test_the_picture_that_stands_while_a_visit_ends_is_dimmed() -> None:
    remote = next(each for each in drawn(SAMPLES["k5-ending"]) if isinstance(each, Picture))
    assert 0 < remote.dim < 1


def test_held_counts_down_to_the_scheduled_end() -> None:
    digits = [
        each.text
        for each in drawn(SAMPLES["k6-visitor"])
        if isinstance(each, Text) and each.baseline == 558
    ]
    assert "".join(digits) == "16:32"


def test_the_break_is_drawn_where_it_is() -> None:
    def broken_at(name: str) -> float:
        wifi = [each for each in drawn(SAMPLES[name]) if isinstance(each, Icon)
                and each.name == "no-wifi"]  # fmt: skip
        return wifi[0].box.centre[0]

    assert 226 < broken_at("k6-terminal") < 640
    assert 640 < broken_at("k6-visitor") < 1054


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("k7-ended", "The time was over."),
        ("k7-red-x", "You ended it."),
        ("k7-family", "Maria ended it."),
        ("k7-staff", "An officer ended it."),
        ("k7-nobody", "Maria did not come."),
    ],
)
def test_ended_says_why(name: str, said: str) -> None:
    assert said in texts(SAMPLES[name])


def test_the_receipt_adds_up() -> None:
    said = texts(END)
    assert "30 min" in said
    assert said.count("2 min") == 2
    assert "You sign out in 24 s" in said
    assert "Today at 16:00" in said
    assert "Ms. Okafor, lawyer" in said


def test_out_of_order_names_the_fault_and_a_free_terminal() -> None:
    said = texts(OUT_OF_ORDER)
    for words in ("No camera", "CAM-01", "since 13:58", "Terminal 3 is free", "Use another"):
        assert words in said
    assert "no-camera" in icons(OUT_OF_ORDER)
    assert "Esta terminal no funciona. Use otra terminal." in said
    assert "Staff have been told." in said


def test_staff_are_not_said_to_know_when_nobody_could_tell_them() -> None:
    assert "Staff have been told." not in texts(SAMPLES["k8-away"])
    assert "Please tell an officer." in texts(SAMPLES["k8-away"])


def test_an_unknown_fault_is_still_a_screen() -> None:
    assert "A program stopped" in texts(replace(OUT_OF_ORDER, faults=("XYZ-09",)))


@pytest.mark.parametrize("name", ["k1-unknown", "k2-unknown", "k8-unknown"])
def test_before_a_hub_has_answered_no_place_and_no_time_are_said(name: str) -> None:
    said = texts(SAMPLES[name])
    assert "Not connected" in said
    for words in ("Terminal ", "Unit ", "22", "since"):
        assert words not in said


def test_an_unknown_sheet_is_a_bug() -> None:
    with pytest.raises(ValueError, match="no such sheet: nap"):
        drawn(replace(IN_VISIT, sheet=Sheet("nap")))


def test_several_visitors_and_long_names() -> None:
    two = (Person(name="Maria"), Person(name="Rosa"))
    early = texts(replace(SAMPLES["k4-early"], visit=visit(visitors=two)))
    assert "Your visit with Maria and Rosa" in early.replace("\n", " ")
    three = (*two, Person(name="Ana"))
    assert "Maria and 2 more" in texts(replace(IN_VISIT, visit=visit(visitors=three)))
    long = (Person(name="x" * 80),)
    assert "x" * 23 + "…" in texts(replace(IN_VISIT, visit=visit(visitors=long))).split("\n")


def test_ready_is_not_shown_before_it_is() -> None:
    pending = replace(WAITING, visit=structs.replace(READY, status=Status.PENDING))
    assert not [each for each in drawn(pending) if getattr(each, "colour", "") == theme.GREEN]
    assert [each for each in drawn(WAITING) if getattr(each, "colour", "") == theme.GREEN]


@pytest.mark.parametrize(
    ("language", "off", "muted"),
    [
        ("en", "Maria's camera is off", "Maria is muted"),
        ("es", "La cámara de Maria está apagada", "El micrófono de Maria está apagado"),
    ],
)
def test_what_the_family_switched_off_is_said(language: str, off: str, muted: str) -> None:
    view = in_language(SAMPLES["k5-camera-off"], language)
    said = texts(view)
    assert off in said and muted in said
    assert Source.REMOTE not in [each.source for each in drawn(view) if isinstance(each, Picture)]
    said = texts(in_language(IN_VISIT, language))
    assert off not in said and muted not in said


@pytest.mark.parametrize(
    ("name", "shown", "hidden"),
    [
        ("k7-ended", ("Used", "Lost", "Added back"), ()),
        ("k7-red-x", ("Used", "Lost"), ("Added back",)),
        ("k7-staff", ("Used",), ("Lost", "Added back")),
        ("k7-not-added", ("Used", "Lost", "Added back", "No room"), ()),
    ],
)
def test_an_ended_visit_shows_no_amount_of_nothing(
    name: str, shown: tuple[str, ...], hidden: tuple[str, ...]
) -> None:
    said = texts(SAMPLES[name])
    assert all(each in said for each in shown)
    assert not any(each in said for each in hidden)
    assert "0 s" not in said.splitlines()


@pytest.mark.parametrize("name", ["k3-long", "k7-not-added"])
def test_long_words_stay_large_enough(name: str) -> None:
    written = [each for each in drawn(SAMPLES[name]) if isinstance(each, Text)]
    important = [each for each in written if "Guadalupe" in each.text or "No room" in each.text]
    assert important and all(each.size >= 24 for each in important)


def test_a_pin_promises_no_length() -> None:
    def circles(length: int) -> int:
        view = replace(SAMPLES["k2-pin"], sign_in=replace(
            SAMPLES["k2-pin"].sign_in, pin_length=length))  # fmt: skip
        return sum(isinstance(each, Fill) and each.box.w == each.box.h == 30
                   for each in drawn(view))  # fmt: skip

    assert [circles(each) for each in (0, 1, 6)] == [0, 1, 6]
