"""Types, ranges and unknown keys, one by one; and the walk agrees with msgspec."""

from __future__ import annotations

import tomllib
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.problems import key_text
from config.schema import HubConfig, Secret, Table, TerminalConfig
from config.structure import check
from tests.config.files import HUB, TERMINAL


def findings(schema: type[Table], values: dict[str, Any]) -> list[str]:
    """Return what is wrong with `values`, each with its key."""
    found: list[str] = []
    check(schema, values, lambda key, words: found.append(f"{key_text(key)}: {words}"))
    return found


def hub(extra: str) -> list[str]:
    """Return what `extra`, added to a good hub.toml, does wrong."""
    return findings(HubConfig, tomllib.loads(HUB) | tomllib.loads(extra))


def terminal(extra: str) -> list[str]:
    """Return what `extra`, added to a good terminal.toml, does wrong."""
    return findings(TerminalConfig, tomllib.loads(TERMINAL) | tomllib.loads(extra))


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ("port = true", "port: found true, expected a whole number from 0 to 65535"),
        ("port = 1.5", "port: found 1.5, expected a whole number from 0 to 65535"),
        ("port = 65536", "port: found 65536, expected a whole number from 0 to 65535"),
        ("origins = 'x'", 'origins: found "x", expected a list of texts, ["..."]'),
        ("origins = [1]", "origins[1]: found 1, expected a text in quotes"),
        ("listen = 1979-05-27", "listen: found 1979-05-27, expected a text in quotes"),
        ("notice.watched = 1", "notice.watched: found 1, expected true or false"),
        ("notice = 1", "notice: found 1, expected a table, [notice]"),
        ("visits.link_grace_s = nan", "visits.link_grace_s: found nan, expected a number from 0 "
         "to 86400"),
        ("visits.link_grace_s = inf", "visits.link_grace_s: found inf, expected a number from 0 "
         "to 86400"),
        ("limits.connections = 0", "limits.connections: found 0, expected a whole number of at "
         "least 1"),
        ("state_dir = ''", 'state_dir: found "", expected a text in quotes that is not empty'),
        ("facility = []", "facility: found an empty list, expected tables in double brackets, "
         "[[...]], at least 1"),
        ("facility = [1]", "facility[1]: found 1, expected a table, [facility[1]]"),
        ("facility = {id = 'a'}", "facility: found a table, expected tables in double brackets, "
         "[[...]]"),
        ("name = 'a\\n'", None),
        ('name = "a\\n"', 'name: found "a\\n", expected 1 to 64 letters, digits, dots, dashes or '
         "underscores"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_shown_with_what_was_expected(extra: str, words: str | None) -> None:
    found = hub(extra)
    assert len(found) == 1
    assert words is None or found == [words]


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        (f"camera_masks = {['0 0 9 9'] * 9}", "devices.camera_masks: found a list, expected a list "
         'of texts, ["..."], at most 8'),
        ("sound = 'headset'", 'devices.sound: found "headset", expected "handset" or '
         '"speakerphone"'),
        ('sound = "handset\\n"', None),
        ("sidetone_db = 20", "devices.sidetone_db: found 20, expected a number from -60 to -6"),
        ("sidetone_db = -61.0", None),
    ],
)  # fmt: skip
def test_wrong_sound_is_told_what_to_be(extra: str, words: str | None) -> None:
    found = terminal(f"[devices]\n{extra}")
    assert len(found) == 1
    assert words is None or found == [words]


def test_right_sound_passes() -> None:
    assert terminal("[devices]\nsound = 'speakerphone'\nsidetone_db = -60") == []


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ("camera_format = 'yuyv'", 'devices.camera_format: found "yuyv", expected "auto", "raw", '
         '"mjpeg" or "h264"'),
        ("encoder = 'nvenc'", 'devices.encoder: found "nvenc", expected "auto", "software", '
         '"h264_nvenc", "h264_qsv", "h264_amf" or "h264_v4l2m2m"'),
        ('encoder = "auto\\n"', None),
    ],
)  # fmt: skip
def test_wrong_picture_is_told_what_to_be(extra: str, words: str | None) -> None:
    found = terminal(f"[devices]\n{extra}")
    assert len(found) == 1
    assert words is None or found == [words]


