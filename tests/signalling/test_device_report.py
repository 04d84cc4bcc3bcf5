"""The terminal's report of itself: bounded, and nothing in it that a staff terminal obeys."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from signalling.device_report import (
    MAX_DETAIL,
    MAX_DEVICES,
    MAX_FACT,
    MAX_FACTS,
    MAX_MEASURED,
    MAX_PAST,
    DeviceReport,
)
from signalling.errors import WrongType
from signalling.messages import TERMINAL_TO_HUB
from signalling.wire import MAX_FRAME

WIDE = "\U0001f4f7"
"""Four bytes."""


def frame(**parts: Any) -> bytes:
    whole: dict[str, Any] = {"type": "device-report", "devices": [], "faults": [], "facts": []}
    return msgspec.json.encode(whole | parts)


def device(**fields: Any) -> dict[str, Any]:
    return {"device": "camera", "state": "pass"} | fields


def fault(**fields: Any) -> dict[str, Any]:
    return {"code": "CAM-01", "since": 1.0} | fields


def test_the_longest_that_is_accepted_fits_a_frame() -> None:
    longest = frame(
        devices=[device(device="a" * 16, state="testing", measured=WIDE * MAX_MEASURED,
                        code="A" * 8, detail=WIDE * MAX_DETAIL)] * MAX_DEVICES,
        faults=[fault(code="A" * 8, since=3999999999.123456, mended_at=3999999999.123456,
                      detail=WIDE * MAX_DETAIL)] * MAX_PAST,
        facts=[{"name": WIDE * MAX_FACT, "value": WIDE * MAX_FACT}] * MAX_FACTS,
    )  # fmt: skip
    assert isinstance(TERMINAL_TO_HUB.decode(longest, limit=MAX_FRAME), DeviceReport)


@pytest.mark.parametrize(
    "parts",
    [
        {"devices": [device()] * (MAX_DEVICES + 1)},
        {"faults": [fault()] * (MAX_PAST + 1)},
        {"facts": [{"name": "a", "value": "b"}] * (MAX_FACTS + 1)},
        {"devices": [device(state="green")]},
        {"devices": [device(detail="a" * (MAX_DETAIL + 1))]},
        {"devices": [device(measured="\x1b[2J")]},
        {"faults": [fault(detail="\u202egnp.exe")]},
        {"faults": [fault(since=-1.0)]},
        {"faults": [fault(mended_at=1e12)]},
        {"faults": [fault(code="cam 1")]},
        {"facts": [{"name": "a\nb", "value": "c"}]},
    ],
)
def test_more_or_anything_else_is_refused(parts: dict[str, Any]) -> None:
    with pytest.raises(WrongType):
        TERMINAL_TO_HUB.decode(frame(**parts), limit=MAX_FRAME)
