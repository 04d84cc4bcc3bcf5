"""What goes over the wire, counted where every message passes: plain numbers, no library.

A message costs some 10 µs; a labelled counter of prometheus_client would add a tenth to that.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import msgspec


def tag_of(kind: type[msgspec.Struct]) -> str:
    """Return the type of a message as the wire has it."""
    return str(kind.__struct_config__.tag)


@dataclass(slots=True)
class Traffic:
    """Messages by their class, and bytes of frames, since this hub started."""

    received: Counter[type[msgspec.Struct]] = field(default_factory=Counter)
    sent: Counter[type[msgspec.Struct]] = field(default_factory=Counter)
    received_bytes: int = 0
    sent_bytes: int = 0

    def take(self, kind: type[msgspec.Struct], size: int) -> None:
        """A client sent a message of `size` bytes."""
        self.received[kind] += 1
        self.received_bytes += size

    def give(self, kind: type[msgspec.Struct] | None, size: int) -> None:
        """A message of `size` bytes was queued for a client; None: another hub's, unread."""
        if kind is not None:
            self.sent[kind] += 1
        self.sent_bytes += size

    def rows(self) -> list[tuple[str, str, int]]:
        """Return direction, type and count of every kind of message so far."""
        return [
            (direction, tag_of(kind), count)
            for direction, counted in (("in", self.received), ("out", self.sent))
            for kind, count in counted.items()
        ]
