"""Pure: from what the hub knows of a visit's two ends to what holds the visit.

The table (PROTOCOL.md, "Held"):

| side     | cause   | when                                                                   |
| -------- | ------- | ---------------------------------------------------------------------- |
| terminal | link    | the terminal's link has been down for `link_grace_s`                   |
| terminal | handset | the handset is hung up                                                 |
| visitor  | page    | the page left; or its socket was closed and no media reaches the jail; |
|          |         | or another has come and its person has not pressed the telephone yet   |
| visitor  | link    | the page's socket was lost for `link_grace_s` and no media reaches us  |
| network  | media   | both are connected, tracks are open, and one end has received nothing  |
|          |         | for `first_picture_s`                                                  |

All times are seconds since the epoch by the store's clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from signalling.visit import Break
from signalling.visit_events import Cause, Interrupted, Resumed, Side

Key = tuple[Side, Cause]

FLAPPING: Final = ((100, 0.0), (200, 5.0), (350, 15.0), (430, 60.0))
"""Log length below which, and seconds that must lie between two changes of what holds a visit."""
FLAPPING_MOST_S: Final = 240.0


class PageIs(Enum):
    """Where the page that has the visit is."""

    HERE = auto()
    LEFT = auto()
    """It said so."""
    CLOSED = auto()
    """Its socket was closed in order, as when its tab closes or it is loaded again."""
    LOST = auto()
    """Its socket broke; it may come back as the same page, its call still running."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Seconds, as in hub.toml."""

    link_grace_s: float
    first_picture_s: float


@dataclass(frozen=True, slots=True)
class TerminalEnd:
    """What is known of the terminal. `gone_since` is None while its link is up."""

    gone_since: float | None = None
    handset_up: bool = True
    handset_since: float = 0.0
    receiving: bool = False
    receiving_since: float = 0.0


@dataclass(frozen=True, slots=True)
class PageEnd:
    """What is known of the page that has the visit, or had it last."""

    where: PageIs = PageIs.LEFT
    since: float = 0.0
    receiving: bool = False
    receiving_since: float = 0.0
    camera: bool = True
    microphone: bool = True
    pressed_at: float | None = 0.0
    """When its person pressed the telephone; None: not yet, so that it carries nothing."""


@dataclass(frozen=True, slots=True)
class Ends:
    """Both ends. `tracks_since` is when tracks opened; None while they are closed."""

    terminal: TerminalEnd = TerminalEnd()
    page: PageEnd = PageEnd()
    tracks_since: float | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What should hold the visit now, since when; and when time alone may change that."""

    since: dict[Key, float]
    check_at: float | None


@dataclass(frozen=True, slots=True)
class _Condition:
    key: Key
    since: float
    after_s: float = 0.0

    @property
    def due(self) -> float:
        return self.since + self.after_s


def wanted_breaks(ends: Ends, signed_in: bool, now: float, rules: Rules) -> Wanted:
    """Return what should hold a begun visit at `now`."""
    found = list(_conditions(ends, signed_in, rules))
    since: dict[Key, float] = {}
    for each in found:
        if each.due <= now:
            since[each.key] = min(each.since, since.get(each.key, each.since))
    later = [each.due for each in found if each.due > now]
    return Wanted(since, min(later, default=None))


def _conditions(ends: Ends, signed_in: bool, rules: Rules) -> Iterable[_Condition]:
    terminal, page = ends.terminal, ends.page
    linked = signed_in and terminal.gone_since is None
    if signed_in and terminal.gone_since is not None:
        yield _Condition((Side.TERMINAL, Cause.LINK), terminal.gone_since, rules.link_grace_s)
    if signed_in and not terminal.handset_up:
        yield _Condition((Side.TERMINAL, Cause.HANDSET), terminal.handset_since)
    heard = linked and terminal.receiving
    missing = page.where is PageIs.LEFT or (page.where is PageIs.CLOSED and not heard)
    # Media of a page whose person never pressed is no sign of a person, wherever that page is.
    if missing or page.pressed_at is None:
        yield _Condition((Side.VISITOR, Cause.PAGE), page.since)
    elif page.where is PageIs.LOST and not heard:
        yield _Condition((Side.VISITOR, Cause.LINK), page.since, rules.link_grace_s)
    elif linked and page.where is PageIs.HERE and ends.tracks_since is not None:
        # What was missing before the press was missing by choice.
        yield from _media(ends, max(ends.tracks_since, page.pressed_at or 0.0), rules)


def _media(ends: Ends, tracks_since: float, rules: Rules) -> Iterable[_Condition]:
    key = (Side.NETWORK, Cause.MEDIA)
    # A family without a camera sends no picture: then only their own end can tell.
    if ends.page.camera and not ends.terminal.receiving:
        since = max(tracks_since, ends.terminal.receiving_since)
        yield _Condition(key, since, rules.first_picture_s)
    if not ends.page.receiving:
        since = max(tracks_since, ends.page.receiving_since)
        yield _Condition(key, since, rules.first_picture_s)


def changes(
    open_breaks: tuple[Break, ...], wanted: Wanted, now: float
) -> list[tuple[Interrupted | Resumed, float]]:
    """Return the events, with `happened_at`, that make the open breaks the wanted ones.

    Interruptions come first, so that a cause which takes over from another never lets the visit
    go on in between.
    """
    has = {(each.side, each.cause) for each in open_breaks}
    begin = [(Interrupted(*key), at) for key, at in wanted.since.items() if key not in has]
    end = [(Resumed(*key), now) for key in sorted(has - wanted.since.keys())]
    return [*sorted(begin, key=lambda each: each[1]), *end]


def spacing_s(length: int) -> float:
    """Return how many seconds must lie between two changes, so that flapping fills no log."""
    for below, seconds in FLAPPING:
        if length < below:
            return seconds
    return FLAPPING_MOST_S
