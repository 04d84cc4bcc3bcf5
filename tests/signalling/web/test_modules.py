"""The page's own tests under node, and its messages held to those of Python."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from signalling.hub.passwords import MIN_LENGTH
from signalling.hub.receipt_page import STYLES as RECEIPT_STYLES
from signalling.messages import HUB_TO_PAGE, PAGE_TO_HUB
from signalling.wire import VisitView

WEB = Path(__file__).parents[3] / "signalling" / "web"
NODE = shutil.which("node")


def node(*arguments: str) -> str:
    assert NODE is not None, "node is missing: .ci/bootstrap installs it"
    done = subprocess.run(
        [NODE, *arguments], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def exported(name: str) -> set[str]:
    """Return a list that messages.js exports."""
    script = (
        f"import('{WEB.as_uri()}/messages.js').then((m) => console.log(JSON.stringify(m.{name})))"
    )
    names: list[str] = json.loads(node("-e", script))
    assert len(names) == len(set(names))
    return set(names)


@pytest.mark.parametrize(
    "file", sorted(Path(__file__).parent.glob("*.test.mjs")), ids=lambda f: f.stem
)
def test_module(file: Path) -> None:
    node("--test", str(file))


def test_the_page_knows_the_same_messages() -> None:
    assert exported("MESSAGES_IN") == set(HUB_TO_PAGE.types)
    assert exported("MESSAGES_OUT") == set(PAGE_TO_HUB.types)


def test_the_page_knows_the_same_visit() -> None:
    assert exported("VISIT_VIEW") == set(VisitView.__struct_fields__)


def test_the_pages_messages_have_the_same_fields() -> None:
    script = (
        f"import('{WEB.as_uri()}/messages.js')"
        ".then((m) => console.log(JSON.stringify(m.FIELDS_IN)))"
    )
    fields: dict[str, dict[str, str]] = json.loads(node("-e", script))
    expected = {name: set(each.__struct_fields__) for name, each in HUB_TO_PAGE.types.items()}
    assert {name: set(each) for name, each in fields.items()} == expected


def test_the_page_asks_for_passwords_as_long_as_the_hub_does() -> None:
    script = f"import('{WEB.as_uri()}/field-rules.js').then((m) => console.log(m.MIN_PASSWORD))"
    assert int(node("-e", script)) == MIN_LENGTH


@pytest.mark.parametrize(
    "file",
    sorted(path for kind in ("js", "css") for path in WEB.rglob(f"*.{kind}")),
    ids=lambda f: f.name,
)
def test_files_are_short(file: Path) -> None:
    # A language is one file, so that whoever adds one writes one; it is a list, not code.
    limit = 500 if file.name.startswith("words-") else 400
    assert len(file.read_text(encoding="utf-8").splitlines()) <= limit


def test_the_page_links_every_style_sheet_once() -> None:
    linked = re.findall(r'<link rel="stylesheet" href="/(.+?)"', (WEB / "index.html").read_text())
    assert len(linked) == len(set(linked))
    # The receipt is a page of its own, made by the hub.
    every = {f"style/{path.name}" for path in WEB.rglob("*.css")}
    assert {*linked, *RECEIPT_STYLES} == every
