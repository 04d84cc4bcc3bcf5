"""A device's error becomes a fault code and words to act on."""

from __future__ import annotations

import pytest

from hardware.finding import failed_with, without_shell
from hardware.interfaces import (
    DeviceAmbiguous,
    DeviceBusy,
    DeviceError,
    DeviceLost,
    DeviceNotFound,
    DeviceRefused,
)


@pytest.mark.parametrize("device", ["camera", "microphone", "earpiece", "hook"])
@pytest.mark.parametrize(
    ("error", "number"),
    [
        (DeviceNotFound("gone"), "01"),
        (DeviceLost("gone"), "01"),
        (DeviceBusy("taken"), "04"),
        (DeviceAmbiguous("two"), "04"),
        (DeviceRefused("no"), "04"),
    ],
)
def test_every_error_has_its_code_and_a_fix(device: str, error: DeviceError, number: str) -> None:
    found = failed_with(device, error)
    prefix, _, suffix = found.code.partition("-")
    assert (found.device, found.passed, suffix) == (device, False, number)
    assert device.upper().startswith(prefix)
    assert found.fix.endswith(".")


def test_a_keypad_has_no_codes() -> None:
    assert failed_with("keypad", DeviceNotFound("gone")).code == ""


@pytest.mark.parametrize(
    ("asked", "words"), [("gpio:gpiochip0/3", "gpioinfo"), ("serial:/dev/ttyS0", "dialout")]
)
@pytest.mark.parametrize("error", [DeviceNotFound("a"), DeviceBusy("b"), DeviceRefused("c")])
def test_what_no_bus_lists_is_not_plugged_in(error: DeviceError, asked: str, words: str) -> None:
    fix = failed_with("hook", error, asked).fix
    assert words in fix
    assert "lug it in" not in fix


@pytest.mark.parametrize(
    "error", [DeviceNotFound("x"), DeviceBusy("x"), DeviceAmbiguous("x"), DeviceRefused("x")]
)
def test_at_a_screen_without_a_shell_no_command_is_advised(error: DeviceError) -> None:
    fix = without_shell(failed_with("camera", error).fix)
    assert fix.endswith(".")
    assert not any(word in fix for word in ("`", "visit-hardware", "systemctl"))


def test_other_advice_is_the_same_everywhere() -> None:
    assert without_shell("Turn on the light.") == "Turn on the light."


def test_an_error_without_words_is_not_told_by_the_name_of_its_class() -> None:
    assert "Device" not in failed_with("camera", DeviceRefused("")).detail
