"""A program of its own for tests: the real root widget in a real window, told by JSON lines.

Reads commands from standard input, writes one line per intent posted and one per command done:
{"show": sample, "language": ..., "twelve": bool, "later": seconds}
{"picture": "remote" | "self_view", ...}
{"focus": step}   {"press_focused": true}   {"counts": true}   {"forget": true}
{"play": true}: one's own picture and the family's, as they come in a visit
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
from dataclasses import replace
from typing import Any


def say(**line: object) -> None:
    """Write one line to the test."""
    sys.__stdout__.write(json.dumps(line) + "\n")  # type: ignore[union-attr]
    sys.__stdout__.flush()  # type: ignore[union-attr]


async def commands() -> Any:
    """Yield the test's commands until it closes the pipe."""
    reader = asyncio.StreamReader(limit=2**24)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield json.loads(line)


async def main() -> None:
    """Show a window until standard input closes."""
    from kivy.app import App
    from kivy.clock import Clock
    from kivy.core.window import Window

    from kiosk.screens import raster
    from kiosk.screens.beat import Beat
    from kiosk.screens.gallery import show_test_picture
    from kiosk.screens.root import Root
    from kiosk.screens.samples import SAMPLES, in_language, on_12_hour_clock

    flips: list[None] = []
    Window.bind(on_flip=lambda _: flips.append(None))
    beat = Beat()
    root = Root(post=lambda intent: say(posted=repr(intent)))

    class Stage(App):  # type: ignore[misc]
        def build(self) -> Root:
            return root

    app = Stage()
    running = asyncio.create_task(app.async_run("asyncio"))
    async for command in commands():
        try:
            if "show" in command:
                view = in_language(SAMPLES[command["show"]], command.get("language", "en"))
                view = on_12_hour_clock(view) if command.get("twelve") else view
                root.show(replace(view, now=view.now + command.get("later", 0)))
            elif "picture" in command:
                picture = getattr(root, command.pop("picture"))
                planes = [
                    memoryview(bytearray(base64.b64decode(each))) for each in command.pop("planes")
                ]
                picture.update(command.pop("width"), command.pop("height"), *planes, **command)
            elif "focus" in command:
                root.move_focus(command["focus"])
            elif "press_focused" in command:
                root.press_focused()
            elif "play" in command:
                show_test_picture(root.self_view, 64, 48)
                show_test_picture(root.remote, 64, 48)
                beat.hurry()
            elif "forget" in command:
                raster.icon.cache_clear()
            symbols = raster.icon.cache_info().misses
            counts = {"redrawn": root.redrawn, "pictures": root.remote.frames, "symbols": symbols}
            say(done=True, **counts, frames=Clock.frames, drawn=len(flips))
        except ValueError as error:
            say(done=False, error=str(error))
    app.stop()
    await running


if __name__ == "__main__":
    os.environ |= {
        "KIVY_NO_ARGS": "1",
        "KIVY_NO_CONFIG": "1",
        "KIVY_NO_FILELOG": "1",
        "KIVY_LOG_MODE": "PYTHON",
    }
    from kivy.config import Config

    for key, value in {
        "width": sys.argv[1],
        "height": sys.argv[2],
        "position": "custom",
        "left": "0",
        "top": "0",
        "borderless": "1",
        "maxfps": "30",
    }.items():
        Config.set("graphics", key, value)
    Config.set("input", "mouse", "mouse,disable_multitouch")
    asyncio.run(main())
