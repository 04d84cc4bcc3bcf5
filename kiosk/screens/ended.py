"""k7: the visit has ended. Time used, lost and added back, and what comes next. Pure."""

from __future__ import annotations

from typing import Final

from kiosk.screens import theme
from kiosk.screens.header import header
from kiosk.screens.items import Button, Look
from kiosk.screens.layout import ENDED_SIGN_OUT, MY_VISITS, Box
from kiosk.screens.pen import Pen
from kiosk.screens.people import names, relation
from kiosk.view import AskSignOut, ShowMyVisits, View
from kiosk.words import Words, minutes_near
from signalling.visit import Status
from signalling.visit_events import By, EndReason, Side
from signalling.wire import VisitView

BAR: Final = Box(56, 254, 1168, 72)
MIN_PART: Final = 64
"""A lost or added part of the bar is never narrower: its icon says what it is."""
CARDS: Final = (Box(56, 384, 371, 160), Box(451, 384, 378, 160), Box(853, 384, 371, 160))
"""By place: what is zero has no card, and what follows moves up."""
CARDS_OWED: Final = (Box(56, 384, 250, 160), Box(330, 384, 378, 160), Box(732, 384, 492, 160))
"""The same where the last has to say why time was not added."""
OWED_S: Final = 30
NEXT_VISIT: Final = Box(56, 568, 1168, 88)


def draw(pen: Pen, view: View, words: Words) -> None:
    """Draw the receipt and the ways on."""
    visit = view.visit
    assert visit is not None
    header(pen, view, words, name=True)
    title = words("Your visit with {name} has ended", name=names(visit, words))
    pen.text(56, 174, title, theme.TITLE, theme.INK, bold=True, width=1168)
    end = visit.ended_at if visit.ended_at is not None else visit.ends_at
    start = visit.begun_at if visit.begun_at is not None else visit.starts_at
    time = f"{words.span(start, end).rstrip('.')}. {why(visit, words)}"
    pen.text(56, 224, time, 30, theme.STONE, width=1168)
    _bar(pen, visit, start, end, words)
    _amounts(pen, visit, words)
    _next(pen, visit, view, words)
    _ways_on(pen, view, words)


def why(visit: VisitView, words: Words) -> str:
    """Return who ended it and why."""
    name = names(visit, words)
    match visit.end_reason, visit.ended_by:
        case EndReason.EXPIRED, _:
            return words("The time was over.")
        case EndReason.RED_X, By.INMATE:
            return words("You ended it.")
        case EndReason.RED_X, _:
            return words("{name} ended it.", name=name)
        case EndReason.STAFF, _:
            return words("An officer ended it.")
        case EndReason.NOBODY_CAME, _ if not visit.visitor_here:
            return words("{name} did not come.", name=name)
        case EndReason.NOBODY_CAME, _:
            return words("It did not begin in time.")
        case EndReason.CANCELLED, _:
            return words("It was canceled.")
    return ""


def _bar(pen: Pen, visit: VisitView, start: float, end: float, words: Words) -> None:
    """Used, lost and added time as lengths. Where in the visit they lay is not known here."""
    colour = theme.PINE if visit.begun_at is not None else theme.HAIR
    pen.fill(BAR, colour, theme.BUTTON_RADIUS)
    whole = max(1.0, end - start)
    right = BAR.right
    if visit.added_s >= 30 and end > visit.ends_at - visit.added_s:
        across = max(MIN_PART, BAR.w * min(0.4, visit.added_s / whole))
        part = Box(right - across, BAR.y, across, BAR.h)
        pen.fill(part, theme.SUN, theme.BUTTON_RADIUS)
        pen.fill(Box(part.x, part.y, 2 * theme.BUTTON_RADIUS, part.h), theme.SUN)
        pen.icon("plus", part.centre[0] - 18, BAR.centre[1] - 18, 36, theme.INK)
        right = part.x
    if round(visit.lost_s):
        across = max(MIN_PART, BAR.w * min(0.4, visit.lost_s / whole))
        middle = (BAR.x + right) / 2
        part = Box(middle - across / 2, BAR.y, across, BAR.h)
        pen.fill(part, theme.CARD, 0.5, theme.EDGE, 5)
        pen.icon("no-wifi", middle - 22, BAR.centre[1] - 22, 44, theme.INK)
    pen.text(56, 353, words.time(start), theme.SMALL, theme.STONE)
    pen.text(1224, 353, words.time(end), theme.SMALL, theme.STONE, align="right")


