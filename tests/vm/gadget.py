"""A USB telephone with a serial port, plugged and unplugged by a FIFO. Run by the guest's root.

Usage: python -m tests.vm.gadget FIFO
Lines: "plug", "unplug". Ended by SIGTERM, unplugged, it leaves nothing.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from tests.hardware.handsets import CX300
from tests.vm.devices import UsbGadget

REPORT_BYTES = 8


def main(fifo: Path) -> None:
    """Serve until it is ended."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    gadget = UsbGadget(CX300.descriptor, CX300.vendor, CX300.product, REPORT_BYTES)
    os.mkfifo(fifo)
    try:
        while True:
            for word in fifo.read_text(encoding="utf-8").split():
                if word == "plug":
                    gadget.plug()
                elif word == "unplug":
                    gadget.unplug()
    finally:
        gadget.remove()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
