"""ALSA reads the system's settings, also the ALSA in PyAV's wheel."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from hardware.alsa_settings import CONFIG, system_settings, use_system_settings

VARIABLES = ("ALSA_CONFIG_PATH", "ALSA_PLUGIN_DIR")
OPENS = """
import av
try:
    av.open("no such card", format="alsa")
except OSError:
    pass
"""
HARDWARE = (
    """
from hardware.__main__ import main
main(["list", "--json"], standalone_mode=False)
"""
    + OPENS
)
KIOSK = (
    """
from kiosk.__main__ import main
try:
    main(["--config", "/no/such/terminal.toml"], standalone_mode=False)
except SystemExit:
    pass
"""
    + OPENS
)


def said(program: str) -> str:
    """Return what a process without the variables says when PyAV's ALSA opens a card."""
    environ = {name: text for name, text in os.environ.items() if name not in VARIABLES}
    done = subprocess.run(
        [sys.executable, "-I", "-c", program],
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_left_alone_it_looks_below_the_temporary_folder() -> None:
    """Otherwise the tests below prove nothing any more."""
    assert "Cannot access file /tmp/" in said(OPENS)


@pytest.mark.parametrize("program", [HARDWARE, KIOSK], ids=["visit-hardware", "visit-kiosk"])
def test_what_we_start_reads_the_systems(program: str) -> None:
    text = said(program)
    assert "/tmp/" not in text
    assert "Unknown PCM no such card" in text, "it has read settings and not found the card there"


def test_whoever_starts_us_may_name_others() -> None:
    environ = {"ALSA_CONFIG_PATH": "/etc/own.conf"}
    use_system_settings(environ)
    assert environ == {**system_settings(), "ALSA_CONFIG_PATH": "/etc/own.conf"}


def test_both_are_the_systems() -> None:
    found = system_settings()
    assert set(found) == set(VARIABLES)
    assert found["ALSA_CONFIG_PATH"] == CONFIG
    assert found["ALSA_PLUGIN_DIR"].startswith("/usr/lib")
