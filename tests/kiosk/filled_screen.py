"""The idle screen as terminal.toml's default has it: `python -m tests.kiosk.filled_screen HOME`.

Prints what is wrong with SDL's screen (an empty line: nothing) once the idle screen is shown. Ends
with 75 when the display does.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from config.schema import Display
from kiosk import lockdown


async def show() -> None:
    from kivy.core.window import Window

    from hardware.display import complaint
    from kiosk import display_gone, sdl
    from kiosk.app import KioskApp
    from kiosk.screens.root import Root
    from kiosk.screens.samples import SAMPLES

    root = Root(post=lambda intent: None)
    root.show(SAMPLES["k1-idle"])
    _kept = display_gone.end_with(75, "x11")
    said = complaint(sdl.opened(Window), "x11", 0, 0, fullscreen=True)
    asyncio.get_running_loop().call_later(0.5, lambda: print(said, flush=True))
    await KioskApp(root).async_run("asyncio")


if __name__ == "__main__":
    lockdown.close_environment(Path(sys.argv[1]))
    lockdown.configure(Display(), windowed=False)
    asyncio.run(show())
