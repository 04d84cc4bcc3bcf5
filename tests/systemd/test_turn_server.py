"""The shipped TURN configuration and firewall: what they say, and what coturn does by them."""

from __future__ import annotations

import ipaddress
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.systemd.turn_hole import HERE4, OTHER, REFUSED, SENT, SOURCES

ROOT = SOURCES.parents[1]
CONF, RULES = SOURCES / "visitbooth-coturn.conf", SOURCES / "visitbooth-turn.nft"
INSIDE4 = (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3",
)  # fmt: skip
INSIDE6 = ("::1/128", "fc00::/7", "fe80::/10", "ff00::/8", "::ffff:0:0/96", "64:ff9b::/96")


def settings(name: str) -> list[str]:
    """Return every value that the configuration gives to a name; a bare one is an empty text."""
    found = re.findall(rf"^{name}(?:=(.*))?$", CONF.read_text(), re.MULTILINE)
    return [str(each) for each in found]


def denied() -> list[tuple[Any, Any]]:
    """Return the first and last address of each range, as coturn reads them."""
    pairs = [each.partition("-") for each in settings("denied-peer-ip")]
    return [(ipaddress.ip_address(a), ipaddress.ip_address(b or a)) for a, _, b in pairs]


@pytest.mark.parametrize("network", [*INSIDE4, *INSIDE6])
def test_every_inside_range_is_denied_and_firewalled(network: str) -> None:
    asked = ipaddress.ip_network(network)
    assert any(
        first.version == asked.version and first <= asked[0] and asked[-1] <= last
        for first, last in denied()
    )
    text = re.sub(r"#.*", "", RULES.read_text())
    named = [ipaddress.ip_network(each) for each in re.findall(r"[0-9a-f:.]+/\d+", text)]
    assert any(each.version == asked.version and asked.subnet_of(each) for each in named)  # type: ignore[arg-type]


def test_no_denied_range_begins_at_the_unspecified_ipv6_address() -> None:
    """coturn 4.6.1 takes every IPv4 address to be in "::-::1": nobody would be relayed to."""
    assert all(str(first) != "::" for first, _ in denied())


def test_what_no_call_needs_is_off_and_what_it_needs_is_bounded() -> None:
    for name in ("no-tcp-relay", "no-multicast-peers", "use-auth-secret", "no-tlsv1"):
        assert settings(name) == [""], name
    for name in ("allow-loopback-peers", "no-auth", "allowed-peer-ip", "lt-cred-mech"):
        assert settings(name) == [], name
    for name in ("user-quota", "total-quota", "max-bps", "max-allocate-lifetime"):
        assert int(settings(name)[0]) > 0
    assert settings("cli-ip") == ["127.0.0.1"]
    assert int(settings("cli-max-output-sessions")[0]) >= 2 * int(settings("total-quota")[0])
    assert all(":" not in each for each in settings("relay-ip")), "relay addresses are IPv4"


def test_it_runs_as_its_own_user_and_not_without_its_firewall() -> None:
    drop_in = (SOURCES / "visitbooth-turn.conf").read_text()
    (user,) = re.findall(r"^User=(.+)$", drop_in, re.MULTILINE)
    assert f'meta skuid != "{user}"' in RULES.read_text()
    assert f"u {user} " in "".join(each.read_text() for each in ROOT.glob("systemd/sysusers.d/*"))
    assert "ExecStartPre=+/usr/sbin/nft -f /etc/visitbooth/turn.nft" in drop_in


# -- a real one, in a network namespace ---------------------------------------------------------


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that coturn's user may write to: pytest's own is root's."""
    made = Path(tempfile.mkdtemp(prefix="visitbooth-turn-"))
    made.chmod(0o777)
    yield made
    shutil.rmtree(made)


def tried(folder: Path, *options: str) -> dict[str, dict[str, Any]]:
    """Return what came of each peer."""
    if os.geteuid():
        pytest.skip("only root can make a network namespace with users in it")
    trial = subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False)
    if trial.returncode:
        pytest.skip(f"network namespaces cannot be made here ({trial.stderr.decode().strip()})")
    words = ["unshare", "--net", sys.executable, "-m", "tests.systemd.turn_hole"]
    done = subprocess.run(
        [*words, str(folder), *options],
        capture_output=True, text=True, cwd=ROOT, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_as_shipped_nothing_inside_is_reached_and_others_are(folder: Path) -> None:
    found = tried(folder)
    assert {peer for peer, came in found.items() if came["arrived"]} == {OTHER}
    assert found["127.0.0.1"]["said"] == found["10.1.2.3"]["said"] == REFUSED
    ipv6 = {peer: came["allocated"] for peer, came in found.items() if ":" in peer}
    assert ipv6 == dict.fromkeys(ipv6, 440), "no relay address of IPv6 at all"


def test_mapped_addresses_are_denied_also_where_ipv6_is_relayed(folder: Path) -> None:
    found = tried(folder, "ipv6")
    assert found["::ffff:127.0.0.1"]["said"] == found["::ffff:10.1.2.3"]["said"] == REFUSED


def test_without_their_own_range_mapped_addresses_pass_the_list(folder: Path) -> None:
    """CVE-2026-27624: fails once Debian's coturn is mended, and then the file may say so."""
    found = tried(folder, "ipv6", "unmapped")
    assert found["127.0.0.1"]["said"] == REFUSED
    assert found["::ffff:127.0.0.1"]["said"] == SENT


def test_without_a_list_the_inside_is_open_and_the_firewall_shuts_it(folder: Path) -> None:
    inside = {"127.0.0.1", "10.1.2.3"}
    open_ = tried(folder, "unlisted")
    assert {peer for peer, came in open_.items() if came["arrived"]} == {*inside, OTHER}
    shut = tried(folder, "unlisted", "firewall")
    assert {peer for peer, came in shut.items() if came["arrived"]} == {OTHER}
    assert HERE4 not in inside
