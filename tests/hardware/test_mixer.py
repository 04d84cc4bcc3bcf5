"""A card's mixer, on a kernel that is stood in for: what is set, what is left, what fails."""

from __future__ import annotations

import ctypes
import errno
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from hardware import mixer
from hardware.mixer import Element, Kind, Mixer, unity, wanted

SWITCH, INTEGER, ENUMERATED = 1, 2, 3
MIXER, PCM = 2, 3
READ, WRITE, TLV = 1, 2, 16
DB_SCALE, DB_LINEAR, DB_MINMAX = 1, 2, 4


def negative(hundredths: int) -> int:
    return hundredths & 0xFFFFFFFF


@dataclass
class Control:
    name: str
    kind: int = SWITCH
    values: list[int] = field(default_factory=lambda: [0, 0])
    least: int = 0
    most: int = 1
    access: int = READ | WRITE
    tlv: tuple[int, ...] = ()
    interface: int = MIXER
    refuses: bool = False


@dataclass
class Card:
    """Takes the ioctls of sound/asound.h."""

    controls: list[Control]
    writes: int = 0

    def ioctl(self, node: int, request: int, told: Any) -> None:
        if request == mixer.LIST:
            told.count, told.used = len(self.controls), min(told.space, len(self.controls))
            for number, each in enumerate(self.controls[: told.used]):
                told.ids[number].number = number + 1
                told.ids[number].interface = each.interface
                told.ids[number].name = each.name.encode()
            return
        number = told.number if request == mixer.TLV_READ else told.id.number
        control = self.controls[number - 1]
        if request == mixer.INFO:
            told.type, told.access, told.count = control.kind, control.access, len(control.values)
            told.least, told.most = control.least, control.most
        elif request == mixer.READ:
            for channel, value in enumerate(control.values):
                told.values[channel] = value
        elif request == mixer.WRITE:
            if control.refuses:
                raise OSError(errno.EPERM, "Operation not permitted")
            self.writes += 1
            control.values = list(told.values[: len(control.values)])
        elif request == mixer.TLV_READ:
            assert control.access & TLV
            assert told.length <= ctypes.sizeof(told.words)
            for place, word in enumerate(control.tlv):
                told.words[place] = word
        else:
            raise AssertionError(hex(request))

    def named(self, name: str) -> list[int]:
        return next(each.values for each in self.controls if each.name == name)


@pytest.fixture
def handset() -> Card:
    """A USB handset, as snd-usb-audio shows most."""
    volume = (DB_MINMAX, 8, negative(-4500), 0)
    return Card(
        [
            Control("Playback Channel Map", INTEGER, [0, 0], interface=PCM),
            Control("Mic Playback Switch", values=[1]),
            Control("Mic Playback Volume", INTEGER, [20], 0, 31, READ | WRITE | TLV, volume),
            Control("Speaker Playback Switch"),
            Control("Speaker Playback Volume", INTEGER, [3, 9], 0, 45, READ | WRITE | TLV, volume),
            Control("Mic Capture Switch", values=[0]),
            Control(
                "Mic Capture Volume", INTEGER, [2], 0, 35, READ | WRITE | TLV,
                (DB_MINMAX, 8, negative(-1200), 2300),
            ),
            Control("Auto Gain Control", values=[1]),
            Control("PCM Capture Source", ENUMERATED, [0]),
        ]
    )  # fmt: skip


@pytest.fixture
def opened(handset: Card, tmp_path: Path) -> Iterator[Mixer]:
    (tmp_path / "controlC1").write_bytes(b"")
    made = Mixer(1, handset.ioctl, str(tmp_path))
    yield made
    made.close()


def test_the_ear_is_switched_on_at_0_db_and_nothing_runs_past_us(
    opened: Mixer, handset: Card
) -> None:
    assert opened.set_up("earpiece") == [
        "Mic Playback Switch = 0",
        "Mic Playback Volume = 0",
        "Speaker Playback Switch = 1",
        "Speaker Playback Volume = 45",
    ]
    assert handset.named("Speaker Playback Volume") == [45, 45]
    assert handset.named("Mic Capture Switch") == [0], "the other direction's"


def test_the_mouth_is_switched_on_at_0_db_without_a_second_automatic_gain(
    opened: Mixer, handset: Card
) -> None:
    opened.set_up("microphone")
    assert handset.named("Mic Capture Switch") == [1]
    assert handset.named("Mic Capture Volume") == [12]
    assert handset.named("Auto Gain Control") == [0]
    assert handset.named("Speaker Playback Switch") == [0, 0]


def test_what_is_right_already_is_not_written(opened: Mixer, handset: Card) -> None:
    opened.set_up("earpiece")
    before = handset.writes
    assert opened.set_up("earpiece") == []
    assert handset.writes == before


def test_what_cannot_be_set_is_logged_and_the_rest_is_set(
    opened: Mixer, handset: Card, caplog: pytest.LogCaptureFixture
) -> None:
    handset.controls[3].refuses = True
    changed = opened.set_up("earpiece")
    assert "Speaker Playback Volume = 45" in changed
    assert "card 1: Speaker Playback Switch stays: Operation not permitted" in caplog.text


def test_what_may_only_be_read_is_left(opened: Mixer, handset: Card) -> None:
    handset.controls[3].access = READ
    assert "Speaker Playback Switch = 1" not in opened.set_up("earpiece")


def test_a_card_without_a_mixer_is_logged(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with caplog.at_level(logging.WARNING):
        mixer.set_up(31, "earpiece")
    assert "card 31: its mixer does not open" in caplog.text


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("Master Playback Volume", "earpiece", 80),
        ("Headset Playback Volume", "earpiece", 80),
        ("PCM Playback Volume", "earpiece", 80),
        ("Sidetone Playback Volume", "earpiece", 0),
        ("Internal Mic Playback Volume", "earpiece", 0),
        ("Beep Playback Volume", "earpiece", None),
        ("Capture Volume", "earpiece", None),
        ("Capture Volume", "microphone", None),
        ("Headset Mic Capture Volume", "microphone", None),
        ("Mic Boost Volume", "microphone", None),
        ("Master Playback Volume", "microphone", None),
    ],
)
def test_without_decibels_the_ear_is_up_and_the_mouth_stays(
    name: str, kind: Kind, expected: int | None
) -> None:
    assert wanted(Element(name, is_switch=False, least=0, most=80), kind) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Mic", 1), ("Headset Mic", 1), ("", 1), ("Line", None), ("CD", None), ("Master", None)],
)
def test_only_microphones_are_switched_on(name: str, expected: int | None) -> None:
    element = Element(f"{name} Capture Switch".strip(), is_switch=True, least=0, most=1)
    assert wanted(element, "microphone") == expected


@pytest.mark.parametrize(
    ("tlv", "expected"),
    [
        ([DB_SCALE, 8, negative(-4650), 150], 31),
        ([DB_SCALE, 8, negative(-4650), 150 | 1 << 16], 31),
        ([DB_SCALE, 8, negative(-1000), 300], 3),
        ([DB_SCALE, 8, negative(-10_000), 100], 40),
        ([DB_SCALE, 8, 0, 100], 0),
        ([DB_SCALE, 8, 100, 100], None),
        ([DB_SCALE, 8, negative(-100), 0], None),
        ([DB_MINMAX, 8, negative(-2000), 2000], 20),
        ([DB_LINEAR, 8, negative(-2000), 0], None),
        ([DB_SCALE], None),
    ],
)
def test_the_step_of_0_db_is_found_or_the_highest_below(
    tlv: list[int], expected: int | None
) -> None:
    assert unity(tlv, 0, 40) == expected
