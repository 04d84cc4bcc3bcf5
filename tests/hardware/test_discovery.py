"""What is attached: who each device is and what it is for, on machines made of sysfs alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from hardware import discovery, sysfs
from hardware.choosing import Chooser
from hardware.identity import Device, Identity, Kind, matches, pinned
from hardware.interfaces import DeviceAmbiguous
from hardware.serial_hook import ttys
from tests.hardware import trees
from tests.hardware.testbed import Node, Testbed

PORT = "0000:00:14.0"


@pytest.fixture
def machine(testbed: Testbed) -> Testbed:
    """A PC with USB and nothing plugged in."""
    if testbed is not None:
        testbed.plug(trees.machine())
    return testbed


def attached(kind: Kind) -> list[Device]:
    return [each for each in discovery.attached() if each.kind == kind]


def test_a_bare_machine_has_nothing(machine: Testbed) -> None:
    assert discovery.attached() == ()


def test_a_webcam_is_one_camera_with_what_stays_the_same(machine: Testbed) -> None:
    machine.plug(trees.webcam("1.2", 4, "9A1B22C0", card=1))
    camera, microphone = discovery.attached()
    identity = Identity("046d", "0825", "9A1B22C0", f"{PORT}/1.2", "0")
    assert camera == Device("camera", "/dev/video4", "UVC Camera: Webcam C270", identity)
    assert microphone.kind == "microphone"
    assert (microphone.node, microphone.card, microphone.unit) == ("/dev/snd/pcmC1D0c", 1, 0)
    assert microphone.name == "Webcam C270"
    assert microphone.identity == identity


def test_the_same_port_is_the_same_whatever_the_numbers(machine: Testbed) -> None:
    tree = trees.webcam("2", 0)
    machine.plug(tree)
    before = attached("camera")
    machine.unplug(tree)
    machine.plug(trees.webcam("2", 6))
    after = attached("camera")
    assert after[0].node != before[0].node
    assert after[0].identity == before[0].identity


@pytest.mark.parametrize("serial", ["", "0", "00000000", "SN001"])
def test_twins_are_told_apart_by_their_ports(machine: Testbed, serial: str) -> None:
    machine.plug([*trees.webcam("1.1", 0, serial), *trees.webcam("3", 2, serial)])
    found = attached("camera")
    assert [each.identity.serial for each in found] == ["", ""]
    selectors = [pinned(each, tuple(found)) for each in found]
    assert selectors == [f"usb:046d:0825@{PORT}/1.1", f"usb:046d:0825@{PORT}/3"]


def test_one_device_may_have_its_serial_number_in_several_kinds(machine: Testbed) -> None:
    machine.plug(trees.webcam("2", 0, "SN001", card=0))
    assert {each.identity.serial for each in discovery.attached()} == {"SN001"}


def test_the_sensor_for_infra_red_light_is_not_taken_by_itself(machine: Testbed) -> None:
    machine.plug(trees.two_sensor_webcam("2", 0))
    found = attached("camera")
    assert [(each.node, each.is_secondary) for each in found] == [
        ("/dev/video0", False),
        ("/dev/video2", True),
    ]
    selector = pinned(found[1], tuple(found))
    assert selector == f"usb:0bda:5520@{PORT}/2#2"
    assert [each for each in found if matches(selector, each)] == [found[1]]
    assert Chooser("camera", "auto", lambda: 0.0).choose(found).device == found[0]


def test_udev_knows_better_which_node_captures(
    machine: Testbed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = {"vivid-out": ":video_output:", "codec": ":capture:video_output:", "cam": ":capture:"}
    for number, (name, capabilities) in enumerate(told.items()):
        where = f"platform/{name}"
        machine.plug([Node(where, "platform"), trees.video(where, number, name, index=1)])
        (tmp_path / f"c81:{number}").write_text(f"S:v4l\nE:ID_V4L_CAPABILITIES={capabilities}\n")
    assert attached("camera") == []
    monkeypatch.setattr(sysfs, "UDEV_DATA", tmp_path)
    assert [each.name for each in attached("camera")] == ["cam"]


@pytest.mark.parametrize(
    "name", ["bcm2835-codec-decode", "rpivid", "hantro-vpu-dec", "s5p-mfc-enc", "bcm2835-isp"]
)
def test_codecs_are_no_cameras(machine: Testbed, name: str) -> None:
    where = f"platform/{name}"
    machine.plug([Node(where, "platform"), trees.video(where, 10, name)])
    assert discovery.attached() == ()


def test_a_handset_has_all_but_a_camera_and_one_hook(machine: Testbed) -> None:
    machine.plug(trees.handset("1.3", 1, 0))
    found = {each.kind: each for each in discovery.attached()}
    assert len(found) == len(discovery.attached())
    assert [*found] == ["microphone", "earpiece", "hook", "keypad"]
    assert found["earpiece"].node == "/dev/snd/pcmC1D0p"
    assert found["hook"].node == "/dev/hidraw0"
    assert found["hook"].name == "Acme Handset 450 Telephony"
    assert found["keypad"].node == "/dev/input/event0"
    assert {each.identity.with_port for each in found.values()} == {f"usb:0b0e:0f00@{PORT}/1.3"}


def test_a_hook_in_two_dresses_counts_once(machine: Testbed) -> None:
    machine.plug(trees.handset("1.3", 1, 0, pressed=(169,)))
    assert [each.node for each in attached("hook")] == ["/dev/hidraw0"]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_a_socket_and_a_key_in_one_housing_the_key_is_the_hook(
    machine: Testbed, order: tuple[int, int]
) -> None:
    device = trees.usb("2", "0b0e", "0f00", "Headset", "")
    part = trees.interface(device, 3)
    socket = trees.keys(part.path, order[0], "Headset Jack", (), (2,))
    key = trees.keys(part.path, order[1], "Headset Buttons", (169,))
    machine.plug([device, part, *socket, *key])
    assert [(each.name, each.is_secondary) for each in attached("hook")] == [
        ("Headset Buttons", False)
    ]


def test_built_in_sound_leads_with_its_analog_pcm(machine: Testbed) -> None:
    machine.plug(trees.built_in_sound(0, 10))
    for pcm, title in trees.BUILT_IN_TITLES.items():
        machine.write_proc(f"asound/card0/{pcm}/info", f"card: 0\nid: {title}\nname: {title}\n")
    earpieces = attached("earpiece")
    assert [(each.name, each.is_secondary) for each in earpieces] == [
        ("PCH, ALC257 Analog", False),
        ("PCH, ALC257 Digital", True),
        ("PCH, HDMI 0", True),
        ("PCH, HDMI 1", True),
    ]
    at = "at:pci0000:00/0000:00:1f.3"
    assert [pinned(each, tuple(earpieces)) for each in earpieces] == [
        f"{at}#0",
        f"{at}#1",
        f"{at}#3",
        f"{at}#7",
    ]
    for kind in ("microphone", "earpiece"):
        choice = Chooser(kind, "auto", lambda: 0.0).choose(discovery.attached())
        assert choice.device.unit == 0


def test_a_screens_loudspeakers_are_taken_where_there_is_nothing_else(machine: Testbed) -> None:
    path = "platform/hdmi"
    machine.plug([Node(path, "platform"), *trees.sound_card(path, 0, "vc4hdmi0", ("0p",))])
    chooser = Chooser("earpiece", "auto", lambda: 0.0)
    assert chooser.choose(discovery.attached()).device.node == "/dev/snd/pcmC0D0p"
    machine.plug(trees.handset("2", 1, 0))
    fresh = Chooser("earpiece", "auto", lambda: 0.0)
    assert fresh.choose(discovery.attached()).device.node == "/dev/snd/pcmC1D0p"


def test_a_digital_microphone_is_no_digital_output(machine: Testbed) -> None:
    path = "platform/avs_dmic"
    machine.plug([Node(path, "platform"), *trees.sound_card(path, 0, "DMIC", ("0c",))])
    machine.write_proc("asound/card0/pcm0c/info", "id: Digital Microphone\n")
    assert [each.is_secondary for each in attached("microphone")] == [False]


def test_sockets_for_headsets_are_hooks_of_last_resort(machine: Testbed) -> None:
    machine.plug(trees.built_in_sound(0, 10))
    assert [(each.name, each.is_secondary) for each in attached("hook")] == [
        ("HDA Intel PCH Mic", True),
        ("HDA Intel PCH Headphone", True),
    ]
    machine.plug(trees.handset("2", 1, 0))
    hook = Chooser("hook", "auto", lambda: 0.0).choose(discovery.attached()).device
    assert hook.node == "/dev/hidraw0"


def test_keyboards_and_touch_screens_are_neither_hook_nor_keypad(machine: Testbed) -> None:
    machine.plug([*trees.keyboard("1.1", 0), *trees.touch_screen("3", 4)])
    assert discovery.attached() == ()
    assert len(discovery.inputs("hook")) == 3
    assert [each.node for each in discovery.inputs("hook", "key", 0x14A)] == ["/dev/input/event4"]
    assert discovery.inputs("hook", "sw", 2) == ()


def test_a_keypad_is_one_even_when_it_claims_to_be_a_keyboard(machine: Testbed) -> None:
    machine.plug(trees.numeric_pad("1.1", 0))
    machine.plug(trees.numeric_pad("1.2", 1, claims=True))
    machine.plug(trees.numeric_pad("1.3", 2, name="USB Keyboard", claims=True))
    assert [each.node for each in attached("keypad")] == ["/dev/input/event0", "/dev/input/event1"]


def test_the_kernels_test_devices_have_their_places(machine: Testbed) -> None:
    machine.plug([*trees.vivid(3), *trees.aloop(2)])
    found = discovery.attached()
    assert [(each.node, each.identity.model, each.is_secondary) for each in found] == [
        ("/dev/video3", "at:platform/vivid.0", False),
        ("/dev/snd/pcmC2D0c", "at:platform/snd_aloop.0", False),
        ("/dev/snd/pcmC2D0p", "at:platform/snd_aloop.0", False),
        ("/dev/snd/pcmC2D1c", "at:platform/snd_aloop.0", True),
        ("/dev/snd/pcmC2D1p", "at:platform/snd_aloop.0", True),
    ]


def test_devices_that_programs_make_have_no_numbers_in_their_names(machine: Testbed) -> None:
    machine.plug([*trees.virtual_handset(4), *trees.virtual_hook(7)])
    handset, key = attached("hook")
    assert handset.identity == Identity("0b0e", "0f00", "77-B", "virtual/misc/uhid")
    assert (key.node, key.identity) == ("/dev/input/event7", Identity(port="virtual/input"))


def test_two_handsets_need_a_word(machine: Testbed) -> None:
    machine.plug([*trees.handset("1.1", 0, 0, "A1"), *trees.handset("1.2", 1, 1, "A2")])
    with pytest.raises(DeviceAmbiguous, match=r'"usb:0b0e:0f00:A1".*"usb:0b0e:0f00:A2"'):
        Chooser("hook", "auto", lambda: 0.0).choose(discovery.attached())


def test_what_udevd_has_not_seen_yet_is_not_attached(
    machine: Testbed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    machine.plug([*trees.webcam("2", 0), *trees.webcam("3", 2)])
    assert len(discovery.attached()) == 2
    monkeypatch.setattr(sysfs, "UDEVD", tmp_path)
    monkeypatch.setattr(sysfs, "UDEV_DATA", tmp_path)
    assert discovery.attached() == ()
    (tmp_path / "c81:2").touch()
    assert [each.node for each in discovery.attached()] == ["/dev/video2"]


def test_what_is_pulled_while_it_is_read_is_not_attached(
    machine: Testbed, monkeypatch: pytest.MonkeyPatch
) -> None:
    present, reads = [trees.webcam("2", 0)], sysfs.text
    machine.plug(present[0])

    def pulls(device: sysfs.Entry, attribute: str) -> str:
        if attribute == "idProduct" and present:
            machine.unplug(present.pop())
        return reads(device, attribute)

    monkeypatch.setattr(sysfs, "text", pulls)
    assert discovery.attached() == ()
    assert present == []


def test_only_serial_ports_that_were_plugged_in_may_be_hooks(machine: Testbed) -> None:
    device = trees.usb("1.4", "16c0", "0483", "Hook Box", "778")
    part = trees.interface(device, 0)
    ports = {f"{part.path}/tty/ttyACM0": "166", "platform/serial8250/tty/ttyS0": "4"}
    machine.plug([device, part])
    for path, major in ports.items():
        where = {"MAJOR": major, "MINOR": "0", "DEVNAME": path.rpartition("/")[2]}
        machine.plug([Node(path, "tty", {}, where)])
    identity = Identity("16c0", "0483", "778", f"{PORT}/1.4", "0")
    assert ttys() == (Device("hook", "/dev/ttyACM0", "Hook Box", identity),)


def test_dummy_hcd_is_a_controller_like_others(testbed: Testbed) -> None:
    path = "platform/dummy_hcd.0/usb1"
    gadget = {"idVendor": "1d6b", "idProduct": "0104", "serial": "SN0001", "devpath": "1"}
    device = Node(f"{path}/1-1", "usb", gadget, {"DEVTYPE": "usb_device"})
    part = trees.interface(device, 0)
    root = Node(path, "usb", {"devpath": "0"}, {"DEVTYPE": "usb_device"})
    raw = trees.hid(part.path, 0, "0003:1D6B:0104", "Gadget", trees.HOOK)
    testbed.plug([Node("platform/dummy_hcd.0", "platform"), root, device, part, *raw])
    assert attached("hook")[0].identity == Identity("1d6b", "0104", "SN0001", "dummy_hcd.0/1", "0")
