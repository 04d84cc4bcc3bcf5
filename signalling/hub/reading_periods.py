"""Reads the visits of some days from the store, and says how far it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from config.schema import Facility
from signalling.hub.errors import StaffError
from signalling.hub.scheduling import NotBookable, day_span
from signalling.hub.staff_progress import tell
from signalling.hub.staff_records import VisitLog
from signalling.hub.store.interface import Store
from signalling.visit_events import Booked

AT_ONCE: Final = 250
"""Visits of one read: the store is busy with it for some ten milliseconds."""


async def logs_of_days(
    store: Store, facilities: tuple[Facility, ...], first: str, last: str
) -> AsyncIterator[tuple[Facility, VisitLog]]:
    """Yield the visits that start in days of each facility's own clocks, the last one included.

    Raises:
        StaffError: these are no days.
    """
    try:
        spans = [(each, day_span(first, last, each.time_zone)) for each in facilities]
    except NotBookable as error:
        raise StaffError(str(error)) from None
    total = 0
    for facility, span in spans:
        total += await store.periods.count(facility.id, span.starts_at, span.ends_at)
    done = 0
    for facility, span in spans:
        after = (float("-inf"), "")
        while True:
            logs = await store.periods.logs(
                facility.id, max(span.starts_at, after[0]), span.ends_at, after, AT_ONCE
            )
            for each in logs:
                yield facility, each
            done += len(logs)
            tell(f"{done} of {total} visits read")
            if len(logs) < AT_ONCE:
                break
            begin = logs[-1].events[0]
            assert isinstance(begin.what, Booked)  # every log begins so
            after = (begin.what.starts_at, begin.visit)
