"""The files that lock a terminal down, read by the programs that obey them where they are here."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.systemd import callstaff_picture
from tests.systemd.machine import SOURCES

HARDENING = SOURCES / "hardening"
LOCK = SOURCES / "visitbooth-lockdown"
CALLSTAFF = SOURCES / "visitbooth-callstaff"
USB_ALLOWED = {"01", "02", "03", "09", "0a", "0e", "ff"}
DEBIANS_10_LINUX = """\
#! /bin/sh
set -e
. "$pkgdatadir/grub-mkconfig_lib"
CLASS="--class gnu-linux --class gnu --class os"
SUPPORTED_INITS="sysvinit:/lib/sysvinit/init systemd:/lib/systemd/systemd"
"""
"""Of grub-common 2.06-13+deb12u1, as far as it matters here."""


def ini(path: str) -> dict[str, str]:
    """Return the keys of a configuration of systemd's that has one section."""
    parser = configparser.ConfigParser(strict=True, interpolation=None)
    parser.optionxform = str  # type: ignore[method-assign, assignment]  # keys keep their case
    assert parser.read(HARDENING / "usr/lib/systemd" / path)
    (section,) = parser.sections()
    return dict(parser[section])


def test_no_key_and_no_button_does_anything_to_logind() -> None:
    keys = ini("logind.conf.d/visitbooth-terminal.conf")
    assert (keys.pop("NAutoVTs"), keys.pop("ReserveVT")) == ("0", "0")
    assert {*keys.values()} == {"ignore"}
    for key in ("PowerKey", "RebootKey", "SuspendKey", "HibernateKey"):
        assert f"Handle{key}" in keys and f"Handle{key}LongPress" in keys


def test_a_burst_of_ctrl_alt_del_is_nothing() -> None:
    keys = ini("system.conf.d/visitbooth-terminal.conf")
    assert keys["CtrlAltDelBurstAction"] == "none"
    assert keys["CrashShell"] == "no"


def test_the_journal_is_bounded_and_never_on_the_screen() -> None:
    keys = ini("journald.conf.d/visitbooth-terminal.conf")
    assert keys["SystemMaxUse"] == "200M"
    assert keys["ForwardToConsole"] == keys["ForwardToWall"] == "no"


def test_a_failed_start_offers_no_shell() -> None:
    keys = (HARDENING / "usr/lib/systemd/system/emergency.service.d").iterdir()
    (text,) = (each.read_text() for each in keys)
    commands = re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE)
    assert commands[0] == "" and "sulogin" not in text and "reboot" in commands[1]


def test_the_kernel_takes_no_key_and_keeps_no_memory() -> None:
    text = (HARDENING / "usr/lib/sysctl.d/60-visitbooth-terminal.conf").read_text()
    keys = dict(re.findall(r"^([\w.-]+) = (.*)$", text, re.MULTILINE))
    assert keys["kernel.sysrq"] == "0"
    assert keys["kernel.core_pattern"] == "|/bin/false"
    assert keys["kernel.yama.ptrace_scope"] == "2"
    known = [each for each in keys if Path("/proc/sys", each.replace(".", "/")).exists()]
    assert len(known) > len(keys) * 0.6, "misspelt, or no Linux as it is known"


@pytest.mark.parametrize(
    "module", ["usb_storage", "uas", "firewire_ohci", "thunderbolt", "usbnet", "bluetooth"]
)
def test_drivers_that_a_terminal_never_needs_cannot_be_loaded(module: str) -> None:
    text = (HARDENING / "usr/lib/modprobe.d/visitbooth-terminal.conf").read_text()
    assert f"install {module} /bin/false\n" in text
    rules = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert all(re.fullmatch(r"install \w+ /bin/false", each) for each in rules)


def test_usb_is_let_in_by_what_it_is_and_a_stick_only_before_the_first_settings() -> None:
    text = (HARDENING / "usr/lib/udev/rules.d/70-visitbooth-lockdown.rules").read_text()
    rules = [line for line in text.splitlines() if line and not line.startswith("#")]
    (allowed,) = (each for each in rules if "01|" in each)
    assert {*re.findall(r"[0-9a-f]{2}", allowed.split('"')[1])} == USB_ALLOWED
    (stick,) = (each for each in rules if '"08"' in each)
    assert 'TEST!="/etc/visitbooth/terminal.toml"' in stick
    assert rules.index(allowed) < rules.index(stick) < rules.index('ATTR{authorized}="0"')
    (keyboards,) = (each for each in rules if "ID_INPUT_KEYBOARD" in each)
    assert 'ENV{VISITBOOTH_KEYPAD}!="1"' in keyboards and 'ATTR{inhibited}="1"' in keyboards
    assert 'TEST=="/etc/visitbooth/locked"' in keyboards, "not while somebody installs at it"


def test_the_firewall_is_understood_and_shuts_by_default() -> None:
    """nft's own reading of the file; in a network namespace, where this is no terminal."""
    if os.geteuid():
        pytest.skip("only root can make a network namespace")
    words = ["unshare", "--net", "sh", "-c", 'nft -f "$0" && nft -f "$0" && nft list ruleset']
    rules = HARDENING / "etc/visitbooth/terminal.nft"
    done = subprocess.run([*words, str(rules)], capture_output=True, text=True, check=False)
    if "Operation not permitted" in done.stderr:
        pytest.skip("network namespaces cannot be made here")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("policy drop") == 2
    accepted = [line.strip() for line in done.stdout.splitlines() if "accept" in line]
    assert not any("dport" in each and "sport 67" not in each and "546" not in each
                   for each in accepted)  # fmt: skip


