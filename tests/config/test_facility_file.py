"""facility.toml: what it comes to, and every mistake at its place, once."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.facility_file import Given, merged, read_facility
from config.problems import ConfigError
from tests.config.files import write

GOOD = """\
facility = "north"
[defaults]
hub = "wss://visits.example"
hub_name = "main"
[defaults.devices]
fps = 25
camera = "auto"
[terminal.c1]
label = "1"
unit = "C"
[terminal.c2]
label = "2"
[terminal.c2.devices]
camera = "at:port-1"
"""


def mistakes(path: Path, given: Given | None = None) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        read_facility(path, given)
    return [str(each).removeprefix(str(path)) for each in raised.value.problems]


def test_each_terminal_has_what_all_have_and_its_own(tmp_path: Path) -> None:
    found = read_facility(write(tmp_path, GOOD))
    assert found.facility == "north"
    one, two = found.members
    assert (one.name, one.label, one.unit, two.unit) == ("c1", "1", "C", "")
    hub = {"hub": "wss://visits.example", "hub_name": "main"}
    assert one.values == {"terminal": "c1", **hub, "devices": {"fps": 25, "camera": "auto"}}
    assert two.values["devices"] == {"fps": 25, "camera": "at:port-1"}


def test_the_hubs_word_fills_what_the_file_leaves_out(tmp_path: Path) -> None:
    given = Given({"hub": "wss://other.example", "hub_name": "main"}, {"c2": "K7QF-2MXR"})
    path = write(tmp_path, GOOD.replace('hub_name = "main"\n', ""))
    one, two = read_facility(path, given).members
    assert (one.values["hub"], one.values["hub_name"]) == ("wss://visits.example", "main")
    assert "enrolment_code" not in one.values
    assert two.values["enrolment_code"] == "K7QF-2MXR"
    assert "K7QF" not in repr(given) + repr(two)


def test_a_mistake_of_all_is_told_once_and_one_of_one_at_its_place(tmp_path: Path) -> None:
    text = (
        GOOD.replace("fps = 25", "fps = 100")
        .replace("at:port-1", "webcam")
        .replace('label = "2"', 'labl = "2"')
        .replace('hub_name = "main"\n', "")
    )
    said = mistakes(write(tmp_path, text))
    assert said == [
        ", line 2, defaults.hub_name: nothing found, expected 1 to 64 letters, digits, dots, "
        "dashes or underscores.",
        ", line 5, defaults.devices.fps: found 100, expected a whole number from 5 to 60.",
        ", line 11, terminal.c2.labl: there is no such key; the nearest is label.",
        ', line 13, terminal.c2.devices.camera: found "webcam", expected "auto", "simulated" or a '
        "device as `visit-hardware list` names it (usb:046d:0825..., at:... or /dev/...).",
    ]


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ('facility = "north"', "", 7, "nothing found, expected the facility's id in hub.toml"),
        ('facility = "north"', "facility = 3", 1, "found 3, expected the facility's id"),
        ('facility = "north"', 'facilty = "north"', 1, "the nearest is facility"),
        ('facility = "north"', 'facility = "north"\nlanguage = "es"', 2, "belongs in [defaults]"),
        ("[terminal.c1]", 'terminal.c0 = "all"\n[terminal.c1]', 8, "there is no such"),
        ("[terminal.c1]", "[terminal.c1.x]", 8, "there is no such table"),
        ("[terminal.c1]", '[terminal."c 1"]', 8, "expected 1 to 64 letters"),
        ("[terminal.c1]", "[terminal.c2]", 11, "found a second [terminal.c2], expected one"),
        ('label = "2"', 'label = "1"', 12, "found the label of c1, expected one that no other"),
        ('label = "2"', "label = 2", 12, "found 2, expected a text of at most 40 characters"),
        ('label = "2"', 'terminal = "c2"', 12, "found a name, expected it in the brackets"),
        ('label = "2"', 'enrolment_code = "X"', 12, "expected the code that"),
        ('camera = "auto"', "camera = 1", 7, "found 1, expected a text in quotes"),
        ("fps = 25", "fps == 25", 6, "found no valid TOML"),
    ],
)
def test_every_mistake_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, said: str
) -> None:
    path = write(tmp_path, GOOD.replace(old, new, 1))
    told = [each for each in mistakes(path) if said in each]
    assert told, mistakes(path)
    # A key that stands nowhere has no line.
    assert told[0].startswith(f", line {line}") or (new == "" and told[0].startswith(", facility"))


def test_what_is_each_terminals_own_is_not_for_all(tmp_path: Path) -> None:
    text = GOOD.replace("[defaults]\n", '[defaults]\nmachine = "52:54:00:12:34:56"\n')
    assert (
        "expected in each [terminal.NAME]: no two have the same"
        in mistakes(write(tmp_path, text))[0]
    )
    machine = 'machine = "52:54:00:12:34:5A"\n'
    both = GOOD.replace('label = "1"\n', machine) + "\n"
    both = both.replace('label = "2"\n', machine.lower().replace(":", "-"))
    assert (
        "found the machine of c1, expected one that no other" in mistakes(write(tmp_path, both))[0]
    )


def test_what_should_be_tables(tmp_path: Path) -> None:
    text = 'facility = "north"\ndefaults = "all"\nterminal = ["c1"]\n'
    assert mistakes(write(tmp_path, text)) == [
        ', line 2, defaults: found "all", expected a table.',
        ", line 3, terminal: found a list, expected a table.",
    ]
    text = 'facility = "north"\nterminal.c1 = "C"\n'
    assert ', line 2, terminal.c1: found "C", expected a table.' in mistakes(write(tmp_path, text))


def test_nobody_is_there(tmp_path: Path) -> None:
    said = mistakes(write(tmp_path, 'facility = "north"\n'))
    assert said == [", terminal: nothing found, expected a table [terminal.NAME] for each."]


def test_a_file_that_is_to_be_on_the_terminal_is_not_looked_for_here(tmp_path: Path) -> None:
    text = GOOD.replace("[defaults]\n", '[defaults]\nca_file = "/etc/visitbooth/ca.pem"\n')
    assert len(read_facility(write(tmp_path, text)).members) == 2
    wrong = text.replace("/etc/visitbooth/", "")
    assert 'line 3, defaults.ca_file: found "ca.pem"' in mistakes(write(tmp_path, wrong))[0]


def test_simulated_devices_are_warned_of_where_they_stand(tmp_path: Path) -> None:
    text = GOOD.replace('camera = "auto"', 'camera = "simulated"')
    (warning,) = read_facility(write(tmp_path, text)).warnings
    assert (warning.line, warning.key) == (7, ("defaults", "devices", "camera"))


def test_merging_leaves_both_as_they_are() -> None:
    below, above = {"a": {"x": 1}, "b": 2, "c": 3}, {"a": {"y": 4}, "b": {"z": 5}}
    assert merged(below, above) == {"a": {"x": 1, "y": 4}, "b": {"z": 5}, "c": 3}
    assert (below["a"], above["a"]) == ({"x": 1}, {"y": 4})
