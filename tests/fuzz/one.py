"""Fuzzes one target with atheris (libFuzzer): `python -m tests.fuzz.one TARGET -runs=N CORPUS`."""

from __future__ import annotations

import sys
from typing import Final

import atheris

with atheris.instrument_imports(include=["signalling", "config"]):
    from tests.fuzz.targets import MAX_INPUT, TARGETS

MEMORY_MB: Final = 512


def main() -> None:
    """Never returns: libFuzzer ends the process, with a status that says whether it found any."""
    target = TARGETS[sys.argv[1]]
    options = [f"-max_len={MAX_INPUT}", f"-rss_limit_mb={MEMORY_MB}", "-timeout=10"]
    atheris.Setup([sys.argv[0], *options, *sys.argv[2:]], target.run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
