"""Pure: what mails about visits say, in the visitor's language. Ten words a sentence at most."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, Literal

from babel.dates import format_date, format_time

from signalling.hub.account_mail_texts import mail_language
from signalling.hub.mail_links import PAGE
from signalling.hub.scheduling import zone

Letter = Literal["booked", "moved", "cancelled", "invited", "declined", "tomorrow", "soon"]

_LOG_IN_EN: Final = f"Log in ten minutes before it starts: {PAGE}\nWait for the green telephone.\n"
_LOG_IN_ES: Final = f"Entre diez minutos antes del inicio: {PAGE}\nEspere el teléfono verde.\n"

_ENGLISH: Final[dict[Letter, tuple[str, str]]] = {
    "booked": (
        "Visit with {inmate}: {when}",
        "Your visit with {inmate} is booked: {when}, jail time.\nFacility: {facility}\n"
        + _LOG_IN_EN,
    ),
    "moved": (
        "Your visit with {inmate} moved: {when}",
        "Your visit with {inmate} has a new time: {when}, jail time.\nFacility: {facility}\n"
        + _LOG_IN_EN,
    ),
    "cancelled": (
        "Your visit with {inmate} is canceled",
        "Your visit with {inmate} does not take place: {when}, jail time.\n"
        f"Facility: {{facility}}\nYou can book another one: {PAGE}\n",
    ),
    "invited": (
        "You are invited to visit {inmate}: {when}",
        "You are on a visit with {inmate}: {when}, jail time.\nFacility: {facility}\n"
        + _LOG_IN_EN
        + "You cannot come? Open the visit on the page and decline.\n",
    ),
    "declined": (
        "{guest} cannot come to your visit",
        "{guest} does not come to your visit with {inmate}.\n"
        "It still takes place: {when}, jail time.\n",
    ),
    "tomorrow": (
        "Your visit with {inmate} is in 24 hours",
        "Your visit with {inmate}: {when}, jail time.\nFacility: {facility}\n"
        "Try your camera and microphone today: log in, Check device.\n",
    ),
    "soon": (
        "Your visit with {inmate} is at {clock}",
        "Your visit with {inmate} starts in one hour, at {clock}.\n" + _LOG_IN_EN,
    ),
}

_SPANISH: Final[dict[Letter, tuple[str, str]]] = {
    "booked": (
        "Visita con {inmate}: {when}",
        "Su visita con {inmate} está programada: {when}, hora de la cárcel.\n"
        "Centro: {facility}\n" + _LOG_IN_ES,
    ),
    "moved": (
        "Su visita con {inmate} cambió: {when}",
        "Su visita con {inmate} tiene otra hora: {when}, hora de la cárcel.\n"
        "Centro: {facility}\n" + _LOG_IN_ES,
    ),
    "cancelled": (
        "Su visita con {inmate} está cancelada",
        "Su visita con {inmate} no tendrá lugar: {when}, hora de la cárcel.\n"
        f"Centro: {{facility}}\nPuede programar otra: {PAGE}\n",
    ),
    "invited": (
        "Tiene una invitación para visitar a {inmate}: {when}",
        "Está en una visita con {inmate}: {when}, hora de la cárcel.\nCentro: {facility}\n"
        + _LOG_IN_ES
        + "¿No puede venir? Abra la visita en la página y rechácela.\n",
    ),
    "declined": (
        "{guest} no puede venir a su visita",
        "{guest} no viene a su visita con {inmate}.\n"
        "La visita sigue en pie: {when}, hora de la cárcel.\n",
    ),
    "tomorrow": (
        "Su visita con {inmate} es en 24 horas",
        "Su visita con {inmate}: {when}, hora de la cárcel.\nCentro: {facility}\n"
        "Pruebe hoy su cámara y micrófono: entre, Revisar equipo.\n",
    ),
    "soon": (
        "Su visita con {inmate} es a las {clock}",
        "Su visita con {inmate} empieza en una hora, a las {clock}.\n" + _LOG_IN_ES,
    ),
}

_TEXTS: Final = {"en": _ENGLISH, "es": _SPANISH}


def letter_text(letter: Letter, language: str, **facts: str) -> tuple[str, str]:
    """Return subject and body. `facts`: inmate, facility, when, clock, guest (may be empty)."""
    subject, body = _TEXTS[mail_language(language)][letter]
    return subject.format(**facts), body.format(**facts)


def when_words(at: float, time_zone: str, language: str, *, clock_24h: bool) -> tuple[str, str]:
    """Return an instant as people at the facility say it: day and time, and the time alone."""
    local = datetime.fromtimestamp(at, UTC).astimezone(zone(time_zone))
    locale = mail_language(language)
    clock = format_time(local, "HH:mm" if clock_24h else "h:mm a", locale=locale)
    return f"{format_date(local, 'full', locale=locale)}, {clock}", clock
