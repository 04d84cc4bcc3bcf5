"""What the audit keeps of staff commands: ids, never names."""

from __future__ import annotations

import pytest

from signalling.hub.staff_facts import facts_of, is_read, subject_of, without_names

ADD = {
    "email": "ana@x.y",
    "name": "Ana Reyes",
    "password": "hunter2",
    "relation": "",
    "facility": None,
}
BOOK = {"inmate": "40713", "visitors": ("ana@x.y", "bo@x.y"), "length_s": 600.0, "start": "now"}


def test_facts_have_ids_in_the_place_of_people() -> None:
    assert facts_of("visitor add", ADD, {"ana@x.y": "v1"}, {}) == {
        "command": "visitor add",
        "visitors": ["v1"],
    }
    assert facts_of("visit book", BOOK, {"ana@x.y": "v1", "bo@x.y": ""}, {"40713": "i1"}) == {
        "command": "visit book",
        "inmate": "i1",
        "visitors": ["v1", "unknown"],
        "length_s": 600.0,
        "start": "now",
    }


@pytest.mark.parametrize(
    ("fields", "subject"),
    [
        ({"visit": "a", "terminal": "c4"}, "visit:a"),
        ({"terminal": "c4"}, "terminal:c4"),
        ({"request": "q1"}, "request:q1"),
        (BOOK, "visitor:v1"),
        ({"number": "40713"}, "inmate:i1"),
        ({"number": "1"}, ""),
        ({}, ""),
    ],
)
def test_the_subject_is_the_thing_before_the_person(
    fields: dict[str, object], subject: str
) -> None:
    assert subject_of(fields, {"ana@x.y": "v1"}, {"40713": "i1"}) == subject


def test_a_refusal_says_why_without_saying_whom() -> None:
    why = "Ana Reyes (ana@x.y) may not; ask bo@x.y, never hunter2"
    assert without_names(why, ADD) == "... (...) may not; ask ..., never ..."
    assert without_names("there is no visit a", {"visit": "a"}) == "there is no visit a"


def test_what_only_looks() -> None:
    assert is_read("visit list")
    assert is_read("audit head")
    assert not is_read("visit cancel")
