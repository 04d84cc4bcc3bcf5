"""Which PCM "auto", a selector or a name means, on desks that people have."""

from __future__ import annotations

import pytest

from hardware.cards import CardChooser, Listed, Pcm, SoundKind
from hardware.identity import Device, Identity
from hardware.interfaces import DeviceAmbiguous, DeviceNotFound

SERVER = (Listed("pulse", 32, 32), Listed("default", 32, 32))
NOTHING = (Listed("default", 0, 0),)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def pcm(
    kind: SoundKind, card: int, name: str, identity: Identity, unit: int = 0, screen: bool = False
) -> Device:
    node = f"/dev/snd/pcmC{card}D{unit}{'c' if kind == 'microphone' else 'p'}"
    return Device(kind, node, name, identity, card, unit, is_secondary=screen)


def handset(card: int, serial: str = "", port: str = "0000:00:14.0/1") -> list[Device]:
    identity = Identity("0d8c", "0014", serial, port, "0")
    return [
        pcm("microphone", card, "Handset", identity),
        pcm("earpiece", card, "Handset", identity),
    ]


def onboard(card: int) -> list[Device]:
    identity = Identity(port="0000:00:1f.3")
    return [
        pcm("microphone", card, "PCH", identity),
        pcm("earpiece", card, "PCH", identity),
    ]


def screen(card: int) -> Device:
    return pcm("earpiece", card, "PCH, HDMI 0", Identity(port="0000:00:1f.4"), 3, screen=True)


def webcam(card: int) -> Device:
    return pcm("microphone", card, "C920", Identity("046d", "082d", "", "0000:00:14.0/4", "2"))


def chosen(
    kind: SoundKind, asked: str, attached: list[Device], listed: tuple[Listed, ...] = NOTHING
) -> str:
    return CardChooser(kind, asked, Clock()).choose(attached, listed).name


@pytest.mark.parametrize("kind", ["microphone", "earpiece"])
def test_the_only_usb_card_is_the_handset(kind: SoundKind) -> None:
    for listed in (NOTHING, SERVER):
        assert chosen(kind, "auto", [*onboard(0), *handset(1)], listed) == "plughw:1,0"


def test_a_camera_that_hears_is_no_handset() -> None:
    attached = [webcam(0), *handset(1)]
    assert chosen("microphone", "auto", attached) == "plughw:1,0"
    assert chosen("microphone", "auto", [webcam(0), *onboard(1)]) == "plughw:0,0"


def test_the_only_card_is_taken_with_nothing_else() -> None:
    assert chosen("microphone", "auto", onboard(2)) == "plughw:2,0"


def test_on_a_desktop_it_is_what_the_sound_server_has() -> None:
    for attached in ([], onboard(0), [*handset(0, "A"), *handset(1, "B")]):
        assert chosen("earpiece", "auto", attached, SERVER) == "pulse"
    one_way = (Listed("pipewire", 0, 64),)
    assert chosen("earpiece", "auto", [], one_way) == "pipewire"
    with pytest.raises(DeviceNotFound):
        chosen("microphone", "auto", [], one_way)


def test_a_screen_plays_only_where_nothing_else_does() -> None:
    assert chosen("earpiece", "auto", [screen(0), *onboard(1)]) == "plughw:1,0"
    assert chosen("earpiece", "auto", [screen(0)]) == "plughw:0,3"


def test_none_is_guessed_of_several_and_they_are_named_as_the_file_would() -> None:
    with pytest.raises(DeviceAmbiguous) as error:
        chosen("microphone", "auto", [*handset(0, "A1"), *handset(1, "B2")])
    assert '"usb:0d8c:0014:A1" (Handset); "usb:0d8c:0014:B2" (Handset)' in str(error.value)
    with pytest.raises(DeviceNotFound, match="no earpiece is attached"):
        chosen("earpiece", "auto", [webcam(0)])


def test_a_selector_means_one_card_whatever_its_number() -> None:
    attached = [*handset(4, "A1"), *handset(7, "B2")]
    assert chosen("earpiece", "usb:0d8c:0014:B2", attached, SERVER) == "plughw:7,0"
    assert chosen("earpiece", "at:0000:00:1f.3", [*attached, *onboard(2)]) == "plughw:2,0"
    assert chosen("microphone", "/dev/snd/pcmC4D0c", attached) == "plughw:4,0"
    with pytest.raises(DeviceNotFound, match=r"attached: usb:0d8c:0014:A1; usb:0d8c:0014:B2"):
        chosen("earpiece", "usb:dead:beef", attached, SERVER)


