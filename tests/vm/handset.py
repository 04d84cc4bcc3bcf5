"""A telephone at the guest's USB that does what is written to a FIFO. Run by the guest's root.

Usage: python -m tests.vm.handset FIFO
Lines: "plug", "unplug", "up", "down". It hangs when it is plugged in, unless it was left lifted.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.hardware.handsets import CX300
from tests.vm.devices import HidDevice

STATES = {"down": bytes([1, 0, 0, 0, 0, 0, 0, 0]), "up": bytes([1, 1, 0, 0, 0, 0, 0, 0])}


def main(fifo: Path) -> None:
    """Serve until the guest ends."""
    os.mkfifo(fifo)
    telephone: HidDevice | None = None
    state = STATES["down"]
    while True:
        for word in fifo.read_text(encoding="utf-8").split():
            if word == "plug" and telephone is None:
                telephone = HidDevice(
                    CX300.descriptor, CX300.vendor, CX300.product, name="Handset", state=state
                )
            elif word == "unplug" and telephone is not None:
                telephone.unplug()
                telephone = None
            elif word in STATES:
                state = STATES[word]
                if telephone is not None:
                    telephone.send(state)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
