"""Every text in every language, and dates and times as the facility and the language write them."""

from __future__ import annotations

import ast
import string
from pathlib import Path

import pytest

import kiosk.screens
from kiosk import words as words_module
from kiosk.screens import in_visit, my_visits, out_of_order, technician, visit_line
from kiosk.screens.samples import FACILITY, SAMPLES, START, in_language, on_12_hour_clock
from kiosk.words import LANGUAGES, OWN_NAMES, RELATIONS, MissingWords, Words, catalogue
from signalling.wire import FacilityView

from .drawing import drawn

DENVER_24H = FacilityView(id="f", name="F", time_zone="America/Denver", clock_24h=True)
TABLES = [
    *visit_line.STOPS,
    *my_visits.STATUS_WORDS.values(),
    *(text for _, text in in_visit.QUALITY.values()),
    *(text for _, text in out_of_order.BROKEN.values()),
    *(text for _, text in technician.NAMES.values()),
    *(text for _, text in technician.STATES.values()),
    *(text for _, text in technician.REPORTS.values()),
    *technician.MEASURED.values(),
    *technician.FACTS.values(),
    *technician.VALUES.values(),
    *RELATIONS,
]


def _said() -> dict[str, str | None]:
    """Return every text that the sources ask for, with its plural."""
    sources = [*Path(kiosk.screens.__path__[0]).glob("*.py"), Path(words_module.__file__)]
    found: dict[str, str | None] = dict.fromkeys(TABLES)
    for source in sources:
        for node in ast.walk(ast.parse(source.read_text("utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                found |= _of_call(node)
    return found


def _of_call(call: ast.Call) -> dict[str, str | None]:
    texts = [each.value for each in call.args if isinstance(each, ast.Constant)]
    match call.func:
        case ast.Name(id="words" | "self") if len(texts) == 1 and isinstance(texts[0], str):
            return {texts[0]: None}
        case ast.Attribute(attr="count", value=ast.Name(id="words")):
            return {str(texts[0]): str(texts[1])}
    return {}


def _names(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_in_every_catalogue_and_none_is_left_over(language: str) -> None:
    said = _said()
    assert len(said) > 130
    assert set(catalogue(language)) == set(said)


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_are_whole_and_fill_in_the_same_names(language: str) -> None:
    said = _said()
    for english, forms in catalogue(language).items():
        assert len(forms) == (1 if said[english] is None else 2), english
        for form in forms:
            assert form.strip(), english
            assert _names(form) == _names(english), english


def test_english_says_what_the_sources_say() -> None:
    for english, plural in _said().items():
        expected = (english,) if plural is None else (english, plural)
        assert catalogue("en")[english] == expected


def test_spanish_is_spanish() -> None:
    alike = {each for each, forms in catalogue("es").items() if forms[0] == each}
    names = {"PIN", "Kivy", "Python"}
    assert alike == names | {"Terminal {label}", "{n} min", "{n} s", "{h} h", "{h} h {n} min"}


def test_a_missing_text_or_language_raises() -> None:
    with pytest.raises(MissingWords, match="es: Nobody wrote this"):
        Words("es", FACILITY)("Nobody wrote this")
    with pytest.raises(MissingWords, match="fr"):
        Words("fr", FACILITY)
    assert set(OWN_NAMES) == set(LANGUAGES)


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_screen_can_be_said(name: str, language: str) -> None:
    view = in_language(SAMPLES[name], language)
    assert drawn(view)
    assert drawn(on_12_hour_clock(view))


@pytest.mark.parametrize(
    ("language", "n", "said"),
    [
        ("en", 1, "1 try left"),
        ("en", 2, "2 tries left"),
        ("en", 0, "0 tries left"),
        ("es", 1, "Le queda 1 intento"),
        ("es", 2, "Le quedan 2 intentos"),
    ],
)
def test_plurals(language: str, n: int, said: str) -> None:
    assert Words(language, FACILITY).count("{n} try left", "{n} tries left", n) == said


def test_times_are_the_facilitys() -> None:
    words = Words("en", FACILITY)
    assert words.clock(START) == ("14:30", "")
    assert words.time(START) == "14:30"
    assert words.span(START, START + 1800) == "14:30 to 15:00"
    assert Words("en", DENVER_24H).time(START) == "13:30"


def test_a_12_hour_clock_says_which_half_of_the_day() -> None:
    facility = FacilityView(id="f", name="F", time_zone="America/Chicago")
    words = Words("en", facility)
    assert words.clock(START) == ("2:30", "PM")
    assert words.clock(START - 9000) == ("12:00", "PM")
    assert words.clock(START + 9.5 * 3600) == ("12:00", "AM")
    assert words.span(START, START + 1800) == "2:30 to 3:00 PM"
    assert words.span(START - 10800, START) == "11:30 AM to 2:30 PM"
    spanish = Words("es", facility)
    assert spanish.time(START) == "2:30 p.\u202fm."
    assert spanish("Ends at {time}.", time=spanish.time(START)) == "Termina a las 2:30 p.\u202fm."


def test_dates_and_zones() -> None:
    english, spanish = Words("en", FACILITY), Words("es", FACILITY)
    assert english.date(START) == "Sunday, November 22"
    assert spanish.date(START) == "Domingo, 22 de noviembre"
    assert english.zone(START) == "Central Time"
    assert spanish.zone(START) == "Hora central"
    assert english.day_and_time(START, START - 3600) == "Today at 14:30"
    assert english.day_and_time(START, START - 86400) == "Sunday, November 22 at 14:30"
    assert spanish.day_and_time(START, START - 3600) == "Hoy a las 14:30"


def test_a_moment_is_short_and_in_the_order_of_the_language() -> None:
    assert Words("en", FACILITY).moment(START) == "11/22 14:30"
    assert Words("es", FACILITY).moment(START) == "22/11 14:30"


def test_daylight_saving_shifts_what_is_said() -> None:
    words = Words("en", FACILITY)
    before, after = 1793509200, 1793516400
    # 2026-11-01 in Chicago: two hours apart, one hour apart on the wall.
    assert (words.time(before), words.time(after)) == ("00:00", "01:00")


@pytest.mark.parametrize("facilitys", ["Godmother", "wife of record", ""])
def test_a_facilitys_own_relation_stays_as_it_wrote_it(facilitys: str) -> None:
    assert Words("es", FACILITY).relation(facilitys) == facilitys


def test_common_relations_are_translated() -> None:
    assert Words("es", FACILITY).relation("wife") == "Esposa"
    assert Words("en", FACILITY).relation("Wife") == "Wife"
