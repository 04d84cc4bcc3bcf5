"""k3: the visits of who is signed in, nearest first. Pure."""

from __future__ import annotations

from typing import Final

from kiosk.screens import theme
from kiosk.screens.header import header
from kiosk.screens.items import Button, Look
from kiosk.screens.layout import GET_READY, TRY_AGAIN, VISIT_CARDS, Box
from kiosk.screens.pen import Pen
from kiosk.screens.people import names, relation
from kiosk.screens.time_left import duration
from kiosk.screens.visit_line import visit_line
from kiosk.view import GetReady, TryAgain, View
from kiosk.words import Words, minutes_near
from signalling.visit import Status
from signalling.visit_events import EndReason
from signalling.wire import VisitView

SOON_S: Final = 600
"""A visit this near may be chosen from its row too: the window in which sign-in opens it."""

NAME: Final = 44
LONG_NAME: Final = 36
"""A name that does not fit one line takes two, rather than become small."""
NAME_WIDTH: Final = 340

STATUS_WORDS: Final = {
    Status.SCHEDULED: "Scheduled",
    Status.PENDING: "Pending",
    Status.READY: "Ready",
    Status.IN_VISIT: "In visit",
    Status.INTERRUPTED: "In visit",
}


def draw(pen: Pen, view: View, words: Words) -> None:
    """Draw my visits."""
    header(pen, view, words, button="sign-out", name=True)
    pen.text(1240, 151, words.date(view.now), 26, theme.STONE, align="right")
    if view.loading:
        _loading(pen, view, words)
        return
    visits = todays(view, words)
    title = words("Your visits today") if visits else words("No visits today")
    pen.text(40, 157, title, 44, theme.INK, bold=True, width=720)
    open_visits = [each for each in visits if each.status is not Status.ENDED]
    if open_visits:
        _nearest(pen, open_visits[0], view, words)
    rows = [each for each in visits if each not in open_visits[:1]]
    cards = VISIT_CARDS[1:] if open_visits else _moved_up()
    for row, (visit, card) in enumerate(zip(rows, cards, strict=False), start=1):
        _row(pen, visit, card, row, view, words=words)
    more = len(rows) - len(cards)
    if more > 0:
        text = words("and {n} more", n=more)
        pen.text(40, 788, text, theme.SMALL, theme.STONE)
    if not open_visits:
        _next(pen, view, words, 192 + 132 * min(len(rows), len(cards)))


def todays(view: View, words: Words) -> list[VisitView]:
    """Return today's visits: what is still to come by start, then what has ended."""
    today = words.day(view.now)
    of_today = [
        each
        for each in view.visits
        if words.day(each.starts_at) == today or each.starts_at <= view.now < each.ends_at
    ]
    return sorted(of_today, key=lambda each: (each.status is Status.ENDED, each.starts_at))


def _moved_up() -> tuple[Box, ...]:
    """Where rows lie when there is no large card above them."""
    return tuple(Box(card.x, 192 + 132 * at, card.w, card.h) for at, card in
                 enumerate(VISIT_CARDS[1:]))  # fmt: skip


def _loading(pen: Pen, view: View, words: Words) -> None:
    if view.connected:
        pen.text(40, 157, words("Getting your visits"), 44, theme.STONE, bold=True, width=720)
        return
    pen.text(40, 157, words("Not connected"), 44, theme.INK, bold=True, width=720)
    pen.text(40, 300, words("We cannot get your visits now."), theme.LEAD, theme.INK)
    pen.text(40, 348, words("Your visits are safe."), theme.LEAD, theme.STONE)
    pen.button(Button(TRY_AGAIN, TryAgain(), words("Try again"), look=Look.MAIN))


def _nearest(pen: Pen, visit: VisitView, view: View, words: Words) -> None:
    card = VISIT_CARDS[0]
    pen.fill(card, theme.PINE, theme.CARD_RADIUS)
    pen.fill(card.inset(4), theme.CARD, theme.BUTTON_RADIUS)
    sun = Box(836, card.y + 4, card.right - 4 - 836, card.h - 8)
    pen.fill(sun, theme.SUN, theme.BUTTON_RADIUS)
    pen.fill(Box(sun.x, sun.y, 2 * theme.BUTTON_RADIUS, sun.h), theme.SUN)
    digits, half = words.clock(visit.starts_at)
    end = pen.digits(80, 288, digits, 74)
    if half:
        pen.text(end + 6, 288, half, theme.BODY, theme.INK, bold=True)
    until = words("to {time}", time=words.time(visit.ends_at))
    pen.text(80, 331, until, 26, theme.STONE)
    pen.icon(_face(visit), 380, 236, 72)
    name, kin = names(visit, words), relation(visit, words)
    name_fits = pen.measure(name, NAME, True) <= NAME_WIDTH
    if name_fits:
        pen.text(478, 269 if kin else 288, name, NAME, theme.INK, bold=True)
    else:
        pen.paragraph(478, 250 if kin else 270, name, LONG_NAME, NAME_WIDTH, bold=True)
    pen.text(478, 306 if name_fits else 331, kin, 26, theme.STONE, width=NAME_WIDTH)
    visit_line(pen, words, visit.status, 147, 717, y=402)
    _until(pen, visit, view, words)
    ready = Button(GET_READY[0], GetReady(visit.id), words("Get ready"), "arrow-right", Look.MAIN,
                   icon_after=True)  # fmt: skip
    pen.button(ready)


