"""`visit-hub`'s commands in this process, with or without a hub."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from config import load_hub
from signalling.hub.__main__ import main
from signalling.hub.services import hub_lock, open_services

TOML = """
name = "test-hub"
port = 0
state_dir = "{state}"
[[facility]]
id = "north"
name = "North Jail"
time_zone = "America/Chicago"
[[facility]]
id = "south"
name = "South Jail"
time_zone = "America/Phoenix"
"""


OPENED = "The hub is not running; its store was opened directly.\n"


class Cli:
    """`visit-hub` in this process."""

    def __init__(self, toml: Path) -> None:
        self._toml = toml

    def run(self, *words: str, stdin: str = "") -> tuple[int, str]:
        code, output, errors = self.both(*words, stdin=stdin)
        return code, output + errors.removeprefix(OPENED)

    def both(self, *words: str, stdin: str = "") -> tuple[int, str, str]:
        """Exit code, standard output and standard error."""
        result = CliRunner().invoke(
            main, list(words), input=stdin, env={"VISITBOOTH_HUB": str(self._toml)}
        )
        return result.exit_code, result.stdout, result.stderr

    def json(self, *words: str, stdin: str = "") -> Any:
        code, output = self.run(*words, "--json", stdin=stdin)
        assert code == 0, output
        return json.loads(output)

    def fails(self, *words: str, stdin: str = "") -> str:
        code, output = self.run(*words, stdin=stdin)
        assert code == 1, output
        assert output.startswith("Error: ")
        assert len(output.strip().splitlines()) == 1
        return output


async def first_run(toml: Path) -> None:
    config = load_hub(toml)
    with hub_lock(Path(config.state_dir)):
        async with open_services(config):
            pass
