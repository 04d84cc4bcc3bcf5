"""The message with which a technician has a terminal tell the hub all it knows of itself. Pure.

PROTOCOL.md, "device-report". Whatever it holds, it is shorter than `wire.MAX_FRAME`.
"""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta

from signalling.codec import Message
from signalling.wire import PLAIN, Fault, View

MAX_DEVICES: Final = 12
MAX_PAST: Final = 50
MAX_FACTS: Final = 24
MAX_MEASURED: Final = 60
MAX_DETAIL: Final = 160
MAX_FACT: Final = 64
"""Characters; one takes up to four bytes."""
MAX_INSTANT: Final = 4e9
"""Seconds since the epoch: what clocks and calendars can show."""

Instant = Annotated[float, Meta(ge=0, le=MAX_INSTANT)]


class DeviceState(View, frozen=True):
    """One device: what the terminal thinks of it, and what was measured."""

    device: Annotated[str, Meta(min_length=1, max_length=16, pattern=r"^[a-z-]+\Z")]
    state: Annotated[str, Meta(pattern=r"^(pass|fail|testing|unknown)\Z", max_length=8)]
    measured: Annotated[str, Meta(max_length=MAX_MEASURED, pattern=PLAIN)] = ""
    code: Annotated[str, Meta(max_length=8, pattern=r"^[A-Z0-9-]*\Z")] = ""
    detail: Annotated[str, Meta(max_length=MAX_DETAIL, pattern=PLAIN)] = ""


class PastFaultView(View, frozen=True):
    """One fault; `mended_at` is null while it stands."""

    code: Fault
    since: Instant
    mended_at: Instant | None = None
    detail: Annotated[str, Meta(max_length=MAX_DETAIL, pattern=PLAIN)] = ""


class Fact(View, frozen=True):
    """A version, or how the machine is: "kernel", "6.1.0"."""

    name: Annotated[str, Meta(max_length=MAX_FACT, pattern=PLAIN)]
    value: Annotated[str, Meta(max_length=MAX_FACT, pattern=PLAIN)]


class DeviceReport(Message, frozen=True, tag="device-report"):
    """All that a technician sees at the terminal; the hub keeps the newest of each terminal.

    `faults` are the newest 50, mended ones too, the newest first.
    """

    devices: Annotated[list[DeviceState], Meta(max_length=MAX_DEVICES)]
    faults: Annotated[list[PastFaultView], Meta(max_length=MAX_PAST)]
    facts: Annotated[list[Fact], Meta(max_length=MAX_FACTS)]
