"""Every command of `visit-hub` explains itself with an example."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from signalling.hub.__main__ import main


def commands(command: click.Command, *words: str) -> Iterator[tuple[str, ...]]:
    """Yield the words of every command that is no group."""
    if not isinstance(command, click.Group):
        yield words
        return
    for name, each in command.commands.items():
        yield from commands(each, *words, name)


ALL = list(commands(main))


def test_there_are_commands() -> None:
    assert ("inmate", "import") in ALL
    assert len(ALL) > 40


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_help_has_an_example_of_that_very_command(words: tuple[str, ...]) -> None:
    result = CliRunner().invoke(main, [*words, "--help"])
    assert result.exit_code == 0
    _, _, examples = result.stdout.partition("Example")
    assert f"visit-hub {' '.join(words)}" in examples
