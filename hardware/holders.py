"""Who has a device node open, and whether this user may open it: from /proc and the node itself."""

from __future__ import annotations

import grp
import os
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
KIOSK: Final = "visit-kiosk"
KIOSKS_MODULES: Final = ("kiosk.media.process", "kiosk")
"""The kiosk's processes that are started as modules; a system may call all of them "python"."""
_PCM: Final = re.compile(r"/dev/snd/pcmC(?P<card>\d+)D(?P<unit>\d+)(?P<direction>[cp])")


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that has a device open."""

    pid: int
    name: str

    @property
    def is_kiosk(self) -> bool:
        """Whether it is this product's own."""
        return self.name == KIOSK


def holders(nodes: Iterable[str], proc: Path = PROC) -> dict[str, tuple[Holder, ...]]:
    """Return who has each node open, as far as this user may see: others' only as root.

    Of sound the kernel tells everybody (/proc/asound/card*/pcm*/sub*/status, "owner_pid").
    """
    wanted = set(nodes)
    found: dict[str, set[int]] = {node: _owners(node, proc) for node in wanted}
    for folder in proc.glob("[0-9]*"):
        for target in _open_files(folder / "fd"):
            if target in wanted:
                found[target].add(int(folder.name))
    return {
        node: tuple(Holder(pid, _name(proc / str(pid))) for pid in sorted(pids))
        for node, pids in found.items()
    }


def lacking(node: str) -> str:
    """Return in words why this user may not open `node`; empty when it may."""
    writes = not node.startswith(("/dev/input/", "/dev/hidraw"))  # those are only read
    if os.access(node, os.R_OK | (os.W_OK if writes else 0)):
        return ""
    try:
        number = Path(node).stat().st_gid
    except FileNotFoundError:
        return "missing"
    except OSError as error:
        return f"cannot be looked at: {error.strerror}"
    if number == 0:
        return "no permission: only root may open it"
    try:
        group = grp.getgrgid(number).gr_name
    except KeyError:
        group = str(number)
    return f"no permission: this user is not in the group {group}"


def _owners(node: str, proc: Path) -> set[int]:
    pcm = _PCM.fullmatch(node)
    if pcm is None:
        return set()
    folder = proc / "asound" / f"card{pcm['card']}" / f"pcm{pcm['unit']}{pcm['direction']}"
    pids: set[int] = set()
    for status in folder.glob("sub*/status"):
        try:
            told = re.search(r"^owner_pid\s*:\s*(\d+)", status.read_text("ascii"), re.MULTILINE)
        except OSError:
            continue
        if told is not None:
            pids.add(int(told[1]))
    return pids


def _open_files(folder: Path) -> Iterable[str]:
    with suppress(OSError):  # another user's, or it has ended
        for link in folder.iterdir():
            with suppress(OSError):  # it was closed meanwhile
                yield str(link.readlink())


def _name(folder: Path) -> str:
    try:
        words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
        name = (folder / "comm").read_text(errors="replace").strip()
    except OSError:
        return "a process that has just ended"
    is_module = any(flag == "-m" and word in KIOSKS_MODULES for flag, word in pairwise(words))
    is_kiosk = is_module or any(Path(word).name == KIOSK for word in words[:2])
    return KIOSK if is_kiosk else name
