"""The visit: an append-only log of events, folded into what is true at a time.

Pure: no I/O and no clock of its own. All times are seconds since the Unix epoch (UTC), so
daylight saving cannot bend a visit: thirty minutes are thirty minutes. Status is never stored;
it follows from the log and from `now`.

```mermaid
stateDiagram-v2
    [*] --> scheduled: booked
    scheduled --> pending: start, nobody signed in
    scheduled --> ready: start, inmate signed in
    pending --> ready: inmate-signed-in
    ready --> pending: inmate-signed-out
    ready --> in-visit: begun
    in-visit --> interrupted: interrupted, paused, inmate-signed-out
    interrupted --> in-visit: resumed, unpaused, inmate-signed-in
    scheduled --> ended: ended
    pending --> ended: ended, nobody came
    ready --> ended: ended, nobody came
    in-visit --> ended: ended, expiry
    interrupted --> ended: ended, expiry
```
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec
from msgspec.structs import replace

from signalling.errors import IllegalEvent
from signalling.snapshot import GIVEN_BACK as GIVEN_BACK
from signalling.snapshot import Break as Break
from signalling.snapshot import Pause as Pause
from signalling.snapshot import Snapshot as Snapshot
from signalling.snapshot import Status as Status
from signalling.visit_events import (
    KIND_OF,
    Begun,
    Booked,
    By,
    Cause,
    Ended,
    EndReason,
    Event,
    Extended,
    InmateSignedIn,
    InmateSignedOut,
    Interrupted,
    Moved,
    Paused,
    Resumed,
    Side,
    Unpaused,
    VisitorDeclined,
    VisitorInvited,
    VisitorJoined,
    VisitorLeft,
    Warned,
)

MAX_EVENTS: Final = 500
"""A visit's log never grows beyond this; only `ended` may still be appended to a full one."""


