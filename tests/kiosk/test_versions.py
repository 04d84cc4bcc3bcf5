"""The versions that a technician compares terminals by."""

from __future__ import annotations

import os
import platform

from kiosk.versions import versions


def test_each_has_its_version() -> None:
    found = dict(versions())
    assert list(found) == ["visitbooth", "python", "kernel", "kivy"]
    assert (found["python"], found["kernel"]) == (platform.python_version(), os.uname().release)
    assert all(found.values())
