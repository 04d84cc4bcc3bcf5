"""Every word, date and time that a person sees, in their language. Pure after loading.

The catalogues (`locales/<language>/LC_MESSAGES/visitbooth.po`) are read as they are; there is no
compiled form that could lag behind. The English text is the key, and a missing one raises: a
test finds it, no inmate does.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from io import BytesIO
from types import MappingProxyType
from typing import Final

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time, get_timezone, get_timezone_name
from babel.messages.pofile import read_po

from signalling.wire import FacilityView

LANGUAGES: Final = ("en", "es")
"""The languages that have a catalogue."""

DOMAIN: Final = "visitbooth"

OWN_NAMES: Final = MappingProxyType({"en": "English", "es": "Español"})
"""Each language in itself, for the button that chooses it."""

Forms = tuple[str, ...]


class MissingWords(KeyError):
    """A text has no translation. A bug of ours, never of the person in front of the screen."""


@cache
def catalogue(language: str) -> Mapping[str, Forms]:
    """Return the translations by English text; more than one form where there is a plural.

    Raises:
        MissingWords: there is no catalogue for this language.
    """
    if language not in LANGUAGES:
        raise MissingWords(language)
    path = files("kiosk") / "locales" / language / "LC_MESSAGES" / f"{DOMAIN}.po"
    read = read_po(BytesIO(path.read_bytes()), locale=language, abort_invalid=True)
    forms: dict[str, Forms] = {}
    for message in read:
        if message.id:
            key = message.id if isinstance(message.id, str) else message.id[0]
            text = message.string or ""
            forms[key] = (text,) if isinstance(text, str) else tuple(text)
    return MappingProxyType(forms)


class Words:
    """One language at one facility."""

    def __init__(self, language: str, facility: FacilityView) -> None:
        """Raises MissingWords for an unknown language, LookupError for an unknown time zone."""
        self.language = language
        self._forms = catalogue(language)
        self._locale = Locale.parse(language)
        self._zone: dt.tzinfo = get_timezone(facility.time_zone)
        self._clock_24h = facility.clock_24h or not facility.id  # UTC goes without AM and PM
        self._mark = "" if facility.id else "UTC"

    def __call__(self, english: str, **values: object) -> str:
        """Return the translation of `english` with its {names} filled in."""
        # The full stop of an abbreviation ("p. m.") ends the sentence too.
        return self._form(english, 0).format(**values).replace("..", ".")

    def count(self, singular: str, plural: str, n: int, **values: object) -> str:
        """Return the form that fits `n`; {n} is filled in. `plural` is there for readers."""
        rule = self._locale.plural_form(n)
        return self._form(singular, 0 if rule == "one" else 1).format(n=n, **values)

    def _form(self, english: str, index: int) -> str:
        forms = self._forms.get(english, ())
        if index >= len(forms) or not forms[index]:
            raise MissingWords(f"{self.language}: {english}")
        return forms[index]

    def relation(self, relation: str) -> str:
        """Return a visitor's relation; the facility's own word where it is not a common one."""
        form = self._forms.get(relation.capitalize(), ())
        return form[0] if relation.capitalize() in RELATIONS and form else relation

    # -- dates and times --------------------------------------------------------------------

    def clock(self, at: float) -> tuple[str, str]:
        """Return hours and minutes, and "AM" or "p. m." ("" on a 24-hour clock)."""
        local = self._local(at)
        if self._clock_24h:
            return f"{local:%H:%M}", ""
        half = format_time(local, "a", locale=self._locale)
        return f"{local.hour % 12 or 12}:{local:%M}", half

    def time(self, at: float) -> str:
        """Return a time of day within a sentence: 14:30 or 2:30 PM; 14:30 UTC while no
        hub has said where this is."""
        digits, half = self.clock(at)
        return " ".join(filter(None, (digits, half, self._mark)))

    def span(self, start: float, end: float) -> str:
        """Return "14:30 to 15:00"; on a 12-hour clock PM is said once where it is the same."""
        digits, half = self.clock(start)
        if half != self.clock(end)[1]:
            digits = f"{digits} {half}"
        return self("{start} to {end}", start=digits, end=self.time(end))

    def date(self, at: float) -> str:
        """Return weekday, month and day: Sunday, November 22."""
        text = format_date(self._local(at), self("EEEE, MMMM d"), locale=self._locale)
        return text[0].upper() + text[1:]

    def day(self, at: float) -> dt.date:
        """Return the calendar day at the facility."""
        return self._local(at).date()

    def day_and_time(self, at: float, now: float) -> str:
        """Return "Today at 16:00", or the date for any other day."""
        if self.day(at) == self.day(now):
            return self("Today at {time}", time=self.time(at))
        return self("{date} at {time}", date=self.date(at), time=self.time(at))

    def moment(self, at: float) -> str:
        """Return the shortest date and time: 11/22 14:30."""
        day = format_skeleton("Md", self._local(at), locale=self._locale)
        return f"{day} {self.time(at)}"

    def zone(self, at: float) -> str:
        """Return the name of the time zone: Central Time."""
        name = get_timezone_name(self._local(at), width="long", zone_variant="generic",
                                 locale=self._locale)  # fmt: skip
        return name[0].upper() + name[1:]

    def _local(self, at: float) -> dt.datetime:
        return dt.datetime.fromtimestamp(at, self._zone)


RELATIONS: Final = frozenset(
    [
        "Wife",
        "Husband",
        "Partner",
        "Mother",
        "Father",
        "Sister",
        "Brother",
        "Daughter",
        "Son",
        "Grandmother",
        "Grandfather",
        "Aunt",
        "Uncle",
        "Cousin",
        "Friend",
        "Lawyer",
        "Interpreter",
    ]
)
"""The relations that have a translation. A facility may use others; they stay as it wrote them."""


def minutes_up(seconds: float) -> int:
    """Return whole minutes, begun ones counted: what is left or still to come."""
    return max(0, -int(-seconds // 60))


def minutes_near(seconds: float) -> int:
    """Return the nearest whole minute: what is past."""
    return int(seconds / 60 + 0.5)
