"""k5: the visit. The family large, oneself under the lens, the time left, the way to end. Pure."""

from __future__ import annotations

from typing import Final

from kiosk.screens import held_words, theme
from kiosk.screens.items import Button, Look, Picture, Source
from kiosk.screens.layout import (
    END_VISIT,
    REMOTE_BLEED,
    REMOTE_VIDEO,
    SELF_VIEW,
    VOLUME_DOWN,
    VOLUME_UP,
    Box,
)
from kiosk.screens.notes import notice_pills, pill
from kiosk.screens.pen import Pen
from kiosk.screens.people import names
from kiosk.screens.time_left import LAST_S, left_s, time_left, warning
from kiosk.view import AskEnd, View, VolumeStep
from kiosk.words import Words
from signalling.wire import VisitView

BAR: Final = Box(0, 680, 1280, 120)
MAX_VOLUME: Final = 8
QUALITY: Final = {
    "good": ("signal-good", "Good"),
    "fair": ("signal-fair", "Fair"),
    "weak": ("signal-weak", "Weak. Sound first."),
    "sound-only": ("sound-only", "Sound only"),
}
SOUND_ONLY_DIM: Final = 0.7
"""The last picture stays, but can no longer be taken for a live one."""


def draw(pen: Pen, view: View, words: Words) -> None:
    """Draw the visit."""
    visit = view.visit
    assert visit is not None
    _remote(pen, view, words)
    _self_view(pen)
    notice_pills(pen, 24, 24, visit, words)
    icon, text = QUALITY[view.quality]
    pill(pen, 1256, 24, icon, words(text), align="right")
    if not visit.visitor_microphone:
        muted = words("{name} is muted", name=names(visit, words))
        # Below the self-view: there is room for every name.
        pill(pen, 1256, SELF_VIEW.bottom + 20, "microphone-off", muted, align="right")
    # Dark like the others: a picture that leaves paper beside it ends somewhere under them.
    pill(pen, 24, 604, "", names(visit, words))
    said = warning(visit, view.now, words)
    if said:
        pill(pen, 640, 604, "timer", said, ground=theme.SUN, colour=theme.INK, align="centre")
    if view.ending:
        _ending(pen, view, words)
        return
    _time(pen, visit, view, words)
    _volume(pen, view)
    pen.button(Button(END_VISIT, AskEnd(), words("End visit"), "x", Look.RED))


def _remote(pen: Pen, view: View, words: Words) -> None:
    assert view.visit is not None
    sent, name = view.visit.visitor_camera, names(view.visit, words)
    # Of a picture that is sent, this is seen only until the first one covers it.
    x, y = REMOTE_VIDEO.centre
    pen.icon("account", x - 90, y - 110, 180, theme.STONE)
    said = (
        words("{name}'s picture comes now", name=name)
        if sent
        else words("{name}'s camera is off", name=name)
    )
    pen.text(x, y + 130, said, theme.LEAD, theme.STONE, align="centre", width=900)
    if not sent:
        return
    stands = view.quality == "sound-only" or view.ending
    dim = SOUND_ONLY_DIM if stands else 0
    pen.picture(Picture(Source.REMOTE, REMOTE_VIDEO, REMOTE_BLEED, dim=dim))


def _self_view(pen: Pen) -> None:
    tab = Box(SELF_VIEW.x - 8, -20, SELF_VIEW.w + 16, SELF_VIEW.bottom + 8 + 20)
    # Above the design there may be window (a taller one): the tab hangs from its edge.
    pen.fill(Box(tab.x, 0, tab.w, 40), theme.PAPER, bleed="t")
    pen.fill(tab, theme.PAPER, theme.CARD_RADIUS)
    pen.picture(Picture(Source.SELF, SELF_VIEW, radius=theme.SMALL_RADIUS))


def _time(pen: Pen, visit: VisitView, view: View, words: Words) -> None:
    last = left_s(visit, view.now) <= LAST_S
    if last:
        pen.fill(Box(0, BAR.y, 500, BAR.h), theme.SUN, bleed="lb")
    pen.icon("timer", 24, 708, 60, theme.INK if last else theme.PINE)
    pen.text(102, 739, time_left(visit, view.now, words), 46, theme.INK, bold=True, width=388)
    ends = words("Ends at {time}.", time=words.time(visit.ends_at))
    added = round(visit.added_s / 60)
    if added:
        ends = f"{ends} {words('{n} min added.', n=added)}"
    pen.text(102, 774, ends, 24, theme.INK if last else theme.STONE, width=388)


def _ending(pen: Pen, view: View, words: Words) -> None:
    """The red X was confirmed: nothing is left to press until the hub has heard it."""
    pen.fill(BAR, theme.SUN, bleed="lrb")
    pen.icon("x", 24, 708, 60, theme.INK)
    pen.text(102, 739, words("Ending your visit"), 46, theme.INK, bold=True, width=1138)
    pen.text(102, 778, held_words.ending(view, words), theme.BODY, theme.INK, width=1138)


def _volume(pen: Pen, view: View) -> None:
    pen.button(Button(VOLUME_DOWN, VolumeStep(-1), icon="minus", size=34, enabled=view.volume > 0))
    up = Button(VOLUME_UP, VolumeStep(+1), icon="plus", size=34, enabled=view.volume < MAX_VOLUME)
    pen.button(up)
    pen.icon("speaker", 704, 706, 44)
    for block in range(MAX_VOLUME):
        colour = theme.PINE if block < view.volume else theme.HAIR
        pen.fill(Box(640 + 22 * block, 758, 18, 16), colour, 4)
