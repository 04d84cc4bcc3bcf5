"""What the media process gives up, since it parses what strangers send.

In two steps. `confine` before the devices are opened and while there is one thread, because
Landlock binds only the calling thread and those it starts later. `restrict` once the devices are
open: seccomp, for every thread at once. What a kernel lacks is said in one warning a thing, and
returned; it is never passed over in silence.

Everything that is loaded later (codecs, lazy imports) must be readable after `confine`: the
interpreter's and packages' folders are.
"""

from __future__ import annotations

import ctypes
import errno
import logging
import os
import resource
import site
import struct
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pyseccomp

from kiosk.media.syscalls import ALLOWED

_log = logging.getLogger(__name__)

MEMORY_BYTES: Final = 3 << 30
OPEN_FILES: Final = 128
FIXED_PATHS: Final = """
/lib /lib64 /usr/lib /usr/lib64 /usr/local/lib /etc/ld.so.cache
/usr/share/alsa /etc/alsa /etc/asound.conf /proc/asound /etc/pulse /usr/share/pipewire
/etc/resolv.conf /etc/hosts /etc/nsswitch.conf /etc/host.conf /etc/ssl
/usr/share/zoneinfo /etc/localtime /dev/null /dev/urandom /proc/cpuinfo /sys/devices/system/cpu
"""
"""Readable after `confine`, beside Python and its packages; what does not exist is left out."""

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_DUMPABLE: Final = 4
_PR_SET_NO_NEW_PRIVS: Final = 38

# linux/landlock.h. The syscall numbers are the same on every architecture.
_LANDLOCK_CREATE_RULESET: Final = 444
_LANDLOCK_ADD_RULE: Final = 445
_LANDLOCK_RESTRICT_SELF: Final = 446
_CREATE_RULESET_VERSION: Final = 1
_RULE_PATH_BENEATH: Final = 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_IOCTL_DEV: Final = 1 << 15
_TCP: Final = 3
_SCOPES: Final = 3
_FS_RIGHTS: Final = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}
_FS_RIGHTS_NOW: Final = (1 << 16) - 1
"""File rights that each Landlock version knows: all of them are taken away."""

_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(signal_number: int, parent: int) -> None:
    """Have the kernel kill this process when the thread that spawned it ends."""
    _prctl(_PR_SET_PDEATHSIG, signal_number)
    if os.getppid() != parent:
        raise SystemExit(0)  # it ended before we asked


def forbid_io_uring() -> None:
    """Let no event loop make an io_uring: seccomp does not see what goes through one.

    Before the loop is made: libuv takes epoll then, but would crash if its ring failed later.
    """
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    try:
        for name in ("io_uring_setup", "io_uring_enter", "io_uring_register"):
            rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), name)
        rules.load()
    except OSError as error:
        _warn([f"seccomp: {error}; io_uring stays possible"])


def confine(devices: Iterable[Path]) -> list[str]:
    """Give up new privileges, dumps, big memory, and every file but code and `devices`.

    Of those, device nodes (and folders of them) may be written to, all else only read. Returns
    what this kernel could not do.
    """
    devices = list(devices)
    threads = sum(1 for _ in Path("/proc/self/task").iterdir())
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _prctl(_PR_SET_DUMPABLE, 0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
    resource.setrlimit(memory_limit(devices), (MEMORY_BYTES, MEMORY_BYTES))
    missing = []
    if threads != 1:
        missing.append(f"Landlock binds only one of {threads} threads")
    try:
        version = _landlock(devices)
    except OSError as error:
        missing.append(f"Landlock: {error.strerror}; files stay readable to the media process")
    else:
        if version < 4:
            missing.append(f"Landlock {version}: TCP and abstract sockets stay open")
    return _warn(missing)


def memory_limit(devices: Iterable[Path]) -> int:
    """Return which of the kernel's limits bounds the memory, given what is used.

    The address space; but CUDA reserves tens of GiB of that before NVENC encodes a picture, and
    would not begin. There it is what is private and writable, which a reservation is not.
    """
    has_cuda = any(path.parent.name == "dev" and path.name.startswith("nvidia") for path in devices)
    return resource.RLIMIT_DATA if has_cuda else resource.RLIMIT_AS


def restrict() -> list[str]:
    """Allow only the system calls that a running call needs. Returns what could not be done."""
    try:
        rules = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.EPERM))
        rules.set_attr(pyseccomp.Attr.CTL_TSYNC, 1)
        for name in ALLOWED:
            _allow(rules, name)
        _allow_sockets(rules)
        # No new process: a thread is all that clone may make. clone3 hides its flags behind a
        # pointer, so it does not exist here, and libc falls back to clone.
        thread = pyseccomp.Arg(0, pyseccomp.MASKED_EQ, _CLONE_THREAD, _CLONE_THREAD)
        rules.add_rule(pyseccomp.ALLOW, "clone", thread)
        rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
        rules.load()
    except OSError as error:
        return _warn([f"seccomp: {error}; the media process may make any system call"])
    return []