class Visit(msgspec.Struct, frozen=True):
    """A folded log. Make it with `fold`; get the next with `append`: fast, so no dataclass."""

    id: str
    booked: Booked
    length: int
    last_recorded_at: float
    ids: frozenset[str]
    visitors: tuple[str, ...] = ()
    """Who may come now; the first one booked it."""
    private: bool = False
    """Nobody may watch or record it."""
    terminal: str | None = None
    signed_out_at: float = 0.0
    visitors_here: frozenset[str] = frozenset()
    begun_at: float | None = None
    breaks: tuple[Break, ...] = ()
    pause: Pause | None = None
    added_s: float = 0.0
    ended: Ended | None = None
    ended_at: float | None = None
    # Time already accounted for: up to `counted_until`, changed only when the mode changes.
    counted_until: float = 0.0
    used_s: float = 0.0
    lost_by: dict[Side, float] = {}
    owed_s: float = 0.0
    paused_s: float = 0.0

    # -- what is true at a time -------------------------------------------------------------

    @property
    def signed_in(self) -> bool:
        """Whether the inmate is signed in at a terminal for this visit."""
        return self.terminal is not None

    @property
    def paused(self) -> bool:
        """Whether staff hold it."""
        return self.pause is not None

    @property
    def ends_at(self) -> float:
        """When the clock ends this visit, extensions included."""
        return self.booked.ends_at + self.added_s

    def at(self, now: float) -> Snapshot:
        """Return what is true at `now` (which may not lie before the last event)."""
        ended_at, by, reason = self._end(now)
        until = ended_at if ended_at is not None else now
        used, lost, owed, paused = self._counted(until)
        return Snapshot(
            status=self._status(now, ended_at),
            now=now,
            starts_at=self.booked.starts_at,
            ends_at=self.ends_at,
            used_s=used,
            lost_s=sum(lost.values()),
            lost_by=lost,
            owed_s=owed,
            added_s=self.added_s,
            breaks=self.open_breaks() if ended_at is None else (),
            pause=self.pause if ended_at is None else None,
            paused_s=paused,
            begun_at=self.begun_at,
            ended_at=ended_at,
            ended_by=by,
            end_reason=reason,
        )

    def status(self, now: float) -> Status:
        """Return the status at `now`."""
        return self._status(now, self._end(now)[0])

    def next_change(self, now: float) -> float | None:
        """Return when time alone will next change the status; None when never."""
        status = self.status(now)
        if status is Status.ENDED:
            return None
        return self.booked.starts_at if status is Status.SCHEDULED else self.ends_at

    def _end(self, now: float) -> tuple[float | None, By | None, EndReason | None]:
        if self.ended is not None:
            return self.ended_at, self.ended.by, self.ended.reason
        if now >= self.ends_at:
            came = self.begun_at is not None
            return self.ends_at, By.CLOCK, EndReason.EXPIRED if came else EndReason.NOBODY_CAME
        return None, None, None

    def _status(self, now: float, ended_at: float | None) -> Status:
        if ended_at is not None:
            return Status.ENDED
        if self.begun_at is not None:
            held = self.breaks or self.paused or not self.signed_in
            return Status.INTERRUPTED if held else Status.IN_VISIT
        if now < self.booked.starts_at:
            return Status.SCHEDULED
        return Status.READY if self.signed_in else Status.PENDING

    def open_breaks(self) -> tuple[Break, ...]:
        """Return what holds it, what came first first."""
        if self.begun_at is None or self.signed_in:
            return self.breaks
        gone = Break(Side.TERMINAL, Cause.SIGNED_OUT, self.signed_out_at)
        return tuple(sorted((*self.breaks, gone), key=lambda each: each.since))

    def _counted(self, until: float) -> tuple[float, dict[Side, float], float, float]:
        """Return used, lost by side, owed and paused seconds up to `until`."""
        if self.begun_at is None:
            return 0.0, {}, 0.0, 0.0
        gap = max(0.0, until - self.counted_until)
        used, lost, owed = self.used_s, dict(self.lost_by), self.owed_s
        paused = self.paused_s
        breaks = self.open_breaks()
        if self.paused:
            # Whatever else breaks meanwhile, and whoever leaves: nobody could have used it.
            paused += gap
            owed += gap
        elif breaks:
            # Several at once: the one that came first is to blame until it is mended. Nothing
            # can be lost to a fault while a person has chosen to be away.
            first = breaks[0]
            lost[first.side] = lost.get(first.side, 0.0) + gap
            owed += gap if first.given_back else 0.0
        else:
            used += gap
        return used, lost, owed, paused

    # -- what may happen next ---------------------------------------------------------------

    def append(self, event: Event) -> Visit:
        """Return the visit with `event` appended. A repeated event id changes nothing.

        Raises:
            IllegalEvent: the log does not allow this event at its `recorded_at`.
        """
        if event.id in self.ids:
            return self
        kind = KIND_OF[type(event.what)]
        if event.visit != self.id:
            raise IllegalEvent(kind, f"belongs to visit {event.visit}")
        if event.seq != self.length + 1:
            raise IllegalEvent(kind, f"has seq {event.seq}, expected {self.length + 1}")
        if event.recorded_at < self.last_recorded_at:
            raise IllegalEvent(kind, "recorded before its predecessor")
        why = self.forbids(event.what, event.recorded_at)
        if why:
            raise IllegalEvent(kind, why)
        ids, at = self.ids | {event.id}, event.recorded_at
        return replace(self._after(event), length=event.seq, last_recorded_at=at, ids=ids)

    def forbids(self, what: object, now: float) -> str | None:
        """Return why `what` may not happen at `now`, or None when it may."""
        if self.ended is not None:
            return "the visit has ended"
        if self.length >= MAX_EVENTS and not isinstance(what, Ended):
            return f"the log is full ({MAX_EVENTS} events)"
        if now >= self.ends_at and not isinstance(what, Ended):
            return "the visit's time is over"
        return self._forbids_people(what, now) or self._forbids_call(what, now)

    def _forbids_people(self, what: object, now: float) -> str | None:
        match what:
            case Booked():
                return "already booked"
            case InmateSignedIn() if now < self.booked.sign_in_from:
                return "too early to sign in"
            case InmateSignedIn() if self.signed_in:
                return f"already signed in at {self.terminal}"
            case InmateSignedOut() | Moved() if not self.signed_in:
                return "nobody is signed in"
            case Moved(terminal=terminal) if terminal == self.terminal:
                return "already there"
        return self._forbids_visitors(what)

    def _forbids_visitors(self, what: object) -> str | None:
        match what:
            case VisitorInvited(visitor=who) if who in self.visitors:
                return "already invited"
            case VisitorDeclined() if self.begun_at is not None:
                return "the visit has begun"
            case VisitorDeclined(visitor=who) if who == self.visitors[0]:
                return "who booked it can only cancel it"
            case VisitorJoined(visitor=who) if who in self.visitors_here:
                return "already joined"
            case VisitorJoined(visitor=who) | VisitorDeclined(visitor=who) if (
                who not in self.visitors
            ):
                return "not invited"
            case VisitorLeft(visitor=who) if who not in self.visitors_here:
                return "not here"
        return None

    def _forbids_call(self, what: object, now: float) -> str | None:
        needs_begun = isinstance(what, Interrupted | Resumed | Warned | Paused | Unpaused)
        if (needs_begun or isinstance(what, Extended)) and self.begun_at is None:
            return "the visit has not begun"
        match what:
            case Begun() if self.status(now) is not Status.READY:
                return f"the visit is {self.status(now)}, not ready"
            case Begun(visitor=who) if who not in self.visitors:
                return "not invited"
            case Interrupted(side=side, cause=cause) if self._broken(side, cause):
                return "already interrupted by that"
            case Resumed(side=side, cause=cause) if not self._broken(side, cause):
                return "not interrupted by that"
            case Paused() if self.paused:
                return "already paused"
            case Unpaused() if not self.paused:
                return "not paused"
            case Extended(seconds=seconds) if seconds <= 0:
                return "an extension must be longer than 0 s"
            case Ended(by=by, reason=reason):
                return self._forbids_end(by, reason, now)
        return None

    def _forbids_end(self, by: By, reason: EndReason, now: float) -> str | None:
        begun, over = self.begun_at is not None, now >= self.ends_at
        match reason:
            case EndReason.RED_X if not begun:
                return "the visit has not begun"
            case EndReason.CANCELLED if begun:
                return "the visit has begun"
            case EndReason.EXPIRED if not (begun and over and by is By.CLOCK):
                return "the time is not over"
            case EndReason.NOBODY_CAME if begun or not over or by is not By.CLOCK:
                return "somebody may still come"
            case EndReason.RED_X | EndReason.CANCELLED | EndReason.STAFF if over:
                return "the visit's time is over"
        return None

    def _broken(self, side: Side, cause: Cause) -> bool:
        return any((each.side, each.cause) == (side, cause) for each in self.breaks)

    # -- the fold ---------------------------------------------------------------------------

    def _after(self, event: Event) -> Visit:
        at = event.happened_at
        match event.what:
            case InmateSignedIn(terminal=terminal):
                return replace(self._count(at), terminal=terminal)
            case Moved(terminal=terminal):
                return replace(self, terminal=terminal)
            case InmateSignedOut():
                counted = self._count(at)
                return replace(counted, terminal=None, signed_out_at=counted.counted_until)
            case VisitorInvited(visitor=who):
                return replace(self, visitors=(*self.visitors, who))
            case VisitorDeclined(visitor=who, ends_privacy=ends):
                stay = tuple(each for each in self.visitors if each != who)
                here, private = self.visitors_here - {who}, self.private and not ends
                return replace(self, visitors=stay, visitors_here=here, private=private)
            case VisitorJoined(visitor=who):
                return replace(self, visitors_here=self.visitors_here | {who})
            case VisitorLeft(visitor=who):
                return replace(self, visitors_here=self.visitors_here - {who})
            case Begun():
                return replace(self, begun_at=at, counted_until=at)
            case Interrupted(side=side, cause=cause):
                counted = self._count(at)
                since = counted.counted_until
                return replace(counted, breaks=(*self.breaks, Break(side, cause, since)))
            case Resumed(side=side, cause=cause):
                rest = tuple(b for b in self.breaks if (b.side, b.cause) != (side, cause))
                return replace(self._count(at), breaks=rest)
            case Paused(reason=reason, lockdown=lockdown):
                counted = self._count(at)
                return replace(counted, pause=Pause(counted.counted_until, reason, lockdown))
            case Unpaused():
                return replace(self._count(at), pause=None)
            case Extended(seconds=seconds):
                owed = max(0.0, self.owed_s - seconds)
                return replace(self, added_s=self.added_s + seconds, owed_s=owed)
            case Ended():
                return self._close(event.what, at)
        return self

    def _close(self, what: Ended, at: float) -> Visit:
        by_clock = what.reason in (EndReason.EXPIRED, EndReason.NOBODY_CAME)
        ended_at = self.ends_at if by_clock else at
        return replace(self._count(ended_at), ended=what, ended_at=ended_at)

    def _count(self, until: float) -> Visit:
        """Account the time up to `until` under the mode that held so far."""
        if self.begun_at is None:
            return self
        used, lost, owed, paused = self._counted(until)
        return replace(
            self,
            used_s=used,
            lost_by=lost,
            owed_s=owed,
            paused_s=paused,
            counted_until=max(self.counted_until, until),
        )


def fold(events: Iterable[Event]) -> Visit:
    """Fold a log, in order of seq, into a visit.

    Raises:
        IllegalEvent: the log is empty, does not start with `booked`, or breaks a rule.
    """
    visit: Visit | None = None
    for event in events:
        visit = book(event) if visit is None else visit.append(event)
    if visit is None:
        raise IllegalEvent("booked", "the log is empty")
    return visit


def book(event: Event) -> Visit:
    """Start a visit from its first event.

    Raises:
        IllegalEvent: the event is not `booked`, or its times do not fit together.
    """
    what = event.what
    kind = KIND_OF[type(what)]
    if not isinstance(what, Booked) or event.seq != 1:
        raise IllegalEvent(kind, "a log starts with booked, seq 1")
    if not what.sign_in_from <= what.starts_at < what.ends_at:
        raise IllegalEvent(kind, "sign-in, start and end are not in this order")
    if not what.visitors:
        raise IllegalEvent(kind, "needs a visitor")
    return Visit(
        id=event.visit,
        booked=what,
        length=1,
        last_recorded_at=event.recorded_at,
        ids=frozenset({event.id}),
        visitors=what.visitors,
        private=what.private,
    )
