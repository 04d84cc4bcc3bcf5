"""The few places where we reach under aiortc's names, in one file.

aiortc 1.16 and aioice 0.13 have no way to be given other transports, senders, receivers or timers,
so `peer.py` puts ours together by names that are private to them. Read in their sources; setup.cfg
allows only those releases, and tests hold every name against the installed ones.
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
