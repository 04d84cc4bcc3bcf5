"""What each screen says and offers, by the rules of the screens. Before a visit. No display."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kiosk.screens import technician, theme
from kiosk.screens.items import Button, Fill, Icon, Look, Text
from kiosk.screens.layout import (
    CODE,
    GATE,
    GET_READY,
    KEYPAD,
    LANGUAGE,
    LANGUAGES,
    NEXT,
    Box,
)
from kiosk.screens.samples import (
    IDLE,
    MY_VISITS,
    SAMPLES,
    START,
    in_language,
    visit,
)
from kiosk.screens.scene import pressable
from kiosk.view import (
    AskEnd,
    AskRestart,
    AskSignOut,
    AskTechnician,
    Back,
    ChooseLanguage,
    Confirm,
    Dismiss,
    GetReady,
    Intent,
    Key,
    RunSelfTest,
    ScreenName,
    SendReport,
    ShowDevice,
    ShowMyVisits,
    SignInView,
    Touch,
    TryAgain,
    View,
    VolumeStep,
)
from signalling.wire import FacilityView

from .drawing import drawn, icons, measure, texts

ROWS = tuple(ShowDevice(each) for each in technician.NAMES)


def offered(view: View) -> list[Intent]:
    return [each.intent for each in pressable(view, drawn(view))]


@pytest.mark.parametrize(
    ("name", "intents"),
    [
        ("k1-idle", {ChooseLanguage("en"), ChooseLanguage("es"), Touch()}),
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
        ("k5-ending", set()),
        ("k6-ending", set()),
        ("k7-ended", {ShowMyVisits(), AskSignOut()}),
        ("k8-camera", {Touch()}),
        (
            "k9-pin",
            {*(Key(each) for each in KEYPAD), Key("enter"), Back(), ChooseLanguage("es")},
        ),
        ("k9-pin-locked", {Back(), ChooseLanguage("es")}),
        ("k9-pass", {Back(), *ROWS, RunSelfTest(), SendReport(), AskRestart()}),
        ("k9-testing", {Back(), *ROWS, AskRestart()}),
        ("k9-camera", {Back(), RunSelfTest(), SendReport(), AskRestart()}),
        ("k9-restart", {Confirm(), Dismiss()}),
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
    buttons = [each for each in drawn(view) if isinstance(each, Button)]
    looks = {each.box: each.look for each in buttons if each.look is not Look.HIDDEN}
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


# -- the technician ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "box"), [("k1-idle", GATE), ("k1-unknown", GATE), ("k8-camera", CODE)]
)
def test_the_way_to_the_technician_is_held_for_three_seconds_and_not_drawn(
    name: str, box: Box
) -> None:
    (held,) = [each for each in drawn(SAMPLES[name]) if isinstance(each, Button) and each.on_hold]
    assert (held.box, held.intent, held.on_hold, held.hold_s, held.look) == (
        box, Touch(), AskTechnician(), 3.0, Look.HIDDEN,
    )  # fmt: skip


@pytest.mark.parametrize("language", ["en", "es"])
def test_no_state_of_a_device_is_told_by_colour_alone(language: str) -> None:
    view = in_language(SAMPLES["k9-fail"], language)
    words = {"en": ("Pass", "Fail"), "es": ("Pasa", "Falla")}[language]
    said = texts(view).split("\n")
    assert [said.count(each) for each in words] == [5, 3]
    assert icons(view).count("warning") == 4, "and one for the report"
    assert icons(view).count("check-disc") == 5


def test_a_row_says_what_was_measured_and_of_a_fault_what_it_means() -> None:
    said = texts(SAMPLES["k9-fail"])
    assert "CAM-02: The camera is black" in said
    assert "HOOK-01: The handset hook fails" in said
    assert "-18 dB" in said
    assert "Not sent: not" in said
    assert "On hook" in texts(SAMPLES["k9-pass"])
    assert "Connected, 1000 Mbit/s" in texts(SAMPLES["k9-pass"])


def test_a_devices_page_shows_its_test_and_its_faults() -> None:
    said = texts(SAMPLES["k9-camera"])
    assert "Last self-test: Today at 14:29" in said
    assert "mean brightness 2 of 255, under 16" in said
    assert "Take the cover off the lens, or turn the light on." in said
    assert "Open since 11/22 14:29" in said
    assert "11/21 13:30 to 11/21 14:30" in said
    assert "No self-test yet" in texts(SAMPLES["k9-keypad"])


@pytest.mark.parametrize("name", [each for each in SAMPLES if each.startswith("k9")])
def test_the_technician_sees_no_visit_and_no_inmate(name: str) -> None:
    seated = replace(SAMPLES[name], inmate="Daniel", visit=visit(), visits=(visit(),))
    assert drawn(seated) == drawn(SAMPLES[name])


@pytest.mark.parametrize("sample", ["k9-still-there", "k9-restart"])
def test_nobody_is_told_of_being_signed_out_who_is_not_signed_in(sample: str) -> None:
    said = " ".join(texts(SAMPLES[sample]))
    assert "ign you out" not in said
    assert "Sign out" not in said
    assert "about a minute" not in said
    assert Confirm() in offered(SAMPLES[sample])


def test_a_terminal_without_a_hook_does_not_ask_to_hang_up() -> None:
    assert "Please hang up the handset." in texts(SAMPLES["k7-ended"])
    without = replace(SAMPLES["k7-ended"], has_hook=False)
    assert "Please hang up the handset." not in texts(without)
    assert "Thank you." in texts(without)


def test_there_is_no_live_badge_without_a_picture() -> None:
    shown = SAMPLES["k9-pass"]
    assert "Live" in texts(shown)
    assert "Live" not in texts(replace(shown, technician=replace(shown.technician, live=False)))


def test_times_are_marked_where_no_hub_has_said_the_zone() -> None:
    shown = SAMPLES["k9-camera"]
    assert "UTC" not in texts(shown)
    nowhere = replace(shown, facility=FacilityView(id="", name="", time_zone="UTC"))
    (tested,) = [each for each in texts(nowhere).splitlines() if "Last self-test" in each]
    assert tested.endswith("UTC")
    assert texts(nowhere).count("UTC") == 4, "and those of two faults"
