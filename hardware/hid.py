"""HID report descriptors: where in a device's reports its hook switch is. Pure.

Source: Device Class Definition for HID 1.11, section 6.2.2 (items), and the HID Usage Tables,
chapters 3.4.1 (on/off controls) and 14 (telephony). What a device sends is a stranger's word: all
sizes are bounded, as the kernel's own parser bounds them (include/linux/hid.h).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

TELEPHONY: Final = 0x0B
HOOK_SWITCH: Final = 0x20
"""A usage page, and the usage on it that is on while the handset is up."""

MAX_DESCRIPTOR_BYTES: Final = 4096
"""HID_MAX_DESCRIPTOR_SIZE of <linux/hid.h>."""
MAX_REPORT_BITS: Final = 16_384 * 8
"""HID_MAX_BUFFER_SIZE."""
MAX_VALUE_BITS: Final = 256
MAX_FIELDS: Final = 256
MAX_PUSHED: Final = 4
MAX_OPEN_COLLECTIONS: Final = 64
MAX_SLOTS: Final = 64
"""Of an array's slots so many are read: real ones have at most as many as there are fingers."""

_SIZES: Final = (0, 1, 2, 4)
_LONG: Final = 0xFE
_MAIN, _GLOBAL, _LOCAL = 0, 1, 2
_INPUT, _COLLECTION, _END_COLLECTION = 0x8, 0xA, 0xC
_PAGE, _MINIMUM, _MAXIMUM, _SIZE, _ID, _COUNT, _PUSH, _POP = 0, 1, 2, 7, 8, 9, 10, 11
_USAGE, _USAGE_MINIMUM, _USAGE_MAXIMUM, _DELIMITER = 0, 1, 2, 10
_VARIABLE, _RELATIVE = 0x02, 0x04


class BadDescriptor(ValueError):
    """What the device sent is no report descriptor; the text says where and why."""


@dataclass(frozen=True, slots=True)
class Usages:
    """The usages `low` to `high`, both included, of one page."""

    page: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Field:
    """One Input item: `count` values of `size` bits, from `bit` after the report's number on."""

    report_id: int
    bit: int
    size: int
    count: int
    usages: tuple[Usages, ...]
    """What the values mean, in order; padding has none."""
    minimum: int
    maximum: int
    is_array: bool
    """Each value is the number of a usage that is on; else each usage has its own value."""
    relative: bool

    def index(self, page: int, usage: int) -> int | None:
        """Return which of the usages it is, counted from 0; None when it is not among them."""
        before = 0
        for each in self.usages:
            if each.page == page and each.low <= usage <= each.high:
                return before + usage - each.low
            before += each.high - each.low + 1
        return None


@dataclass(frozen=True, slots=True)
class Control:
    """One usage in a report, ready to be read."""

    report_id: int
    """0: the device's reports have no numbers."""
    bit: int
    size: int
    minimum: int
    relative: bool
    slots: int = 1
    selector: int | None = None
    """In an array: the value that stands for this usage, in any of `slots`."""

    @property
    def needed_bytes(self) -> int:
        """How long a report must be to hold it, with its number."""
        return (self.bit + self.size * self.slots + 7) // 8 + (1 if self.report_id else 0)

    def read(self, report: bytes) -> int | None:
        """Return its value, 1 or 0 in an array; None when this report does not hold it."""
        if len(report) < self.needed_bytes or (self.report_id and report[0] != self.report_id):
            return None
        data = report[1:] if self.report_id else report
        if self.selector is None:
            return self._value(data, self.bit)
        starts = (self.bit + self.size * slot for slot in range(self.slots))
        return int(any(self._value(data, bit) == self.selector for bit in starts))

    def after(self, on: bool, before: int, now: int) -> bool:
        """Return whether it is on, when it was `on` at the value `before` and reads `now`.

        An absolute control says its state. A relative one that can be negative is a pair of
        buttons, on (1) and off (-1); one that cannot is a button that turns on and off by turns.
        """
        if self.selector is None and not self.relative:
            return now > max(self.minimum, 0)
        if not self.relative:
            return now != 0
        if self.selector is None and self.minimum < 0:
            return now > 0 or (on and now == 0)
        return on != (now != 0 and before == 0)

    def _value(self, data: bytes, bit: int) -> int:
        first, last = bit // 8, (bit + self.size + 7) // 8
        whole = int.from_bytes(data[first:last], "little") >> bit % 8
        value = whole & (1 << self.size) - 1
        negative = self.minimum < 0 and value >> self.size - 1
        return value - (1 << self.size) if negative else value


