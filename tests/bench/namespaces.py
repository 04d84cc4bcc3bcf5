"""Two hosts on one machine: network namespaces joined by a veth pair, gone when the bench is.

`isolate` runs the whole bench again inside mount, network and process namespaces of its own; there
`pair` makes the two hosts. Nothing of it is ever visible outside, and the kernel removes all of it
with the last process: after the end, Ctrl+C, SIGTERM, SIGKILL and a crash alike. The addresses
are from 10/8 and exist in these namespaces only. Whatever a process opens or spawns `inside` a
host belongs to it for good; Linux switches the calling thread alone (setns(2)).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final

_INSIDE: Final = "VISITBOOTH_BENCH_INSIDE"
_CLONE_NEWNET: Final = 0x40000000  # linux/sched.h
_PREFIX: Final = "10.83.7"
_RUN: Final = Path("/run/netns")


class NotPermitted(Exception):
    """This machine does not let us make namespaces; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Host:
    """One network namespace with an address."""

    name: str
    address: str

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        """What this thread opens and spawns meanwhile is in this host's network."""
        libc = ctypes.CDLL(None, use_errno=True)
        own = Path("/proc/thread-self/ns/net")
        with own.open("rb") as home, (_RUN / self.name).open("rb") as there:
            _setns(libc, there.fileno())
            try:
                yield
            finally:
                _setns(libc, home.fileno())


def isolate(arguments: Sequence[str]) -> int | None:
    """Run `arguments` in namespaces of its own and return its status; None: we are in there.

    Raises NotPermitted.
    """
    if _INSIDE in os.environ:
        return None
    words = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if os.geteuid():
        words.append("--map-root-user")
    # The kernel ends unshare with us, unshare the bench, and with the bench all that is inside.
    words = ["setpriv", "--pdeathsig", "KILL", *words]
    check(words)
    child = subprocess.Popen([*words, *arguments], env={**os.environ, _INSIDE: "yes"})

    def stop(number: int, _: FrameType | None) -> None:
        sys.exit(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    try:
        return child.wait()
    finally:
        child.kill()
        child.wait()


def check(words: Sequence[str]) -> None:
    """Try to make such namespaces and a host in them. Raises NotPermitted."""
    trial = "mount -t tmpfs tmpfs /run && ip netns add trial && ip link add type veth"
    try:
        done = subprocess.run(
            [*words, "sh", "-c", trial], capture_output=True, text=True, check=False, timeout=20
        )
    except FileNotFoundError as error:
        raise NotPermitted(f"{error.filename} is not installed.") from None
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise NotPermitted(f"Network namespaces cannot be made here ({said}).")


@contextlib.contextmanager
def pair(first: str, second: str) -> Iterator[tuple[Host, Host]]:
    """Two hosts that reach each other by veth, and nothing else. Call after `isolate`."""
    hosts = (Host(first, f"{_PREFIX}.1"), Host(second, f"{_PREFIX}.2"))
    _run("mount", "-t", "tmpfs", "tmpfs", "/run")
    try:
        for host in hosts:
            _run("ip", "netns", "add", host.name)
        _run("ip", "link", "add", f"to-{second}", "netns", first, "type", "veth",
             "peer", "name", f"to-{first}", "netns", second)  # fmt: skip
        for host, other in (hosts, hosts[::-1]):
            link = f"to-{other.name}"
            _run("ip", "-n", host.name, "addr", "add", f"{host.address}/24", "dev", link)
            for each in ("lo", link):
                _run("ip", "-n", host.name, "link", "set", each, "up")
        yield hosts
    finally:
        for host in hosts:
            if (_RUN / host.name).exists():
                _run("ip", "netns", "del", host.name)
        _run("umount", "--lazy", "/run")


def _run(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr.strip()}")


def _setns(libc: ctypes.CDLL, descriptor: int) -> None:
    if libc.setns(descriptor, _CLONE_NEWNET):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
