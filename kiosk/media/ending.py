"""How the media process ends when it cannot go on: at once; the screen starts another."""

from __future__ import annotations

import logging
import os
from typing import Final

_log = logging.getLogger(__name__)

FAILED: Final = 70
"""Exit status: something that nobody foresaw (sysexits.h, EX_SOFTWARE)."""


def give_up() -> None:
    """End: a sound card's driver hangs, and with it all sound of this process.

    PortAudio holds its lock meanwhile, and the process the card, which nothing else lets go of.
    """
    _log.error("a sound card does not close: this process ends, so that another has sound")
    logging.shutdown()
    os._exit(FAILED)
