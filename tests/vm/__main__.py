"""`make test-vm`: the terminal in a virtual machine, a family's browser on the host.

The guest's image is made first, with the network; all else runs in namespaces of its own. Pictures
and logs are left in test-report/vm. Arguments go to pytest.
Exit status: 0 passed; 1 failed; 77 network namespaces cannot be made here.
"""

from __future__ import annotations

import sys

import pytest

from tests.bench import namespaces
from tests.vm import image, network

UNABLE = 77


def main() -> int:
    """Return the exit status."""
    try:
        image.ready()
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
             *(sys.argv[1:] or [str(image.ROOT / "tests" / "vm")])]
        )
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
