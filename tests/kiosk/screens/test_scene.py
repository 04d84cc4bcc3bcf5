"""What each screen says and offers, by the rules of the screens. No display."""

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec import structs

from kiosk.screens import theme
from kiosk.screens.buttons import paint
from kiosk.screens.items import Button, Fill, Icon, Look, Picture, Source, Text
from kiosk.screens.layout import (
    END_VISIT,
    GET_READY,
    KEYPAD,
    LANGUAGE,
    LANGUAGES,
    NEXT,
    REMOTE_VIDEO,
    SELF_VIEW,
    SELF_VIEW_WAITING,
    Box,
)
from kiosk.screens.pen import Pen
from kiosk.screens.samples import (
    BEGUN,
    END,
    IDLE,
    IN_VISIT,
    MY_VISITS,
    OUT_OF_ORDER,
    READY,
    SAMPLES,
    START,
    WAITING,
    in_language,
    visit,
)
from kiosk.screens.scene import pressable
from kiosk.view import (
    AskEnd,
    AskSignOut,
    Back,
    ChooseLanguage,
    Confirm,
    Dismiss,
    GetReady,
    Intent,
    Key,
    ScreenName,
    Sheet,
    ShowMyVisits,
    SignInView,
    TryAgain,
    View,
    VolumeStep,
)
from signalling.visit import Status
from signalling.wire import Person

from .drawing import drawn, measure


def texts(view: View) -> str:
    return "\n".join(each.text for each in drawn(view) if isinstance(each, Text))


def icons(view: View) -> list[str]:
    return [each.name for each in drawn(view) if isinstance(each, Icon)]


def offered(view: View) -> list[Intent]:
    return [each.intent for each in pressable(view, drawn(view))]


@pytest.mark.parametrize(
    ("name", "intents"),
    [
        ("k1-idle", {ChooseLanguage("en"), ChooseLanguage("es")}),
        (
            "k2-pin",
            {*(Key(each) for each in KEYPAD), Key("enter"), Back(), ChooseLanguage("es")},
        ),
        ("k2-locked", {Back(), ChooseLanguage("es")}),
        ("k3-visits", {AskSignOut(), GetReady("v1")}),
        ("k3-several", {AskSignOut(), GetReady("v1"), GetReady("v4")}),
        ("k3-failed", {AskSignOut(), TryAgain()}),
        ("k3-loading", {AskSignOut()}),
        ("k3-still-there", {Confirm(), Dismiss()}),
        ("k4-ready", {AskSignOut()}),
        ("k5-visit", {AskEnd(), VolumeStep(-1), VolumeStep(1)}),
        ("k5-last", {AskEnd(), VolumeStep(-1)}),
        ("k5-warning", {AskEnd(), VolumeStep(1)}),
        ("k5-end", {Confirm(), Dismiss()}),
        ("k6-visitor", {AskEnd()}),
        ("k7-ended", {ShowMyVisits(), AskSignOut()}),
        ("k8-camera", set()),
    ],
)
def test_each_screen_offers_exactly_its_own(name: str, intents: set[Intent]) -> None:
    found = offered(SAMPLES[name])
    assert set(found) == intents
    assert len(found) == len(intents)


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("language", ["en", "es"])
def test_green_is_only_the_telephone_and_red_only_the_x(name: str, language: str) -> None:
    items = drawn(in_language(SAMPLES[name], language))
    greens = [each for each in items if getattr(each, "colour", "") == theme.GREEN]
    phones = [each for each in items if isinstance(each, Icon) and each.name == "phone"]
    assert len(greens) == len(phones)
    assert all(getattr(each, "colour", "") != theme.RED for each in items)
    for button in (each for each in items if isinstance(each, Button)):
        if button.look in (Look.RED, Look.RED_PLAIN):
            assert button.icon == "x"
            assert isinstance(button.intent, AskEnd | Confirm)


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("language", ["en", "es"])
def test_nothing_is_written_smaller_than_20_nor_outside(name: str, language: str) -> None:
    view = in_language(SAMPLES[name], language)
    for each in drawn(view):
        if isinstance(each, Text):
            assert each.size >= theme.SMALLEST, each
            assert each.x >= 0, each
            assert each.x + measure(each.text, each.size, each.bold) <= 1280, each


