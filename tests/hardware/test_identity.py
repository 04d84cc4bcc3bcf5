"""Selectors: what they mean, and the shortest that means one device only."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hardware.identity import Device, Identity, is_selector, matches, pinned, without_serial

PORT = "0000:00:14.0/1.2"
USB = Identity("046d", "0825", "9A1B", PORT)
CAMERA = Device("camera", "/dev/video0", "Webcam C270", USB)
TWIN = Device("camera", "/dev/video2", "Webcam C270", Identity("046d", "0825", "77", "x/3"))
PLATFORM = Device("camera", "/dev/video4", "vivid", Identity(port="platform/vivid.0"))


@pytest.mark.parametrize(
    "selector",
    ["usb:046d:0825", "usb:046d:0825:9A1B", f"usb:046d:0825@{PORT}", f"at:{PORT}", "/dev/video0"],
)
def test_a_selector_means_its_device_and_no_other(selector: str) -> None:
    assert is_selector(selector)
    assert matches(selector, CAMERA)
    assert not matches(selector, PLATFORM)


@pytest.mark.parametrize(
    "selector", ["usb:046d:0826", "usb:046d:0825:9A1", "usb:046d:0825@1", "at:1", "/dev/video1"]
)
def test_another_device_is_not_meant(selector: str) -> None:
    assert not matches(selector, CAMERA)


def test_a_link_means_what_it_points_at(tmp_path: Path) -> None:
    node, link = tmp_path / "video0", tmp_path / "camera"
    node.touch()
    link.symlink_to(node)
    assert matches(str(link), Device("camera", str(node), "", USB))


def test_names_are_no_selectors() -> None:
    assert not is_selector("USB Audio: - (hw:1,0)")
    assert not is_selector("usb:46d:825")


def test_pinned_is_as_short_as_it_may_be() -> None:
    assert pinned(CAMERA, (CAMERA, PLATFORM)) == "usb:046d:0825"
    assert pinned(CAMERA, (CAMERA, TWIN)) == "usb:046d:0825:9A1B"
    assert pinned(PLATFORM, (CAMERA, PLATFORM)) == "at:platform/vivid.0"
    here, there = without_serial(CAMERA), without_serial(TWIN)
    assert pinned(here, (here, there)) == f"usb:046d:0825@{PORT}"
    same = Device("camera", "/dev/video9", "", CAMERA.identity)
    assert pinned(CAMERA, (CAMERA, same)) == "/dev/video0"
    assert "Webcam C270" in str(CAMERA) and "usb:046d:0825:9A1B" in str(CAMERA)


def test_parts_of_one_housing_are_pinned_one_by_one() -> None:
    parts = tuple(
        Device("earpiece", f"/dev/snd/pcmC0D{unit}p", "", replace(PLATFORM.identity, part=unit))
        for unit in "013"
    )
    selectors = [pinned(each, parts) for each in parts]
    assert selectors == [f"at:platform/vivid.0#{unit}" for unit in "013"]
    for selector, part in zip(selectors, parts, strict=True):
        assert is_selector(selector)
        assert [each for each in parts if matches(selector, each)] == [part]
    assert all(matches("at:platform/vivid.0", each) for each in parts)
    assert replace(USB, serial="", part="2").with_part == f"usb:046d:0825@{PORT}#2"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, True),
        ({"port": "x/9"}, True),
        ({"serial": "77"}, False),
        ({"serial": ""}, True),
        ({"serial": "", "port": "x/9"}, False),
        ({"product": "0826"}, False),
        ({"part": "1"}, False),
    ],
)
def test_the_same_thing_may_move_if_it_has_a_serial_number(
    change: dict[str, str], expected: bool
) -> None:
    other = replace(USB, **change)
    assert USB.is_same(other) is other.is_same(USB) is expected
