"""Pure: what both screens are told about a visit."""

from __future__ import annotations

from config.schema import Facility, Notice
from signalling.hub.live import Live
from signalling.visit import Status
from signalling.wire import BreakView, FacilityView, VisitView


def visit_view(live: Live, notice: Notice, now: float, stopped: str = "") -> VisitView:
    """Return a visit at `now` as both sides are told; `stopped`: why a lockdown keeps it back."""
    visit = live.visit
    # The log's clock may be a moment ahead of the one just read.
    at = visit.at(max(now, visit.last_recorded_at))
    private = visit.private
    over = at.status is Status.ENDED
    return VisitView(
        id=visit.id,
        status=at.status,
        inmate=live.inmate_name,
        visitors=live.people,
        starts_at=at.starts_at,
        ends_at=at.ends_at,
        signed_in=visit.signed_in,
        terminal=visit.terminal,
        visitor_here=bool(live.pages) and not over,
        page=None if over else live.holder,
        tracks_open=live.tracks_open(now),
        private=private,
        recorded=notice.recorded and not private,
        watched=notice.watched and not private,
        used_s=at.used_s,
        lost_s=at.lost_s,
        lost_by={str(side): seconds for side, seconds in at.lost_by.items()},
        added_s=at.added_s,
        owed_s=at.owed_s,
        breaks=tuple(BreakView(side=b.side, cause=b.cause, since=b.since) for b in at.breaks),
        paused=at.paused,
        begun_at=at.begun_at,
        ended_at=at.ended_at,
        ended_by=at.ended_by,
        end_reason=at.end_reason,
        visitor_camera=live.holder is None or live.ends.page.camera,
        visitor_microphone=live.holder is None or live.ends.page.microphone,
        paused_since=at.pause.since if at.pause is not None else None,
        pause_reason=at.pause.reason if at.pause is not None else stopped,
    )


def facility_view(facility: Facility) -> FacilityView:
    """Return a facility as people see it."""
    return FacilityView(
        id=facility.id,
        name=facility.name,
        time_zone=facility.time_zone,
        clock_24h=facility.clock_24h,
    )
