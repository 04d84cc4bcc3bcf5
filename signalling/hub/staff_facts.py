"""Pure: what the audit keeps of a staff command: no secret, no name, no e-mail."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

SECRET: Final = frozenset({"pin", "password", "roster", "facts"})
NAMES: Final = frozenset({"name"})
EMAILS: Final = frozenset({"email", "visitors"})
INMATES: Final = frozenset({"number", "inmate"})
UNHEARD: Final = frozenset({"hub show"})
"""What a screen asks each second, and what names nobody."""
UNKNOWN: Final = "unknown"
_EMAIL: Final = re.compile(r"[^\s@,;\"']+@[^\s@,;\"']+")


def said_in(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return a command's fields, with an inmate's number apart where FACILITY/NUMBER says it."""
    if fields.get("kind") != "inmate" or "id" not in fields:
        return dict(fields)
    facility, _, number = fields["id"].rpartition("/")
    rest = {key: value for key, value in fields.items() if key != "id"}
    return {**rest, "facility": facility or None, "number": number}


def emails_in(fields: Mapping[str, Any]) -> list[str]:
    """Return the e-mails that a command names."""
    found = [fields[key] for key in EMAILS if fields.get(key)]
    return [each for value in found for each in ([value] if isinstance(value, str) else value)]


def number_in(fields: Mapping[str, Any]) -> str | None:
    """Return the inmate number that a command names."""
    return next((fields[key] for key in INMATES if fields.get(key)), None)


def facts_of(
    command: str, fields: Mapping[str, Any], visitors: Mapping[str, str], inmates: Mapping[str, str]
) -> dict[str, Any]:
    """Return what is kept of a command. `visitors` are ids by e-mail, `inmates` ids by number."""
    facts: dict[str, Any] = {"command": command}
    for key, value in fields.items():
        if key in SECRET or key in NAMES or value in (None, ""):
            continue
        if key in EMAILS:
            facts["visitors"] = [visitors.get(each) or UNKNOWN for each in emails_in(fields)]
        elif key in INMATES:
            facts["inmate"] = inmates.get(value) or UNKNOWN
        else:
            facts[key] = value
    return facts


def outcome_of(command: str, result: Any) -> dict[str, Any]:
    """Return what is kept of a command's answer, where the command alone does not say enough."""
    if command != "inmate import":
        return {}
    lists = ("mistakes", "added", "changed", "back", "gone", "visits_of_gone")
    counts = {each: len(result[each]) for each in lists if result.get(each)}
    numbers = ("cancelled", "approvals_ended")
    return counts | {each: result[each] for each in numbers if result.get(each)}


def subject_of(
    fields: Mapping[str, Any], visitors: Mapping[str, str], inmates: Mapping[str, str]
) -> str:
    """Return the one thing or person that a command is about; empty when it names none."""
    for key in ("visit", "terminal", "request"):
        if fields.get(key):
            return f"{key}:{fields[key]}"
    who = next((visitors.get(each, "") for each in emails_in(fields)), "")
    inmate = inmates.get(number_in(fields) or "", "")
    return f"visitor:{who}" if who else f"inmate:{inmate}" if inmate else ""


def without_names(sentence: str, fields: Mapping[str, Any]) -> str:
    """Return why a command was refused, without the people and secrets it was given."""
    for key in (*SECRET, *NAMES, *EMAILS, *INMATES):
        value = fields.get(key)
        for each in [value] if isinstance(value, str) else value or ():
            if each:
                sentence = sentence.replace(str(each), "...")
    return _EMAIL.sub("...", sentence)


def is_read(command: str) -> bool:
    """Whether a command only looks."""
    words: Sequence[str] = command.split()
    return words[-1] in ("list", "show", "head", "entries", "check", "verify", "preview")