@pytest.mark.parametrize("name", SAMPLES)
def test_no_line_runs_over_another(name: str) -> None:
    lines = [each for each in drawn(SAMPLES[name]) if isinstance(each, Text)]
    if SAMPLES[name].sheet is not None:
        return  # the sheet lies over the screen
    boxes = [
        Box(
            each.x,
            each.baseline - 0.6 * each.size,
            measure(each.text, each.size, each.bold),
            0.6 * each.size,
        )
        for each in lines
    ]
    for number, one in enumerate(boxes):
        for other, line in zip(boxes[number + 1 :], lines[number + 1 :], strict=True):
            assert not one.overlaps(other), (lines[number], line)


def test_the_pin_is_never_written() -> None:
    view = replace(IDLE, screen=ScreenName.SIGN_IN, sign_in=SignInView("482017", 4, "pin"))
    items = drawn(view)
    discs = [
        each
        for each in items
        if isinstance(each, Fill) and each.box.w == 30 and each.colour == theme.INK
    ]
    assert len(discs) == 4
    digits = [each.text for each in items if isinstance(each, Text) and each.baseline > 400]
    assert not [each for each in digits if each.isdigit() and each != "14"]


def test_number_digits_stand_in_pairs() -> None:
    digits = [
        each
        for each in drawn(SAMPLES["k2-number"])
        if isinstance(each, Text) and each.size == 52 and each.bold
    ]
    assert [each.text for each in digits] == list("48201")


def test_tries_left_are_discs_and_words() -> None:
    view = SAMPLES["k2-error"]
    tries = [each for each in drawn(view) if isinstance(each, Fill) and each.box.w == 26]
    assert [each.colour for each in tries] == [theme.INK, theme.INK, theme.SUNPALE]
    assert "2 tries left" in texts(view)
    assert "That did not match. Try again." in texts(view)


def test_locked_says_ask_an_officer_and_until_when() -> None:
    view = SAMPLES["k2-locked"]
    assert "Ask an officer." in texts(view)
    assert "Locked until 14:45." in texts(view)
    keys = [each for each in drawn(view) if isinstance(each, Button) and each.box == NEXT]
    assert not keys[0].enabled


def test_sign_in_elsewhere_names_the_terminal() -> None:
    assert "You are signed in at terminal 3." in texts(SAMPLES["k2-elsewhere"])


def test_delete_clears_after_a_long_press() -> None:
    delete = next(
        each
        for each in drawn(SAMPLES["k2-number"])
        if isinstance(each, Button) and each.box == KEYPAD["delete"]
    )
    assert (delete.intent, delete.on_hold) == (Key("delete"), Key("clear"))


def test_the_language_button_names_the_other_language_in_itself() -> None:
    for language, other, name in (("en", "es", "Español"), ("es", "en", "English")):
        view = in_language(SAMPLES["k2-number"], language)
        button = next(
            each for each in drawn(view) if isinstance(each, Button) and each.box == LANGUAGE
        )
        assert (button.intent, button.label) == (ChooseLanguage(other), name)


def test_idle_shows_which_language_is_chosen_and_no_names() -> None:
    view = in_language(replace(IDLE, inmate="Daniel"), "es")
    looks = {each.box: each.look for each in drawn(view) if isinstance(each, Button)}
    assert looks == {LANGUAGES[0]: Look.PLAIN, LANGUAGES[1]: Look.MAIN}
    assert "Daniel" not in texts(view)


@pytest.mark.parametrize("name", ["k1-idle", "k2-number", "k3-visits", "k6-visitor"])
def test_a_hub_that_is_away_is_said_with_a_sun_dot(name: str) -> None:
    here, away = SAMPLES[name], replace(SAMPLES[name], connected=False)
    assert "Not connected" not in texts(here)
    assert "Not connected" in texts(away)
    dots = [
        each for each in drawn(away) if isinstance(each, Fill) and each.box.w == each.box.h == 18
    ]
    assert [each.colour for each in dots] == [theme.SUN]


def test_my_visits_come_nearest_first_and_ended_last() -> None:
    view = replace(MY_VISITS, visits=tuple(reversed(MY_VISITS.visits)))
    assert drawn(view) == drawn(MY_VISITS)
    said = texts(view)
    assert said.index("Maria") < said.index("Ms. Okafor") < said.index("Rosa")
    assert "8 min" in said
    assert "Ended, 20 min" in said


def test_no_visits_today_names_the_next_day() -> None:
    later = visit(id="v5", starts_at=START + 172800, ends_at=START + 174600)
    said = texts(replace(MY_VISITS, visits=(later,)))
    assert "No visits today" in said
    assert "Tuesday, November 24 at 14:30" in said


