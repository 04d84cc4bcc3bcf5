"""What the media process can no longer do, tried in a child that has done what it does."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import resource
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from config.schema import Devices
from hardware.v4l2 import Node
from kiosk.media import sandbox
from kiosk.media.lending import Lender
from kiosk.media.process import device_paths

TRIES = r"""
import ctypes, errno, json, os, resource, signal, socket, sys, threading
from pathlib import Path
from kiosk.media import sandbox

inside, allowed, log = sys.argv[1:]
libc = ctypes.CDLL(None, use_errno=True)
results, late = {}, threading.Event()

def attempt(name, act):
    try:
        act()
        results[name] = "done"
    except OSError as error:
        results[name] = errno.errorcode[error.errno]

def unix():
    with socket.socket(socket.AF_UNIX) as one:
        one.connect("/tmp/.X11-unix/X0")

def pair_of(kind):
    for each in socket.socketpair(socket.AF_UNIX, kind):
        with each:
            each.sendto(b"forged", log)

def trace():
    if libc.ptrace(16, os.getppid(), None, None) != 0:
        raise OSError(ctypes.get_errno(), "ptrace")

def in_old_thread():
    late.wait()
    attempt("exec, thread from before", lambda: os.execv("/bin/true", ["true"]))
    attempt("read, thread from before", lambda: open("/etc/passwd").close())

def in_new_thread():
    attempt("read, new thread", lambda: open("/etc/passwd").close())

missing = sandbox.confine([Path(allowed), Path("/dev/full"), Path("/dev/shm")])
old = threading.Thread(target=in_old_thread)
old.start()
missing += sandbox.restrict()
attempt("read /etc/passwd", lambda: open("/etc/passwd").close())
attempt("read another's file", lambda: open(inside).close())
attempt("read what is no device", lambda: open(allowed).close())
attempt("write to what is no device", lambda: open(allowed, "r+").close())
attempt("list a folder that is read", lambda: os.listdir("/dev/shm"))
attempt("open a device for writing", lambda: open("/dev/full", "r+b", 0).close())
attempt("open a device that it was not given", lambda: open("/dev/zero", "rb", 0).close())
attempt("list /", lambda: os.listdir("/"))
attempt("write", lambda: open(inside + ".new", "w").close())
attempt("remove", lambda: os.unlink(inside))
attempt("exec", lambda: os.execv("/bin/true", ["true"]))
attempt("fork", os.fork)
attempt("signal the parent", lambda: os.kill(os.getppid(), 0))
attempt("trace the parent", trace)
attempt("unix socket", unix)
attempt("pair of datagram sockets", lambda: pair_of(socket.SOCK_DGRAM))
attempt("pair of packet sockets", lambda: pair_of(socket.SOCK_SEQPACKET))
late.set()
old.join()
new = threading.Thread(target=in_new_thread)
new.start()
new.join()
# What a running call needs still works.
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
    udp.bind(("127.0.0.1", 0))
    attempt("udp", lambda: udp.sendto(b"x", udp.getsockname()))
a, b = socket.socketpair()
attempt("socketpair", lambda: a.send(b"x"))
attempt("put its end off", lambda: signal.setitimer(signal.ITIMER_REAL, 60))
attempt("to a path by a pair", lambda: a.sendto(b"forged", log))
import wave  # a lazy import: the code's folders stay readable
print(json.dumps({"results": results, "missing": missing,
                  "dumpable": libc.prctl(3, 0, 0, 0, 0), "no_new_privs": libc.prctl(39, 0, 0, 0, 0),
                  "core": resource.getrlimit(resource.RLIMIT_CORE),
                  "file_size": resource.getrlimit(resource.RLIMIT_FSIZE)}))
"""


def run(code: str, *arguments: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder: Path = tmp_path_factory.mktemp("sandbox")
    (folder / "secret").write_text("another visit's")
    (folder / "device").write_text("")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.bind(str(folder / "log"))
        found = run(TRIES, *(str(folder / name) for name in ("secret", "device", "log")))
        with pytest.raises(BlockingIOError):
            log.recv(100, socket.MSG_DONTWAIT)
    assert (folder / "secret").exists()
    return found


def test_the_kernel_here_can_do_all_of_it(outcome: Any) -> None:
    assert outcome["missing"] == []


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        ("read /etc/passwd", "EACCES"),
        ("read another's file", "EACCES"),
        ("read, new thread", "EACCES"),
        ("read, thread from before", "EACCES"),
        ("read what is no device", "done"),
        ("write to what is no device", "EACCES"),
        ("list a folder that is read", "done"),
        ("open a device for writing", "done"),
        ("open a device that it was not given", "EACCES"),
        ("list /", "EACCES"),
        ("write", "EACCES"),
        ("remove", "EPERM"),
        ("exec", "EPERM"),
        ("exec, thread from before", "EPERM"),
        ("fork", "EPERM"),
        ("signal the parent", "EPERM"),
        ("trace the parent", "EPERM"),
        ("unix socket", "EPERM"),
        ("pair of datagram sockets", "EPERM"),
        ("pair of packet sockets", "EPERM"),
        ("to a path by a pair", "EISCONN"),
        ("udp", "done"),
        ("socketpair", "done"),
        ("put its end off", "done"),
    ],
)
def test_what_is_denied_and_what_is_not(outcome: Any, act: str, expected: str) -> None:
    assert outcome["results"][act] == expected


def test_process_attributes(outcome: Any) -> None:
    assert (outcome["dumpable"], outcome["no_new_privs"]) == (0, 1)
    assert outcome["core"] == outcome["file_size"] == [0, 0]


BORROWS = r"""
import asyncio, errno, io, json, sys

