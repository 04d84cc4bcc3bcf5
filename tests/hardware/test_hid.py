"""Report descriptors: built ones, real ones, and what a hostile device may send."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.hid import (
    HOOK_SWITCH,
    MAX_DESCRIPTOR_BYTES,
    MAX_FIELDS,
    TELEPHONY,
    BadDescriptor,
    Control,
    Usages,
    controls,
    has_hook,
    hook_switch,
    parse,
    report_bytes,
)
from tests.hardware.handsets import ALL, CX300, Handset

MAIN, GLOBAL, LOCAL = 0, 1, 2


def item(kind: int, tag: int, value: int | None = None, size: int | None = None) -> bytes:
    """Return a short item with its value in as few bytes as hold it, or in `size`."""
    if value is None:
        return bytes([tag << 4 | kind << 2])
    if size is None:
        size = next(n for n in (1, 2, 4) if -(1 << 8 * n - 1) <= value < 1 << 8 * n)
    data = (value & (1 << 8 * size) - 1).to_bytes(size, "little")
    return bytes([tag << 4 | kind << 2 | {1: 1, 2: 2, 4: 3}[size]]) + data


def page(number: int) -> bytes:
    return item(GLOBAL, 0, number)


def logical(low: int, high: int) -> bytes:
    return item(GLOBAL, 1, low, 4) + item(GLOBAL, 2, high, 4)


def shape(size: int, count: int) -> bytes:
    return item(GLOBAL, 7, size) + item(GLOBAL, 9, count)


def report(number: int) -> bytes:
    return item(GLOBAL, 8, number)


def usage(number: int) -> bytes:
    return item(LOCAL, 0, number)


def usages(low: int, high: int) -> bytes:
    return item(LOCAL, 1, low) + item(LOCAL, 2, high)


def inputs(flags: int) -> bytes:
    return item(MAIN, 8, flags)


PUSH, POP, END = item(GLOBAL, 10), item(GLOBAL, 11), item(MAIN, 12)
APPLICATION = item(MAIN, 10, 1)
HOOK = page(TELEPHONY) + usage(HOOK_SWITCH)
ONE_BIT = logical(0, 1) + shape(1, 1)


def only(descriptor: bytes) -> Control:
    found = list(controls(parse(descriptor), TELEPHONY, HOOK_SWITCH))
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("handset", ALL, ids=lambda each: each.name)
def test_real_devices(handset: Handset) -> None:
    assert has_hook(handset.descriptor) is (handset.hook is not None)
    found = hook_switch(handset.descriptor)
    assert (None if found is None else (found.report_id, found.bit)) == handset.hook
    if found is not None:
        number, bit = found.report_id, found.bit
        lifted = bytes([number]) + (1 << bit).to_bytes(8, "little")
        hung = bytes([number]) + ((1 << bit) ^ 0xFF).to_bytes(8, "little")
        assert found.read(lifted) == 1 and found.after(False, 0, 1)
        assert found.read(hung) == 0 and not found.after(True, 1, 0)
        assert found.read(bytes([number + 1]) + lifted[1:]) is None
        assert not found.relative


def test_the_whole_report_of_a_telephone() -> None:
    """Hook, flash and so on: 9 bits; keypad nibble; flags; four bytes: 1 + 7 bytes."""
    fields = parse(CX300.descriptor)
    assert report_bytes(fields, 1) == 8
    (keypad,) = controls(fields, TELEPHONY, 0xB5)
    assert keypad.selector == 6
    assert keypad.read(bytes([1, 0, 0x06, 0, 0, 0, 0, 0])) == 1
    assert keypad.read(bytes([1, 0, 0x05, 0, 0, 0, 0, 0])) == 0


def test_usages_of_two_pages_in_one_field_keep_theirs() -> None:
    """Its "delete" key is Programmable Button (0x0B/0x07), then Button 1; one value: the first."""
    (delete,) = controls(parse(CX300.descriptor), TELEPHONY, 0x07)
    assert delete.bit == 5


def test_a_hook_after_other_fields_and_reports() -> None:
    descriptor = (
        page(0x0C) + usage(1) + APPLICATION + report(1) + logical(0, 255) + shape(8, 3)
        + usages(0xE0, 0xE2) + inputs(2) + report(2) + shape(8, 1) + usage(0xE9) + inputs(2)
        + PUSH + ONE_BIT + shape(1, 2) + inputs(3) + HOOK + usage(0x2F) + inputs(2) + POP
        + usage(0xEA) + inputs(2) + END
    )  # fmt: skip
    found = only(descriptor)
    assert (found.report_id, found.bit, found.size) == (2, 10, 1)
    assert found.read(bytes([2, 0xFF, 0b0100])) == 1
    assert found.read(bytes([2, 0xFF, 0b1011])) == 0
    assert found.read(bytes([2, 0xFF])) is None
    after = parse(descriptor)[-1]
    assert (after.size, after.bit, after.usages) == (8, 12, (Usages(0x0C, 0xEA, 0xEA),))


def test_reports_without_numbers() -> None:
    found = only(HOOK + ONE_BIT + inputs(2))
    assert found.read(b"\x01") == 1
    assert found.read(b"") is None


def test_an_array_names_what_is_on() -> None:
    found = only(
        page(TELEPHONY) + usages(0x1F, 0x2F) + logical(1, 17) + shape(8, 3) + inputs(0)
    )  # fmt: skip
    assert found.selector == 2
    assert found.read(bytes([0, 17, 2])) == 1
    assert found.read(bytes([0, 17, 1])) == 0
    assert found.after(False, 0, 1) and not found.after(True, 1, 0)


def test_the_last_usage_is_not_spread_over_the_rest_but_the_first_value_is_its() -> None:
    found = only(usage(HOOK_SWITCH) + page(TELEPHONY) + logical(0, 1) + shape(1, 8) + inputs(2))
    assert found.bit == 0


def test_a_page_said_after_the_usage_is_the_usages() -> None:
    """As the kernel does since 5.5, for devices that say it in this order."""
    assert only(page(9) + usage(HOOK_SWITCH) + page(TELEPHONY) + ONE_BIT + inputs(2))


def test_a_long_usage_has_its_own_page() -> None:
    assert only(page(9) + item(LOCAL, 0, TELEPHONY << 16 | HOOK_SWITCH, 4) + ONE_BIT + inputs(2))


def test_of_other_words_for_one_usage_the_first_counts() -> None:
    other = item(LOCAL, 10, 1) + usage(0x2F) + usage(HOOK_SWITCH) + item(LOCAL, 10, 0)
    assert not has_hook(page(TELEPHONY) + other + ONE_BIT + inputs(2))


def test_locals_end_with_the_next_main_item() -> None:
    assert not has_hook(HOOK + APPLICATION + END + ONE_BIT + inputs(2))


def test_one_that_says_its_state_is_preferred_to_a_button() -> None:
    found = hook_switch(HOOK + ONE_BIT + inputs(6) + usage(HOOK_SWITCH) + inputs(2))
    assert found is not None and not found.relative and found.bit == 1


def test_a_button_turns_it_on_and_off_by_turns() -> None:
    found = only(HOOK + ONE_BIT + inputs(6))
    states, on, before = [], False, 0
    for now in (1, 1, 0, 1, 0):
        on = found.after(on, before, now)
        before = now
        states.append(on)
    assert states == [True, True, True, False, False]


def test_a_pair_of_buttons_is_signed() -> None:
    found = only(HOOK + logical(-1, 1) + shape(2, 1) + inputs(6))
    assert [found.read(bytes([each])) for each in (1, 0, 3)] == [1, 0, -1]
    assert found.after(False, 0, 1) and found.after(True, 1, 0) and not found.after(True, 0, -1)


def test_an_absolute_one_of_1_and_2() -> None:
    found = only(HOOK + logical(1, 2) + shape(2, 1) + inputs(2))
    assert not found.after(True, 2, 1) and found.after(False, 1, 2)


def test_long_items_are_skipped() -> None:
    assert has_hook(b"\xfe\x03\x42abc" + HOOK + ONE_BIT + inputs(2))


@pytest.mark.parametrize(
    ("descriptor", "reason"),
    [
        (bytes(MAX_DESCRIPTOR_BYTES + 1), "longer than"),
        (b"\x06\x00", "byte 0: it ends within an item"),
        (b"\xfe\x05", "byte 0: it ends within an item"),
        (b"\xfe\x05\x00abc", "byte 0: it ends within an item"),
        (POP, "byte 0: popped what was not pushed"),
        (PUSH * 5, "byte 4: more than 4 times pushed"),
        (END, "byte 0: no collection to end"),
        (APPLICATION, "it ends within a collection"),
        (APPLICATION * 65, "byte 128: too many collections"),
        (report(0), "byte 0: no report can have that number"),
        (item(GLOBAL, 8, 256), "byte 0: no report can have that number"),
        (item(GLOBAL, 7, 257), "byte 0: values of 257 bits"),
        (shape(255, 0xFFFF) + inputs(2), "more than a report can hold"),
        (item(GLOBAL, 7, 1) + item(GLOBAL, 9, 0xFFFFFFFF, 4) + inputs(2), "more than a report"),
        (shape(1, 1) + inputs(2) * (MAX_FIELDS + 1), "more than a report can hold"),
    ],
)
def test_what_is_no_descriptor(descriptor: bytes, reason: str) -> None:
    with pytest.raises(BadDescriptor, match=reason):
        parse(descriptor)
    assert not has_hook(descriptor)


def test_a_wide_array_is_read_at_the_kernels_pace() -> None:
    """A hostile one of 100 000 slots: only the first 64 are looked at."""
    found = only(page(TELEPHONY) + usages(0, 0xFFFF) + logical(0, 0xFFFF) + shape(1, 100_000)
                 + inputs(0))  # fmt: skip
    assert found.slots == 64


@given(st.binary(max_size=600))
def test_random_bytes_give_fields_or_a_named_error(descriptor: bytes) -> None:
    try:
        fields = parse(descriptor)
    except BadDescriptor:
        assert not has_hook(descriptor)
    else:
        assert len(fields) <= MAX_FIELDS


ITEMS = st.builds(
    lambda prefix, data: bytes([prefix]) + data[: (0, 1, 2, 4)[prefix & 3]],
    st.integers(0, 0xFD),
    st.binary(min_size=4, max_size=4),
)


@given(st.lists(ITEMS, max_size=80).map(b"".join), st.binary(max_size=80))
def test_random_items_never_raise_and_their_controls_read_any_report(
    descriptor: bytes, sent: bytes
) -> None:
    try:
        fields = parse(HOOK + descriptor)
    except BadDescriptor:
        return
    for control in controls(fields, TELEPHONY, HOOK_SWITCH):
        value = control.read(sent)
        assert value is None or isinstance(control.after(False, 0, value), bool)


@dataclass(frozen=True)
class Built:
    """A field as the test describes it."""

    number: int
    size: int
    signed: bool
    relative: bool
    pages: tuple[int, ...]


FIELDS = st.lists(
    st.builds(
        Built,
        number=st.integers(1, 3),
        size=st.integers(1, 32),
        signed=st.booleans(),
        relative=st.booleans(),
        pages=st.lists(st.integers(1, 0xFFFF), min_size=1, max_size=4).map(tuple),
    ),
    min_size=1,
    max_size=12,
)


@given(FIELDS, st.data())
def test_round_trip(built: list[Built], data: st.DataObject) -> None:
    """Each field has a usage of its own; a value put at its place by the test is read there."""
    descriptor, places, ends = b"", [], {1: 0, 2: 0, 3: 0}
    for index, each in enumerate(built):
        low = -(1 << each.size - 1) if each.signed else 0
        high = (1 << each.size - each.signed) - 1
        descriptor += report(each.number) + logical(low, high) + shape(each.size, len(each.pages))
        for slot, number in enumerate(each.pages):
            long = number << 16 | (index * 8 + slot + 1)
            descriptor += item(LOCAL, 0, long, 4)
            places.append((each, low, high, number, long & 0xFFFF, ends[each.number]))
            ends[each.number] += each.size
        descriptor += inputs(2 | 4 * each.relative)
    fields = parse(descriptor)
    each, low, high, number, own, bit = data.draw(st.sampled_from(places))
    (control,) = controls(fields, number, own)
    value = data.draw(st.integers(low, high))
    raw = (value & (1 << each.size) - 1) << bit
    sent = bytes([each.number]) + raw.to_bytes((ends[each.number] + 7) // 8, "little")
    assert control.read(sent) == value
    assert len(sent) == report_bytes(fields, each.number)
    assert control.relative is each.relative
    assert struct.pack("B", control.report_id) == sent[:1]
