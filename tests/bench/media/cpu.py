"""What processes cost: CPU time and memory, as the kernel counts them (proc(5))."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Stat:
    """One line of /proc/PID/stat or /proc/PID/task/TID/stat."""

    name: str
    parent: int
    cpu_s: float


def stat(path: Path) -> Stat | None:
    """Read a stat file; None when the process or thread is gone."""
    try:
        text = path.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    name = text[text.index("(") + 1 : text.rindex(")")]
    fields = text[text.rindex(")") + 2 :].split()
    return Stat(name, int(fields[1]), (int(fields[11]) + int(fields[12])) / TICKS_PER_S)


def tree(root: int) -> set[int]:
    """Return a process and all its descendants."""
    parents = {}
    for each in Path("/proc").glob("[0-9]*"):
        one = stat(each / "stat")
        if one is not None:
            parents[int(each.name)] = one.parent
    found = {root}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def find(word: str) -> int:
    """Return the process that has `word` in its command line and whose parent has not.

    Raises LookupError.
    """

    def has_word(pid: str) -> bool:
        try:
            return word.encode() in Path("/proc", pid, "cmdline").read_bytes()
        except OSError:
            return False

    for each in Path("/proc").glob("[0-9]*"):
        one = stat(each / "stat")
        if one is not None and has_word(each.name) and not has_word(str(one.parent)):
            return int(each.name)
    raise LookupError(f"no process with {word}")


class Meter:
    """CPU time of a process and its descendants from now on."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._began = time.monotonic()
        self._before = self._read()

    def percent(self) -> float:
        """Return what was used since, in % of one core."""
        now = self._read()
        used = sum(spent - self._before.get(pid, 0.0) for pid, spent in now.items())
        return 100 * used / (time.monotonic() - self._began)

    def _read(self) -> dict[int, float]:
        read = {pid: stat(Path(f"/proc/{pid}/stat")) for pid in tree(self._root)}
        return {pid: one.cpu_s for pid, one in read.items() if one is not None}


class Threads:
    """CPU time of each thread of one process from now on."""

    def __init__(self, pid: int) -> None:
        self._folder = Path(f"/proc/{pid}/task")
        self._began = time.monotonic()
        self._before = self._read()

    def percent(self) -> dict[str, float]:
        """Return % of one core by thread, the greatest first."""
        elapsed_s = time.monotonic() - self._began
        shares: dict[str, float] = {}
        for tid, (name, spent_s) in self._read().items():
            used_s = spent_s - self._before.get(tid, (name, 0.0))[1]
            place = "main" if tid == self._folder.parent.name else tid
            shares[f"{name} ({place})"] = 100 * used_s / elapsed_s
        return dict(sorted(shares.items(), key=lambda item: -item[1]))

    def _read(self) -> dict[str, tuple[str, float]]:
        read = {each.name: stat(each / "stat") for each in self._folder.iterdir()}
        return {tid: (one.name, one.cpu_s) for tid, one in read.items() if one is not None}


def pss_mb(root: int) -> float:
    """Return the memory of a process and its descendants, shared pages shared out, in MB (10^6)."""
    return sum(own_pss_mb(pid) for pid in tree(root))


def own_pss_mb(pid: int, kind: str = "Pss") -> float:
    """Return the memory of one process, shared pages shared out, in MB; 0 when it is gone.

    `kind` "Pss_Anon" leaves files out, whose share changes when other processes come and go.
    """
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    for line in text.splitlines():
        if line.startswith(f"{kind}:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0  # a zombie has no memory left
