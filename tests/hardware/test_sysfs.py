"""Serial numbers as selectors have them; the rest is tested with whole machines (discovery)."""

from __future__ import annotations

from pathlib import Path

import pytest

from hardware import sysfs
from hardware.identity import Device, Identity, matches


@pytest.mark.parametrize("serial", ["", "0", "0000", "ffffffff", "  ", "7", "\t0 "])
def test_serial_numbers_that_say_nothing_are_none(serial: str) -> None:
    assert sysfs.usable_serial(serial) == ""


@pytest.mark.parametrize(
    ("serial", "expected"),
    [("9A1B", "9A1B"), (" SN 01 ", "SN_01"), ("a@b#c", "a_b_c"), ("01:02", "01:02")],
)
def test_a_serial_number_always_fits_a_selector(serial: str, expected: str) -> None:
    assert sysfs.usable_serial(serial) == expected
    device = Device("camera", "", "", Identity("046d", "0825", expected, "x/1", "0"))
    assert matches(f"usb:046d:0825:{expected}", device)
    assert matches(f"usb:046d:0825:{expected}@x/1#0", device)
    assert not matches(f"usb:046d:0825:{expected}x", device)


def test_what_a_device_says_of_itself_is_one_printable_line(tmp_path: Path) -> None:
    device = sysfs.Entry(str(tmp_path), "usb")
    (tmp_path / "product").write_bytes(b"Cam\n\x1b[2Jtime=now level=INFO\x07 \xff\xe2\x80\xae\n")
    (tmp_path / "serial").write_bytes(b"A\x1b1\n")
    (tmp_path / "uevent").write_bytes(b"HID_UNIQ=A1\x0bHID_ID=0003:1:2\nHID_ID=0003:3:4\n")
    assert sysfs.text(device, "product") == "Cam  [2Jtime=now level=INFO  \ufffd"
    assert sysfs.usable_serial(sysfs.text(device, "serial")) == "A_1"
    assert sysfs.told(device, "HID_ID") == "0003:3:4"
    assert sysfs.told(device, "HID_UNIQ") == "A1 HID_ID=0003:1:2"


def test_a_class_that_the_kernel_does_not_have_is_empty() -> None:
    assert sysfs.nodes("no_such_class", "x") == []


def test_what_a_device_calls_itself_moves_no_cursor_and_begins_no_line(tmp_path: Path) -> None:
    (tmp_path / "product").write_bytes("Cam\x1b[2J\r\x00\x7f \u202eé \U0001f4de\n".encode())
    (tmp_path / "uevent").write_text("HID_NAME=a\x1b]0;b\x07\nHID_UNIQ=c\n")
    entry = sysfs.Entry(str(tmp_path), "usb")
    assert sysfs.text(entry, "product") == "Cam [2J     é \U0001f4de"
    assert sysfs.told(entry, "HID_NAME") == "a ]0;b"
    assert sysfs.told(entry, "HID_UNIQ") == "c"