_CLONE_THREAD: Final = 0x10000
_SOCKET_TYPE, _SOCK_STREAM = 0xF, 1
"""The type's own bits (linux/net.h, SOCK_TYPE_MASK); above them are flags."""


def _allow(rules: pyseccomp.SyscallFilter, name: str) -> None:
    try:
        rules.add_rule(pyseccomp.ALLOW, name)
    except OSError as error:
        # A name that this libseccomp or this architecture does not have needs no rule.
        _log.debug("seccomp does not know %s: %s", name, error)


def _allow_sockets(rules: pyseccomp.SyscallFilter) -> None:
    """UDP and TCP for ICE and TURN, netlink to list addresses; no unix sockets (X, D-Bus).

    A pair of datagram sockets is none of those by name, but sends to any that is bound to a path
    (the system's log, systemd). Event loops wake themselves by a pair of streams, which cannot.
    """
    inet, inet6, netlink = 2, 10, 16
    for family in (inet, inet6, netlink):
        rules.add_rule(pyseccomp.ALLOW, "socket", pyseccomp.Arg(0, pyseccomp.EQ, family))
    stream = pyseccomp.Arg(1, pyseccomp.MASKED_EQ, _SOCKET_TYPE, _SOCK_STREAM)
    rules.add_rule(pyseccomp.ALLOW, "socketpair", stream)


def _landlock(devices: Iterable[Path]) -> int:
    version = _syscall(_LANDLOCK_CREATE_RULESET, None, 0, _CREATE_RULESET_VERSION)
    rights = _FS_RIGHTS.get(version, _FS_RIGHTS_NOW)
    attributes = struct.pack("=Q", rights)
    if version >= 4:
        attributes += struct.pack("=Q", 0)  # TCP stays possible: TURN needs it
    if version >= 6:
        attributes += struct.pack("=Q", _SCOPES)
    ruleset = _syscall(_LANDLOCK_CREATE_RULESET, attributes, len(attributes), 0)
    try:
        for path in _code_paths():
            _permit(ruleset, path, (_READ_FILE | _READ_DIR) & rights)
        for path in devices:
            wanted = _READ_FILE | _READ_DIR
            if _is_device(path):
                wanted |= _WRITE_FILE | _IOCTL_DEV
            _permit(ruleset, path, wanted & rights)
        _syscall(_LANDLOCK_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
    return version


def _is_device(path: Path) -> bool:
    """Return whether this is a device's node or, as /dev/snd, a folder of nodes."""
    return path.is_char_device() or (
        path.is_dir() and any(each.is_char_device() for each in path.iterdir())
    )


def _permit(ruleset: int, path: Path, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not path.is_dir():
            rights &= ~_READ_DIR
        rule = struct.pack("=Qi", rights, descriptor)
        _syscall(_LANDLOCK_ADD_RULE, ruleset, _RULE_PATH_BENEATH, rule, 0)
    finally:
        os.close(descriptor)


def _code_paths() -> list[Path]:
    """Where Python, its packages, libraries, and what ALSA and name look-ups read, live."""
    here = Path(__file__).resolve().parents[2]
    own = [here / each for each in ("kiosk", "hardware", "signalling", "config")]
    paths = sysconfig.get_paths()
    fixed = FIXED_PATHS.split()
    python = {paths["stdlib"], paths["platstdlib"], paths["purelib"], paths["platlib"]}
    libraries = {sys.base_prefix + "/lib", sys.prefix + "/lib", *site.getsitepackages()}
    return [*own, *map(Path, sorted(python | libraries)), *map(Path, fixed)]


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, value, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"prctl {option}: {os.strerror(number)}")


def _syscall(number: int, *arguments: int | bytes | None) -> int:
    converted = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    result = int(_libc.syscall(ctypes.c_long(number), *converted))
    if result < 0:
        failed = ctypes.get_errno()
        raise OSError(failed, os.strerror(failed))
    return result


def _warn(missing: list[str]) -> list[str]:
    for each in missing:
        _log.warning("sandbox incomplete: %s", each)
    return missing
