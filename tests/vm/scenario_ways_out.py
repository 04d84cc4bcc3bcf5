"""Every way out of a terminal's screen and into the machine, tried: docs/lockdown.md has the table.

Named so that it comes last: it locks the guest for good, and what gets through may end it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from itertools import product
from typing import Final

import numpy as np
import pytest
import pytest_asyncio

from kiosk.screens import layout, theme
from tests.vm import scan, terminal
from tests.vm.conftest import REPORT
from tests.vm.guest import Guest
from tests.vm.network import GUEST
from tests.vm.terminal import SLOW, GuestKiosk, until_async

pytestmark = pytest.mark.asyncio(loop_scope="session")

HARDEN: Final = "cp -r --no-preserve=ownership /repo/systemd/hardening/. /"
LOCK: Final = "/opt/visitbooth/libexec/visitbooth-lockdown"
SETTINGS: Final = """
cat > /etc/visitbooth/terminal.toml <<'END'
terminal = "t4"
hub = "ws://127.0.0.1:9"
hub_name = "demo-hub"
enrolment_code = "ABCD-EFGH"
[devices]
camera = "simulated"
microphone = "simulated"
earpiece = "simulated"
hook = "simulated"
END
chown root:visitbooth-kiosk /etc/visitbooth/terminal.toml
chmod 0640 /etc/visitbooth/terminal.toml
systemctl stop visitbooth-kiosk journal-kiosk 2> /dev/null || true
# A hub has taken it once: it shows its idle screen while that is away.
install -d -o visitbooth-kiosk -g visitbooth-kiosk -m 0700 /var/lib/visitbooth
setpriv --reuid=visitbooth-kiosk --regid=visitbooth-kiosk --clear-groups \
    /opt/visitbooth/bin/python -I -c 'from pathlib import Path
