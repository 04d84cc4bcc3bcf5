"""Pure: what mails about visits say, in the visitor's language. Ten words a sentence at most."""

from __future__ import annotations

from typing import Final, Literal

from signalling.hub.account_mail_texts import mail_language

Letter = Literal["booked", "moved", "cancelled", "invited", "declined", "tomorrow", "soon"]

_LOG_IN_EN: Final = "Log in ten minutes before it starts. Wait for the green telephone.\n"
_LOG_IN_ES: Final = "Entre diez minutos antes del inicio. Espere el teléfono verde.\n"

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
        "Your visit with {inmate} is cancelled",
        "Your visit with {inmate} does not take place: {when}, jail time.\n"
        "Facility: {facility}\nYou can book another one.\n",
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
        "Centro: {facility}\nPuede programar otra.\n",
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
