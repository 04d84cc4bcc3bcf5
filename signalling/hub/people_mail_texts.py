"""Pure: what mails about a request to visit say, in both languages."""

from __future__ import annotations

from signalling.hub.mail_links import PAGE


def approved_text(inmate: str, facility: str) -> tuple[str, str]:
    """Return subject and body of the mail that somebody may visit."""
    subject = f"You may visit {inmate} / Puede visitar a {inmate}"
    body = (
        f"{facility} has approved your request.\n"
        f"You may visit {inmate} now.\n"
        f"Log in to see your visits: {PAGE}\n"
        "\n"
        f"{facility} aprobó su solicitud.\n"
        f"Ya puede visitar a {inmate}.\n"
        f"Entre para ver sus visitas: {PAGE}\n"
    )
    return subject, body


def denied_text(number: str, facility: str, reason: str) -> tuple[str, str]:
    """Return subject and body of the mail that a request was denied, in the facility's words."""
    subject = "About your request to visit / Sobre su solicitud de visita"
    body = (
        f"{facility} did not approve your request for inmate number {number}.\n"
        f"Their reason: {reason}\n"
        f"You can ask them, or send a new request: {PAGE}\n"
        "\n"
        f"{facility} no aprobó su solicitud para el interno número {number}.\n"
        f"Su motivo: {reason}\n"
        f"Puede preguntarles o enviar otra solicitud: {PAGE}\n"
    )
    return subject, body
