"""docs/provisioning.md names commands, options and words that are there."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from config.__main__ import main as visit_config
from kiosk import set_up
from signalling import link
from signalling.hub import terminals
from signalling.hub.__main__ import main as visit_hub

ROOT = Path(__file__).parents[1]
DOCUMENT = (ROOT / "docs" / "provisioning.md").read_text(encoding="utf-8")
PROGRAMS: dict[str, click.Command] = {"visit-hub": visit_hub, "visit-config": visit_config}
NAMED = sorted({
    each[0].strip()
    for each in re.findall(r"((visit-hub|visit-config) [a-z][^`\n#>|]*)", DOCUMENT)
})  # fmt: skip


def test_the_commands_are_found() -> None:
    assert len(NAMED) >= 12


@pytest.mark.parametrize("line", NAMED)
def test_every_command_and_option_is_there(line: str) -> None:
    program, *words = line.split()
    command = PROGRAMS[program]
    while isinstance(command, click.Group):
        assert words and words[0] in command.commands, line
        command = command.commands[words.pop(0)]
    known = {option for each in command.params for option in each.opts}
    assert {word for word in words if word.startswith("--")} <= known, line


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ("the enrolment code is wrong or was used", terminals),
        ("there is no such file", set_up),
        ("the hub calls itself", link),
    ],
)
def test_what_the_screen_says_is_what_the_code_says(said: str, where: object) -> None:
    assert said in DOCUMENT
    assert said in Path(str(where.__file__)).read_text(encoding="utf-8")  # type: ignore[attr-defined]  # a module has it


def test_the_picture_is_there() -> None:
    for name in re.findall(r"!\[[^]]*\]\(([^)]+)\)", DOCUMENT):
        assert (ROOT / "docs" / name).is_file()
