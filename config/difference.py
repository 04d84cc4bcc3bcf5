"""What another configuration file would change on a machine that runs. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from config.problems import Key, key_text
from config.schema import Secret, Table, TerminalConfig

RESTART: Final = "restart"
NEW_CODE: Final = "restart and a new code"
NOTHING: Final = "nothing"
"""What a change takes. Programs read their file once, when they start."""

TAKES: Final[dict[Key, str]] = {
    ("terminal",): NEW_CODE,
    ("hub_name",): NEW_CODE,
    ("state_dir",): NEW_CODE,
    ("machine",): NOTHING,
}
"""The hub knows a terminal's key by the first two; the third is where the key is. `machine` is
looked at before there is a terminal."""
UNUSED: Final = "nothing while its key is enrolled"
NOT_SET: Final = "-"


@dataclass(frozen=True, slots=True)
class Change:
    """One key whose value would be another. A secret is never shown."""

    key: str
    now: str
    then: str
    takes: str


def changes(now: Table, then: Table) -> list[Change]:
    """Return what differs, in the order of the file."""
    before, after = dict(_leaves(now)), dict(_leaves(then))
    keys = [*before, *(key for key in after if key not in before)]
    return [
        Change(key_text(key), *_words(before.get(key), after.get(key)), _takes(key, then))
        for key in keys
        if before.get(key) != after.get(key)
    ]


def _takes(key: Key, config: Table) -> str:
    if not isinstance(config, TerminalConfig):
        return RESTART
    return UNUSED if key == ("enrolment_code",) else TAKES.get(key, RESTART)


def _leaves(value: Any, at: Key = ()) -> Iterator[tuple[Key, Any]]:
    if isinstance(value, Table):
        for name in value.__struct_fields__:
            yield from _leaves(getattr(value, name), (*at, name))
    elif isinstance(value, tuple) and any(isinstance(each, Table) for each in value):
        for index, each in enumerate(value):
            yield from _leaves(each, (*at, index))
    else:
        yield at, value


def _words(now: Any, then: Any) -> tuple[str, str]:
    if isinstance(now, Secret) and isinstance(then, Secret) and now and then:
        return "a secret", "another secret"
    return _word(now), _word(then)


def _word(value: Any) -> str:
    if value is None:
        return NOT_SET
    if isinstance(value, Secret):
        return "a secret" if value else "no secret"
    return json.dumps(value, ensure_ascii=False)
