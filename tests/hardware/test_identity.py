"""Selectors: what they mean, and the shortest that means one device only."""

from __future__ import annotations

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
