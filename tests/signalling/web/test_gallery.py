"""The list of the page's states, and what `make screenshots` writes of them."""

from __future__ import annotations

import re
from pathlib import Path

from click.testing import CliRunner

from signalling.hub.web_files import WEB
from tests.signalling.web import screenshots
from tests.signalling.web.gallery_list import STATES


def test_no_two_states_have_one_name() -> None:
    assert len(set(STATES)) == len(STATES)


def test_every_screen_of_the_page_is_in_the_list() -> None:
    hooks = re.search(r"data-screen=([a-z, -]+)\]", (WEB / "app.js").read_text())
    assert hooks is not None
    screens = hooks.group(1).split(", ")
    assert [each for each in screens if not any(s.startswith(each) for s in STATES)] == []


def test_pictures_and_their_page_are_written(tmp_path: Path) -> None:
    ran = CliRunner().invoke(screenshots.main, ["--folder", str(tmp_path), "log-in", "rules"])
    assert ran.exit_code == 0, ran.output
    pictures = {path.name for path in tmp_path.glob("*.png")}
    assert len(pictures) == 8
    index = (tmp_path / "index.html").read_text()
    assert {name for name in pictures if f'<img src="{name}"' in index} == pictures


def test_an_unknown_state_is_named(tmp_path: Path) -> None:
    ran = CliRunner().invoke(screenshots.main, ["--folder", str(tmp_path), "log-out"])
    assert ran.exit_code == 1
    assert "no such state: log-out" in ran.output
