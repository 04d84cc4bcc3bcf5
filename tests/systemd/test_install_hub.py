"""install-hub on a machine that is a folder: the first settings, the certificate, power cuts."""

from __future__ import annotations

import re
import ssl
import subprocess
import tomllib
from pathlib import Path

import pytest

from config.loader import load
from config.schema import HubConfig
from tests.config.files import HUB
from tests.systemd.fake_machine import FakeMachine

SETTINGS = "etc/visitbooth/hub.toml"
TLS = "etc/visitbooth/tls"
DROP_IN = "etc/systemd/system/visitbooth-hub.service.d/tls.conf"


@pytest.fixture
def machine(tmp_path: Path) -> FakeMachine:
    return FakeMachine(tmp_path)


def test_one_command_makes_a_hub_and_a_second_finds_all_done(machine: FakeMachine) -> None:
    done = machine.run("install-hub")
    assert done.returncode == 0, done.stdout + done.stderr
    steps = re.findall(r"^\[\d/5\] (\w+).*\.\.\. done \(\d+\.\d s\)$", done.stdout, re.MULTILINE)
    assert steps == ["packages", "certificate", "settings", "network", "service"]
    assert "Families' page:  https://visits.example\n" in done.stdout
    assert "visit-hub terminal add county-jail-1 --facility county-jail" in done.stdout
    assert "authority of its own" in done.stdout
    assert (machine.fake / "enabled/visitbooth-hub").exists()
    assert "CAP_NET_BIND_SERVICE" in (machine.root / DROP_IN).read_text()

    before = machine.files()
    again = machine.run("install-hub")
    assert again.returncode == 0, again.stderr
    assert again.stdout.count("already done") == 5
    assert machine.files() == before


def test_the_first_settings_are_the_documented_ones_and_those_that_a_hub_needs(
    machine: FakeMachine,
) -> None:
    (machine.root / "etc/localtime").symlink_to("/usr/share/zoneinfo/America/Chicago")
    assert machine.run("install-hub", "--address", "jail.example").returncode == 0
    place = machine.root / SETTINGS
    config = load(place, HubConfig).config
    assert (config.name, config.listen, config.port) == ("jail", "0.0.0.0", 443)
    assert config.tls.certificate == "/etc/visitbooth/tls/hub.pem"
    assert config.staff_group == "visit-staff"
    assert config.facility[0].time_zone == "America/Chicago"
    assert config.terminals.address == "wss://jail.example"
    assert config.terminals.ca_file == str(machine.root / TLS / "authority.pem")
    set_ = tomllib.loads(place.read_text())
    assert {*set_} == {
        "name", "listen", "port", "staff_socket", "staff_group", "turn", "notice", "tls",
        "terminals", "limits", "inmates", "accounts", "visits", "mail", "stopping", "metrics",
        "retention", "facility",
    }  # fmt: skip
    assert set_["metrics"] == {} and set_["mail"] == {}, "only the first of keys named alike"
    owners = (machine.fake / "owners").read_text()
    assert re.search(r"^root:visitbooth-hub .*hub\.toml\.new$", owners, re.MULTILINE)
    assert place.stat().st_mode & 0o777 == 0o640