def parse(descriptor: bytes) -> tuple[Field, ...]:
    """Return the fields of all input reports, padding too. Raises BadDescriptor."""
    if len(descriptor) > MAX_DESCRIPTOR_BYTES:
        raise BadDescriptor(f"longer than {MAX_DESCRIPTOR_BYTES} bytes")
    parser = _Parser()
    for item in _items(descriptor):
        parser.take(item)
    return parser.finish()


def controls(fields: tuple[Field, ...], page: int, usage: int) -> Iterator[Control]:
    """Yield where that usage is in the input reports; those that say their state come first."""
    found = [each for each in (_control(one, page, usage) for one in fields) if each]
    yield from sorted(found, key=lambda each: each.relative)


def report_bytes(fields: tuple[Field, ...], report_id: int) -> int:
    """Return how long an input report is, its number included where reports have one."""
    ends = (each.bit + each.size * each.count for each in fields if each.report_id == report_id)
    return (max(ends, default=0) + 7) // 8 + (1 if report_id else 0)


def hook_switch(descriptor: bytes) -> Control | None:
    """Return the hook switch of a device; None when it has none. Raises BadDescriptor."""
    return next(controls(parse(descriptor), TELEPHONY, HOOK_SWITCH), None)


def has_hook(descriptor: bytes) -> bool:
    """Return whether a device has a hook switch; one whose descriptor is broken has none."""
    try:
        return hook_switch(descriptor) is not None
    except BadDescriptor:
        return False


def _control(one: Field, page: int, usage: int) -> Control | None:
    index = one.index(page, usage)
    if index is None:
        return None
    if one.is_array:
        slots, selector = min(one.count, MAX_SLOTS), one.minimum + index
        return Control(one.report_id, one.bit, one.size, one.minimum, one.relative, slots, selector)
    if index >= one.count:
        return None
    bit = one.bit + one.size * index
    return Control(one.report_id, bit, one.size, one.minimum, one.relative)


# -- items ------------------------------------------------------------------------------------


class _Item(NamedTuple):
    at: int
    type: int
    tag: int
    data: bytes

    @property
    def unsigned(self) -> int:
        return int.from_bytes(self.data, "little")

    @property
    def signed(self) -> int:
        return int.from_bytes(self.data, "little", signed=True)


def _items(descriptor: bytes) -> Iterator[_Item]:
    """Yield the short items (6.2.2.2); long ones (6.2.2.3) mean nothing yet and are skipped."""
    at = 0
    while at < len(descriptor):
        prefix = descriptor[at]
        if prefix == _LONG:
            if at + 3 > len(descriptor):
                raise BadDescriptor(f"byte {at}: it ends within an item")
            end = at + 3 + descriptor[at + 1]
        else:
            end = at + 1 + _SIZES[prefix & 3]
        if end > len(descriptor):
            raise BadDescriptor(f"byte {at}: it ends within an item")
        if prefix != _LONG:
            yield _Item(at, prefix >> 2 & 3, prefix >> 4, descriptor[at + 1 : end])
        at = end


@dataclass(frozen=True, slots=True)
class _Globals:
    """What holds for all fields that follow, until said otherwise (6.2.2.7)."""

    page: int = 0
    minimum: int = 0
    maximum_unsigned: int = 0
    maximum_signed: int = 0
    size: int = 0
    count: int = 0
    report_id: int = 0


class _Usage(NamedTuple):
    """Usages as they were said; short ones take their page from the Usage Page item."""

    usages: Usages
    is_short: bool


@dataclass(slots=True)
class _Locals:
    """What holds for the next main item only (6.2.2.8)."""

    usages: list[_Usage] = field(default_factory=list)
    minimum: tuple[int, int, bool] | None = None
    """Page, usage and whether it is short, of a range that has no end yet."""
    alternatives: bool = False
    """Inside a delimited set: the first usage counts, the others are other words for it."""
    named: bool = False


