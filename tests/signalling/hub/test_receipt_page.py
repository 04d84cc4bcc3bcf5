"""The printable receipt as text: its words, its sums, and names that would be something else."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from itertools import product
from string import Formatter
from typing import Any

import pytest

from config.schema import Facility
from signalling.hub import receipt_words
from signalling.hub.receipt_page import length_text, receipt_page, spent_page
from signalling.hub.receipts import Named
from signalling.receipt import Addition, Loss, Receipt
from signalling.visit_events import By, Cause, EndReason, Side

HOSTILE = "<script>alert(1)</script>\"'&amp;{name}"
STYLES = "<style>p{top:0}</style>"
START = 1_790_000_000


def loss(at: int, seconds: int, side: Side, cause: Cause, *, by_rule: bool) -> Loss:
    return Loss(
        from_at=START + at,
        until_at=START + at + seconds,
        lost_s=seconds,
        side=side,
        cause=cause,
        by_rule=by_rule,
    )


def receipt(**more: Any) -> Receipt:
    facts: dict[str, Any] = {
        "visit": "v7k2",
        "private": False,
        "booked_start": START,
        "booked_end": START + 1_800,
        "ends_at": START + 1_830,
        "begun_at": START + 10,
        "ended_at": START + 1_830,
        "ended_by": By.CLOCK,
        "end_reason": EndReason.EXPIRED,
        "used_s": 1_730,
        "lost_s": 90,
        "paused_s": 0,
        "losses": (
            loss(60, 50, Side.TERMINAL, Cause.LINK, by_rule=True),
            loss(300, 40, Side.TERMINAL, Cause.HANDSET, by_rule=False),
        ),
        "additions": (Addition(added_at=START + 110, added_s=30, reason="lost-time"),),
        "added_s": 30,
        "not_added_s": 20,
        "not_added_why": "next-visit",
    }
    return Receipt(**{**facts, **more})


def named(inmate: str = "Daniel", visitors: tuple[str, ...] = ("Ana",), **more: Any) -> Named:
    clock_24h = more.pop("clock_24h", False)
    facility = Facility(id="north", name="North Jail", time_zone="America/Chicago")
    if clock_24h:
        facility = Facility(id="n", name="N", time_zone="America/Chicago", clock_24h=True)
    return Named(receipt(**more), facility, inmate, visitors)


def page(which: Named, language: str = "en") -> str:
    made = receipt_page(which, language, STYLES, hub="main", key="ab12", issued_at=START + 9_000)
    return made.decode()


class Seen(HTMLParser):
    """The tags of a page and the text between them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(text.partition("</head>")[2])
        self.text = re.sub(r"\s+", " ", self.text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        assert not any(name.startswith("on") or name == "style" for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.text += f" {data}"


def test_the_page_says_all_that_the_receipt_does() -> None:
    seen = Seen(page(named()))
    for said in (
        "Visit with Daniel", "North Jail", "Monday, September 21, 2026", "9:13:20 AM to 9:43:20 AM",
        "Used 28 min 50 s", "Lost 1 min 30 s", "From begin to end 30 min 20 s",
        "Added to the end 30 s", "Not added 20 s The next visit came first.",
        "9:14:20 AM to 9:15:10 AM 50 s The jail's side: a connection dropped.",
        "The rules give it back.", "the handset was hung up. Somebody's choice: the time runs.",
        "9:15:10 AM, for lost time 30 s", "Central Daylight Time", "The time was over",
        "by the hub main", "with the key ab12",
    ):  # fmt: skip
        assert said in seen.text
    assert "Paused" not in seen.text
    assert "{" not in seen.text


def test_in_spanish_and_by_a_clock_of_24_hours() -> None:
    text = page(named(clock_24h=True, private=True, paused_s=60), "es-MX")
    assert '<html lang="es">' in text
    seen = Seen(text)
    for said in (
        "Visita con Daniel", "De 09:13:20 a 09:43:20", "lunes, 21 de septiembre de 2026",
        "Detenida por el personal 1 min 0 s", "Visita privada", "hora de verano central",
    ):  # fmt: skip
        assert said in seen.text
    assert page(named(), "xx") == page(named(), "en")


def test_names_are_text_in_any_script_and_with_any_markup() -> None:
    arabic, hebrew = "محمد بن علي", "דניאל כהן"
    text = page(named(HOSTILE, (arabic, hebrew, HOSTILE), ended_by=By.INMATE,
                      end_reason=EndReason.RED_X))  # fmt: skip
    seen = Seen(text)
    assert "script" not in seen.tags
    assert seen.text.count(HOSTILE) == 4
    # Each name is isolated, so that one written from the right moves nothing beside it.
    isolated = [unescape(each) for each in re.findall(r"<bdi>(.*?)</bdi>", text)]
    assert isolated == [HOSTILE, arabic, hebrew, HOSTILE, HOSTILE, "North Jail", HOSTILE]


def test_one_who_erased_their_account_has_no_name() -> None:
    assert "Visitors Ana , (account deleted)" in Seen(page(named(visitors=("Ana", "")))).text


def test_what_never_began_shows_no_sums() -> None:
    nobody = named(
        begun_at=None, used_s=0, lost_s=0, losses=(), additions=(), added_s=0, not_added_s=0,
        not_added_why="", end_reason=EndReason.NOBODY_CAME,
    )  # fmt: skip
    seen = Seen(page(nobody))
    assert "It did not begin" in seen.text
    assert "Used" not in seen.text
    quiet = named(lost_s=0, losses=(), additions=())
    assert "Nothing was lost." in Seen(page(quiet)).text


def test_a_visit_that_was_cancelled_days_before_says_when_and_by_whom() -> None:
    cancelled = named(
        begun_at=None, used_s=0, lost_s=0, losses=(), additions=(), added_s=0, not_added_s=0,
        not_added_why="", end_reason=EndReason.CANCELLED, ended_by=By.VISITOR,
        ended_at=START - 3 * 86_400,
    )  # fmt: skip
    seen = Seen(page(cancelled))
    assert re.search(r"Canceled\s*Friday, September 18, 2026, \d", seen.text)
    assert "The visitor canceled it" in seen.text
    assert "It did not begin" not in seen.text


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_way_to_lose_time_and_to_end_has_words(language: str) -> None:
    ways = list(product(Side, Cause))
    losses = tuple(loss(n, 1, *way, by_rule=True) for n, way in enumerate(ways))
    for by, reason in product(By, EndReason):
        red_x_by_people = by in (By.INMATE, By.VISITOR)
        if reason is not EndReason.RED_X or red_x_by_people:
            text = page(named(losses=losses, ended_by=by, end_reason=reason), language)
            assert text.count("<li") == len(ways) + 1
    for why in ("limit", "next-visit", "held-to-the-end", "ended-early", "too-short"):
        assert "why stone" in page(named(not_added_why=why), language)


def test_both_languages_say_the_same_things() -> None:
    english, spanish = receipt_words.EN, receipt_words.ES
    assert english.keys() == spanish.keys()
    for key, words in english.items():
        holes = {hole for _, hole, _, _ in Formatter().parse(words)}
        assert {hole for _, hole, _, _ in Formatter().parse(spanish[key])} == holes, key


def test_lengths_to_the_second() -> None:
    words = receipt_words.words_of("en")
    said = [length_text(seconds, words) for seconds in (0, 59, 60, 3_600, 3_725)]
    assert said == ["0 s", "59 s", "1 min 0 s", "1 h 0 min 0 s", "1 h 2 min 5 s"]


def test_a_spent_link_is_told_in_both_languages() -> None:
    text = spent_page(STYLES).decode()
    assert 'lang="es"><h1>Este enlace ya se usó' in text
    assert 'lang="en"><h1>This link was used' in text
