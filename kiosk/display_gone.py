"""Ends the kiosk at once when its X server is gone.

Left alone Xlib calls exit(), and what runs there waits for threads of the software renderer that
wait for the server: in a virtual machine for longer than systemd does.
"""

from __future__ import annotations

import ctypes
import os
from typing import Any, Final

X11: Final = "x11"
_HANDLER: Final = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)


def end_with(status: int, driver: str) -> Any:
    """Have Xlib end this process with `status`; return what must be kept until then.

    Call when the window is made. With another driver than X11 there is nothing to do.

    Raises OSError: SDL draws by X11, but there is no Xlib.
    """
    if driver != X11:
        return None

    def gone(_display: int | None) -> int:
        os.write(2, b"the X server is gone\n")
        os._exit(status)

    handler = _HANDLER(gone)
    # SDL has loaded it: the same one again. One handler serves all connections.
    ctypes.CDLL("libX11.so.6").XSetIOErrorHandler(handler)
    return handler
