"""Pure: the hash-chained audit log: what an entry is, how it is chained, what a check finds.

Each entry's hash is the SHA-256 of the JSON array [format, seq, at_ms, kind, who, origin, about,
facts, previous], written without spaces in UTF-8; `previous` is the hash of the entry before it,
and of the first one sixty-four zeros. Whoever changes, removes, adds or moves one entry breaks
the chain there. Whoever writes all of it anew from there on is found by a head that was kept
elsewhere: a head's hash stands for every entry before it.

Entries hold no name, no e-mail and no secret: people are in them by id, so that who asks to be
erased is erased here too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

FORMAT: Final = "visitbooth-audit-1"
NOTHING: Final = "0" * 64
"""What the first entry follows."""
MAX_FACTS: Final = 4000
"""Characters of an entry's facts."""
MAX_TEXT: Final = 200
"""Characters of who, where and about whom: some of them come from strangers."""
LOOK_AROUND: Final = 1000
"""Places before and after its own where an entry is looked for that stands in the wrong one."""

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Note:
    """What happened, before it has its place in the chain."""

    at_ms: int
    kind: str
    who: str
    origin: str
    about: str = ""
    facts: str = "{}"


@dataclass(frozen=True, slots=True)
class Entry:
    """A note in its place."""

    seq: int
    at_ms: int
    kind: str
    who: str
    origin: str
    about: str
    facts: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """The newest entry at some time, or the one that the oldest kept entry follows."""

    seq: int = 0
    hash: str = NOTHING
    at_ms: int = 0


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries are wanted; empty: whatever it is."""

    since_ms: int = 0
    who: str = ""
    kind: str = ""
    """With a `*` at its end: all kinds that begin so."""
    about: str = ""
    limit: int = 100


class Broken(Exception):
    """The chain does not hold. `seq` is the first bad place; the text is one sentence."""

    def __init__(self, seq: int, what: str, sentence: str) -> None:
        super().__init__(sentence)
        self.seq = seq
        self.what = what


def facts_text(facts: Mapping[str, Any]) -> str:
    """Return facts as they are kept."""
    text = _encode(facts).decode()
    return text if len(text) <= MAX_FACTS else _encode({"too_long": len(text)}).decode()


def hash_of(entry: Entry, seq: int | None = None) -> str:
    """Return what an entry's hash must be, or would be in another place."""
    place = entry.seq if seq is None else seq
    return _hash(
        place,
        entry.at_ms,
        entry.kind,
        entry.who,
        entry.origin,
        entry.about,
        entry.facts,
        entry.previous,
    )


def _hash(*parts: int | str) -> str:
    return hashlib.sha256(_encode((FORMAT, *parts))).hexdigest()


def extend(head: Head, notes: Iterable[Note]) -> list[Entry]:
    """Return the notes as the entries that follow a head. Their times never go back."""
    entries: list[Entry] = []
    seq, previous, at_ms = head.seq, head.hash, head.at_ms
    for note in notes:
        seq += 1
        at_ms = max(at_ms, note.at_ms)
        who, origin, about = note.who[:MAX_TEXT], note.origin[:MAX_TEXT], note.about[:MAX_TEXT]
        own = _hash(seq, at_ms, note.kind, who, origin, about, note.facts, previous)
        entries.append(Entry(seq, at_ms, note.kind, who, origin, about, note.facts, previous, own))
        previous = own
    return entries


def head_of(entry: Entry) -> Head:
    """Return the head that a chain has when this entry is its last."""
    return Head(entry.seq, entry.hash, entry.at_ms)


@dataclass(slots=True)
class Check:
    """Reads a chain from its oldest kept entry on, page by page, and stops at what is wrong."""

    head: Head = field(default_factory=Head)
    """The last entry that holds; at first what the oldest kept one follows."""
    heads: tuple[Head, ...] = ()
    """Kept elsewhere: the chain must contain them."""
    count: int = 0
    """Entries that were read and hold."""

    def read(self, entries: Sequence[Entry]) -> None:
        """Read the entries that follow. Raises Broken."""
        for index, entry in enumerate(entries):
            holds = entry.previous == self.head.hash and entry.hash == hash_of(entry)
            if not holds or entry.seq != self.head.seq + 1:
                following = entries[index + 1 : index + 1 + LOOK_AROUND]
                raise _why(self.head, entry, following, is_first=not self.count)
            self.head = head_of(entry)
            self.count += 1
            self._compare(entry)

    def _compare(self, entry: Entry) -> None:
        for kept in self.heads:
            if kept.seq == entry.seq and kept.hash != entry.hash:
                raise Broken(
                    entry.seq,
                    "rewritten",
                    f"entry {entry.seq} has the hash {entry.hash}, but the head kept of it is"
                    f" {kept.hash}: the chain was written anew, from this entry or one before it",
                )

    def end(self) -> None:
        """There are no more entries. Raises Broken when there must have been."""
        latest = max(self.heads, key=lambda each: each.seq, default=self.head)
        if latest.seq > self.head.seq:
            raise Broken(
                self.head.seq + 1,
                "truncated",
                f"the chain ends with entry {self.head.seq}, but a head was kept of entry"
                f" {latest.seq}: the entries from {self.head.seq + 1} on were cut off",
            )


def _missing(head: Head, seq: int) -> Broken:
    first, last = head.seq + 1, seq - 1
    which = f"entry {first} is" if first == last else f"entries {first} to {last} are"
    return Broken(first, "missing", f"{which} missing")


def _why(head: Head, bad: Entry, following: Sequence[Entry], *, is_first: bool) -> Broken:
    """Return what was done to a chain at its first entry that does not hold."""
    place = head.seq + 1
    if bad.seq > place:
        return _missing(head, bad.seq)
    if bad.hash == hash_of(bad):
        last = head.seq
        if is_first:
            return Broken(
                place,
                "changed",
                f"entry {place} does not follow what the oldest entry must follow, {head.hash}:"
                " the chain was written anew from its beginning",
            )
        return Broken(
            last,
            "changed",
            f"entry {last} is not the one that entry {place} was written after:"
            f" entry {last} was changed or put in another's place, and hashed anew",
        )
    true = _true_place(bad)
    if true is None:
        return Broken(place, "changed", f"entry {place} was changed after it was written")
    return _moved(place, true, following)


def _moved(place: int, true: int, following: Sequence[Entry]) -> Broken:
    if true < place:
        return Broken(
            true,
            "inserted",
            f"entry {place} was written as entry {true}:"
            f" {place - true} were inserted before it, the first at place {true} or before",
        )
    if any(_true_place(each) == place for each in following):
        return Broken(
            place,
            "reordered",
            f"in the place of entry {place} stands what was written as entry {true}:"
            " entries were reordered",
        )
    return Broken(
        place,
        "missing",
        f"in the place of entry {place} stands what was written as entry {true}:"
        f" {true - place} before it are missing",
    )


def _true_place(entry: Entry) -> int | None:
    """Return the place in which an entry's hash holds, if it is not far off."""
    near = range(max(1, entry.seq - LOOK_AROUND), entry.seq + LOOK_AROUND + 1)
    return next((seq for seq in near if hash_of(entry, seq) == entry.hash), None)
