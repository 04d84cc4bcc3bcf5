"""The chain: whatever is done to it is found, and said in words."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalling.hub.audit_chain import (
    FORMAT,
    NOTHING,
    Broken,
    Check,
    Entry,
    Head,
    Note,
    extend,
    facts_text,
    hash_of,
    head_of,
)

TEXT = st.text(st.characters(codec="utf-8"), max_size=20)


def notes(count: int) -> list[Note]:
    return [
        Note(1000 * n, f"kind-{n}", "staff:ada", "unix-socket", f"visit:v{n}") for n in range(count)
    ]


def chain(count: int = 8) -> list[Entry]:
    return extend(Head(), notes(count))


def hashed_anew(entries: list[Entry], start: int) -> list[Entry]:
    """What an insider with write access to the database can do: all hashes from a place on."""
    made = entries[:start]
    for entry in entries[start:]:
        previous = made[-1].hash if made else NOTHING
        bare = replace(entry, seq=len(made) + 1, previous=previous)
        made.append(replace(bare, hash=hash_of(bare)))
    return made


def checked(entries: list[Entry], *heads: Head, start: Head | None = None) -> Check:
    check = Check(start or Head(), heads)
    check.read(entries)
    check.end()
    return check


def broken(entries: list[Entry], *heads: Head) -> tuple[int, str]:
    with pytest.raises(Broken) as caught:
        checked(entries, *heads)
    assert str(caught.value.seq) in str(caught.value)
    return caught.value.seq, caught.value.what


def test_a_chain_holds_from_its_beginning_and_from_an_anchor() -> None:
    entries = chain()
    assert checked(entries).count == 8
    assert checked(entries, head_of(entries[3]), head_of(entries[-1])).head.seq == 8
    assert checked(entries[3:], start=head_of(entries[2])).count == 5
    assert checked([]).head == Head()


@given(TEXT, TEXT, TEXT, st.dictionaries(TEXT, TEXT | st.integers(-(2**50), 2**50), max_size=3))
def test_anybody_can_compute_a_hash(
    who: str, origin: str, about: str, facts: dict[str, object]
) -> None:
    """The encoding is plain JSON, as the documents say."""
    [entry] = extend(Head(), [Note(5, "kind", who, origin, about, facts_text(facts))])
    parts = [FORMAT, 1, 5, "kind", who, origin, about, entry.facts, NOTHING]
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    assert hashlib.sha256(text.encode()).hexdigest() == entry.hash


def test_times_never_go_back() -> None:
    late, early = Note(2000, "a", "hub", "hub"), Note(1000, "b", "hub", "hub")
    assert [each.at_ms for each in extend(Head(), [late, early])] == [2000, 2000]


def test_long_facts_and_texts_are_bounded() -> None:
    assert json.loads(facts_text({"sdp": "x" * 10_000})) == {"too_long": 10_010}
    [entry] = extend(Head(), [Note(1, "a", "x" * 5000, "y" * 5000, "z" * 5000)])
    assert len(entry.who) == len(entry.origin) == len(entry.about) == 200
    assert checked([entry]).count == 1


CHANGES: dict[str, Callable[[Entry], Entry]] = {
    "at_ms": lambda each: replace(each, at_ms=each.at_ms + 1),
    "kind": lambda each: replace(each, kind="other"),
    "who": lambda each: replace(each, who="staff:bob"),
    "origin": lambda each: replace(each, origin="10.0.0.1"),
    "about": lambda each: replace(each, about="visit:other"),
    "facts": lambda each: replace(each, facts='{"count":2}'),
    "hash": lambda each: replace(each, hash="f" * 64),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("place", [1, 5, 8])
def test_a_change_is_found_where_it_is(change: str, place: int) -> None:
    entries = chain()
    entries[place - 1] = CHANGES[change](entries[place - 1])
    assert broken(entries) == (place, "changed")


def test_a_change_that_is_hashed_anew_is_found_by_the_next() -> None:
    entries = chain()
    bare = replace(entries[4], who="staff:bob")
    entries[4] = replace(bare, hash=hash_of(bare))
    assert broken(entries) == (5, "changed")


@pytest.mark.parametrize("gone", [[1], [3], [3, 4, 5]])
def test_missing_entries_are_named(gone: list[int]) -> None:
    entries = [each for each in chain() if each.seq not in gone]
    assert broken(entries) == (gone[0], "missing")


def test_missing_entries_are_named_when_the_rest_moves_up() -> None:
    entries = [each for each in chain() if each.seq not in (3, 4)]
    moved = [replace(each, seq=place + 1) for place, each in enumerate(entries)]
    assert broken(moved) == (3, "missing")


def test_an_inserted_entry_is_found() -> None:
    entries = chain()
    bare = replace(entries[3], kind="inserted", previous=entries[2].hash)
    rest = [replace(each, seq=each.seq + 1) for each in entries[3:]]
    assert broken([*entries[:3], replace(bare, hash=hash_of(bare)), *rest]) == (4, "inserted")


def test_reordered_entries_are_found() -> None:
    entries = chain()
    entries[2], entries[5] = replace(entries[5], seq=3), replace(entries[2], seq=6)
    assert broken(entries) == (3, "reordered")


def test_a_cut_end_is_found_by_a_kept_head() -> None:
    entries = chain()
    assert checked(entries[:6]).count == 6  # nothing in the chain itself can show it
    assert broken(entries[:6], head_of(entries[-1])) == (7, "truncated")


@pytest.mark.parametrize("start", [0, 4])
def test_a_chain_written_anew_is_found_by_a_kept_head(start: int) -> None:
    entries = chain()
    kept = head_of(entries[5])
    entries[start] = replace(entries[start], who="staff:bob")
    forged = hashed_anew(entries, start)
    assert checked(forged).count == 8
    assert broken(forged, kept) == (6, "rewritten")


def test_a_chain_that_does_not_follow_its_anchor_is_found() -> None:
    entries = chain()
    with pytest.raises(Broken, match="written anew from its beginning"):
        checked(hashed_anew(entries, 0)[3:], start=Head(3, "e" * 64))


@given(st.integers(0, 7), st.sampled_from(sorted(CHANGES)), st.integers(1, 8))
def test_no_change_passes_whatever_the_pages(index: int, change: str, page: int) -> None:
    entries = chain()
    entries[index] = CHANGES[change](entries[index])
    check = Check()
    with pytest.raises(Broken):
        for start in range(0, 8, page):
            check.read(entries[start : start + page])
