"""Asks a real coturn, with the shipped configuration, to send to this machine's own addresses.

Run it in a network namespace of its own, as root; it prints what came through, as JSON:
`python -m tests.systemd.turn_hole FOLDER [OPTION ...]`, with the options
firewall (loads the shipped one), ipv6 (a relay address of IPv6 too), unmapped (a list without the
range of mapped addresses), unlisted (no list at all, and loopback allowed).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import secrets
import signal
import socket
import struct
import subprocess
import sys
import time
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

SOURCES = Path(__file__).parents[2] / "systemd" / "coturn"
HERE4, HERE6 = "198.51.100.1", "2001:db8::1"
OTHER = "198.51.100.77"
"""A peer that may be reached."""
NOBODY = 65534
COOKIE = 0x2112A442
SECRET = "turn-secret"
REFUSED, SENT = "refused", "sent"
Address = IPv4Address | IPv6Address


def attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + b"\0" * (-len(value) % 4)


def peer_attribute(peer: Address, port: int, transaction: bytes) -> bytes:
    """XOR-PEER-ADDRESS of RFC 5389, 15.2."""
    mask = struct.pack("!I", COOKIE) + transaction
    packed = bytes(a ^ b for a, b in zip(peer.packed, mask, strict=False))
    family = 1 if peer.version == 4 else 2
    return attribute(0x0012, struct.pack("!BBH", 0, family, port ^ (COOKIE >> 16)) + packed)


class Client:
    """As much of TURN as an attacker needs, by hand: libraries refuse such peers."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(3)
        self.socket.connect((HERE4, 3478))
        self.user = f"{int(time.time()) + 600}:visit-1"
        digest = hmac.digest(SECRET.encode(), self.user.encode(), "sha1")
        password = base64.b64encode(digest).decode()
        self.key = hashlib.md5(f"{self.user}:visits.example:{password}".encode()).digest()
        self.nonce = b""

    def ask(self, method: int, *attributes: bytes, transaction: bytes = b"") -> int:
        """Return 0, or the error's code."""
        transaction = transaction or secrets.token_bytes(12)
        body = b"".join(attributes)
        if self.nonce:
            body += attribute(6, self.user.encode()) + attribute(0x14, b"visits.example")
            body += attribute(0x15, self.nonce)
            head = struct.pack("!HHI", method, len(body) + 24, COOKIE) + transaction
            body += attribute(8, hmac.digest(self.key, head + body, "sha1"))
        self.socket.send(struct.pack("!HHI", method, len(body), COOKIE) + transaction + body)
        answer = self.socket.recv(2048)
        kinds = self._attributes(answer)
        self.nonce = kinds.get(0x15, self.nonce)
        error = kinds.get(9)
        return error[2] * 100 + error[3] if error else 0

    @staticmethod
    def _attributes(answer: bytes) -> dict[int, bytes]:
        found, at = {}, 20
        while at + 4 <= len(answer):
            kind, length = struct.unpack_from("!HH", answer, at)
            found[kind] = answer[at + 4 : at + 4 + length]
            at += 4 + length + (-length % 4)
        return found

    def allocate(self, *, ipv6: bool) -> int:
        wanted = [attribute(0x19, b"\x11\0\0\0")]
        if ipv6:
            wanted.append(attribute(0x17, b"\x02\0\0\0"))
        self.ask(3, *wanted)  # 401, with a nonce
        return self.ask(3, *wanted)

    def send(self, peer: Address, port: int) -> str:
        transaction = secrets.token_bytes(12)
        if self.ask(8, peer_attribute(peer, port, transaction), transaction=transaction):
            return REFUSED
        transaction = secrets.token_bytes(12)
        body = peer_attribute(peer, port, transaction) + attribute(0x13, b"inside")
        head = struct.pack("!HHI", 0x0016, len(body), COOKIE)
        for _ in range(3):
            self.socket.send(head + transaction + body)
        return SENT


def configuration(folder: Path, options: list[str]) -> Path:
    """The shipped file with this test's addresses and paths in it."""
    text = (SOURCES / "visitbooth-coturn.conf").read_text()
    text = text.replace("203.0.113.10", HERE4).replace("=CHANGE", f"={SECRET}")
    text = re.sub(r"^(cert|pkey|tls-listening-port)=.*\n", "", text, flags=re.MULTILINE)
    text = text.replace("/run/visitbooth-turn", str(folder)) + "no-tls\nno-dtls\n"
    if "ipv6" in options:
        text += f"relay-ip={HERE6}\n"
    if "unmapped" in options:
        text = text.replace("denied-peer-ip=::ffff:0:0-::ffff:ffff:ffff\n", "")
    if "unlisted" in options:
        text = re.sub(r"^denied-peer-ip=.*\n", "", text, flags=re.MULTILINE)
        text += "allow-loopback-peers\n"
    path = folder / "turn.conf"
    path.write_text(text)
    return path


def run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)


def serve(folder: Path, options: list[str]) -> subprocess.Popen[bytes]:
    words = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [*words, "turnserver", "-c", str(configuration(folder, options))],
            stdout=log, stderr=log,
        )  # fmt: skip
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", 5766), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return server
    raise RuntimeError((folder / "log").read_text())


def arrives(listener: socket.socket) -> bool:
    listener.settimeout(0.3)
    try:
        return listener.recv(99) == b"inside"
    except TimeoutError:
        return False


def attempt(peer: str, where: str, *, ipv6: bool) -> dict[str, object]:
    """Try one peer; `where` is the address that its packets would come to."""
    target = ip_address(where)
    family = socket.AF_INET if target.version == 4 else socket.AF_INET6
    with socket.socket(family, socket.SOCK_DGRAM) as listener:
        listener.bind((where, 0))
        client = Client()
        allocated = client.allocate(ipv6=ipv6)
        if allocated:
            return {"allocated": allocated, "said": REFUSED, "arrived": False}
        said = client.send(ip_address(peer), listener.getsockname()[1])
        arrived = said == SENT and arrives(listener)
        return {"allocated": 0, "said": said, "arrived": arrived}


def main() -> None:
    folder, options = Path(sys.argv[1]), sys.argv[2:]
    run("ip", "link", "set", "lo", "up")
    for address in (f"{HERE4}/32", f"{OTHER}/32", "10.1.2.3/32"):
        run("ip", "addr", "add", address, "dev", "lo")
    run("ip", "-6", "addr", "add", f"{HERE6}/128", "dev", "lo", "nodad")
    if "firewall" in options:
        rules = (SOURCES / "visitbooth-turn.nft").read_text()
        path = folder / "turn.nft"
        path.write_text(rules.replace('"visitbooth-turn"', str(NOBODY)))
        run("nft", "-f", str(path))
    server = serve(folder, options)
    try:
        tries = {"127.0.0.1": "127.0.0.1", "10.1.2.3": "10.1.2.3", OTHER: OTHER}
        mapped = {"::ffff:127.0.0.1": "127.0.0.1", "::ffff:10.1.2.3": "10.1.2.3", "::1": "::1"}
        found = {peer: attempt(peer, where, ipv6=False) for peer, where in tries.items()}
        found |= {peer: attempt(peer, where, ipv6=True) for peer, where in mapped.items()}
        print(json.dumps(found))
    finally:
        os.kill(server.pid, signal.SIGKILL)
        server.wait()


if __name__ == "__main__":
    main()
