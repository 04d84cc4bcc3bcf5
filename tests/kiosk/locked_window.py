"""A Kivy window to try the ways out on: `python -m tests.kiosk.locked_window HOME [--unlocked]`.

Prints a line for each press it sees, and what it is like when asked by SIGUSR1. Unlocked it is
plain Kivy, to show that the ways out are open where nothing closes them.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any


async def show(app_class: Any) -> None:
    from kivy.core.window import Window
    from kivy.uix.widget import Widget

    class Probe(Widget):  # type: ignore[misc]
        def on_touch_down(self, touch: Any) -> bool:
            print(f"press {touch.button}", flush=True)
            return True

        def on_touch_up(self, touch: Any) -> bool:
            print(f"release {touch.button}", flush=True)
            return True

    def say() -> None:
        told = {
            "windows": [type(each).__name__ for each in Window.children],
            "rotation": Window.rotation,
            "files": sorted(each.name for each in Path.cwd().iterdir()),
            "planted": "planted" in sys.modules or os.environ.get("PLANTED_RAN") == "1",
            "dots": len(Window.canvas.after.children),
        }
        print(json.dumps(told), flush=True)

    root = Probe()
    app = app_class(root)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, say)
    if "--unlocked" not in sys.argv:
        loop.add_signal_handler(signal.SIGTERM, app.stop)
    loop.call_later(0.5, lambda: print("shown", flush=True))
    await app.async_run("asyncio")


def main() -> None:
    if "--unlocked" in sys.argv:
        sys.argv = sys.argv[:1]
        os.environ["KIVY_NO_ARGS"] = "1"
        from kivy.app import App

        class Plain(App):  # type: ignore[misc]
            def __init__(self, root: Any) -> None:
                super().__init__()
                self._root_widget = root

            def build(self) -> Any:
                return self._root_widget

        sys.argv.append("--unlocked")
        asyncio.run(show(Plain))
        return
    from config.schema import Display
    from kiosk import lockdown

    lockdown.close_environment(Path(sys.argv[1]))
    lockdown.configure(Display(fullscreen=False, width=640, height=400), windowed=True)
    from kiosk.app import KioskApp

    asyncio.run(show(KioskApp))


if __name__ == "__main__":
    main()