def test_more_visits_than_cards_are_counted() -> None:
    visits = tuple(
        visit(id=f"v{at}", starts_at=START + 3600 * at, ends_at=START + 3600 * at + 1800)
        for at in range(5)
    )
    assert "and 2 more" in texts(replace(MY_VISITS, visits=visits))


def test_each_row_can_be_chosen_at_its_place() -> None:
    buttons = {each.box: each.intent for each in pressable(
        SAMPLES["k3-several"], drawn(SAMPLES["k3-several"]))}  # fmt: skip
    assert buttons[GET_READY[0]] == GetReady("v1")
    assert buttons[GET_READY[1]] == GetReady("v4")


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
        ("k6-terminal", "This terminal lost its connection", True),
        ("k6-network", "Our network has a problem", True),
        ("k6-handset", "The handset is hung up", False),
        ("k6-paused", "An officer paused your visit", False),
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


# -- buttons and text --------------------------------------------------------------------------


def test_a_pressed_button_is_darker_and_a_disabled_one_has_no_fill() -> None:
    red = Button(END_VISIT, AskEnd(), "End visit", "x", Look.RED)
    grounds = [
        next(each.colour for each in paint(red, measure, pressed, focused=False)
             if isinstance(each, Fill))
        for pressed in (False, True)
    ]  # fmt: skip
    assert grounds == [theme.RED, theme.RED_PRESSED]
    off = paint(replace(red, enabled=False), measure, pressed=False, focused=False)
    assert isinstance(off[0], Fill)
    assert (off[0].colour, off[0].border) == (theme.PAPER, theme.HAIR)


def test_focus_is_an_ink_border_and_a_sun_ring() -> None:
    main = Button(NEXT, Key("enter"), "Next", look=Look.MAIN)
    ring, ground = paint(main, measure, pressed=False, focused=True)[:2]
    assert isinstance(ring, Fill)
    assert isinstance(ground, Fill)
    assert (ring.box, ring.colour) == (NEXT.inset(-6), theme.SUN)
    assert (ground.box, ground.border) == (NEXT, theme.INK)


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("language", ["en", "es"])
def test_labels_fit_their_buttons(name: str, language: str) -> None:
    view = in_language(SAMPLES[name], language)
    for button in (each for each in drawn(view) if isinstance(each, Button)):
        for each in paint(button, measure, pressed=False, focused=False):
            if isinstance(each, Text):
                assert each.x >= button.box.x
                assert each.x + measure(each.text, each.size, each.bold) <= button.box.right
                assert "…" not in each.text


def test_text_is_set_smaller_before_it_is_cut() -> None:
    pen = Pen(measure)
    assert pen.fitted("Maria", 48, True, 400) == ("Maria", 48)
    text, size = pen.fitted("Maria Guadalupe", 48, True, 300)
    assert (text, 20 < size < 48) == ("Maria Guadalupe", True)
    text, size = pen.fitted("Maria Guadalupe", 48, True, 100)
    assert size == 20
    assert text.endswith("…")
    assert measure(text, size, True) <= 100


def test_each_ticking_digit_keeps_its_cell() -> None:
    def cells(text: str) -> list[float]:
        pen = Pen(measure)
        end = pen.digits(100, 50, text, 100)
        assert end == pytest.approx(100 + 100 * (4 * 0.68 + 0.30))
        return [
            each.x + measure(each.text, each.size, True) / 2
            for each in pen.items
            if isinstance(each, Text)
        ]

    assert cells("11:11") == pytest.approx(cells("00:00"))


def test_paragraphs_break_between_words_and_shrink_to_their_lines() -> None:
    pen = Pen(measure)
    last = pen.paragraph(0, 100, "one two three four five six", 40, 300, lines=2)
    lines = [each for each in pen.items if isinstance(each, Text)]
    assert " ".join(each.text for each in lines) == "one two three four five six"
    assert len(lines) == 2
    assert lines[1].baseline == last


def test_ready_is_not_shown_before_it_is() -> None:
    pending = replace(WAITING, visit=structs.replace(READY, status=Status.PENDING))
    assert not [each for each in drawn(pending) if getattr(each, "colour", "") == theme.GREEN]
    assert [each for each in drawn(WAITING) if getattr(each, "colour", "") == theme.GREEN]
