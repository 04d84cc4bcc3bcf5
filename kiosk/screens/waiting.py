"""k4: the inmate waits. Proves face, voice and handset before the visit depends on them. Pure."""

from __future__ import annotations

from typing import Final

from kiosk.screens import theme
from kiosk.screens.header import header
from kiosk.screens.items import Picture, Source
from kiosk.screens.layout import METER, SELF_VIEW_WAITING, Box
from kiosk.screens.notes import notice, pill
from kiosk.screens.pen import Pen
from kiosk.screens.people import names
from kiosk.screens.time_left import duration
from kiosk.screens.visit_line import visit_line
from kiosk.view import View
from kiosk.words import Words
from signalling.visit import Status
from signalling.wire import VisitView

LEFT: Final = 760
ROOM: Final = 480
BLOCKS: Final = 16
CHECKS: Final = Box(760, 416, 480, 196)
NOTICE: Final = Box(760, 640, 480, 120)


def draw(pen: Pen, view: View, words: Words) -> None:
    """Draw the waiting screen."""
    assert view.visit is not None
    header(pen, view, words, button="sign-out", name=True)
    _face(pen, words)
    if view.handset_up:
        _meter(pen, view, words)
    else:
        _lift(pen, view, words)
    _heading(pen, view.visit, view, words)
    visit_line(pen, words, view.visit.status, 810, 1198, y=347)
    _checks(pen, view.visit, view, words)
    notice(pen, NOTICE, view.visit, words)


def _face(pen: Pen, words: Words) -> None:
    box = SELF_VIEW_WAITING
    pen.fill(box, theme.TINT, theme.CARD_RADIUS)
    pen.icon("account", box.centre[0] - 60, box.centre[1] - 60, 120, theme.STONE)
    pen.picture(Picture(Source.SELF, box, radius=theme.CARD_RADIUS))
    line = Box(box.centre[0] - 142, box.y + 54, 284, 336)
    pen.oval(line, theme.INK, 16)
    pen.oval(line.inset(3), theme.SUN, 10)
    pill(pen, box.x + 16, box.bottom - 72, "face-frame", words("Put your face in the line"),
         height=56)  # fmt: skip


def _meter(pen: Pen, view: View, words: Words) -> None:
    border, width = (theme.SUN, 6) if view.silent else (theme.HAIR, 2)
    pen.fill(METER, theme.CARD, theme.CARD_RADIUS, border, width)
    icon = "microphone-off" if view.silent else "microphone"
    pen.icon(icon, METER.x + 32, METER.y + 32, 56)
    text = (
        words("We do not hear you. Speak into the handset.")
        if view.silent
        else words("Say hello. We hear you.")
    )
    pen.text(148, METER.y + 49, text, 26, theme.INK, bold=True, width=550)
    for block in range(BLOCKS):
        colour = theme.PINE if block < view.level else theme.HAIR
        pen.fill(Box(148 + 34 * block, METER.y + 64, 26, 32), colour, 4)


def _lift(pen: Pen, view: View, words: Words) -> None:
    pen.fill(METER, theme.SUN, theme.CARD_RADIUS)
    pen.icon("wall-phone-lift", METER.x + 28, METER.y + 12, 96, theme.INK)
    title = words("Lift the handset")
    if view.sign_out_in_s is None:
        pen.text(192, METER.y + 73, title, theme.LEAD, theme.INK, bold=True, width=510)
        return
    pen.text(192, METER.y + 55, title, theme.LEAD, theme.INK, bold=True, width=510)
    text = words("You sign out in {n} s", n=view.sign_out_in_s)
    pen.text(192, METER.y + 93, text, 26, theme.INK, width=510)


def _heading(pen: Pen, visit: VisitView, view: View, words: Words) -> None:
    """Before the start the countdown, then the status and whom it now depends on."""
    name = names(visit, words)
    if visit.pause_reason:
        pen.icon("hand", LEFT, 116, 96)
        pen.text(880, 181, words("No visits now"), theme.TITLE, theme.INK, bold=True, width=360)
        text = words("Reason: {reason}", reason=visit.pause_reason)
    elif view.now < visit.starts_at:
        pen.icon("clock", LEFT, 116, 96)
        pen.text(880, 147, words("Your visit starts in"), 27, theme.INK, bold=True, width=360)
        time = duration(visit.starts_at - view.now, words)
        pen.text(880, 207, time, theme.TITLE, theme.INK, bold=True, width=360)
        text = words("Your visit with {name}", name=name)
    elif visit.status is Status.READY:
        pen.disc(LEFT + 48, 164, 96, theme.GREEN)
        pen.icon("phone", LEFT + 22, 138, 52, theme.WHITE)
        pen.text(880, 181, words("Ready"), theme.TITLE, theme.INK, bold=True, width=360)
        text = words("Waiting for {name} to press the green telephone", name=name)
    else:
        pen.icon("pending", LEFT, 116, 96)
        pen.text(880, 181, words("Pending"), theme.TITLE, theme.INK, bold=True, width=360)
        text = words("Hold on. We keep your visit.")
    pen.paragraph(LEFT, 258, text, theme.LEAD, ROOM, colour=theme.INK, bold=True)


def _checks(pen: Pen, visit: VisitView, view: View, words: Words) -> None:
    pen.fill(CHECKS, theme.CARD, theme.CARD_RADIUS, theme.HAIR, 2)
    name = names(visit, words)
    here = visit.visitor_here
    handset = words("Handset is up") if view.handset_up else words("Handset is hung up")
    page = (
        words("{name}'s page is open", name=name)
        if here
        else words("Waiting for {name}", name=name)
    )
    time = words.span(visit.starts_at, visit.ends_at)
    rows: tuple[tuple[str, str, bool | None], ...] = (
        ("clock", time, None),
        ("wall-phone-lift", handset, view.handset_up),
        ("home", page, here),
    )
    for number, (icon, text, done) in enumerate(rows):
        y = CHECKS.y + 36 + 62 * number
        if number:
            pen.fill(Box(CHECKS.x + 26, y - 32, CHECKS.w - 52, 2), theme.HAIR)
        pen.icon(icon, CHECKS.x + 28, y - 24, 48)
        pen.text(CHECKS.x + 96, y + 9, text, theme.BODY, theme.INK, width=306)
        if done is not None:
            pen.icon("check-disc" if done else "pending", CHECKS.right - 66, y - 20, 40,
                     theme.PINE if done else theme.STONE)  # fmt: skip
