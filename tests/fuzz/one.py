"""Fuzzes one target with atheris (libFuzzer): `python -m tests.fuzz.one TARGET -runs=N CORPUS`."""

from __future__ import annotations

import json
import random
import sys
from typing import Final

import atheris

with atheris.instrument_imports(include=["signalling", "config"]):
    from tests.fuzz.frames import mutated
    from tests.fuzz.targets import MAX_INPUT, TARGETS

MEMORY_MB: Final = 512
BY_BYTES: Final = 0.3


def mutate_frame(data: bytes, max_size: int, seed: int) -> bytes:
    """Change a message as somebody would who knows what it looks like; anything else by bytes."""
    dice = random.Random(seed)
    try:
        frame = json.loads(data)
    except (ValueError, RecursionError):
        frame = None
    if not isinstance(frame, dict) or dice.random() < BY_BYTES:
        return bytes(atheris.Mutate(data, max_size))
    said = mutated(dice, frame)
    return (said.encode(errors="replace") if isinstance(said, str) else said)[:max_size]


def main() -> None:
    """Never returns: libFuzzer ends the process, with a status that says whether it found any."""
    target = TARGETS[sys.argv[1]]
    options = [f"-max_len={MAX_INPUT}", f"-rss_limit_mb={MEMORY_MB}", "-timeout=10"]
    more = {"custom_mutator": mutate_frame} if target.is_json else {}
    atheris.Setup([sys.argv[0], *options, *sys.argv[2:]], target.run, **more)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
