"""What has failed at this terminal, since when and until when: the newest 200. Pure.

Kept in the state folder as JSON, so that a technician who comes after a restart still sees why.
"""

from __future__ import annotations

from collections import deque
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from kiosk.faults import Faults

MAX_PAST: Final = 200
MAX_DETAIL: Final = 160
"""Characters; the rest of a longer one is cut off."""
MAX_BYTES: Final = 256 * 1024
"""Of the file: 200 of the longest take 160 KB."""
FILE: Final = "fault-history.json"


class PastFault(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One fault. Times are seconds since the epoch by the hub's clock; open while not mended."""

    code: Annotated[str, Meta(max_length=8, pattern=r"\A[A-Z0-9-]+\Z")]
    since: float
    mended_at: float | None = None
    detail: Annotated[str, Meta(max_length=MAX_DETAIL)] = ""


_kept = msgspec.json.Decoder(Annotated[list[PastFault], Meta(max_length=MAX_PAST)])


class FaultHistory:
    """Follows `Faults`; the oldest leaves first."""

    def __init__(self, past: tuple[PastFault, ...] = ()) -> None:
        self._past = deque(past, maxlen=MAX_PAST)

    @classmethod
    def decode(cls, data: bytes) -> FaultHistory:
        """Read what `encode` wrote. Raises msgspec.DecodeError: it is something else."""
        return cls(tuple(_kept.decode(data)))

    def encode(self) -> bytes:
        """Return it as JSON, at most MAX_BYTES."""
        return msgspec.json.encode(list(self._past))

    @property
    def newest_first(self) -> tuple[PastFault, ...]:
        """All of them."""
        return tuple(reversed(self._past))

    def settle(self, faults: Faults, clock: float) -> bool:
        """Take what fails now, at the hub's time `clock`; return whether anything changed.

        What was open when the kiosk ended and fails no more was mended at some time in between:
        when this terminal first knew so is what is kept.
        """
        before = list(self._past)
        failing = {code: (since, detail) for code, since, detail in faults.open}
        for at, each in enumerate(before):
            if each.mended_at is not None:
                continue
            if each.code in failing:
                del failing[each.code]
            else:
                mended_at = max(each.since, clock)
                self._past[at] = msgspec.structs.replace(each, mended_at=mended_at)
        for code, (since, detail) in failing.items():
            self._past.append(PastFault(code=code, since=since, detail=plain(detail)))
        return list(self._past) != before


def plain(text: str, most: int = MAX_DETAIL) -> str:
    """Return `text` in one line of at most `most` printable characters."""
    return "".join(each if each.isprintable() else " " for each in text)[:most]
