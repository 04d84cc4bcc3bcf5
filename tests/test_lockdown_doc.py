"""docs/lockdown.md names no closed way without a test, and no test that is not there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.tested_rows import require_tested, rows

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs" / "lockdown.md"
WAYS = (
    "escape", "f1", "sigterm", "right, middle and ctrl click", "command line", "config.ini",
    "kcfg_", "modules", "log files", "paste", "xsel", "`input`", "ld_preload", "sdl_dynamic_api",
    "window close", "vt switch", "ctrl+alt+backspace", "goes dark", "x clients", "over tcp",
    "kmsdrm", "power key",
    "ctrl+alt+del", "seven times", "sysrq", "grub", "initial ramdisk", "rescue", "usb storage",
    "firewire", "core files", "swap", "keyboard is plugged in", "every function key", "gestures",
    "network scan",
)  # fmt: skip
"""Every way out and leak that was found before anything was closed."""
MUST_BE_TRIED = (
    "keyboard is plugged in", "every function key", "gestures", "usb storage", "vt switch", "sysrq",
    "seven times", "power key", "network scan", "kcfg_",
)  # fmt: skip
MACHINE = "tests/vm/scenario_ways_out.py"


def test_every_way_is_closed_and_has_a_test_that_exists() -> None:
    assert len(rows(DOCUMENT)) > 25
    for row in rows(DOCUMENT):
        require_tested(*row)


@pytest.mark.parametrize("way", WAYS)
def test_the_ways_that_were_found_are_in_the_table(way: str) -> None:
    assert any(way in row[0].lower() for row in rows(DOCUMENT))


@pytest.mark.parametrize("way", MUST_BE_TRIED)
def test_what_can_be_tried_is_tried_in_the_virtual_machine(way: str) -> None:
    assert any(way in row[0].lower() and MACHINE in row[2] for row in rows(DOCUMENT))


def test_every_try_in_the_virtual_machine_has_its_row() -> None:
    tried = re.findall(r"^async def (test_\w+)", (ROOT / MACHINE).read_text(), re.MULTILINE)
    text = DOCUMENT.read_text()
    assert [each for each in tried if f"`{MACHINE}::{each}`" not in text] == []


def test_no_screen_has_a_text_field() -> None:
    """A field that takes keys also copies and pastes."""
    for path in (ROOT / "kiosk").rglob("*.py"):
        assert "textinput" not in path.read_text(encoding="utf-8").lower(), path
