"""The choice: the only one, the named one, the one before, and another when that stays away."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hardware.choosing import RETURN_S, Chooser
from hardware.identity import Device, Identity, Kind
from hardware.interfaces import DeviceAmbiguous, DeviceNotFound


def device(number: int, kind: Kind = "camera", serial: str = "") -> Device:
    port = f"0000:00:14.0/{number}"
    return Device(kind, f"/dev/video{number}", f"C{number}", Identity("046d", "0825", serial, port))


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_only_one_needs_no_configuration() -> None:
    choice = Chooser("camera", "auto", Clock()).choose([device(1), device(2, "hook")])
    assert choice.device == device(1)
    assert choice.why == "the only one"


def test_of_several_the_configuration_names_one_and_the_error_lists_them() -> None:
    both = [device(1, serial="A"), device(2, serial="B")]
    with pytest.raises(DeviceAmbiguous) as error:
        Chooser("camera", "auto", Clock()).choose(both)
    assert '"usb:046d:0825:A" (C1); "usb:046d:0825:B" (C2)' in str(error.value)
    choice = Chooser("camera", "usb:046d:0825:B", Clock()).choose(both)
    assert choice.device == both[1]
    assert choice.why == "named in terminal.toml"


def test_what_is_not_attached_is_said_with_what_is() -> None:
    with pytest.raises(DeviceNotFound, match="no camera is attached"):
        Chooser("camera", "auto", Clock()).choose([device(1, "hook")])
    with pytest.raises(DeviceNotFound, match=r"usb:1:2 is not attached \(attached: usb:046d"):
        Chooser("camera", "usb:1:2", Clock()).choose([device(1)])


def test_the_one_before_is_taken_again_though_there_are_others_now() -> None:
    chooser = Chooser("camera", "auto", Clock())
    chooser.choose([device(1)])
    renumbered = Device("camera", "/dev/video7", "C1", device(1).identity)
    choice = chooser.choose([renumbered, device(2)])
    assert choice.device == renumbered
    assert choice.why == "the one in use before"


def test_another_is_taken_when_it_does_not_return() -> None:
    clock = Clock()
    chooser = Chooser("camera", "auto", clock)
    chooser.choose([device(1)])
    with pytest.raises(DeviceNotFound, match="unplugged"):
        chooser.choose([device(2)])
    clock.now = RETURN_S - 0.1
    with pytest.raises(DeviceNotFound):
        chooser.choose([device(2)])
    clock.now = RETURN_S
    assert chooser.choose([device(2)]).device == device(2)
    assert chooser.choose([device(1), device(2)]).device == device(2)


def test_the_time_to_return_runs_from_the_loss_on() -> None:
    clock = Clock()
    chooser = Chooser("camera", "auto", clock)
    chooser.choose([device(1)])
    with pytest.raises(DeviceNotFound, match="unplugged"):
        chooser.choose([])
    clock.now = RETURN_S
    with pytest.raises(DeviceNotFound, match="no camera is attached"):
        chooser.choose([])
    assert chooser.choose([device(2)]).device == device(2)


def test_with_a_serial_number_it_is_the_same_at_another_port() -> None:
    chooser = Chooser("camera", "auto", Clock())
    chooser.choose([device(1, serial="A")])
    moved = device(3, serial="A")
    assert chooser.choose([device(2, serial="B"), moved]).device == moved


def test_of_two_that_look_the_same_the_node_in_use_is_kept() -> None:
    chooser = Chooser("camera", "auto", Clock())
    twin = replace(device(1), node="/dev/video9")
    chooser.choose([device(1)])
    assert chooser.choose([twin, device(1)]).device == device(1)
    with pytest.raises(DeviceAmbiguous):
        chooser.choose([twin, replace(device(1), node="/dev/video8")])


def test_a_secondary_device_is_taken_only_alone_or_by_its_name() -> None:
    first, second = device(1), replace(device(2), is_secondary=True)
    assert Chooser("camera", "auto", Clock()).choose([second, first]).device == first
    named = Chooser("camera", "/dev/video2", Clock())
    assert named.choose([second, first]).device == second
    chooser = Chooser("camera", "auto", Clock())
    assert chooser.choose([second]).device == second
    assert chooser.choose([second, first]).device == first
