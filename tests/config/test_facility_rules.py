"""What a facility asks of visitors, and when they may visit: mistakes are named by their key."""

from __future__ import annotations

import pytest

from tests.config.test_structure import hub

FACILITY = "[[facility]]\nid = 'a'\nname = 'A'\ntime_zone = 'America/New_York'\n"


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ("rules_version = '1'\n[facility.rules]\nen = 'Be kind.'\nvi = 'Xin'", None),
        ("rules_version = '1'", "facility[1].rules: found a table"),
        ("[facility.rules]\nen = 'Be kind.'", 'facility[1].rules_version: found ""'),
        ("rules_version = '1'\n[facility.rules]\nEnglish = 'x'", "facility[1].rules.English"),
        ("rules_version = '1'\n[facility.rules]\nen = ' '", 'facility[1].rules.en: found " "'),
        ("rules_version = '1'\n[facility.rules]\nen = 1", "facility[1].rules.en: found 1"),
        ("rules = 1", "facility[1].rules: found 1, expected a table"),
        ("relations = ['sister']\nprivate_relations = []", None),
        ("[facility.visiting]\nhours = ['mon-fri 09:00-11:30']\nblackout = ['2026-12-25 X']", None),
        ("visiting.hours = ['mon 9-11']", 'facility[1].visiting.hours[1]: found "mon 9-11"'),
        ("visiting.blackout = ['soon']", 'facility[1].visiting.blackout[1]: found "soon"'),
        (
            "visiting.hours = ['mon 09:00-11:00', 'mon-fri 10:30-12:00']",
            "facility[1].visiting.hours: found a list, expected times that do not overlap on mon",
        ),
        (
            "visiting.visit_min = 32",
            "facility[1].visiting.visit_min: found 32, expected a multiple",
        ),
        ("unit = [{name = 'C'}, {name = 'C'}]", "facility[1].unit[2].name"),
        ("private_relations = ['notary']", 'facility[1].private_relations[1]: found "notary"'),
    ],
)
def test_what_a_facility_asks_of_visitors(extra: str, words: str | None) -> None:
    found = hub(FACILITY + extra)
    assert found == [] if words is None else len(found) == 1 and found[0].startswith(words)