def test_a_selector_of_a_whole_card_means_its_first_pcm() -> None:
    identity = Identity("0d8c", "0014", "", "0000:00:14.0/1", "1")
    further = pcm("earpiece", 1, "Handset, S/PDIF", identity, 1, screen=True)
    assert chosen("earpiece", "usb:0d8c:0014", [further, *handset(1)]) == "plughw:1,0"
    by_part = "usb:0d8c:0014@0000:00:14.0/1#1"
    assert chosen("earpiece", by_part, [further, *handset(1)]) == "plughw:1,1"


def test_a_part_of_a_name_is_looked_for_among_cards_and_then_in_the_list() -> None:
    attached = [*onboard(0), *handset(1)]
    assert chosen("earpiece", "Hand", attached) == "plughw:1,0"
    listed = (Listed("default", 2, 2), Listed("sysdefault", 2, 2), Listed("Horn: A (hw:5,0)", 0, 2))
    assert chosen("earpiece", "default", attached, listed) == "default"
    assert chosen("earpiece", "Horn", attached, listed) == "plughw:5,0"
    with pytest.raises(DeviceAmbiguous, match="default; sysdefault"):
        chosen("earpiece", "defau", attached, listed)
    with pytest.raises(DeviceNotFound, match="no microphone called 'Horn'"):
        chosen("microphone", "Horn", attached, listed)


def test_several_of_one_name_are_named_apart() -> None:
    with pytest.raises(DeviceAmbiguous, match=r"usb:0d8c:0014:A1.*usb:0d8c:0014:B2"):
        chosen("earpiece", "Handset", [*handset(0, "A1"), *handset(1, "B2")])


def test_it_is_found_again_under_another_number_and_the_walls_own_card_is_no_substitute() -> None:
    clock = Clock()
    chooser = CardChooser("earpiece", "auto", clock)
    assert chooser.choose([*onboard(0), *handset(1, "A1")], NOTHING).name == "plughw:1,0"
    for now in (0.0, 10.0):
        clock.now = now
        with pytest.raises(DeviceNotFound):
            chooser.choose(onboard(0), SERVER)
    back = handset(3, "A1", port="0000:00:14.0/2")
    assert chooser.choose([*onboard(0), *back], NOTHING).name == "plughw:3,0"


def test_a_cameras_microphone_is_no_substitute_for_a_handset() -> None:
    clock = Clock()
    chooser = CardChooser("microphone", "auto", clock)
    assert chooser.choose([webcam(0), *handset(1, "A1")], NOTHING).name == "plughw:1,0"
    for now in (0.0, 10.0):
        clock.now = now
        with pytest.raises(DeviceNotFound):
            chooser.choose([webcam(0), *onboard(2)], SERVER)
    assert chooser.choose([webcam(0), *handset(3, "A1")], NOTHING).name == "plughw:3,0"
    chooser = CardChooser("microphone", "auto", clock)
    assert chooser.choose([webcam(0)], NOTHING).name == "plughw:0,0"
    clock.now = 20.0
    with pytest.raises(DeviceNotFound, match="C920"):
        chooser.choose(handset(1), NOTHING)
    clock.now = 22.0
    assert chooser.choose(handset(1), NOTHING).name == "plughw:1,0", "the better one may come later"


def test_another_handset_takes_the_place_of_one_that_stays_away() -> None:
    clock = Clock()
    chooser = CardChooser("earpiece", "auto", clock)
    chooser.choose(handset(1, "A1"), NOTHING)
    with pytest.raises(DeviceNotFound, match="unplugged"):
        chooser.choose(handset(2, "B2"), NOTHING)
    clock.now = 2.0
    assert chooser.choose(handset(2, "B2"), NOTHING).name == "plughw:2,0"


def test_it_says_why() -> None:
    chooser = CardChooser("earpiece", "auto", Clock())
    one = handset(1)[1]
    assert chooser.choose([one], NOTHING) == Pcm("plughw:1,0", "the only one", one)
    assert "sound server" in CardChooser("earpiece", "auto", Clock()).choose([], SERVER).why
