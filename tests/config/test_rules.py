"""What values mean: each rule with what it takes and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.rules import FIELD_RULES, TABLE_RULES
from config.schema import (
    Devices,
    Display,
    Facility,
    HubConfig,
    MailServer,
    MetricsListener,
    Network,
    Secret,
    Technician,
    TerminalConfig,
    Terminals,
    Tls,
    Turn,
    Visiting,
)
from tests.config.test_structure import hub, terminal

GOOD: list[tuple[type, str, object]] = [
    (Display, "width", 0),
    (Display, "height", 400),
    (TerminalConfig, "hub", "wss://visits.example"),
    (TerminalConfig, "hub", "wss://visits.example:8443/"),
    (TerminalConfig, "hub", "ws://127.0.0.1:8080"),
    (TerminalConfig, "hub", "ws://[::1]:8080"),
    (TerminalConfig, "hub", "ws://localhost:1"),
    (TerminalConfig, "language", "pt_BR"),
    (TerminalConfig, "ca_file", ""),
    (TerminalConfig, "machine", "52:54:00:12:34:56"),
    (TerminalConfig, "machine", "52-54-00-12-AB-56"),
    (Terminals, "address", "wss://visits.example"),
    (Devices, "camera", "/dev/visitbooth/camera"),
    (Devices, "camera", "usb:046d:0825:9A1B@0000:00:14.0/1.2"),
    (Devices, "camera", "at:platform/vivid.0"),
    (Devices, "keypad", "usb:16c0:0483"),
    (Devices, "hook", "none"),
    (Devices, "hook", "auto"),
    (Devices, "hook", "gpio:gpiochip0/HOOK"),
    (Devices, "hook", "serial:usb:16c0:0483"),
    (Devices, "hook_code", "SW_HEADPHONE_INSERT"),
    (Devices, "hook_code", "169"),
    (Devices, "camera_crop", ""),
    (Devices, "camera_crop", "10 0 80 100"),
    (Devices, "microphone", "usb:0d8c:0014"),
    (Technician, "pin", Secret("")),
    (Technician, "pin", Secret("123456")),
    (TerminalConfig, "enrolment_code", Secret("K7QF-2MXR")),
    (Devices, "hook_fifo", ""),
    (Devices, "microphone", "hw:1,0"),
    (Devices, "microphone", "USB Audio: - (hw:1,0)"),
    (Network, "interfaces", "enp3s0.100"),
    (Network, "allow_peers", "192.168.1.0/24"),
    (Network, "allow_peers", "fd00::/8"),
    (Network, "allow_peers", "127.0.0.1/32"),
    (HubConfig, "listen", "0.0.0.0"),
    (HubConfig, "listen", "::1"),
    (HubConfig, "store", "sqlite:////var/lib/x.db"),
    (HubConfig, "store", ""),
    (HubConfig, "store", "postgresql://hub@db.example/visits"),
    (HubConfig, "store", "postgresql://hub@[::1]:5433/visits"),
    (HubConfig, "store", "postgresql://hub@db1,db2:5433/visits?target_session_attrs=read-write"),
    (HubConfig, "store", "postgresql:///visits?host=/run/postgresql"),
    (HubConfig, "bus", "local"),
    (HubConfig, "bus", "nats://127.0.0.1:4222"),
    (HubConfig, "bus", "nats://u@a:4222, tls://u@[::1]:4222"),
    (HubConfig, "staff_socket", "/run/visitbooth-hub/staff.sock"),
    (HubConfig, "staff_group", "visit-staff"),
    (HubConfig, "origins", "https://visits.example:8443"),
    (HubConfig, "trusted_proxies", "10.1.2.3"),
    (HubConfig, "trusted_proxies", "2001:db8::/32"),
    (Turn, "consoles", "127.0.0.1:5766"),
    (Turn, "consoles", "[::1]:5766"),
    (Tls, "certificate", ""),
    (Tls, "key", "/etc/visitbooth/hub.key"),
    (Turn, "urls", "turn:turn.example:3478?transport=udp"),
    (Turn, "urls", "turns:[2001:db8::1]:5349"),
    (Turn, "stun_urls", "stun:stun.example"),
    (Facility, "time_zone", "America/Indiana/Knox"),
    (MailServer, "public_url", ""),
    (MetricsListener, "listen", ""),
    (MetricsListener, "listen", "::1"),
    (MailServer, "public_url", "https://visits.example"),
    (MailServer, "public_url", "http://127.0.0.1:8080"),
]

WRONG: list[tuple[type, str, object]] = [
    (TerminalConfig, "enrolment_code", Secret("PUT-IT-HERE")),
    (TerminalConfig, "ca_file", str(Path(__file__).resolve())),  # no certificate is in it
    (TerminalConfig, "ca", "-----BEGIN CERTIFICATE-----"),
    (TerminalConfig, "machine", "52:54:00"),
    (Terminals, "address", "wss://visits.example/terminal"),
    (Terminals, "ca_file", "authority.pem"),
    (TerminalConfig, "hub", "ws://visits.example"),
    (TerminalConfig, "hub", "wss://visits.example/kiosk"),
    (TerminalConfig, "hub", "wss://visits.example?x=1"),
    (TerminalConfig, "hub", "wss://user:word@visits.example"),
    (TerminalConfig, "hub", "wss://visits.example:99999"),
    (TerminalConfig, "hub", "wss://[visits"),
    (TerminalConfig, "hub", "wss://:8080"),
    (TerminalConfig, "state_dir", "var/lib"),
    (MetricsListener, "listen", "metrics.example"),
    (MailServer, "public_url", "http://visits.example"),
    (MailServer, "public_url", "https://visits.example/page"),
    (MailServer, "public_url", "visits.example"),
    (MailServer, "ca_file", "/nowhere/ca.pem"),
    (TerminalConfig, "language", "english"),
    (TerminalConfig, "ca_file", "/nowhere/ca.pem"),
    (TerminalConfig, "ca_file", "ca.pem"),
    (Devices, "camera", "video0"),
    (Devices, "hook", "auto "),
    (Devices, "hook_fifo", "hook"),
    (Devices, "camera", "usb:46d:825"),
    (Devices, "microphone", "usb:0d8c"),
    (Devices, "keypad", "simulated"),
    (Devices, "hook", "gpio:17"),
    (Devices, "hook", "serial:ttyACM0"),
    (Devices, "hook_code", "phone"),
    (Devices, "hook_code", "KEY_FONE"),
    (Devices, "hook_code", "999"),
    (Devices, "camera_exposure", "-1"),
    (Devices, "camera_focus", "near"),
    (Devices, "camera_gain", ""),
    (Devices, "camera_crop", "50 0 80 100"),
    (Devices, "camera_masks", "0 0 0 10"),
    (Devices, "camera_masks", ""),
    (Devices, "camera_crop", "\u0660 0 100 100"),
    (Devices, "camera_gain", "\u0661"),
    (Technician, "pin", Secret("12345")),
    (Devices, "microphone", ""),
    (Devices, "width", 641),
    (Display, "width", 639),
    (Display, "height", 1),
    (Network, "interfaces", "a-name-that-is-too-long"),
    (Network, "interfaces", ""),
    (Network, "interfaces", "eth0 eth1"),
    (Network, "allow_peers", "192.168.1.1"),
    (Network, "allow_peers", "192.168.1.0/33"),
    (Network, "allow_peers", "inside/8"),
    (HubConfig, "listen", "visits.example"),
    (HubConfig, "store", "postgresql://x"),
    (HubConfig, "store", "postgresql://hub@db.example/"),
    (HubConfig, "store", "postgresql://hub:hunter2@db.example/visits"),
    (HubConfig, "store", "postgresql://hub@db.example/visits?password=hunter2"),
    (HubConfig, "store", "mysql://hub@db.example/visits"),
    (HubConfig, "bus", "amqp://x"),
    (HubConfig, "bus", "nats://u:p@x:4222"),
    (HubConfig, "bus", "nats://"),
    (HubConfig, "bus", "nats://a:4222, local"),
    (HubConfig, "staff_socket", "/" + "x" * 200),
    (HubConfig, "staff_group", "Visit Staff"),
    (HubConfig, "origins", "visits.example"),
    (HubConfig, "trusted_proxies", "proxy.example"),
    (HubConfig, "trusted_proxies", "10.1.2.3/8"),
    (Turn, "consoles", "203.0.113.9:5766"),
    (Turn, "consoles", "127.0.0.1"),
    (Turn, "consoles", "127.0.0.1:0"),
    (Tls, "certificate", "hub.pem"),
    (Tls, "key", "hub.key"),
    (HubConfig, "origins", "https://visits.example/"),
    (HubConfig, "origins", "https://Visits.example"),
    (Turn, "urls", "stun:x"),
    (Turn, "urls", "turn:x:1?transport=sctp"),
    (Turn, "stun_urls", "stun://x"),
    (Facility, "time_zone", "EST5"),
    (Facility, "time_zone", "../../etc/passwd"),
    (Visiting, "visit_min", 32),
    (Visiting, "gap_min", 1),
]


@pytest.mark.parametrize(("table", "field", "value"), GOOD)
def test_a_good_value_passes(table: type, field: str, value: object) -> None:
    assert FIELD_RULES[table, field](value) == ""


@pytest.mark.parametrize(("table", "field", "value"), WRONG)
def test_a_wrong_value_is_told_what_to_be(table: type, field: str, value: object) -> None:
    assert FIELD_RULES[table, field](value) != ""


def test_every_rule_is_about_a_field_that_exists_and_has_a_wrong_example() -> None:
    for table, field in FIELD_RULES:
        assert field in table.__struct_fields__  # type: ignore[attr-defined]
    untested = {*FIELD_RULES} - {(table, field) for table, field, _ in WRONG}
    assert untested <= {
        (HubConfig, "state_dir"),  # the same rule as the terminal's, as the next three are
        (HubConfig, "allow_peers"),
        (Devices, "earpiece"),
        (Devices, "height"),
    }
    for table, rules in TABLE_RULES.items():
        for rule in rules:
            assert {*rule.fields} <= {*table.__struct_fields__}  # type: ignore[attr-defined]


def test_a_range_with_bits_beyond_its_prefix_is_told_the_right_one() -> None:
    assert '"192.168.1.0/24"' in FIELD_RULES[Network, "allow_peers"]("192.168.1.7/24")


@pytest.mark.parametrize(
    ("extra", "key"),
    [
        ("turn.urls = ['turn:h:1']", "turn.secret"),
        ("turn.secret = 'x'", "turn.urls"),
        ("turn.consoles = ['127.0.0.1:1']", "turn.console_password"),
        ("turn.console_password = 'x'", "turn.consoles"),
        ("ice_policy = 'relay'", "ice_policy"),
        ("mail.host = 'smtp.example'", "mail.public_url"),
        ("metrics.listen = '::1'\nmetrics.port = 8080", "metrics.port"),
        ("limits.connections_per_address = 20000", "limits.connections_per_address"),
        ("limits.half_open_per_address = 6000", "limits.half_open_per_address"),
        ("tls.certificate = '/etc/hub.pem'", "tls.key"),
        ("tls.key = '/etc/hub.key'", "tls.certificate"),
        (f"state_dir = '/{'x' * 100}'", "state_dir"),
    ],
)
def test_keys_of_the_hub_that_need_others(extra: str, key: str) -> None:
    assert [words.partition(":")[0] for words in hub(extra)] == [key]


def test_keys_that_have_what_they_need_pass() -> None:
    relay = "ice_policy = 'relay'\nturn.urls = ['turn:h:1']\nturn.secret = 'x'"
    assert hub(relay) == []
    assert hub(f"state_dir = '/{'x' * 100}'\nstaff_socket = '/run/s'") == []
    assert terminal("devices.hook = 'simulated'\ndevices.hook_fifo = '/tmp/hook'") == []


def test_a_hook_fifo_is_for_a_simulated_hook() -> None:
    (found,) = terminal("devices.hook_fifo = '/tmp/hook'")
    assert found.startswith("devices.hook_fifo:")


def test_a_code_that_is_nearly_right_is_told_the_right_one() -> None:
    assert 'probably "KEY_PHONE"' in FIELD_RULES[Devices, "hook_code"]("KEY_FONE")
    assert 'probably "SW_HEADPHONE_INSERT"' in FIELD_RULES[Devices, "hook_code"]("headphone_insert")
    assert "probably" not in FIELD_RULES[Devices, "hook_code"]("KEY_NOPE")


@pytest.mark.parametrize(
    ("key", "word", "meant"),
    [
        ("camera", "Simulated", "simulated"),
        ("camera", "simulatd", "simulated"),
        ("keypad", "None", "none"),
        ("hook", "Auto", "auto"),
        ("hook", "auto ", "auto"),
    ],
)
def test_a_misspelt_word_is_named(key: str, word: str, meant: str) -> None:
    assert FIELD_RULES[Devices, key](word).endswith(f'; probably "{meant}"')
    assert "probably" not in FIELD_RULES[Devices, key]("webcam")


def test_a_serial_port_shows_the_hook_by_something_of_its_own() -> None:
    (found,) = terminal("devices.hook = 'serial:/dev/ttyUSB0'")
    assert found.startswith("devices.hook_code:") and '"cts"' in found
    assert terminal("devices.hook = 'serial:/dev/ttyUSB0'\ndevices.hook_code = 'ri'") == []
    (found,) = terminal("devices.hook = 'auto'\ndevices.hook_code = 'text'")
    assert found.startswith("devices.hook_code:") and "no serial port" in found
    assert terminal("devices.hook = 'auto'\ndevices.hook_code = 'KEY_F13'") == []


def test_one_wrong_value_does_not_accuse_another() -> None:
    """A rule about two keys says nothing while one of them is wrong by itself."""
    assert [words.partition(":")[0] for words in hub("turn.urls = [1]")] == ["turn.urls[1]"]


def test_the_value_of_a_secret_is_no_part_of_a_sentence() -> None:
    for rules in TABLE_RULES[Turn]:
        secrets = {"secret": Secret("hunter2"), "console_password": Secret("hunter2")}
        for _, expected in rules.check({"urls": (), "consoles": (), **secrets}):
            assert "hunter2" not in expected
