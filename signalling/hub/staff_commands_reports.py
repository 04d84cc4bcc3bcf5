"""Pure: the staff commands that count, and that show facilities."""

from __future__ import annotations

from signalling.hub.reporting import Key, Kind
from signalling.hub.staff_command import Command


class ReportShow(Command, frozen=True, tag="report show"):
    """Of the days from `first` to `last`, each facility's own; without `by` as the kind has it."""

    kind: Kind
    first: str
    last: str
    facility: str | None = None
    by: Key | None = None


class FacilityList(Command, frozen=True, tag="facility list"):
    pass


class FacilityShow(Command, frozen=True, tag="facility show"):
    facility: str


ReportCommand = ReportShow | FacilityList | FacilityShow
