"""Pure: the words of receipts and calendar entries, by language; English where one is missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

EN: Final = {
    "visit-with": "Visit with {name}",
    "title": "Receipt of a visit",
    "inmate": "Inmate",
    "visitor": "Visitor",
    "visitors": "Visitors",
    "facility": "Facility",
    "day": "Day",
    "booked": "Booked",
    "begun": "Began",
    "not-begun": "It did not begin",
    "ended": "Ended",
    "from-to": "{start} to {end}",
    "private": "Private visit",
    "kind": "Kind",
    "numbers": "The time",
    "used": "Used",
    "lost": "Lost",
    "paused": "Paused by staff",
    "whole": "From begin to end",
    "added": "Added to the end",
    "not-added": "Not added",
    "length-h": "{h} h {m} min {s} s",
    "length-m": "{m} min {s} s",
    "length-s": "{s} s",
    "end-expired": "The time was over",
    "end-red-x-inmate": "{name} ended it",
    "end-red-x-visitor": "The visitor ended it",
    "end-staff": "An officer ended it",
    "end-nobody-came": "It did not begin in time",
    "end-cancelled": "It was canceled",
    "losses": "What was lost",
    "no-losses": "Nothing was lost",
    "side-terminal": "The jail's side",
    "side-visitor": "The visitor's side",
    "side-network": "The connection",
    "side-hub": "The hub",
    "cause-link": "a connection dropped",
    "cause-handset": "the handset was hung up",
    "cause-page": "the page was closed",
    "cause-media": "picture or sound did not come through",
    "cause-signed-out": "the inmate signed out",
    "by-rule": "The rules give it back",
    "by-choice": "Somebody's choice: the time runs",
    "additions": "What was added to the end",
    "for-lost-time": "for lost time",
    "by-staff": "by staff",
    "why-limit": "No more can be added to one visit",
    "why-next-visit": "The next visit came first",
    "why-held-to-the-end": "The visit was on hold until its end",
    "why-ended-early": "The visit was ended first",
    "why-too-short": "Only whole seconds are added",
    "zone": "All times: {zone}",
    "issued": "Made on {when} by the hub {hub}.",
    "proof": "This page is for reading. The proof is the signed file (JSON), which visitors can "
    "save from Visitbooth. Anybody can check it with the key {key}, at /receipt-key on this site.",
    "print": "Print it, or save it as a PDF, from the menu of your browser.",
    "back": "Back to Visitbooth",
    "spent-title": "This link was used or is too old",
    "spent": "Go back to Visitbooth and ask for it again.",
}

ES: Final = {
    "visit-with": "Visita con {name}",
    "title": "Recibo de una visita",
    "inmate": "Interno",
    "visitor": "Visitante",
    "visitors": "Visitantes",
    "facility": "Centro",
    "day": "Día",
    "booked": "Reservada",
    "begun": "Empezó",
    "not-begun": "No empezó",
    "ended": "Terminó",
    "from-to": "De {start} a {end}",
    "private": "Visita privada",
    "kind": "Tipo",
    "numbers": "El tiempo",
    "used": "Usado",
    "lost": "Perdido",
    "paused": "Detenida por el personal",
    "whole": "De principio a fin",
    "added": "Sumado al final",
    "not-added": "No sumado",
    "length-h": "{h} h {m} min {s} s",
    "length-m": "{m} min {s} s",
    "length-s": "{s} s",
    "end-expired": "Se acabó el tiempo",
    "end-red-x-inmate": "{name} la terminó",
    "end-red-x-visitor": "El visitante la terminó",
    "end-staff": "Un oficial la terminó",
    "end-nobody-came": "No empezó a tiempo",
    "end-cancelled": "Fue cancelada",
    "losses": "Lo que se perdió",
    "no-losses": "No se perdió nada",
    "side-terminal": "El lado de la cárcel",
    "side-visitor": "El lado del visitante",
    "side-network": "La conexión",
    "side-hub": "La central",
    "cause-link": "se cayó una conexión",
    "cause-handset": "el auricular estaba colgado",
    "cause-page": "la página se cerró",
    "cause-media": "no llegaba la imagen o el sonido",
    "cause-signed-out": "el interno salió",
    "by-rule": "Las reglas lo devuelven",
    "by-choice": "Decisión de alguien: el tiempo corre",
    "additions": "Lo que se sumó al final",
    "for-lost-time": "por tiempo perdido",
    "by-staff": "por el personal",
    "why-limit": "A una visita no se le puede sumar más",
    "why-next-visit": "Antes venía la siguiente visita",
    "why-held-to-the-end": "La visita estuvo en espera hasta su fin",
    "why-ended-early": "La visita se terminó antes",
    "why-too-short": "Solo se suman segundos enteros",
    "zone": "Todas las horas: {zone}",
    "issued": "Hecho el {when} por la central {hub}.",
    "proof": "Esta página es para leer. La prueba es el archivo firmado (JSON), que los visitantes "
    "pueden guardar desde Visitbooth. Cualquiera puede revisarlo con la clave {key}, en "
    "/receipt-key de este sitio.",
    "print": "Imprímala o guárdela como PDF desde el menú de su navegador.",
    "back": "Volver a Visitbooth",
    "spent-title": "Este enlace ya se usó o es muy viejo",
    "spent": "Vuelva a Visitbooth y pídalo de nuevo.",
}

_LANGUAGES: Final[Mapping[str, Mapping[str, str]]] = {"en": EN, "es": ES}


def known(language: str) -> str:
    """Return the language of a tag such as `es-MX` if there are words in it, else `en`."""
    short = language.partition("-")[0].lower()
    return short if short in _LANGUAGES else "en"


def words_of(language: str) -> Mapping[str, str]:
    """Return the words in a language, or in English."""
    return _LANGUAGES[known(language)]
