"""Pure: what mails say, in both languages: the hub does not know which one a visitor reads."""

from __future__ import annotations


def booked_text(inmate: str, facility: str, when: str) -> tuple[str, str]:
    """Return subject and body of the mail about a booked visit; `when` is jail time."""
    subject = f"Visit with {inmate} / Visita con {inmate}: {when}"
    body = (
        f"Your visit with {inmate} is booked: {when}, jail time.\n"
        f"Facility: {facility}\n"
        "Log in ten minutes before it starts. Wait for the green telephone.\n"
        "\n"
        f"Su visita con {inmate} está programada: {when}, hora de la cárcel.\n"
        f"Centro: {facility}\n"
        "Entre diez minutos antes del inicio. Espere el teléfono verde.\n"
    )
    return subject, body
