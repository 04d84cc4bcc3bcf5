"""k9: whether each device works, live, and what failed before. No visit, no inmate. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from kiosk.screens import theme
from kiosk.screens.header import header
from kiosk.screens.items import Button, Look, Picture, Source
from kiosk.screens.layout import (
    DEVICES,
    LEAVE,
    RESTART,
    SELF_TEST,
    SEND_REPORT,
    TECHNICIAN_PICTURE,
    Box,
)
from kiosk.screens.notes import pill
from kiosk.screens.out_of_order import BROKEN
from kiosk.screens.pen import Pen, middle
from kiosk.screens.technician_log import log
from kiosk.view import AskRestart, Back, DeviceRow, RunSelfTest, SendReport, ShowDevice, View
from kiosk.words import Words

NAMES: Final = {
    "camera": ("camera", "Camera"),
    "microphone": ("microphone", "Microphone"),
    "earpiece": ("speaker", "Earpiece"),
    "hook": ("wall-phone-on-hook", "Hook"),
    "keypad": ("keypad", "Keypad"),
    "screen": ("screen", "Screen"),
    "hub": ("globe", "Hub"),
    "program": ("wrench", "Program"),
}
"""Icon and words by device."""
MEASURED: Final = {
    "no-measure": "Not measured",
    "tone-played": "Tone played",
    "hook-up": "Lifted",
    "hook-down": "On hook",
    "no-hook": "None",
    "press-a-key": "Press a key to test",
    "no-keypad": "None: the screen's keys",
    "touched": "Touch works",
    "not-connected": "Not connected",
    "media-runs": "Media process runs",
    "media-stopped": "Media process stopped",
    "needs-attention": "The machine needs attention",
}
"""What is measured and is no number."""
STATES: Final = {
    "pass": ("check-disc", "Pass"),
    "fail": ("warning", "Fail"),
    "testing": ("timer", "Testing"),
    "unknown": ("help", "Not tested"),
}
FACTS: Final = {
    "visitbooth": "Software",
    "python": "Python",
    "kernel": "Kernel",
    "kivy": "Kivy",
    "temperature": "Temperature",
    "disk": "Disk, free",
    "clock": "Clock",
    "link": "Network {name}",
}
VALUES: Final = {
    "synchronised": "Synchronized",
    "not-synchronised": "Not synchronized",
    "up": "Connected",
    "down": "No cable",
}
REPORTS: Final = {
    "sending": ("timer", "Sending"),
    "sent": ("check-disc", "Sent"),
    "not-connected": ("warning", "Not sent: not connected"),
    "no-answer": ("warning", "Not sent: no answer"),
    "refused": ("warning", "Not sent: refused"),
}
BLOCKS: Final = 16
ASIDE: Final = Box(844, 352, 412, 328)
REPORT: Final = Box(700, 696, 284, 88)
STATE: Final = Box(640, 0, 164, 48)
FACT_SIZE: Final = 20
FACT_PITCH: Final = 28
FACTS_SHOWN: Final = 9


def draw(pen: Pen, view: View, words: Words) -> None:
    """Draw all devices, or the one whose row was pressed."""
    # The hub's row says whether it is there.
    header(pen, replace(view, connected=True), words)
    pen.button(Button(LEAVE, Back(), words("Back"), "arrow-left", Look.ON_PINE, theme.BODY - 2))
    title = words("Technician")
    left = LEAVE.x - 28 - pen.measure(title, theme.BODY, True)
    pen.text(left, middle(44, theme.BODY), title, theme.BODY, theme.WHITE, bold=True)
    pen.icon("wrench", left - 54, 24, 40, theme.WHITE)
    here = view.technician
    shown = next((each for each in here.rows if each.device == here.shown), None)
    if shown is None:
        for box, row in zip(DEVICES, here.rows, strict=False):
            _row(pen, box, row, words)
    else:
        icon, name = NAMES[shown.device]
        log(pen, view, shown, icon, words(name), words=words, said=_said(shown, words))
        state(pen, Box(STATE.x, 124, STATE.w, STATE.h), shown.state, words)
    _live(pen, view, words)
    _buttons(pen, view, words)


def _row(pen: Pen, box: Box, row: DeviceRow, words: Words) -> None:
    pen.button(Button(box, ShowDevice(row.device), look=Look.KEY))
    icon, name = NAMES[row.device]
    y = box.centre[1]
    pen.icon(icon, box.x + 20, y - 20, 40, theme.INK)
    pen.text(box.x + 80, middle(y, 26), words(name), 26, theme.INK, bold=True, width=180)
    pen.text(box.x + 272, middle(y, 24), _said(row, words), 24, theme.STONE, width=330)
    state(pen, Box(STATE.x, y - STATE.h / 2, STATE.w, STATE.h), row.state, words)


def _said(row: DeviceRow, words: Words) -> str:
    """What was measured; of a device that fails, the fault's code and what it means."""
    known = BROKEN.get(row.code) or BROKEN.get(row.code.partition("-")[0])
    if row.code and known is not None:
        return f"{row.code}: {words(known[1])}"
    said = words(MEASURED[row.measured]) if row.measured in MEASURED else row.measured
    return words("Simulated: {what}", what=said) if row.simulated else said


