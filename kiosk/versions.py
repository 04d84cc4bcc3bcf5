"""What runs on this machine, for whoever has to tell one terminal from another."""

from __future__ import annotations

import importlib.metadata
import os
import platform


def versions() -> tuple[tuple[str, str], ...]:
    """Return names and versions: visitbooth, python, kernel, kivy."""
    return (
        ("visitbooth", importlib.metadata.version("visitbooth")),
        ("python", platform.python_version()),
        ("kernel", os.uname().release),
        ("kivy", importlib.metadata.version("kivy")),
    )
