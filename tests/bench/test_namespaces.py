"""Two hosts that reach each other, and nothing of them left however the bench ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.bench import namespaces

ROOT = Path(__file__).parents[2]
PROGRAM = """
import socket, sys
from tests.bench import namespaces
status = namespaces.isolate([sys.executable, "-c", sys.argv[1], *sys.argv[1:]])
if status is not None:
    sys.exit(status)
with namespaces.pair("one", "two") as (one, two):
    with one.inside():
        here = socket.create_server((one.address, 0))
    with two.inside():
        there = socket.create_connection(here.getsockname(), timeout=5)
    print(here.accept()[1][0], flush=True)
    if "stay" in sys.argv:
        sys.stdin.read()
    if "crash" in sys.argv:
        raise RuntimeError("as asked")
"""


@pytest.fixture(autouse=True)
def permitted() -> None:
    words = ["unshare", "--mount", "--net", "--pid", "--fork", "--mount-proc"]
    try:
        namespaces.check([*words, *(["--map-root-user"] if os.geteuid() else [])])
    except namespaces.NotPermitted as error:
        pytest.skip(str(error))


def start(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, PROGRAM, *words],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip


def inside(child: subprocess.Popen[str]) -> set[int]:
    """The processes below a child."""
    found, more = {child.pid}, {child.pid}
    while more:
        told = [Path(f"/proc/{pid}/task/{pid}/children").read_text().split() for pid in more]
        more = {int(each) for line in told for each in line}
        found |= more
    return found - {child.pid}


def all_gone(pids: set[int]) -> bool:
    end = time.monotonic() + 5
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def test_two_hosts_reach_each_other_and_the_status_is_passed_on() -> None:
    child = start()
    out, err = child.communicate(timeout=30)
    assert (child.returncode, out) == (0, "10.83.7.2\n"), err
    crashed = start("crash")
    _, err = crashed.communicate(timeout=30)
    assert crashed.returncode == 1
    assert "as asked" in err


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_however_it_is_ended(how: signal.Signals) -> None:
    before = Path("/proc/net/dev").read_text().count(":")
    child = start("stay")
    assert child.stdout is not None
    assert child.stdout.readline() == "10.83.7.2\n"
    pids = inside(child)
    assert pids
    child.send_signal(how)
    child.wait(10)
    assert all_gone(pids)
    assert Path("/proc/net/dev").read_text().count(":") == before
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True)
    assert not {"one", "two"} & set(listed.stdout.split())
    for pipe in (child.stdin, child.stdout, child.stderr):
        assert pipe is not None
        pipe.close()
