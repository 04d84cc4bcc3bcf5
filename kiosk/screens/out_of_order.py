"""k8: this terminal does not work. What is broken, where to go, and the code for staff. Pure."""

from __future__ import annotations

from typing import Final

from kiosk.screens import theme
from kiosk.screens.header import clock, gate_sign
from kiosk.screens.layout import CODE, Box
from kiosk.screens.pen import Pen
from kiosk.screens.technician_pin import held_for_technician
from kiosk.view import View
from kiosk.words import Words

PANEL: Final = Box(0, 0, 480, 800)
FREE: Final = Box(536, 375, 690, 136)
LEFT: Final = 536
RIGHT: Final = 1224

BROKEN: Final = {
    "CAM": ("no-camera", "No camera"),
    "CAM-02": ("no-camera", "The camera is black"),
    "CAM-03": ("no-camera", "The camera is frozen"),
    "MIC": ("microphone-off", "No microphone"),
    "MIC-02": ("microphone-off", "The microphone is silent"),
    "EAR": ("speaker", "No sound in the handset"),
    "HOOK": ("wall-phone-on-hook", "The handset hook fails"),
    "KEY": ("keypad", "No keypad"),
    "NET": ("no-wifi", "No network"),
    "HUB": ("no-wifi", "Not connected"),
    "APP": ("wrench", "A program stopped"),
}
"""Icon and words by whole code, else by its first part."""


def draw(pen: Pen, view: View, words: Words) -> None:
    """Draw what is out of order."""
    code = view.faults[0] if view.faults else "APP"
    pen.fill(PANEL, theme.SUN, bleed="ltb")
    if view.label:
        _here(pen, view, words)
    icon, text = broken(code)
    pen.icon(icon, 80, 226, 320, theme.INK)
    pen.text(240, 610, words(text), theme.LEAD, theme.INK, bold=True, align="centre", width=440)
    _code(pen, code, view, words)
    pen.button(held_for_technician(CODE))
    pen.paragraph(
        LEFT, 121, words("This terminal is out of order"), 64, 540, colour=theme.INK, bold=True
    )
    pen.text(LEFT, 274, words("Use another terminal."), 40, theme.INK, bold=True, width=690)
    pen.text(LEFT, 323, _told(view, words), 40, theme.INK, width=690)
    if view.free_terminal is not None:
        _free(pen, view, words)
    elif view.set_up is not None:
        (_, why), *_ = view.set_up.said
        pen.paragraph(LEFT, 401, why, theme.SMALL, 690, colour=theme.STONE, lines=5,
                      leading=theme.TEXT_LEADING)  # fmt: skip
    pen.text(LEFT, 575, words("Your visit is safe. Sign in there and it goes on."), theme.BODY,
             theme.INK, width=690)  # fmt: skip
    _other_language(pen, view)


def _here(pen: Pen, view: View, words: Words) -> None:
    """Which terminal this is and the time, once the hub has said so."""
    gate_sign(pen, Box(40, 40, 88, 88), view.label, theme.INK, theme.SUN)
    terminal = words("Terminal {label}", label=view.label)
    pen.text(148, 76, terminal, 30, theme.INK, bold=True, width=320)
    pen.text(148, 113, words("Unit {unit}", unit=view.unit), 26, theme.INK, width=320)
    clock(pen, view, words, theme.INK, 97, right=RIGHT)


def broken(code: str) -> tuple[str, str]:
    """Return icon and words for a fault code. An unknown one is a program's."""
    return BROKEN.get(code) or BROKEN.get(code.partition("-")[0]) or BROKEN["APP"]


def _told(view: View, words: Words) -> str:
    """Staff know only while the hub does; else the inmate has to say it."""
    return words("Staff have been told.") if view.connected else words("Please tell an officer.")


def _code(pen: Pen, code: str, view: View, words: Words) -> None:
    pen.icon("wrench", 40, 724, 36, theme.INK)
    x = pen.text(90, 750, words("Code"), 24, theme.INK)
    x = pen.text(x + 12, 750, code, 24, theme.INK, bold=True)
    if view.fault_since is not None and view.label:
        since = words("since {time}", time=words.time(view.fault_since))
        pen.text(x + 12, 750, since, 24, theme.INK, width=456 - x)


def _free(pen: Pen, view: View, words: Words) -> None:
    assert view.free_terminal is not None
    free = view.free_terminal
    pen.fill(FREE, theme.CARD, theme.CARD_RADIUS, theme.PINE, 4)
    gate_sign(pen, Box(568, 399, 88, 88), free.label, theme.SUN, theme.INK)
    title = words("Terminal {label} is free", label=free.label)
    pen.text(680, 433, title, theme.LEAD, theme.INK, bold=True, width=440)
    pen.text(680, 476, words("Unit {unit}", unit=free.unit), 26, theme.STONE, width=440)
    pen.icon("check-disc", 1132, 415, 56, theme.PINE)


def _other_language(pen: Pen, view: View) -> None:
    others = [each for each in view.languages if each != view.language]
    if not others:
        return
    words = Words(others[0], view.facility)
    pen.fill(Box(LEFT, 613, 690, 2), theme.HAIR)
    said = f"{words('This terminal is out of order')}. {words('Use another terminal.')}"
    pen.text(LEFT, 667, said, theme.BODY, theme.STONE, bold=True, width=690)
    pen.text(LEFT, 705, _told(view, words), theme.BODY, theme.STONE, width=690)
