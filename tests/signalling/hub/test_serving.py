"""`visit-hub serve` as a process of its own, on uvloop and with TLS."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from signalling.hub.staff import user_name
from tests.signalling.hub.certificates import Authority


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    path = tmp_path / "hub.toml"
    path.write_text(
        f"""
name = "test-hub"
port = 0
state_dir = "{tmp_path}/state"
[tls]
certificate = "{tmp_path}/hub.pem"
key = "{tmp_path}/hub.key"
[[facility]]
id = "north"
name = "North Jail"
time_zone = "America/Chicago"
"""
    )
    return path


def command(toml: Path) -> list[str]:
    return [sys.executable, "-m", "signalling.hub", "serve", "--config", str(toml)]


@pytest.fixture
def served(toml: Path) -> Iterator[subprocess.Popen[str]]:
    Authority(toml.parent).write("first")
    process = subprocess.Popen(command(toml), stderr=subprocess.PIPE, text=True)
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate()


def line_with(process: subprocess.Popen[str], words: str) -> str:
    assert process.stderr is not None
    return next(line for line in process.stderr if words in line)


def common_name(port: int, ca: Path) -> object:
    context = ssl.create_default_context(cafile=ca)
    with (
        socket.create_connection(("127.0.0.1", port), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secure,
    ):
        found = secure.getpeercert()
        assert found is not None
        return found["subject"]


def test_sighup_reads_the_certificate_anew_and_staff_are_known_by_their_socket(
    served: subprocess.Popen[str], toml: Path
) -> None:
    ca = toml.parent / "ca.pem"
    port = int(line_with(served, "listening on https://127.0.0.1:").rsplit(":", 1)[1])
    assert common_name(port, ca) == ((("commonName", "first"),),)
    (toml.parent / "hub.pem").write_text("half written")
    served.send_signal(signal.SIGHUP)
    assert "holds no certificate in PEM; the certificate that was there stays" in line_with(
        served, "[tls]"
    )
    assert common_name(port, ca) == ((("commonName", "first"),),)
    Authority(toml.parent).write("second")
    served.send_signal(signal.SIGHUP)
    assert "valid until" in line_with(served, "tls: read")
    assert common_name(port, ca) == ((("commonName", "second"),),)
    staff = [sys.executable, "-m", "signalling.hub", "inmate", "add", "1", "A", "--config"]
    subprocess.run(
        [*staff, str(toml), "--facility", "north"], check=True, capture_output=True, timeout=20
    )
    assert user_name(os.getuid()) in line_with(served, "staff=")
    served.send_signal(signal.SIGTERM)
    assert served.communicate(timeout=10)[1].strip().endswith("stopped")


def test_a_wrong_certificate_is_named_before_anything_listens(toml: Path) -> None:
    Authority(toml.parent).write(for_s=-60)
    done = subprocess.run(command(toml), capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: [tls] certificate {toml.parent}/hub.pem expired on ")
