"""The machine's own health, from trees as the kernel makes them."""

from __future__ import annotations

from pathlib import Path

from hardware.health import DISK_LOW_BYTES, Health, Link, read


def put(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_it_is_read_where_the_kernel_says_it(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "class/thermal/thermal_zone0/temp": "45123\n",
            "class/thermal/thermal_zone1/temp": "-274000\n",
            "class/thermal/thermal_zone2/temp": "61000\n",
            "class/net/eth0/operstate": "up\n",
            "class/net/eth0/speed": "1000\n",
            "class/net/eth0/device/vendor": "0x8086\n",
            "class/net/wlan0/operstate": "down\n",
            "class/net/wlan0/speed": "-1\n",
            "class/net/wlan0/device/vendor": "0x8086\n",
            "class/net/lo/operstate": "unknown\n",
            "class/backlight/panel/actual_brightness": "60\n",
            "class/backlight/panel/max_brightness": "120\n",
            "class/backlight/panel/bl_power": "0\n",
        },
    )
    health = read(tmp_path / "made/later", tmp_path, lambda: 0)
    assert health.temperature_c == 61.0
    assert health.links == (Link("eth0", True, 1000), Link("wlan0", False, None))
    assert health.backlight == 0.5
    assert health.clock_synchronised is True
    assert health.disk_free_bytes > 0
    assert health.complaints() == ()


def test_what_is_not_there_is_none(tmp_path: Path) -> None:
    health = read(tmp_path, tmp_path, lambda: -1, tmp_path / "timesync")
    assert (health.temperature_c, health.backlight, health.links) == (None, None, ())
    assert health.clock_synchronised is None


def test_where_the_kernel_may_not_be_asked_for_its_clock_timesyncd_is(tmp_path: Path) -> None:
    """As in the kiosk's unit: ProtectClock= forbids adjtimex, though it would only ask."""
    timesync = tmp_path / "timesync"
    timesync.mkdir()
    assert read(tmp_path, tmp_path, lambda: -1, timesync).clock_synchronised is False
    (timesync / "synchronized").touch()
    assert read(tmp_path, tmp_path, lambda: -1, timesync).clock_synchronised is True
    assert read(tmp_path, tmp_path, lambda: 5, timesync).clock_synchronised is False


def test_this_machine_can_be_read(tmp_path: Path) -> None:
    assert read(tmp_path).disk_free_bytes > 0
    assert read(tmp_path).clock_synchronised in (True, False, None)


def test_a_card_whose_driver_says_only_its_carrier_is_up(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "class/net/usb0/operstate": "unknown\n",
            "class/net/usb0/carrier": "1\n",
            "class/net/usb0/device/vendor": "0x1\n",
        },
    )
    assert read(tmp_path, tmp_path, lambda: 0).links == (Link("usb0", True, None),)


def test_each_trouble_is_said_with_what_to_do() -> None:
    health = Health(91.2, DISK_LOW_BYTES - 1, False, (Link("eth0", False, None),), 0.0)
    hot, disk, clock, link, light = health.complaints()
    assert hot.startswith("91 C is too hot")
    assert "199 MB free" in disk
    assert "time server" in clock
    assert "cable" in link
    assert "backlight" in light


def test_a_dark_panel_is_off_whatever_its_brightness(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "class/backlight/panel/actual_brightness": "120",
            "class/backlight/panel/max_brightness": "120",
            "class/backlight/panel/bl_power": "4",
        },
    )
    assert read(tmp_path, tmp_path, lambda: 0).backlight == 0.0
