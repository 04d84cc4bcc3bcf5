"""Renders every screen to PNG files for people to look at. A developer's tool; needs a display.

    xvfb-run -a python -m kiosk.screens --gallery DIR
    xvfb-run -a python -m kiosk.screens --gallery DIR --language es --size 800x480 --clock-12h

`--only k3` renders the samples whose name begins so.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path


def main() -> None:
    """Parse the arguments, close Kivy's own ways in, render."""
    parser = argparse.ArgumentParser(prog="python -m kiosk.screens", description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)  # fmt: skip
    parser.add_argument("--gallery", type=Path, required=True, metavar="DIR")
    parser.add_argument("--language", default="en")
    parser.add_argument("--size", default="1280x800", metavar="WIDTHxHEIGHT")
    parser.add_argument("--clock-12h", action="store_true")
    parser.add_argument("--only", default="", metavar="PREFIX")
    arguments = parser.parse_args()
    # Before Kivy is imported: it would parse our arguments and read and write in the home folder.
    os.environ |= {"KIVY_NO_ARGS": "1", "KIVY_NO_CONFIG": "1", "KIVY_NO_FILELOG": "1",
                   "KIVY_LOG_MODE": "PYTHON"}  # fmt: skip
    from kivy.config import Config  # noqa: PLC0415 - after the environment

    width, height = arguments.size.split("x")
    Config.set("graphics", "width", width)
    Config.set("graphics", "height", height)
    from kiosk.screens.gallery import render  # noqa: PLC0415 - after the environment
    from kiosk.screens.samples import SAMPLES, in_language, on_12_hour_clock  # noqa: PLC0415 - after the environment

    views = {
        name: in_language(on_12_hour_clock(view) if arguments.clock_12h else view,
                          arguments.language)
        for name, view in SAMPLES.items()
        if name.startswith(arguments.only)
    }  # fmt: skip
    for file in render(views, arguments.gallery):
        print(file)


if __name__ == "__main__":
    main()
