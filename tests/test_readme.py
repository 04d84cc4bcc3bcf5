"""README's technician block does what it says, copied as it stands."""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.processes import Process, run

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BIN = Path(sys.executable).parent


def blocks() -> list[str]:
    """The first shell blocks after "A technician", in order: hub, people, requests, terminal."""
    text = README[README.index("**A technician**") : README.index("## Words")]
    return re.findall(r"^```sh\n(.*?)^```$", text, re.M | re.S)[:4]


def words(block: str, home: Path, where: Path, port: int = 0) -> list[str]:
    """A block for bash: this interpreter's commands, a home of its own, a free port for 8080."""
    here = f'set -euo pipefail\nexport PATH="{BIN}:$PATH" HOME="{home}"\ncd "{where}"\n'
    return ["bash", "-c", here + block.replace("127.0.0.1:8080", f"127.0.0.1:{port}")]


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder with a short path, as a home has: a socket's path has 100 characters at most."""
    with tempfile.TemporaryDirectory(prefix="readme-") as folder:
        yield Path(folder)


async def test_the_technicians_block_can_be_copied(home: Path) -> None:
    hub_block, people, requests, terminal = blocks()
    folder = home / "visitbooth-try"
    serve = next(line for line in hub_block.splitlines() if line.startswith("visit-hub serve"))
    before = hub_block.replace(serve, "").replace(
        'name = "lindell-hub"', 'name = "lindell-hub"\nport = 0'
    )
    await run(words(before, home, ROOT), deadline_s=60)
    process = Process(
        "hub", [str(BIN / "visit-hub"), "serve", "--config", str(folder / "hub.toml")]
    )
    async with process:
        port = int((await process.wait_for(r"listening on http://127.0.0.1:(\d+)", 30))[1])
        told = await run(words(people, home, ROOT, port), deadline_s=90)
        assert "Maria" in told
        hub_file = f'export VISITBOOTH_HUB="{folder / "hub.toml"}"\n'
        assert "deny" in await run(words(hub_file + requests, home, folder), deadline_s=60)
        kiosk = next(line for line in terminal.splitlines() if line.startswith("visit-kiosk"))
        rest = terminal.replace(kiosk, "")
        await run(words(rest, home, folder, port), deadline_s=60)
        env = {"SDL_VIDEODRIVER": "offscreen"}
        argv = [str(BIN / "visit-kiosk"), "--config", str(folder / "terminal.toml"), "--windowed"]
        async with Process("kiosk", argv, env=env) as screen:
            await screen.wait_for(r"link=up", 40)
            listing = [str(BIN / "visit-hub"), "terminal", "list", "--json"]
            shown = await run([*listing, "--config", str(folder / "hub.toml")])
            assert [each["linked"] for each in json.loads(shown)] == [True]
