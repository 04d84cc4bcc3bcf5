"""`make test-vm`: the terminal in a virtual machine, a family's browser on the host.

`make test-install` is tests/vm/installing alone: two bare machines, other disks, and longer.
The guest's image is made first, with the network; all else runs in namespaces of its own. Pictures
and logs are left in test-report/vm. Arguments go to pytest.
Exit status: 0 passed; 1 failed; 77 network namespaces cannot be made here.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import pytest

from tests.bench import namespaces
from tests.vm import bare, image, network
from tests.vm.installing import site

UNABLE = 77
INSTALLING = image.ROOT / "tests" / "vm" / "installing"


def _prepare(words: Sequence[str]) -> None:
    """Make the disks of the scenarios that these arguments name."""
    if any("installing" in word for word in words):
        bare.ready()
        site.packages()
    else:
        image.ready()


def main() -> int:
    """Return the exit status."""
    try:
        _prepare(sys.argv[1:])
        status = namespaces.isolate([sys.executable, "-m", "tests.vm", *sys.argv[1:]])
        if status is not None:
            return status
        network.connect()
    except namespaces.NotPermitted as error:
        print(error, file=sys.stderr)
        return UNABLE
    # Each scenario goes on where the one before it ended: after a failure there is no next one.
    return int(
        pytest.main(
            ["--override-ini=python_files=scenario_*.py", "--override-ini=timeout=600",
             "--maxfail=1", "--verbose", "--durations=0", "--durations-min=1",
             *(sys.argv[1:] or [str(INSTALLING.parent), f"--ignore={INSTALLING}"])]
        )
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