def _amounts(pen: Pen, visit: VisitView, words: Words) -> None:
    owed = visit.owed_s >= OWED_S and visit.end_reason is EndReason.EXPIRED
    places = iter(CARDS_OWED if owed else CARDS)
    _used(pen, next(places), visit, words)
    if round(visit.lost_s):
        _lost(pen, next(places), visit, words)
    if round(visit.added_s) or owed:
        _added(pen, next(places), visit, words, owed=owed)


def _amount(pen: Pen, card: Box, icon: str, title: str, seconds: float, *, words: Words) -> float:
    x, y = card.x + 30, card.y
    pen.icon(icon, x, y + 22, 40, theme.INK if icon == "plus-disc" else theme.PINE)
    pen.text(x + 54, y + 52, title, 27, theme.INK, width=card.w - 100)
    in_seconds = 0 < round(seconds) < 60
    text = (
        words("{n} s", n=round(seconds))
        if in_seconds
        else words("{n} min", n=minutes_near(seconds))
    )
    return pen.text(x, y + 125, text, 64, theme.INK, bold=True, width=card.w - 60)


def _used(pen: Pen, card: Box, visit: VisitView, words: Words) -> None:
    pen.fill(card, theme.CARD, theme.CARD_RADIUS, theme.HAIR, 2)
    _amount(pen, card, "timer", words("Used"), visit.used_s, words=words)


def _lost(pen: Pen, card: Box, visit: VisitView, words: Words) -> None:
    pen.fill(card, theme.PAPER, theme.CARD_RADIUS, theme.EDGE, 5)
    end = _amount(pen, card, "no-wifi", words("Lost"), visit.lost_s, words=words)
    pen.paragraph(end + 18, card.y + 97, _whose(visit, words), 23, card.right - end - 34,
                  colour=theme.STONE, leading=1.2)  # fmt: skip


def _whose(visit: VisitView, words: Words) -> str:
    """Return on whose part of the way most was lost."""
    by = max(visit.lost_by, key=lambda side: visit.lost_by[side], default="")
    match by:
        case Side.VISITOR:
            return words("{name}'s internet", name=names(visit, words))
        case Side.TERMINAL:
            return words("This terminal")
        case Side.NETWORK | Side.HUB:
            return words("Our network")
    return ""


def _added(pen: Pen, card: Box, visit: VisitView, words: Words, *, owed: bool) -> None:
    pen.fill(card, theme.SUN, theme.CARD_RADIUS)
    end = _amount(pen, card, "plus-disc", words("Added back"), visit.added_s, words=words)
    if owed:
        # The hub adds lost time unless a booking follows or its limit is reached.
        text = words("No room for the rest: limit, or next booking")
        pen.paragraph(end + 20, card.y + 84, text, 26, card.right - end - 36,
                      colour=theme.INK, lines=3, leading=1.15)  # fmt: skip


def _next(pen: Pen, visit: VisitView, view: View, words: Words) -> None:
    pen.fill(NEXT_VISIT, theme.CARD, theme.CARD_RADIUS, theme.HAIR, 2)
    pen.icon("calendar-check", 90, 592, 42)
    coming = [
        each
        for each in view.visits
        if each.id != visit.id and each.status is not Status.ENDED and each.ends_at > view.now
    ]
    if not coming:
        pen.text(154, 622, words("No more visits today"), theme.BODY, theme.STONE, width=1040)
        return
    following = min(coming, key=lambda each: each.starts_at)
    x = pen.text(154, 622, words("Next visit"), theme.BODY, theme.STONE)
    when = words.day_and_time(following.starts_at, view.now)
    x = pen.text(x + 20, 622, when, theme.BODY, theme.INK, bold=True)
    kin = relation(following, words)
    who = names(following, words) + (f", {kin.lower()}" if kin else "")
    pen.text(x + 20, 622, who, theme.BODY, theme.INK, width=NEXT_VISIT.right - x - 44)


def _ways_on(pen: Pen, view: View, words: Words) -> None:
    asks = view.has_hook and view.handset_up
    pen.icon("wall-phone-hang-up" if view.has_hook else "check-disc", 56, 680, 84)
    hang_up = words("Please hang up the handset.") if asks else words("Thank you.")
    pen.text(164, 715, hang_up, 26, theme.INK, bold=True, width=500)
    if view.sign_out_in_s is not None:
        out = words("You sign out in {n} s", n=view.sign_out_in_s)
        pen.text(164, 753, out, 26, theme.STONE, width=500)
    visits, out = words("My visits"), words("Sign out")
    pen.button(Button(MY_VISITS, ShowMyVisits(), visits, "calendar", Look.PLAIN))
    pen.button(Button(ENDED_SIGN_OUT, AskSignOut(), out, "sign-out", Look.MAIN))
