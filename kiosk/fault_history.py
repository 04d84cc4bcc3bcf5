"""What has failed at this terminal, since when and until when: the newest 200. Pure.

Kept in the state folder as JSON, so that a technician who comes after a restart still sees why.
"""

from __future__ import annotations

from collections import deque
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from kiosk.faults import Faults
from signalling.device_report import MAX_INSTANT, Instant

MAX_PAST: Final = 200
BACK_WITHIN_S: Final = 60.0
"""What comes again sooner than this after it was mended is the same fault still: a loose plug must
not push all else out."""
MAX_TIMES: Final = 10**6
MAX_DETAIL: Final = 160
"""Characters; the rest of a longer one is cut off."""
MAX_BYTES: Final = 256 * 1024
"""Of the file: 200 of the longest take 165 KB."""
FILE: Final = "fault-history.json"


class PastFault(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One fault. Times are seconds since the epoch by the hub's clock; open while not mended."""

    code: Annotated[str, Meta(max_length=8, pattern=r"\A[A-Z0-9-]+\Z")]
    since: Instant
    mended_at: Instant | None = None
    detail: Annotated[str, Meta(max_length=MAX_DETAIL)] = ""
    times: Annotated[int, Meta(ge=1, le=MAX_TIMES)] = 1
    """How often it came since then, soon after it was mended each time but the first."""

    @property
    def said(self) -> str:
        """How often it came, and in what words."""
        return plain(f"{self.times} x {self.detail}".rstrip()) if self.times > 1 else self.detail


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
                mended_at = max(each.since, _instant(clock))
                self._past[at] = msgspec.structs.replace(each, mended_at=mended_at)
        for code, (since, detail) in failing.items():
            self._came(code, _instant(since), plain(detail))
        return list(self._past) != before

    def _came(self, code: str, since: float, detail: str) -> None:
        for at in range(len(self._past) - 1, -1, -1):
            each = self._past[at]
            if each.code != code or each.mended_at is None:
                continue
            if 0 <= since - each.mended_at < BACK_WITHIN_S:
                times = min(MAX_TIMES, each.times + 1)
                self._past[at] = msgspec.structs.replace(
                    each, mended_at=None, times=times, detail=detail or each.detail
                )
                return
            break
        self._past.append(PastFault(code=code, since=since, detail=detail))


def _instant(at: float) -> float:
    """Within what a calendar can show: a clock that was never set must not cost the screen."""
    return min(max(0.0, at), MAX_INSTANT)


def plain(text: str, most: int = MAX_DETAIL) -> str:
    """Return `text` in one line of at most `most` printable characters."""
    return "".join(each if each.isprintable() else " " for each in text)[:most]
