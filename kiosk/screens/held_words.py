"""What a hold says: whose link broke, and whether the clock gives the time back. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kiosk.screens.people import names
from kiosk.view import View
from kiosk.words import Words
from signalling.visit import GIVEN_BACK
from signalling.visit_events import Cause, Side
from signalling.wire import BreakView, VisitView


@dataclass(frozen=True, slots=True)
class Said:
    """The words of the screen."""

    title: str
    first: str
    second: str
    time: str
    note: str
    note_text: str
    reason: str = ""
    """What staff wrote, said instead of `first`."""
    first_bold: bool = False
    given_back: bool = False
    """Whether the time is added to the end."""


def said(view: View, words: Words) -> Said:
    """Return what the first open break means to the inmate."""
    visit = view.visit
    assert visit is not None
    if visit.paused:
        return _paused(view, visit, words)
    why = first_break(view, visit)
    title, first, second, bold = _why(view, why, words)
    ends = words.time(visit.ends_at)
    if why.cause in GIVEN_BACK:
        return _given_back(Said(title, first, second, "", "", ""), view.now - why.since, words)
    runs = words("Your visit clock still runs")
    text = (
        words("Lift it any time before {time}.", time=ends)
        if why.cause is Cause.HANDSET
        else words("It ends at {time}.", time=ends)
    )
    return Said(title, first, second, words("Time left"), runs, text, first_bold=bold)


def _paused(view: View, visit: VisitView, words: Words) -> Said:
    """An officer's pause comes before whatever else breaks meanwhile: all its time is kept."""
    title = words("An officer paused your visit")
    goes_on = words("It goes on when the officer says so.")
    reason = words("Reason: {reason}", reason=visit.pause_reason) if visit.pause_reason else ""
    since = visit.paused_since if visit.paused_since is not None else view.now
    first = words("Hold on. We keep your visit.")
    return _given_back(Said(title, first, goes_on, "", "", "", reason), view.now - since, words)


def _given_back(said: Said, lost_s: float, words: Words) -> Said:
    lost = max(0, round(lost_s))
    note = (
        words.count("{n} second lost so far", "{n} seconds lost so far", lost)
        if lost < 120
        else words("{n} min lost so far", n=lost // 60)
    )
    kept, back = words("Time kept for you"), words("Lost time is added to the end.")
    return replace(said, time=kept, note=note, note_text=back, given_back=True)


def ending(view: View, words: Words) -> str:
    """Return when an end that was confirmed here takes effect."""
    if view.connected:
        return words("One moment")
    return words("It ends as soon as the connection is back.")


def first_break(view: View, visit: VisitView) -> BreakView:
    """Return what broke first.

    A break that the hub has not told yet is one that the terminal sees by itself.
    """
    if visit.breaks:
        return visit.breaks[0]
    if not view.handset_up:
        return BreakView(side=Side.TERMINAL, cause=Cause.HANDSET, since=view.now)
    if not view.connected:
        return BreakView(side=Side.TERMINAL, cause=Cause.LINK, since=view.now)
    return BreakView(side=Side.NETWORK, cause=Cause.MEDIA, since=view.now)


def _why(view: View, why: BreakView, words: Words) -> tuple[str, str, str, bool]:
    visit = view.visit
    assert visit is not None
    name = names(visit, words)
    hold = words("Hold on. We keep your visit.")
    match why.side, why.cause:
        case _, Cause.HANDSET:
            here = (
                words("We keep {name} on the line.", name=name)
                if visit.visitor_here
                else words("We keep your visit.")
            )
            return words("The handset is hung up"), words("Lift it to go on."), here, True
        case Side.VISITOR, Cause.PAGE if visit.page is not None:  # it came back, or another did
            back = words("{name}'s page is open", name=name)
            press = words("Waiting for {name} to press the green telephone", name=name)
            return back, hold, press, False
        case Side.VISITOR, Cause.PAGE:
            closed = words("{name}'s page is closed", name=name)
            return closed, hold, words("{name} can open it again.", name=name), False
        case Side.VISITOR, _:
            dropped = words("{name}'s internet dropped", name=name)
            return dropped, hold, words("We call {name} back for you.", name=name), False
        case Side.TERMINAL, Cause.SIGNED_OUT:
            return words("You signed out"), hold, words("Sign in again to go on."), False
        case Side.TERMINAL, _:
            lost = words("This terminal lost its connection")
            return lost, hold, words("We connect it again for you."), False
    return words("Our network has a problem"), hold, words("We connect you again."), False
