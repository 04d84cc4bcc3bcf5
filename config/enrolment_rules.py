"""What the keys that tie a terminal to its hub must mean: code, authority, machine."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from config.problems import Key
from config.rule import FieldRule, TableRule
from config.schema import Secret, TerminalConfig

CERTIFICATE: Final = re.compile(
    r"-----BEGIN CERTIFICATE-----\n.*?\n-----END CERTIFICATE-----", re.DOTALL
)
MACHINE: Final = re.compile(r"([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}")


def _code(code: Secret) -> str:
    plain = re.sub(r"[ -]", "", code.reveal().upper())
    fits = not code or re.fullmatch(r"[A-HJ-NP-Z2-9]{8}", plain)
    return "" if fits else "the code that `visit-hub terminal add` printed, such as K7QF-2MXR"


def _machine(text: str) -> str:
    expected = 'the address of its wired network card, such as "52:54:00:12:34:56"'
    return "" if not text or MACHINE.fullmatch(text) else expected


def certificates(text: str) -> str:
    """Return the certificates of a PEM file's text without what people wrote between them.

    "" where it holds none that a hub can be checked against.
    """
    found = "".join(f"{each}\n" for each in CERTIFICATE.findall(text))
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=found)
    except (ssl.SSLError, ValueError, TypeError):  # none, broken, or not ASCII
        return ""
    return found


def _ca(text: str) -> str:
    expected = 'certificates in PEM, each from "-----BEGIN CERTIFICATE-----" to its END line'
    return "" if not text or certificates(text) == text.strip() + "\n" else expected


def ca_file(path: str) -> str:
    """Expect a file with certificates, by its absolute path, or nothing."""
    expected = "the absolute path of a PEM file that exists"
    if not path:
        return ""
    if not path.startswith("/") or not Path(path).is_file():
        return expected
    try:
        holds = certificates(Path(path).read_text(encoding="utf-8", errors="replace"))
    except OSError as error:
        return f"{expected} and may be read ({error.strerror})"
    return "" if holds else f"{expected} and holds a certificate (BEGIN CERTIFICATE)"


def _one_authority(table: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    if table["ca"] and table["ca_file"]:
        yield ("ca_file",), "nothing, because ca has the authority's text"


ENROLMENT_FIELD_RULES: Mapping[tuple[type, str], FieldRule] = {
    (TerminalConfig, "enrolment_code"): _code,
    (TerminalConfig, "ca"): _ca,
    (TerminalConfig, "ca_file"): ca_file,
    (TerminalConfig, "machine"): _machine,
}
ENROLMENT_TABLE_RULES: Mapping[type, tuple[TableRule, ...]] = {
    TerminalConfig: (TableRule(("ca", "ca_file"), _one_authority),),
}