# -- GRUB ----------------------------------------------------------------------------------------


def test_grub_shows_no_menu_and_its_ramdisk_no_shell() -> None:
    text = (HARDENING / "etc/default/grub.d/visitbooth-terminal.cfg").read_text()
    for line in ("GRUB_TIMEOUT=0", "GRUB_TIMEOUT_STYLE=hidden", "GRUB_DISABLE_RECOVERY=true"):
        assert f"{line}\n" in text
    assert "panic=10" in text


def grub(tmp_path: Path, entries: str, hash_: str) -> subprocess.CompletedProcess[str]:
    """Close GRUB in a folder that stands for the machine's root."""
    for folder in ("etc/grub.d", "etc/visitbooth", "boot/grub", "bin"):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    (tmp_path / "etc/grub.d/10_linux").write_text(entries)
    (tmp_path / "etc/visitbooth/grub-password").write_text(hash_)
    shutil.copy(HARDENING / "etc/grub.d/42_visitbooth", tmp_path / "etc/grub.d")
    text = LOCK.read_text().replace("/etc/", f"{tmp_path}/etc/")
    text = text.replace("/boot/", f"{tmp_path}/boot/").replace(
        'main "$@"', "close_grub && grub_is_closed"
    )
    # What update-grub does with these: CLASS in each entry, and what 42_visitbooth prints.
    mkconfig = tmp_path / "bin/update-grub"
    mkconfig.write_text(
        f"#!/bin/sh -e\n. {tmp_path}/class\n"
        f"echo \"menuentry 'Debian' $CLASS {{\" > {tmp_path}/boot/grub/grub.cfg\n"
        f"sed 's|/etc|{tmp_path}/etc|' {tmp_path}/etc/grub.d/42_visitbooth | sh"
        f" >> {tmp_path}/boot/grub/grub.cfg\n"
    )
    mkconfig.chmod(0o755)
    copy = f"grep ^CLASS= {tmp_path}/etc/grub.d/10_linux > {tmp_path}/class || true\n"
    mkconfig.write_text(mkconfig.read_text().replace("-e\n", f"-e\n{copy}", 1))
    return subprocess.run(
        ["bash", "-c", text], capture_output=True, text=True, check=False,
        env={"PATH": f"{tmp_path}/bin:{os.environ['PATH']}"},
    )  # fmt: skip


def test_grub_starts_the_terminal_unasked_and_asks_for_all_else(tmp_path: Path) -> None:
    hash_ = "grub.pbkdf2.sha512.10000.AB.CD\n"
    for _ in range(2):  # and again changes nothing
        done = grub(tmp_path, DEBIANS_10_LINUX, hash_)
        assert done.returncode == 0, done.stderr
    made = (tmp_path / "boot/grub/grub.cfg").read_text()
    assert "--class os --unrestricted {" in made
    assert 'set superusers="visitbooth"\npassword_pbkdf2 visitbooth grub.pbkdf2' in made


def test_grub_of_another_kind_is_left_alone(tmp_path: Path) -> None:
    """With a password but no free entry the terminal would ask for it at each start."""
    done = grub(tmp_path, "#!/bin/sh\necho hello\n", "grub.pbkdf2.sha512.10000.AB.CD\n")
    assert done.returncode != 0
    assert 'has no line CLASS="..."' in done.stderr
    assert not (tmp_path / "boot/grub/grub.cfg").exists()


@pytest.mark.parametrize("hash_", ["", "grub.pbkdf2.sha512.10000.AB.CD\n"])
def test_grub_asks_for_nothing_before_it_is_locked_nor_after_an_upgrade_undid_it(
    tmp_path: Path, hash_: str
) -> None:
    """No password yet; or the entries would ask for it, and the terminal would not start."""
    grub(tmp_path, "#!/bin/sh\n", hash_)
    code = (HARDENING / "etc/grub.d/42_visitbooth").read_text().replace("/etc", f"{tmp_path}/etc")
    done = subprocess.run(["sh", "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
    assert ("Run visitbooth-lockdown" in done.stderr) is bool(hash_)


def test_a_password_that_is_none_is_named(tmp_path: Path) -> None:
    done = grub(tmp_path, DEBIANS_10_LINUX, "secret\n")
    assert done.returncode != 0


# -- the screen that calls staff -------------------------------------------------------------------


def test_the_picture_for_staff_is_the_one_that_is_drawn(tmp_path: Path) -> None:
    """Other versions of the font's renderer differ by a shade at edges."""
    callstaff_picture.write(tmp_path / "drawn")
    kept, drawn = (read_pgm(each) for each in (callstaff_picture.FILE, tmp_path / "drawn"))
    assert kept.shape == drawn.shape == (800, 1280)
    assert np.abs(kept - drawn).mean() < 2
    assert 0.02 < (kept > 200).mean() < 0.2


def read_pgm(path: Path) -> np.ndarray:
    code = CALLSTAFF.read_text()
    space: dict[str, object] = {"__name__": "callstaff"}
    exec(compile(code, str(CALLSTAFF), "exec"), space)
    _width, _height, rows = space["read_picture"](str(path))  # type: ignore[operator]
    return np.array([list(row) for row in rows])


def test_what_is_no_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "none.gz").write_bytes(
        subprocess.run(
            ["gzip", "-c"], input=b"P6 1 1 255\n...", capture_output=True, check=True
        ).stdout
    )
    done = subprocess.run(
        [str(CALLSTAFF), str(tmp_path / "none.gz")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "not a grey PGM" in done.stderr


def test_the_lock_says_how_it_is_used() -> None:
    done = subprocess.run([str(LOCK), "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "visitbooth-lockdown --check" in done.stderr
