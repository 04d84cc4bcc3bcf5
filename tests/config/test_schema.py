"""What the tables answer beside their values."""

from __future__ import annotations

from msgspec.structs import replace

from config.schema import Devices

SIMULATED = Devices(
    camera="simulated", microphone="simulated", earpiece="simulated", hook="simulated"
)


def test_all_simulated_is_what_could_not_be_plugged_in() -> None:
    assert replace(SIMULATED, keypad="none").all_simulated
    assert not replace(SIMULATED, keypad="none", camera="auto").all_simulated
    assert not replace(SIMULATED, keypad="auto").all_simulated