from signalling.terminal_key import TerminalKey
TerminalKey.load_or_make(Path("/var/lib/visitbooth")).welcomed()'
"""
MODIFIERS: Final = ((), ("ctrl",), ("alt",), ("ctrl", "alt"), ("shift",), ("meta_l",))
KEYS: Final = (*(f"f{number}" for number in range(1, 13)), "esc", "tab", "delete", "ret")
LETTERS: Final = ("c", "e", "q", "v", "w", "x", "z")
SYSRQ: Final = ("b", "c", "e", "i", "k", "o", "r", "u", "h")
"""Reboot, crash, end all, kill all, kill the display, power off, unraw, read-only, help."""

WHO_RUNS: Final = """
systemctl show --value --property=MainPID --property=NRestarts visitbooth-kiosk visitbooth-display
cat /proc/sys/kernel/random/boot_id /sys/class/tty/tty0/active
systemctl list-units --plain --no-legend --state=active '*getty*.service' debug-shell.service
systemctl list-jobs --plain --no-legend
ls -A /var/lib/visitbooth /usr/share/visitbooth/kivy
findmnt --noheadings --output=OPTIONS / | cut -c1-2
"""
"""The same before and after: nothing was started again, no console changed, no file was left."""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def kiosk(guest: Guest) -> AsyncIterator[GuestKiosk]:
    """A locked terminal at its idle screen. No hub: nothing here needs one."""
    async with contextlib.AsyncExitStack() as stack:
        await guest.sh(HARDEN + SETTINGS)
        told = await guest.run(LOCK, SLOW * 2)
        assert told.status == 0, told.out
        await guest.sh("udevadm control --reload; udevadm trigger --action=change; udevadm settle")
        yield await terminal.start(guest, stack, REPORT / "kiosk-locked.log", link=False)


async def untouched(guest: Guest, before: str) -> None:
    """Assert that all runs as it did."""
    assert await guest.sh(WHO_RUNS) == before


async def active(guest: Guest, unit: str) -> bool:
    return (await guest.run(f"systemctl is-active {unit}")).out.strip() == "active"


async def test_locking_is_whole_and_told_so(guest: Guest, kiosk: GuestKiosk) -> None:
    told = await guest.run(f"{LOCK} --check", SLOW * 2)
    assert (told.status, told.out) == (0, "")
    await kiosk.sees(layout.IDLE_TOUCH, theme.PINE)
    await guest.picture(REPORT / "locked.png")


async def test_a_lock_that_was_opened_is_told(guest: Guest, kiosk: GuestKiosk) -> None:
    """By hand, and by the way that is there for work at the terminal."""
    await guest.sh(f"sysctl --quiet kernel.sysrq=438; {LOCK} --open")
    told = await guest.run(f"{LOCK} --check", SLOW * 2)
    assert told.status == 1
    for what in ("consoles, reboot keys", "kernel", "keyboards"):
        assert f"open: {what}" in told.out
    assert told.out.count("open: ") == 3, told.out
    assert (await guest.run(LOCK, SLOW * 2)).status == 0


async def test_nothing_of_the_terminal_is_root_or_may_become_it(
    guest: Guest, kiosk: GuestKiosk
) -> None:
    told = await guest.sh("""
        for unit in visitbooth-kiosk visitbooth-display; do
            for pid in $(cat /sys/fs/cgroup/system.slice/$unit.service/cgroup.procs); do
                grep -E '^(Uid|CapEff|CapBnd|NoNewPrivs):' /proc/$pid/status | tr -s '\\t' ' '
            done
        done""")
    lines = told.splitlines()
    assert len(lines) >= 3 * 4
    for line in lines:
        name, *values = line.split()
        expected = {"Uid:": False, "CapEff:": True, "CapBnd:": True}
        if name in expected:
            assert all(int(each, 16) == 0 for each in values) is expected[name], told
        else:
            assert line == "NoNewPrivs: 1"


async def test_a_keyboard_that_is_plugged_in_is_silent(guest: Guest, kiosk: GuestKiosk) -> None:
    before = await guest.sh(WHO_RUNS)
    await guest.plug("usb-kbd", "keyboard", bus="usb.0")
    node = await guest.wait(
        "grep -l 'QEMU USB Keyboard' /sys/class/input/input*/name | xargs dirname", SLOW
    )
    node = node.strip()
    await guest.wait(f"grep --quiet 1 {node}/inhibited", SLOW, "the keyboard is silenced")
    assert await typed(guest, node) == 0
    # It is one, and would be heard: from here on what lies behind this is tried.
    await guest.sh(f"echo 0 > {node}/inhibited")
    assert await typed(guest, node) > 0
    await untouched(guest, before)


async def typed(guest: Guest, node: str) -> int:
    """Return how many bytes of input events arrive while keys are pressed."""
    reading = asyncio.create_task(
        guest.sh(f"(timeout 6 cat /dev/input/$(ls {node} | grep event) || true) | wc -c")
    )
    await asyncio.sleep(2)  # until it reads; what is pressed before then is lost, not counted
    for key in ("a", "b", "ret", "a", "b", "ret"):
        await guest.keys(key)
    return int(await reading)


async def test_no_key_with_any_modifier_does_anything(guest: Guest, kiosk: GuestKiosk) -> None:
    """The keyboard is let through on purpose; the display does not open it, nor does the kernel."""
    before = await guest.sh(WHO_RUNS)
    shown = await kiosk.look(layout.IDLE_TOUCH)
    for modifiers, key in product(MODIFIERS, KEYS):
        if (modifiers, key) != (("ctrl", "alt"), "delete"):
            await guest.keys(*modifiers, key)
    for letter in LETTERS:
        await guest.keys("ctrl", letter)
    await guest.keys("alt", "tab")
    await untouched(guest, before)
    assert np.abs(await kiosk.look(layout.IDLE_TOUCH) - shown).max() == 0
    opened = await guest.sh(
        "ls -l /proc/$(systemctl show --value -p MainPID visitbooth-display)/fd"
    )
    assert "/dev/input/event" in opened, "the touch screen"
    keyboards = await guest.sh(
        "for each in /dev/input/event*; do if udevadm info --query=property $each |"
        " grep ID_INPUT_KEYBOARD=1 > /dev/null; then echo $each; fi; done"
    )
    assert len(keyboards.split()) >= 2, "PS/2 and USB"
    for each in keyboards.split():
        assert f"{each}\n" not in opened


async def test_no_other_console_is_reached(guest: Guest, kiosk: GuestKiosk) -> None:
    before = await guest.sh(WHO_RUNS)
    assert "tty1" in before
    for number in range(1, 13):
        await guest.keys("ctrl", "alt", f"f{number}")
        await guest.keys("alt", f"f{number}")
    await guest.keys("alt", "right")
    await guest.keys("alt", "left")
    await untouched(guest, before)
    told = await guest.sh("ps -eo tty=,comm= | grep -v '^?' || true")
    assert {line.split()[0] for line in told.splitlines()} == {"tty1"}, told
    assert "getty" not in told and "login" not in told


async def test_sysrq_is_dead(guest: Guest, kiosk: GuestKiosk) -> None:
    before = await guest.sh(WHO_RUNS)
    # The keys do arrive: with SysRq on, its help is printed. That comes first: a keyboard that is
    # silent keeps what was pressed, and would tell the reset to a SysRq that is switched on later.
    await guest.sh("sysctl --quiet kernel.sysrq=1")
    await guest.keys("alt", "sysrq", "h")
    await guest.wait("dmesg | grep 'sysrq: HELP'", SLOW)
    await guest.sh("sysctl --quiet kernel.sysrq=0")
    for key in SYSRQ:
        await guest.keys("alt", "sysrq", key)
    await untouched(guest, before)


async def test_ctrl_alt_del_seven_times_does_nothing(guest: Guest, kiosk: GuestKiosk) -> None:
    before = await guest.sh(WHO_RUNS)
    for _ in range(8):
        await guest.keys("ctrl", "alt", "delete", hold_ms=30)
    # And as the kernel tells it to systemd, past the keyboard.
    await guest.sh("for each in 1 2 3 4 5 6 7 8; do kill -INT 1; done; sleep 2")
    await untouched(guest, before)


async def test_power_and_sleep_keys_do_nothing(guest: Guest, kiosk: GuestKiosk) -> None:
    before = await guest.sh(WHO_RUNS)
    await guest.machine("system_powerdown")
    for key in ("power", "sleep", "wake"):
        await guest.keys(key)
    await asyncio.sleep(2)  # logind would act at once
    await untouched(guest, before)
    for act in ("suspend", "hibernate"):
        assert (await guest.run(f"systemctl {act}")).status != 0


async def test_a_stick_brings_no_disk(guest: Guest, kiosk: GuestKiosk) -> None:
    before = await guest.sh(WHO_RUNS)
    await guest.machine(
        "blockdev-add",
        driver="null-co",
        size=1 << 20,
        **{"node-name": "stick", "read-zeroes": True},
    )
    await guest.plug("usb-storage", "stick-drive", bus="usb.0", drive="stick")
    found = await guest.wait("grep -l 08 /sys/bus/usb/devices/*/bInterfaceClass", SLOW)
    folder = found.strip().rsplit("/", 1)[0]
    await guest.wait(f"grep --quiet 0 {folder}/authorized", SLOW, "the interface is refused")
    told = await guest.sh(f"""
        udevadm settle
        ls -d {folder}/driver /dev/sd* 2> /dev/null || true
        grep -E '^(usb_storage|uas)' /proc/modules || true
        ! modprobe usb_storage 2> /dev/null""")
    assert told == ""
    await guest.unplug("stick-drive")
    await untouched(guest, before)


async def test_a_network_adapter_brings_no_network(guest: Guest, kiosk: GuestKiosk) -> None:
    links = await guest.sh("ls /sys/class/net")
    await guest.machine("netdev_add", type="hubport", id="other", hubid=7)
    await guest.plug("usb-net", "adapter", bus="usb.0", netdev="other")
    await guest.wait("grep -l a4a2 /sys/bus/usb/devices/*/idProduct", SLOW, "the adapter is there")
    await guest.sh("udevadm settle")
    assert await guest.sh("ls /sys/class/net") == links
    await guest.unplug("adapter")


async def test_nothing_listens_and_every_port_is_silent(guest: Guest, kiosk: GuestKiosk) -> None:
    listening = await guest.sh(
        "ss --no-header --listening --tcp --udp --raw --numeric | awk '{print $5}'"
    )
    assert all(each.startswith(("127.", "[::1]")) for each in listening.split()), listening
    await guest.sh("systemd-run --quiet --unit=open python3 -m http.server 8042")
    await guest.wait("ss --listening --tcp --numeric | grep 8042", SLOW)
    assert await scan.tcp(GUEST) == {}
    assert await scan.udp(GUEST) == {}
    # The scanner sees what is open where nothing shuts it.
    await guest.sh("nft delete table inet visitbooth_terminal")
    seen = await scan.tcp(GUEST, range(8040, 8044))
    assert seen == {8040: "refused", 8041: "refused", 8042: "open", 8043: "refused"}
    await guest.sh("systemctl stop open; systemctl restart visitbooth-firewall")
    assert await scan.tcp(GUEST, range(8040, 8044)) == {}


async def test_the_display_lets_nobody_else_in(guest: Guest, kiosk: GuestKiosk) -> None:
    """An X client could log keys and take pictures."""
    told = await guest.sh("""
        setpriv --reuid=nobody --regid=nogroup --clear-groups python3 - <<'END'
