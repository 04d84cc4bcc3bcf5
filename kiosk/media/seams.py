"""The few places where we reach under aiortc's names, in one file.

aiortc 1.16 has no way to choose encoder settings, jitter buffer, queues or which addresses are
offered, so `peer.py` and `receiving.py` replace those parts. Read in its source; setup.cfg keeps
aiortc below 1.17, and a test holds every name used here against the installed version.
"""

from __future__ import annotations

from typing import Any


def private(owner: object, of: type, name: str) -> Any:
    """Return the double-underscore attribute `name` that class `of` gave `owner`."""
    return getattr(owner, f"_{of.__name__}__{name}")


def replace_private(owner: object, of: type, name: str, value: object) -> None:
    """Replace such an attribute. Raises AttributeError when there is none."""
    private(owner, of, name)
    setattr(owner, f"_{of.__name__}__{name}", value)
