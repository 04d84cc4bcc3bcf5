"""The devices of a terminal as a technician sees them: what is there, what is used, why. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, get_args

from config.schema import AUTO, NONE, SIMULATED, Devices
from hardware import cards
from hardware.choosing import Chooser
from hardware.holders import Holder
from hardware.identity import Device, Kind, is_selector, pinned
from hardware.interfaces import DeviceError

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
FREE: Final = "free"
MISSING: Final = "missing"
UNLISTED: Final = ("gpio:", "serial:")
"""Hooks that no bus tells of: a GPIO line or a serial port is whatever is wired to it."""

Held = Mapping[str, tuple[Holder, ...]]
"""Who has each node open."""
Lacking = Callable[[str], str]
"""Says why this user may not open a node; "" when it may."""
Listed = Callable[[], Sequence[cards.Listed]]
"""Returns ALSA's names as PortAudio lists them; asked only where a sound server may count."""


@dataclass(frozen=True, slots=True)
class Pick:
    """What is chosen: a device, or what ALSA's settings call `name`; and in words why."""

    device: Device | None
    why: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One device, or the gap where one should be."""

    kind: Kind
    name: str
    selector: str
    """What to write into terminal.toml for it; empty for a gap."""
    port: str
    node: str
    is_chosen: bool
    why: str
    """How it was chosen, or why not."""
    state: str
    """"free", "in use by ...", "no permission: ...", "missing"."""
    holders: tuple[Holder, ...] = ()

    @property
    def is_gap(self) -> bool:
        """Whether it stands for a device that is not there."""
        return not self.selector


def pick(kind: Kind, asked: str, attached: tuple[Device, ...], listed: Listed = tuple) -> Pick:
    """Return what a terminal that has just been started would choose. Raises DeviceError."""
    if kind not in ("microphone", "earpiece"):
        choice = Chooser(kind, asked, _stopped).choose(attached)
        return Pick(choice.device, choice.why)
    try:
        pcm = cards.CardChooser(kind, asked, _stopped).choose(attached, ())
    except DeviceError:
        pcm = None
    is_sure = pcm is not None and pcm.device is not None and pcm.device.identity.vendor
    if pcm is None or not (is_sure or is_selector(asked)):
        pcm = cards.CardChooser(kind, asked, _stopped).choose(attached, listed())
    return Pick(pcm.device, pcm.why, pcm.name)


def _stopped() -> float:
    """Return the time for whoever chooses once."""
    return 0.0


def asked_for(devices: Devices, kind: Kind) -> str:
    """Return terminal.toml's word for a kind."""
    word: str = getattr(devices, kind)
    return word


def inventory(
    devices: Devices,
    attached: tuple[Device, ...],
    held: Held,
    lacking: Lacking,
    listed: Listed = tuple,
    *,
    hook_node: str = "",
) -> list[Row]:
    """Return a row for each attached device and each gap, by kind.

    `hook_node` is the node or FIFO of a hook that no bus lists; empty where there is none now.
    """
    rows: list[Row] = []
    for kind in KINDS:
        for row in _rows(kind, asked_for(devices, kind), attached, listed, hook_node):
            by = held.get(row.node, ())
            if by:
                state = "in use by " + ", ".join(f"{each.name} (process {each.pid})" for each in by)
            else:
                state = row.state or (lacking(row.node) if row.node else "") or FREE
            if state == MISSING and row.selector == SIMULATED:
                state = f"{MISSING}: hook_fifo is made when the hook is opened"
            rows.append(replace(row, state=state, holders=by))
    return rows


def chosen(rows: list[Row], kind: str) -> Row | None:
    """Return the row of the device that is used; None when there is none."""
    return next((each for each in rows if each.kind == kind and each.is_chosen), None)


def _rows(
    kind: Kind,
    asked: str,
    attached: tuple[Device, ...],
    listed: Listed,
    hook_node: str,
) -> list[Row]:
    """Return the rows of a kind; who has each is still to be looked up."""
    rows: list[Row] = []
    device, why, others = None, "", f'not chosen: {kind} = "{asked}" in terminal.toml'
    if asked == SIMULATED or asked.startswith(UNLISTED):
        node = hook_node if kind == "hook" else ""
        state = MISSING if asked != SIMULATED and not node else ""
        rows.append(_named(kind, asked, "named in terminal.toml", node, state))
    elif asked != NONE:
        try:
            found = pick(kind, asked, attached, listed)
        except DeviceError as error:
            others = f"not chosen: {error}"
            if not any(each.kind == kind for each in attached):
                rows.append(Row(kind, "none", "", "", "", False, str(error), MISSING))
        else:
            device, why = found.device, found.why
            others = _other(asked, device.name if device is not None else found.name)
            if device is None:
                rows.append(_named(kind, found.name, why))
    for each in attached:
        if each.kind == kind:
            reason = why if each == device else others
            rows.append(_row(each, attached, reason, is_chosen=each == device))
    return rows


def _other(asked: str, taken: str) -> str:
    if asked == AUTO:
        return f"not chosen: {taken or 'another'} is taken before it"
    return f'not chosen: terminal.toml names "{asked}"'


def _named(kind: Kind, name: str, why: str, node: str = "", state: str = "") -> Row:
    """Return the row of what no bus lists: simulated, a GPIO line, a sound server."""
    return Row(kind, name, name, "", node, True, why, state)


def _row(device: Device, attached: tuple[Device, ...], why: str, *, is_chosen: bool) -> Row:
    return Row(
        kind=device.kind,
        name=device.name or "unnamed",
        selector=pinned(device, attached),
        port=device.identity.port,
        node=device.node,
        is_chosen=is_chosen,
        why=why,
        state="",
    )