import socket
x = socket.socket(socket.AF_UNIX)
x.connect("/tmp/.X11-unix/X0")
x.sendall(bytes([0x6C, 0, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0]))
answer = x.recv(200)
print(answer[0], answer[8:].decode(errors="replace"))
try:
    open("/run/visitbooth-display/authority")
except PermissionError:
    print("cookie kept")
END""")
    assert told.startswith("0 ") and "cookie kept" in told, told


async def test_what_is_planted_for_kivy_python_and_sdl_does_not_run(
    guest: Guest, kiosk: GuestKiosk
) -> None:
    """In the manager's environment, the kiosk's home and its state: none of it is loaded."""
    since = kiosk.process.seen
    await guest.sh("""
        home=/var/lib/visitbooth
        mkdir -p $home/.kivy/mods /srv/planted/mods
        for file in $home/.kivy/mods/planted.py /srv/planted/mods/planted.py \
                $home/sitecustomize.py /srv/planted/sitecustomize.py; do
            echo 'open("/var/lib/visitbooth/planted-ran", "w")' > $file
        done
        printf '[kivy]\\nexit_on_escape = 1\\n[modules]\\nplanted =\\nwebdebugger =\\n' \
            | tee $home/.kivy/config.ini > /srv/planted/config.ini
        chown -R visitbooth-kiosk $home/.kivy $home/sitecustomize.py
        chmod -R a+rX /srv/planted
        systemctl set-environment KCFG_MODULES_PLANTED= KIVY_HOME=/srv/planted \
            KIVY_MODULES_DIR=/srv/planted/mods KIVY_DATA_DIR=/srv/planted PYTHONPATH=/srv/planted \
            PYTHONSTARTUP=/srv/planted/sitecustomize.py PYTHONUSERBASE=/srv/planted \
            SDL_DYNAMIC_API=/srv/planted/none.so LD_PRELOAD=/srv/planted/none.so \
            SDL_VIDEODRIVER=dummy
        systemctl restart visitbooth-kiosk""", SLOW * 2)  # fmt: skip
    await kiosk.process.wait_for(r"screen=idle", SLOW, since)
    await kiosk.sees(layout.IDLE_TOUCH, theme.PINE)
    told = await guest.sh("""
        ! test -e /var/lib/visitbooth/planted-ran
        tr '\\0' '\\n' < /proc/$(systemctl show --value -p MainPID visitbooth-kiosk)/environ
        systemctl unset-environment KCFG_MODULES_PLANTED KIVY_HOME KIVY_MODULES_DIR KIVY_DATA_DIR \
            PYTHONPATH PYTHONSTARTUP PYTHONUSERBASE SDL_DYNAMIC_API SDL_VIDEODRIVER LD_PRELOAD""")
    assert "SDL_VIDEODRIVER=x11" in told
    for name in ("LD_PRELOAD", "SDL_DYNAMIC_API", "KIVY_DATA_DIR", "KIVY_MODULES_DIR"):
        assert name not in told
    await guest.sh("ss --no-header --listening --tcp | (! grep 5000)")


async def test_no_gesture_leaves_the_screen(guest: Guest, kiosk: GuestKiosk) -> None:
    """Swipes from every edge, long presses, every button, many at once."""
    before = await guest.sh(WHO_RUNS)
    edges = [(0.0, 0.5), (1.0, 0.5), (0.5, 0.0), (0.5, 1.0), (0.0, 0.0), (1.0, 1.0)]
    for x, y in edges:
        await guest.touch(x, y, True)
        for step in range(1, 11):
            await guest.touch(x + (0.5 - x) * step / 10, y + (0.5 - y) * step / 10, True)
        await guest.touch(0.5, 0.5, False)
    await guest.touch(0.5, 0.95, True)
    await asyncio.sleep(2)
    await guest.touch(0.5, 0.95, False)
    for button in ("right", "middle", "side", "extra", "wheel-up", "wheel-down"):
        for down in (True, False):
            event = {"type": "btn", "data": {"button": button, "down": down}}
            await guest.machine("input-send-event", events=[event])
    await untouched(guest, before)
    colours = np.asarray(await kiosk.display.look()).reshape(-1, 3)
    paper = np.array([int(theme.PAPER[at : at + 2], 16) for at in (1, 3, 5)])
    assert (np.abs(colours.astype(int) - paper).max(axis=1) < 12).mean() > 0.2, "a screen of ours"
    await guest.picture(REPORT / "after-gestures.png")


async def test_a_display_that_falls_comes_back_with_the_kiosk(
    guest: Guest, kiosk: GuestKiosk
) -> None:
    since = kiosk.process.seen
    await guest.sh("kill -KILL $(systemctl show --value -p MainPID visitbooth-display)")
    await kiosk.process.wait_for(r"screen=idle", SLOW, since)
    await kiosk.sees(layout.IDLE_TOUCH, theme.PINE)
    assert not await active(guest, "visitbooth-callstaff")


async def test_a_kiosk_that_stands_still_is_started_again(guest: Guest, kiosk: GuestKiosk) -> None:
    since = kiosk.process.seen
    await guest.sh("kill -STOP $(systemctl show --value -p MainPID visitbooth-kiosk)")
    await kiosk.process.wait_for(r"Watchdog timeout", SLOW, since)
    await kiosk.process.wait_for(r"screen=idle", SLOW, since)
    await kiosk.sees(layout.IDLE_TOUCH, theme.PINE)


async def test_a_kiosk_that_cannot_start_ends_in_words(guest: Guest, kiosk: GuestKiosk) -> None:
    await guest.sh("""
        mkdir -p /run/systemd/system/visitbooth-kiosk.service.d
        printf '[Service]\\nExecStart=\\nExecStart=/bin/false\\n' \
            > /run/systemd/system/visitbooth-kiosk.service.d/broken.conf
        systemctl daemon-reload
        systemctl restart visitbooth-kiosk || true""", SLOW)  # fmt: skip

    async def said() -> bool:
        log = await guest.sh("journalctl --unit=visitbooth-callstaff --output=cat")
        return "callstaff=shown" in log

    await until_async(said, SLOW, "the screen that calls staff")
    picture = np.asarray(await guest.picture(REPORT / "callstaff.png")).astype(int)
    pine = np.array([int(theme.PINE[at : at + 2], 16) for at in (1, 3, 5)])
    assert (np.abs(picture - pine).max(axis=2) < 6).mean() > 0.8
    assert 0.02 < (picture.min(axis=2) > 200).mean() < 0.2, "words"
    await guest.sh("rm -r /run/systemd/system/visitbooth-kiosk.service.d; systemctl daemon-reload")
    # The technician need not wait for it to be tried anew.
    since = kiosk.process.seen
    await guest.sh("systemctl reset-failed visitbooth-kiosk; systemctl start visitbooth-kiosk", 240)
    await kiosk.process.wait_for(r"screen=idle", SLOW, since)
    await kiosk.sees(layout.IDLE_TOUCH, theme.PINE)
    assert not await active(guest, "visitbooth-callstaff")


async def test_without_x_the_kiosk_draws_by_itself(guest: Guest, kiosk: GuestKiosk) -> None:
    """The option for machines without an X server; last, because it changes how the rest runs."""
    since = kiosk.process.seen
    await guest.sh(
        """
        systemctl stop visitbooth-kiosk visitbooth-display
        for unit in display kiosk; do
            mkdir -p /etc/systemd/system/visitbooth-$unit.service.d
            cp /repo/systemd/kmsdrm/$unit.conf \
                /etc/systemd/system/visitbooth-$unit.service.d/kmsdrm.conf
        done
        systemctl daemon-reload
        systemctl start visitbooth-kiosk""",
        240,
    )
    await kiosk.process.wait_for(r"screen=idle", SLOW, since)
    await kiosk.sees(layout.IDLE_TOUCH, theme.PINE)
    status = await guest.sh("systemctl show --value --property=StatusText visitbooth-kiosk")
    assert "KMSDRM" in status
    assert (await guest.run("pgrep Xorg")).status == 1
    await guest.picture(REPORT / "without-x.png")
    # Neither keyboard nor console is a way out there.
    before = await guest.sh(WHO_RUNS)
    for keys in (("esc",), ("f1",), ("alt", "f4"), ("ctrl", "alt", "f2"), ("ctrl", "c"), ("ret",)):
        await guest.keys(*keys)
    await untouched(guest, before)