def state(pen: Pen, box: Box, state: str, words: Words) -> None:
    """Pass, Fail, Testing: an icon and the word; nothing where there is none to judge."""
    if state not in STATES:
        return
    icon, text = STATES[state]
    if state == "fail":
        pen.fill(box, theme.SUN, theme.SMALL_RADIUS)
    y = box.centre[1]
    pen.icon(icon, box.x + 8, y - 16, 32, theme.INK)
    room = box.w - 60
    pen.text(box.x + 52, middle(y, 24), words(text), 24, theme.INK, bold=True, width=room)


def _live(pen: Pen, view: View, words: Words) -> None:
    box = TECHNICIAN_PICTURE
    pen.fill(box, theme.TINT, theme.CARD_RADIUS)
    pen.icon("camera", box.centre[0] - 48, box.centre[1] - 48, 96, theme.STONE)
    if view.technician.live:
        pen.picture(Picture(Source.SELF, box, radius=theme.CARD_RADIUS))
        pill(pen, box.x + 12, box.bottom - 56, "", words("Live"), height=44)
    pen.fill(ASIDE, theme.CARD, theme.CARD_RADIUS, theme.HAIR, 2)
    pen.icon("microphone", ASIDE.x + 16, ASIDE.y + 14, 36, theme.INK)
    for block in range(BLOCKS):
        colour = theme.PINE if block < view.technician.level else theme.HAIR
        pen.fill(Box(ASIDE.x + 66 + 20.5 * block, ASIDE.y + 18, 15, 28), colour, 4)
    y = ASIDE.y + 90
    for name, value in view.technician.facts[:FACTS_SHOWN]:
        _fact(pen, y, name, value, words=words)
        y += FACT_PITCH


def _fact(pen: Pen, y: float, name: str, value: str, *, words: Words) -> None:
    kind, _, which = name.partition(" ")
    first, comma, rest = value.partition(", ")
    said = words(VALUES[first]) + comma + rest if first in VALUES else value
    label = words(FACTS[kind], name=which)
    start = pen.text(ASIDE.x + 20, y, label, FACT_SIZE, theme.STONE, width=170)
    room = ASIDE.right - 20 - start - 12
    pen.text(ASIDE.right - 20, y, said, FACT_SIZE, theme.INK, bold=True, align="right", width=room)


def _buttons(pen: Pen, view: View, words: Words) -> None:
    here = view.technician
    pen.button(Button(SELF_TEST, RunSelfTest(), words("Self-test"), "check", Look.MAIN,
                      enabled=not here.testing))  # fmt: skip
    sending = here.report == "sending"
    report = words("Send report to the hub")
    pen.button(Button(SEND_REPORT, SendReport(), report, "antenna", Look.PLAIN, 26,
                      enabled=not sending))  # fmt: skip
    pen.button(Button(RESTART, AskRestart(), words("Restart"), "restart", Look.PLAIN))
    if here.report in REPORTS:
        icon, text = REPORTS[here.report]
        y = REPORT.centre[1]
        pen.icon(icon, REPORT.x, y - 20, 40, theme.INK)
        lines = pen.wrapped(words(text), 24, True, REPORT.w - 56)
        first = middle(y, 24) - 15 * (len(lines) - 1)
        pen.paragraph(REPORT.x + 56, first, words(text), 24, REPORT.w - 56, bold=True,
                      leading=1.25)  # fmt: skip
