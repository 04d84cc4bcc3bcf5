"""What a technician is told of each device: why it is used or not, who has it, what is missing."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from config.schema import Devices
from hardware.cards import Listed
from hardware.holders import Holder
from hardware.identity import Device, Identity, Kind
from hardware.inventory import Row, chosen, inventory

CAMERA = Device("camera", "/dev/video0", "Lens", Identity("046d", "0825", "A1", "0000:00:14.0/1"))
SECOND = Device("camera", "/dev/video2", "Lens", Identity("046d", "0825", "B2", "0000:00:14.0/2"))
MOUTH = Device(
    "microphone", "/dev/snd/pcmC1D0c", "Handset", Identity("1234", "0001", "", "0000:00:14.0/3"), 1
)
SOUND = (MOUTH, Device("earpiece", "/dev/snd/pcmC1D0p", "Handset", MOUTH.identity, 1))


def rows(
    attached: tuple[Device, ...],
    held: Mapping[str, tuple[Holder, ...]] | None = None,
    lacks: str = "",
    **words: str,
) -> list[Row]:
    return inventory(Devices(**words), attached, held or {}, lambda _: lacks)  # type: ignore[arg-type]


def of(kind: Kind, found: list[Row]) -> list[Row]:
    return [each for each in found if each.kind == kind]


def test_one_of_each_needs_no_words() -> None:
    found = rows((CAMERA, *SOUND))
    assert [(each.kind, each.selector, each.is_chosen, each.why) for each in found] == [
        ("camera", "usb:046d:0825", True, "the only one"),
        ("microphone", "usb:1234:0001", True, "the only one"),
        ("earpiece", "usb:1234:0001", True, "the only one"),
    ]
    assert {each.state for each in found} == {"free"}
    assert found[0].port == "0000:00:14.0/1"


def test_of_two_none_is_chosen_and_each_says_how_to_name_it() -> None:
    found = of("camera", rows((CAMERA, SECOND)))
    assert [each.selector for each in found] == ["usb:046d:0825:A1", "usb:046d:0825:B2"]
    assert not any(each.is_chosen for each in found)
    assert all(each.why.startswith("not chosen: 2 would do as camera") for each in found)
    assert chosen(found, "camera") is None


def test_the_named_one_is_chosen_and_the_other_says_why_not() -> None:
    found = rows((CAMERA, SECOND), camera="usb:046d:0825:B2")
    first, second = of("camera", found)
    assert (second.is_chosen, second.why) == (True, "named in terminal.toml")
    assert (first.is_chosen, first.why) == (
        False,
        'not chosen: terminal.toml names "usb:046d:0825:B2"',
    )
    assert chosen(found, "camera") == second


def test_a_second_choice_says_what_comes_before_it() -> None:
    screen = Device(
        "earpiece", "/dev/snd/pcmC0D3p", "HDMI", Identity(port="0000:00:03.0"), 0, 3,
        is_secondary=True,
    )  # fmt: skip
    found = of("earpiece", rows((*SOUND, screen)))
    assert [each.is_chosen for each in found] == [True, False]
    assert found[1].why == "not chosen: Handset is taken before it"


def test_what_is_missing_is_a_row_too() -> None:
    found = rows(())
    assert [(each.kind, each.state, each.is_gap) for each in found] == [
        ("camera", "missing", True),
        ("microphone", "missing", True),
        ("earpiece", "missing", True),
    ]
    assert found[0].why == "no camera is attached"


def test_another_than_the_named_one_is_no_gap() -> None:
    found = of("camera", rows((SECOND,), camera="usb:046d:0825:A1"))
    assert [(each.is_chosen, each.is_gap) for each in found] == [(False, False)]
    assert "usb:046d:0825:A1 is not attached" in found[0].why


@pytest.mark.parametrize(
    ("word", "node", "lacks", "state"),
    [
        ("simulated", "", "", "free"),
        ("simulated", "/run/hook", "missing", "missing: hook_fifo is made when the hook is opened"),
        ("gpio:gpiochip0/17", "/dev/gpiochip0", "", "free"),
        ("gpio:gpiochip9/17", "/dev/gpiochip9", "missing", "missing"),
        ("serial:/dev/ttyUSB0", "/dev/ttyUSB0", "", "free"),
        ("serial:usb:16c0:0483", "", "", "missing"),
    ],
)
def test_what_no_bus_lists_is_a_row_when_it_is_named(
    word: str, node: str, lacks: str, state: str
) -> None:
    found = of("hook", inventory(Devices(hook=word), (), {}, lambda _: lacks, hook_node=node))
    assert [(each.selector, each.is_chosen, each.node, each.state) for each in found] == [
        (word, True, node, state)
    ]


def test_a_hook_that_nobody_asked_for_says_so() -> None:
    hook = Device("hook", "/dev/hidraw0", "Handset", MOUTH.identity)
    found = of("hook", rows((hook,)))
    assert [(each.is_chosen, each.why) for each in found] == [
        (False, 'not chosen: hook = "none" in terminal.toml')
    ]
    assert of("keypad", rows(())) == []


def test_who_has_it_or_what_is_lacking_is_its_state() -> None:
    held = {"/dev/video0": (Holder(4, "visit-kiosk"), Holder(9, "cheese"))}
    taken = of("camera", rows((CAMERA,), held, lacks="no permission: ..."))[0]
    assert taken.state == "in use by visit-kiosk (process 4), cheese (process 9)"
    assert taken.holders == held["/dev/video0"]
    assert of("camera", rows((CAMERA,), lacks="no permission: x"))[0].state == "no permission: x"


BOARD = Device("earpiece", "/dev/snd/pcmC0D0p", "PCH", Identity(port="0000:00:1f.3"), 0)
SERVER = [Listed("pulse", 32, 32)]


def test_a_sound_server_is_told_where_it_is_taken() -> None:
    found = of("earpiece", inventory(Devices(), (BOARD,), {}, lambda _: "", lambda: SERVER))
    assert [(each.name, each.selector, each.is_chosen) for each in found] == [
        ("pulse", "pulse", True),
        ("PCH", "at:0000:00:1f.3", False),
    ]
    assert found[0].why == "what the sound server has as its default"
    assert found[1].why == "not chosen: pulse is taken before it"


def test_nothing_is_opened_where_the_bus_tells_enough() -> None:
    def listed() -> list[Listed]:
        raise AssertionError("PortAudio tries every card when it is loaded")

    named = Devices(microphone="usb:1234:0001")
    found = inventory(named, SOUND, {}, lambda _: "", listed)
    assert [each.is_chosen for each in found if not each.is_gap] == [True, True]


def test_a_part_of_a_cards_name_will_do_for_sound() -> None:
    found = of("earpiece", rows((*SOUND, BOARD), earpiece="Handset"))
    assert [each.is_chosen for each in found] == [True, False]