root, theirs, write = sys.argv[1], *map(int, sys.argv[2:])
sys.path.insert(0, root)
import socket

import uvloop

from hardware.camera import V4l2Camera
from hardware.modes import Wanted
from hardware.v4l2 import Node
from kiosk.media import sandbox
from kiosk.media.lending import Borrower
from tests.hardware.fake_camera import FakeCamera, Pump, access_units, yuyv

borrow = Borrower(socket.socket(fileno=theirs))
fake = FakeCamera()
fake._write = io.FileIO(write, "w")

async def lent():
    node = await borrow()
    descriptor, node._descriptor = node.descriptor, None
    return Node(descriptor, node.name, fake.ioctl)

async def main():
    camera = V4l2Camera(lent, Wanted(320, 240, 30), mapper=fake.map)
    with Pump(fake, [yuyv(320, 240, 90)]):
        mode = await camera.open()
        lumas = [int((await camera.frame()).to_ndarray()[0, 0]) for _ in range(5)]
        await camera.close()
    return mode.width, lumas

sandbox.forbid_io_uring()
missing = sandbox.confine([])
missing += sandbox.restrict()
try:
    open("/dev/zero", "rb").close()
    opened = "done"
except OSError as error:
    opened = errno.errorcode[error.errno]
print(json.dumps([missing, opened, *uvloop.run(main())]))
"""


async def test_a_camera_that_is_lent_after_it_all_streams() -> None:
    """A new node, of which the sandbox knew nothing: only its descriptor comes in."""
    read, write = os.pipe()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    async def opener() -> Node:
        return Node(os.dup(read), "Webcam")

    lender = Lender(ours, opener)
    lender.start()
    root = Path(__file__).parents[3]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-c", BORROWS, str(root), str(theirs.fileno()), str(write)),
        pass_fds=(theirs.fileno(), write),
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    theirs.close()
    os.close(write)
    async with asyncio.timeout(60):
        out, err = await process.communicate()
    lender.close()
    os.close(read)
    assert process.returncode == 0, err.decode()
    assert json.loads(out) == [[], "EACCES", 320, [90] * 5]


@pytest.mark.parametrize("camera", ["auto", "/dev/video0", "usb:046d:0825"])
def test_no_camera_s_node_is_permitted(camera: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kiosk.media.encoders.device_paths", lambda encoder: [])
    asked = Devices(camera=camera, microphone="simulated", earpiece="simulated")
    assert device_paths(asked) == []


RESERVE = """
import json, mmap, resource
from pathlib import Path
from kiosk.media import sandbox

def reserved(protection):
    try:
        mmap.mmap(-1, 8 << 30, mmap.MAP_PRIVATE, protection).close()
        return True
    except OSError:
        return False

resource.setrlimit(sandbox.memory_limit([Path("/dev/nvidia0")]), (sandbox.MEMORY_BYTES,) * 2)
cuda = reserved(0), reserved(mmap.PROT_READ | mmap.PROT_WRITE)
resource.setrlimit(sandbox.memory_limit([]), (sandbox.MEMORY_BYTES,) * 2)
print(json.dumps([cuda, (reserved(0), reserved(mmap.PROT_READ | mmap.PROT_WRITE))]))
"""


def test_memory_is_bounded_and_cuda_may_reserve_what_it_does_not_use() -> None:
    assert run(RESERVE) == [[True, False], [False, False]]


@pytest.mark.parametrize(
    ("devices", "limit"),
    [
        ([], resource.RLIMIT_AS),
        (["/dev/video0", "/dev/dri/renderD128", "/proc/driver/nvidia"], resource.RLIMIT_AS),
        (["/dev/snd", "/dev/nvidia0", "/dev/nvidiactl", "/dev/nvidia-uvm"], resource.RLIMIT_DATA),
    ],
)
def test_what_bounds_the_memory(devices: list[str], limit: int) -> None:
    assert sandbox.memory_limit(map(Path, devices)) == limit


def test_more_threads_than_one_is_said() -> None:
    code = """
import json, threading
from kiosk.media import sandbox
stop = threading.Event()
threading.Thread(target=stop.wait).start()
missing = sandbox.confine([])
stop.set()
print(json.dumps(missing))
"""
    assert any("one of 2 threads" in each for each in run(code))


def test_a_kernel_without_landlock_is_said() -> None:
    code = """
import errno, json
from kiosk.media import sandbox
def lacking(number, *arguments):
    raise OSError(errno.ENOSYS, "Function not implemented")
sandbox._syscall = lacking
print(json.dumps(sandbox.confine([])))
"""
    (said,) = run(code)
    assert "Landlock" in said and "readable" in said


RING = r"""
import ctypes, sys
from kiosk.media import sandbox

libc = ctypes.CDLL(None, use_errno=True)

def tried():
    # io_uring_setup, of no entries: a kernel that has it says EINVAL or EFAULT, or EPERM.
    assert libc.syscall(ctypes.c_long(425), ctypes.c_long(0), None) == -1
    return ctypes.get_errno()

before = tried()
sandbox.forbid_io_uring()
print(before, tried())
"""


def test_no_io_uring_can_be_made_once_it_is_forbidden() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", RING], check=True, capture_output=True, timeout=30, text=True
    )
    before, after = map(int, ended.stdout.split())
    if before == errno.ENOSYS:
        pytest.skip("this kernel has no io_uring")
    assert after == errno.ENOSYS
