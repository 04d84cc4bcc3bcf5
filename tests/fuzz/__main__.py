"""A million inputs: `make fuzz`, or `python -m tests.fuzz --inputs N [TARGET ...]`.

Each decoder by atheris in a process of its own, whose memory is bounded; then whole conversations
with a hub in this process. What is new is kept in tests/fuzz/corpus; what breaks something is
written to fuzz-report/ and named, and the status says so.
"""

from __future__ import annotations

import argparse
import ast
import asyncio
import hashlib
import importlib.util
import re
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.fuzz.conversations import Result, converse
from tests.fuzz.targets import TARGETS, Target

CORPUS: Final = Path(__file__).parent / "corpus"
REPORT: Final = Path(__file__).parents[2] / "fuzz-report"
KEPT_BYTES: Final = 512
KEPT_OF_TARGET: Final = 40
"""New inputs that are kept: short ones, and not ever more of them."""
TALK_SHARE: Final = 20
"""One in so many inputs is a message of a conversation: it costs as much as thousands of others."""


@dataclass(frozen=True)
class Row:
    """What came of a target."""

    name: str
    inputs: int
    seconds: float
    memory_mb: float
    failed: bool


def corpus(target: Target) -> list[bytes]:
    """Return what earlier runs found: one input a line, as Python writes bytes."""
    path = CORPUS / f"{target.name}.txt"
    if not path.exists():
        return []
    return [bytes(ast.literal_eval(line)) for line in path.read_text().splitlines()]


def seed(target: Target, folder: Path) -> None:
    """Put the target's seeds, and what earlier runs found, where libFuzzer reads and writes."""
    folder.mkdir()
    for data in (*target.seeds, *corpus(target)):
        (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


def keep(target: Target, folder: Path) -> None:
    """Keep what is new and short."""
    kept = corpus(target)
    new = sorted(
        {each.read_bytes() for each in folder.iterdir()}, key=lambda each: (len(each), each)
    )
    fits = [each for each in new if 0 < len(each) <= KEPT_BYTES and each not in target.seeds]
    kept += [each for each in fits if each not in kept][: max(0, KEPT_OF_TARGET - len(kept))]
    CORPUS.mkdir(exist_ok=True)
    lines = sorted(map(repr, kept), key=lambda line: (len(line), line))
    (CORPUS / f"{target.name}.txt").write_text("".join(f"{line}\n" for line in lines))


def fuzz(target: Target, inputs: int, *, verbose: bool) -> Row:
    """Give a target its inputs; prints how it goes."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "corpus"
        seed(target, folder)
        command = [sys.executable, "-m", "tests.fuzz.one", target.name, f"-runs={inputs}"]
        done = subprocess.run(
            [*command, f"-artifact_prefix={REPORT}/{target.name}-", str(folder)],
            stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            print(done.stderr[-3000:], file=sys.stderr)
        elif verbose:
            print(done.stderr.splitlines()[-1])
        keep(target, folder)
    told = re.findall(r"^#(\d+)\s.*rss: (\d+)Mb", done.stderr, re.MULTILINE)
    ran, memory_mb = told[-1] if told else ("0", "0")
    seconds = time.monotonic() - started
    return Row(target.name, int(ran), seconds, float(memory_mb), bool(done.returncode))


def talk(messages: int, dice: int) -> Row:
    """Have whole conversations with a hub."""
    started = time.monotonic()
    result: Result = asyncio.run(converse(messages, dice))
    for each in result.broken[:10]:
        print(each, file=sys.stderr)
    if result.broken:
        (REPORT / "conversations.txt").write_text("\n".join(result.broken))
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    seconds = time.monotonic() - started
    return Row("conversations", result.messages, seconds, memory_mb, bool(result.broken))


def main() -> int:
    """Return 0 when nothing broke."""
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", choices=[*TARGETS, "conversations", []])
    parser.add_argument("--inputs", type=int, default=1_000_000, help="in all")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 10**6)
    options = parser.parse_args()
    if importlib.util.find_spec("atheris") is None:
        print("atheris is not installed: its wheels are for x86-64. pip install -e '.[dev]'")
        return 1
    REPORT.mkdir(exist_ok=True)
    chosen = options.targets or [*TARGETS, "conversations"]
    talked = options.inputs // TALK_SHARE if "conversations" in chosen else 0
    decoders = [each for each in chosen if each != "conversations"]
    rows = []
    for number, name in enumerate(decoders, start=1):
        print(f"[{number}/{len(chosen)}] {name}", flush=True)
        rows.append(
            fuzz(TARGETS[name], -(-(options.inputs - talked) // len(decoders)), verbose=True)
        )
    if talked:
        print(f"[{len(chosen)}/{len(chosen)}] conversations, seed {options.seed}", flush=True)
        rows.append(talk(talked, options.seed))
    print(f"{'':<18}{'inputs':>10}{'seconds':>9}{'MB':>7}")
    for row in rows:
        failed = "  BROKEN, see fuzz-report/" if row.failed else ""
        print(f"{row.name:<18}{row.inputs:>10,}{row.seconds:>9.1f}{row.memory_mb:>7.0f}{failed}")
    print(f"{'in all':<18}{sum(row.inputs for row in rows):>10,}")
    return int(any(row.failed for row in rows))


if __name__ == "__main__":
    sys.exit(main())
