"""docs/hardware.md says what the code does: the codes, the thresholds, the commands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hardware import judging_hook as hook
from hardware import judging_picture as picture
from hardware import judging_sound as sound
from hardware.__main__ import main
from hardware.finding import PREFIXES, failed_with
from hardware.interfaces import DeviceNotFound, DeviceRefused
from hardware.selftest import MOVE_S
from kiosk.media import watch

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/hardware.md").read_text(encoding="utf-8")
TASKS = (ROOT / "docs/provisioning.md").read_text(encoding="utf-8")
TEXT = " ".join(GUIDE.split())


def test_every_code_that_is_given_is_explained() -> None:
    explained = set(re.findall(r"^\| ([A-Z]+-\d\d) \|", TASKS, re.MULTILINE))
    used = {f"{prefix}-0{number}" for prefix in ("CAM", "MIC") for number in range(1, 5)}
    used |= {"EAR-03", "EAR-04", "HOOK-03", "HOOK-04"}
    for error in (DeviceNotFound(), DeviceRefused()):
        used |= {failed_with(device, error).code for device in PREFIXES}
        used.add(f"KEY-{error.code}")  # only the kiosk gives them
    for path in (
        ROOT / "kiosk/standing.py",
        ROOT / "kiosk/proving.py",
        ROOT / "signalling/link.py",
    ):
        used |= set(re.findall(r'"([A-Z]+-\d\d)"', path.read_text(encoding="utf-8")))
    assert explained == used


@pytest.mark.parametrize(
    "words",
    [
        f"99 % of the picture are at or below luma {picture.BLACK_LUMA}",
        f"neighbouring fortieths of the picture reaches {picture.BLUR_LUMA:.0f}",
        f"the mean is below {picture.COVERED_LUMA}",
        f"V {picture.SKIN_RED} above grey",
        f"nine tenths are below luma {picture.DARK_LUMA}",
        f"nine tenths are below {picture.DIM_LUMA}",
        f"{picture.FROZEN_PICTURES} or more pictures over {picture.FROZEN_S:.0f} s",
        f"under {picture.RATE_SHARE:.0%} of the pictures".replace("%", " %"),
        f"under {picture.SIZE_SHARE:.0%} of what".replace("%", " %"),
        f"below {sound.SILENT_DBFS:.0f} dBFS",
        f"{sound.CLIPPED_SHARE:.1%} of a second".replace("%", " %"),
        f"above {sound.HUM_DBFS:.0f} dBFS and {sound.HUM_DB:.0f} dB above",
        f"{hook.FLAPS} moves within a second",
        f"within {MOVE_S:.0f} s each",
        f"{watch.BLACK_SAMPLES} s of black is CAM-02, {watch.FROZEN_SAMPLES} s of one picture",
        f"{watch.SILENT_S:.0f} s of zeros",
    ],
)
def test_the_thresholds_are_the_codes(words: str) -> None:
    assert words in TEXT
    assert picture.CELLS == 40


def test_every_command_is_in_the_table() -> None:
    assert set(re.findall(r"^\| `visit-hardware (\w+)`", GUIDE, re.MULTILINE)) == set(main.commands)