class _Parser:
    """Takes items in order and gathers the input fields."""

    def __init__(self) -> None:
        self._globals = _Globals()
        self._pushed: list[_Globals] = []
        self._locals = _Locals()
        self._open = 0
        self._bits: dict[int, int] = {}
        self._fields: list[Field] = []

    def take(self, item: _Item) -> None:
        """Take the next item. Raises BadDescriptor."""
        if item.type == _MAIN:
            self._main(item)
        elif item.type == _GLOBAL:
            self._global(item)
        elif item.type == _LOCAL:
            self._local(item)

    def finish(self) -> tuple[Field, ...]:
        """Return what was found. Raises BadDescriptor."""
        if self._open:
            raise BadDescriptor("it ends within a collection")
        return tuple(self._fields)

    def _main(self, item: _Item) -> None:
        if item.tag == _INPUT:
            self._input(item)
        elif item.tag == _COLLECTION:
            self._open += 1
            if self._open > MAX_OPEN_COLLECTIONS:
                raise BadDescriptor(f"byte {item.at}: too many collections within another")
        elif item.tag == _END_COLLECTION:
            self._open -= 1
            if self._open < 0:
                raise BadDescriptor(f"byte {item.at}: no collection to end")
        self._locals = _Locals()

    def _input(self, item: _Item) -> None:
        said, flags = self._globals, item.unsigned
        bit = self._bits.get(said.report_id, 0)
        if bit + said.size * said.count > MAX_REPORT_BITS or len(self._fields) >= MAX_FIELDS:
            raise BadDescriptor(f"byte {item.at}: more than a report can hold")
        self._bits[said.report_id] = bit + said.size * said.count
        if not said.size or not said.count:
            return
        maximum = said.maximum_signed if said.minimum < 0 else said.maximum_unsigned
        self._fields.append(
            Field(
                report_id=said.report_id,
                bit=bit,
                size=said.size,
                count=said.count,
                usages=self._usages(),
                minimum=said.minimum,
                maximum=maximum,
                is_array=not flags & _VARIABLE,
                relative=bool(flags & _RELATIVE),
            )
        )

    def _usages(self) -> tuple[Usages, ...]:
        """Usages said before the Usage Page that is theirs take it now, as in the kernel."""
        usages = [each.usages for each in self._locals.usages]
        for index in reversed(range(len(usages))):
            if not self._locals.usages[index].is_short:
                continue
            if usages[index].page == self._globals.page:
                break
            usages[index] = replace(usages[index], page=self._globals.page)
        return tuple(usages)

    def _global(self, item: _Item) -> None:
        said = self._globals
        if item.tag == _PAGE:
            self._globals = replace(said, page=item.unsigned & 0xFFFF)
        elif item.tag == _MINIMUM:
            self._globals = replace(said, minimum=item.signed)
        elif item.tag == _MAXIMUM:
            self._globals = replace(
                said, maximum_unsigned=item.unsigned, maximum_signed=item.signed
            )
        elif item.tag == _SIZE:
            if item.unsigned > MAX_VALUE_BITS:
                raise BadDescriptor(f"byte {item.at}: values of {item.unsigned} bits")
            self._globals = replace(said, size=item.unsigned)
        elif item.tag == _COUNT:
            self._globals = replace(said, count=item.unsigned)
        elif item.tag == _ID:
            if not 0 < item.unsigned < 256:
                raise BadDescriptor(f"byte {item.at}: no report can have that number")
            self._globals = replace(said, report_id=item.unsigned)
        elif item.tag in (_PUSH, _POP):
            self._stack(item)

    def _stack(self, item: _Item) -> None:
        if item.tag == _PUSH:
            if len(self._pushed) >= MAX_PUSHED:
                raise BadDescriptor(f"byte {item.at}: more than {MAX_PUSHED} times pushed")
            self._pushed.append(self._globals)
        elif self._pushed:
            self._globals = self._pushed.pop()
        else:
            raise BadDescriptor(f"byte {item.at}: popped what was not pushed")

    def _local(self, item: _Item) -> None:
        if item.tag == _DELIMITER:
            self._locals.alternatives = bool(item.unsigned)
            self._locals.named = False
            return
        if item.tag not in (_USAGE, _USAGE_MINIMUM, _USAGE_MAXIMUM):
            return
        is_short = len(item.data) < 4
        page = self._globals.page if is_short else item.unsigned >> 16
        usage = item.unsigned & 0xFFFF
        if item.tag == _USAGE_MINIMUM:
            self._locals.minimum = page, usage, is_short
        elif item.tag == _USAGE:
            self._add(Usages(page, usage, usage), is_short)
        elif self._locals.minimum is not None:
            page, low, is_short = self._locals.minimum
            self._locals.minimum = None
            if low <= usage:
                self._add(Usages(page, low, usage), is_short)

    def _add(self, usages: Usages, is_short: bool) -> None:
        if self._locals.alternatives and self._locals.named:
            return
        self._locals.named = True
        self._locals.usages.append(_Usage(usages, is_short))