@pytest.mark.parametrize("name", ["auto", "software", "h264_nvenc", "h264_qsv", "h264_v4l2m2m"])
def test_right_picture_passes(name: str) -> None:
    assert terminal(f"[devices]\nencoder = '{name}'\ncamera_format = 'h264'") == []


def test_a_whole_number_does_for_a_number() -> None:
    assert hub("visits.link_grace_s = 7") == []


def test_a_secret_of_the_wrong_type_is_not_shown() -> None:
    assert hub("turn.secret = 4711") == [
        "turn.secret: found something that is not text, expected a text in quotes"
    ]


def test_a_value_is_shown_in_sixty_characters() -> None:
    (found,) = hub(f"listen = '{'x' * 500}'")
    assert "(502 characters)" in found
    assert len(found) < 200


def test_a_password_in_a_url_is_not_shown() -> None:
    (found,) = hub("store = 'postgresql://hub:hunter2/@h@db.example/visits'")
    assert found.startswith('store: found "postgresql://hub:***@db.example/visits", expected ')
    assert found.endswith("store_password")
    assert hub("store_password = 'hunter2'") == [
        'store: found "", expected the postgresql://... that store_password is for'
    ]


def test_an_unknown_keys_value_is_never_shown() -> None:
    """It may be a misspelt secret."""
    assert hub("turn.secert = 'hunter2'") == [
        "turn.secert: there is no such key; the nearest is secret"
    ]


def test_unknown_keys_point_to_where_they_belong() -> None:
    (said,) = hub("tone_hz = 1")
    assert said.startswith("tone_hz: there is no such key; expected one of name, facility, listen")
    assert said.endswith(", ".join(HubConfig.__struct_fields__[-4:]))
    assert terminal("fps = 30") == ["fps: there is no such key; fps belongs in [devices]"]
    assert hub("turn.port = 1") == [
        "turn.port: there is no such key; port belongs at the top, before the first table "
        "or in [mail] or in [metrics]"
    ]
    assert hub("[[facilty]]\nid = 'b'") == [
        "facilty: there is no such table; the nearest is facility"
    ]


def test_a_misspelt_required_key_is_one_mistake() -> None:
    values = tomllib.loads(TERMINAL)
    values["termnal"] = values.pop("terminal")
    assert findings(TerminalConfig, values) == [
        "termnal: there is no such key; the nearest is terminal"
    ]


def test_missing_required_keys_are_each_named() -> None:
    found = findings(TerminalConfig, {})
    assert [words.partition(":")[0] for words in found] == ["terminal", "hub", "hub_name"]
    assert all("nothing found" in words for words in found)


_SCALARS = st.one_of(
    st.booleans(), st.integers(-5, 70_000), st.floats(), st.text(max_size=90), st.none(),
    st.lists(st.text(max_size=5), max_size=2),
)  # fmt: skip


@given(
    st.dictionaries(st.sampled_from([*HubConfig.__struct_fields__, "x"]), _SCALARS, max_size=4),
    st.dictionaries(st.sampled_from(["link_grace_s", "first_picture_s", "y"]), _SCALARS),
)
def test_what_passes_here_msgspec_takes(top: dict[str, Any], visits: dict[str, Any]) -> None:
    """The walk is at least as strict, so the loader's conversion cannot fail after it."""
    values = tomllib.loads(HUB) | {"visits": visits} | top
    if not findings(HubConfig, values):
        msgspec.convert(values, HubConfig, dec_hook=lambda _, text: Secret(text))


def test_a_technicians_lockout_is_long_enough_to_be_one() -> None:
    values = tomllib.loads(TERMINAL) | tomllib.loads("technician.lockout_s = 0")
    assert findings(TerminalConfig, values) == [
        "technician.lockout_s: found 0, expected a number from 60 to 86400"
    ]
