"""What passes and is still not what somebody wants on a wall is warned of."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.advice import advice, doubt
from config.loader import load
from config.schema import HubConfig, TerminalConfig
from tests.config.files import HUB, TERMINAL, write


def warnings(folder: Path, lines: str) -> list[tuple[int | None, str]]:
    path = write(folder, f"{TERMINAL}[devices]\n{lines}\n")
    return [(each.line, each.text) for each in advice(path, load(path, TerminalConfig).config)]


def test_each_simulated_device_is_said_to_be(tmp_path: Path) -> None:
    found = warnings(tmp_path, 'earpiece = "auto"\ncamera = "simulated"\nhook = "simulated"')
    assert [line for line, _ in found] == [6, 7]
    assert found[0][1].startswith("camera is simulated; ")
    assert found[1][1].startswith("hook is simulated; ")


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("simulatd", 'probably "simulated"'),
        ("Simulated", 'probably "simulated"'),
        ("Auto", 'probably "auto"'),
        ("none", "no word for no microphone"),
    ],
)
def test_a_near_miss_of_a_word_for_sound_is_doubted(tmp_path: Path, word: str, meant: str) -> None:
    (found,) = warnings(tmp_path, f'microphone = "{word}"')
    assert meant in found[1]


@pytest.mark.parametrize("word", ["auto", "simulated", "USB Audio", "hw:1,0", "usb:0d8c:0014"])
def test_what_may_be_meant_is_not_doubted(word: str) -> None:
    assert doubt("earpiece", word) == ""


def test_only_sound_has_names_that_may_be_anything() -> None:
    assert doubt("hook", "none") == ""


def test_a_gpio_chip_that_is_not_there_is_told(tmp_path: Path) -> None:
    (found,) = warnings(tmp_path, 'hook = "gpio:gpiochip99/HOOK"')
    assert found[1].startswith("this machine has no /dev/gpiochip99 now")


def test_a_hub_has_no_devices(tmp_path: Path) -> None:
    path = write(tmp_path, HUB)
    assert advice(path, load(path, HubConfig).config) == []