def test_the_certificate_is_for_the_addresses_and_its_authority_is_a_terminals(
    machine: FakeMachine,
) -> None:
    words = ("--address", "jail.example", "--address", "192.0.2.9")
    assert machine.run("install-hub", *words).returncode == 0
    folder = machine.root / TLS
    context = ssl.create_default_context(cafile=folder / "authority.pem")
    assert context.get_ca_certs()
    shown = subprocess.run(
        ["openssl", "x509", "-in", str(folder / "hub.pem"), "-noout", "-ext", "subjectAltName"],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert {"DNS:jail.example", "IP Address:192.0.2.9", "IP Address:127.0.0.1"} <= {
        *shown.split("\n")[1].strip().split(", ")
    }
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert modes == {
        "authority.key": 0o600, "authority.pem": 0o644, "hub.key": 0o640, "hub.pem": 0o644,
    }  # fmt: skip


def test_a_certificate_that_ends_is_renewed_under_the_same_authority(machine: FakeMachine) -> None:
    assert machine.run("install-hub").returncode == 0
    folder = machine.root / TLS
    authority = (folder / "authority.pem").read_bytes()
    request = subprocess.run(
        ["openssl", "x509", "-x509toreq", "-in", "hub.pem", "-signkey", "hub.key"],
        check=True, capture_output=True, cwd=folder,
    ).stdout  # fmt: skip
    subprocess.run(
        ["openssl", "x509", "-req", "-CA", "authority.pem", "-CAkey", "authority.key",
         "-CAserial", "/dev/null", "-set_serial", "7", "-days", "5", "-out", "hub.pem"],
        check=True, capture_output=True, cwd=folder, input=request,
    )  # fmt: skip
    short = (folder / "hub.pem").read_bytes()
    done = machine.run("install-hub")
    assert re.search(r"certificate .*done \(\d", done.stdout), done.stdout
    assert (folder / "hub.pem").read_bytes() != short
    assert (folder / "authority.pem").read_bytes() == authority, "terminals trust it"


def test_behind_a_proxy_it_makes_no_certificate_and_opens_nothing(machine: FakeMachine) -> None:
    file = machine.carried / "hub.toml"
    file.write_text(HUB)
    done = machine.run("install-hub", str(file))
    assert done.returncode == 0, done.stderr
    assert not (machine.root / TLS).exists()
    assert not (machine.root / DROP_IN).exists()
    assert "Families' page:  http://127.0.0.1:8080" in done.stdout
    assert (machine.root / SETTINGS).read_text() == HUB


def test_a_dry_run_says_what_would_be_done_and_does_nothing(machine: FakeMachine) -> None:
    before = machine.files()
    done = machine.run("install-hub", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert len(re.findall(r"^\[\d/5\] .* \.\.\. would \w+", done.stdout, re.MULTILINE)) == 5
    assert machine.files() == before


@pytest.mark.parametrize(
    "cut",
    ["apt-get * install */visitbooth_*", "chown *authority.pem.new", "chown *hub.key.new",
     "chown *hub.toml.new", "systemctl daemon-reload", "systemctl restart *"],
)  # fmt: skip
def test_after_a_power_cut_the_same_command_goes_on(machine: FakeMachine, cut: str) -> None:
    broken = machine.run("install-hub", CUT=cut)
    assert broken.returncode == -9, broken.stdout
    whole = machine.run("install-hub")
    assert whole.returncode == 0, whole.stderr
    load(machine.root / SETTINGS, HubConfig)
    assert not [*machine.root.rglob("*.new")]
    assert {path.name for path in (machine.fake / "enabled").iterdir()} == {
        "visitbooth-hub", "visitbooth-backup.timer",
    }  # fmt: skip


def test_wrong_settings_are_told_by_line_and_the_old_ones_stay(machine: FakeMachine) -> None:
    file = machine.carried / "hub.toml"
    file.write_text(HUB)
    assert machine.run("install-hub", str(file)).returncode == 0
    file.write_text(HUB.replace("America/New_York", "America/Nowhere"))
    done = machine.run("install-hub", str(file))
    assert done.returncode == 1
    assert "hub.toml, line 6" in done.stderr
    assert "no settings were changed" in done.stderr
    assert (machine.root / SETTINGS).read_text() == HUB


def test_settings_that_are_replaced_are_kept_beside(machine: FakeMachine) -> None:
    file = machine.carried / "hub.toml"
    file.write_text(HUB)
    assert machine.run("install-hub", str(file)).returncode == 0
    file.write_text(HUB.replace('"main"', '"other"'))
    assert machine.run("install-hub", str(file)).returncode == 0
    assert (machine.root / f"{SETTINGS}.before").read_text() == HUB


def test_a_hub_that_does_not_answer_is_no_end(machine: FakeMachine) -> None:
    done = machine.run("install-hub", SILENT="1", ANSWER_WITHIN_S="0")
    assert done.returncode == 1
    assert "journalctl -u visitbooth-hub" in done.stderr
    assert "runs and answers" not in done.stdout
