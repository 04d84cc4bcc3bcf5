"""Mails about visits: in both languages, with the facility's clock and the way to the page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

import pytest

from signalling.hub.mail_links import with_links
from signalling.hub.visit_mail_texts import Letter, letter_text, when_words

AT = datetime(2026, 12, 11, 14, 0, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("language", "clock_24h", "said"),
    [
        ("en", False, ("Friday, December 11, 2026, 8:00 AM", "8:00 AM")),
        ("en", True, ("Friday, December 11, 2026, 08:00", "08:00")),
        ("es-MX", False, ("viernes, 11 de diciembre de 2026, 8:00 a.\u202fm.", "8:00 a.\u202fm.")),
        ("vi", True, ("Friday, December 11, 2026, 08:00", "08:00")),
    ],
)
def test_an_instant_is_said_as_people_do(
    language: str, clock_24h: bool, said: tuple[str, str]
) -> None:
    told = when_words(AT, "America/Chicago", language, clock_24h=clock_24h)
    plain = tuple(each.replace("\u00a0", "\u202f") for each in told)
    assert plain == said


@pytest.mark.parametrize("letter", get_args(Letter))
@pytest.mark.parametrize("language", ["en", "es"])
def test_every_letter_is_said_in_every_language(letter: Letter, language: str) -> None:
    facts = {"inmate": "Dan {el}", "facility": "North", "when": "W", "clock": "C", "guest": "Eva"}
    subject, body = letter_text(letter, language, **facts)
    assert "Dan {el}" in subject + body
    assert "{" not in (subject + body).replace("Dan {el}", "")
    if letter not in ("declined", "tomorrow"):
        assert "http://hub" in with_links(body, "http://hub", "token")
