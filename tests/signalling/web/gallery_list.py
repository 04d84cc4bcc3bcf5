"""The one list of the page's states."""

from __future__ import annotations

from typing import Final

from tests.signalling.web import gallery_entry, gallery_visit, gallery_visits
from tests.signalling.web.gallery import Walk

WALKS: Final[tuple[Walk, ...]] = (
    *gallery_entry.WALKS,
    *gallery_visits.WALKS,
    *gallery_visit.WALKS,
)
STATES: Final = tuple(state for each in WALKS for state in each.states)