def _until(pen: Pen, visit: VisitView, view: View, words: Words) -> None:
    if visit.status is Status.SCHEDULED:
        title, time = words("Your visit starts in"), visit.starts_at - view.now
    else:
        title, time = words("Your visit ends in"), visit.ends_at - view.now
    pen.text(864, 245, title, 27, theme.INK, bold=True, width=348)
    pen.text(864, 335, duration(time, words), 96, theme.INK, bold=True, width=348)


def _row(pen: Pen, visit: VisitView, card: Box, row: int, view: View, *, words: Words) -> None:
    pen.fill(card, theme.CARD, theme.CARD_RADIUS, theme.HAIR, 2)
    y = card.y
    digits, half = words.clock(visit.starts_at)
    end = pen.digits(76, y + 71, digits, 34 if half else 40)
    if half:
        pen.text(end + 4, y + 71, half, theme.SMALLEST, theme.INK, bold=True)
    pen.icon(_face(visit), 236, y + 31, 48)
    kin = relation(visit, words)
    name = names(visit, words)
    name_fits = pen.measure(name, 30, True) <= 226
    if name_fits:
        pen.text(308, y + (51 if kin else 66), name, 30, theme.INK, bold=True)
    else:
        pen.paragraph(308, y + (38 if kin else 52), name, 26, 226, bold=True)
    pen.text(308, y + (83 if name_fits else 96), kin, 24, theme.STONE, width=226)
    if visit.private:
        _private(pen, y + 30, words)
    choosable = visit.status is not Status.ENDED and visit.starts_at - view.now <= SOON_S
    if choosable:
        ready = Button(_on_row(card, row), GetReady(visit.id), words("Get ready"), "arrow-right",
                       Look.PLAIN, 26, icon_after=True)  # fmt: skip
        pen.button(ready)
        return
    text, icon = _state(visit, words)
    size = 27
    pen.text(1206, y + 66, text, size, theme.STONE, bold=True, align="right")
    pen.icon(icon, 1206 - pen.measure(text, size, True) - 54, y + 37, 40, theme.STONE)


def _on_row(card: Box, row: int) -> Box:
    """A row's button, at its place from `layout` (a row with one stands below the large card)."""
    assert card is VISIT_CARDS[row]
    return GET_READY[row]


def _private(pen: Pen, y: float, words: Words) -> None:
    text = words("Private. Not recorded.")
    across = pen.measure(text, 24, True)
    pen.fill(Box(546, y, across + 74, 52), theme.TINT, theme.SMALL_RADIUS)
    pen.icon("lock", 562, y + 10, 30, theme.INK)
    pen.text(604, y + 34, text, 24, theme.INK, bold=True)


def _state(visit: VisitView, words: Words) -> tuple[str, str]:
    if visit.status is not Status.ENDED:
        return words(STATUS_WORDS[visit.status]), "clock"
    if visit.begun_at is not None:
        return words("Ended, {n} min", n=minutes_near(visit.used_s)), "check-disc"
    if visit.end_reason is EndReason.CANCELLED:
        return words("Canceled"), "calendar"
    return words("Ended"), "check-disc"


def _next(pen: Pen, view: View, words: Words, y: float) -> None:
    """The next visit on another day, where the hub told us one."""
    later = [each for each in view.visits if each.status is not Status.ENDED]
    later = sorted((each for each in later if each.starts_at > view.now),
                   key=lambda each: each.starts_at)  # fmt: skip
    if not later:
        _card(pen, y, "calendar")
        pen.text(148, y + 66, words("Nothing is booked for you."), 28, theme.STONE, width=1040)
        return
    visit = later[0]
    _card(pen, y, "calendar-check")
    before = pen.text(148, y + 66, words("Next visit"), 28, theme.STONE)
    when = words.day_and_time(visit.starts_at, view.now)
    before = pen.text(before + 18, y + 66, when, 28, theme.INK, bold=True)
    pen.text(before + 18, y + 66, names(visit, words), 28, theme.INK, width=1200 - before)


def _card(pen: Pen, y: float, icon: str) -> None:
    pen.fill(Box(40, y, 1200, 112), theme.CARD, theme.CARD_RADIUS, theme.HAIR, 2)
    pen.icon(icon, 76, y + 32, 48)


def _face(visit: VisitView) -> str:
    return "scales" if visit.private else "account"
