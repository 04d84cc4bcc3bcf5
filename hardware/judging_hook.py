"""Whether a hook switch works, from its moves while somebody was asked to move it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hardware.finding import FROZEN, REFUSED, Finding, failed

FLAPS: Final = 6
FLAPS_WITHIN_S: Final = 1.0
"""So many moves in a second no hand makes: to lift and hang up twice in it is hard to do. Of moves
that are debounced; and of raw ones, while nobody moves it: then there are no bounces either."""


@dataclass(frozen=True, slots=True)
class Move:
    """The handset was lifted (`up`) or hung up."""

    at_s: float
    up: bool


def judge(
    starts_up: bool, moves: Sequence[Move], asked_s: float | None, raw_moves: int = 0
) -> Finding:
    """Judge a hook by its moves.

    `asked_s`: how long the technician was given for each move; None when nobody was asked.
    `raw_moves`: how often the switch moved within the second in which nobody moved it. A contact
    that flaps is held back by the debouncing (`debounce.py`), or never still enough for it: what
    is debounced alone would make it look stuck.
    """
    fastest = max(_fastest(moves), raw_moves)
    if fastest >= FLAPS:
        return failed(
            "hook",
            REFUSED,
            f"flapping: {fastest} moves within a second",
            "Look at the switch and its cable; raise hook_debounce_ms in terminal.toml.",
        )
    now = "up" if (moves[-1].up if moves else starts_up) else "hung up"
    if asked_s is None:
        return Finding(
            "hook",
            True,
            f"open, the handset is {now}; not moved, because nobody was asked",
            fix="Test at a terminal to be asked to lift it and hang it up.",
            proved=False,
        )
    missing = {True: "lifted", False: "hung up"}
    for move in moves:
        missing.pop(move.up, None)
    if missing:
        return failed(
            "hook",
            FROZEN,
            f"stuck: not seen {' nor '.join(missing.values())} within {asked_s:.0f} s "
            f"(it says the handset is {now})",
            "Move the switch by hand; look at its cable, and at hook, hook_code and hook_inverted "
            "in terminal.toml.",
        )
    return Finding("hook", True, f"seen lifted and hung up; the handset is {now}")


def is_flapping(moves: Sequence[Move]) -> bool:
    """Return whether it moves faster than a hand."""
    return _fastest(moves) >= FLAPS


def _fastest(moves: Sequence[Move]) -> int:
    """Return the most moves that there were within FLAPS_WITHIN_S."""
    times = [each.at_s for each in moves]
    return max(
        (sum(at <= other <= at + FLAPS_WITHIN_S for other in times) for at in times), default=0
    )
