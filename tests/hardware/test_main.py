"""`visit-hardware` as a whole: every command is there, helps with examples, and takes --json."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from hardware.__main__ import main
from signalling.version import VERSION


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_helps_with_examples_and_its_exit_status(command: str) -> None:
    told = CliRunner().invoke(main, [command, "--help"], terminal_width=100)
    assert told.exit_code == 0
    assert f"visit-hardware {command}" in told.stdout
    assert "Examples:" in told.stdout
    assert "Exit status" in told.stdout
    assert "--json" in told.stdout
    assert "--config" in told.stdout


def test_the_commands_are_these() -> None:
    assert set(main.commands) == {"list", "watch", "test", "show", "describe"}


def test_it_tells_its_version() -> None:
    assert VERSION in CliRunner().invoke(main, ["--version"]).stdout
