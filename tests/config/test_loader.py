"""Every kind of mistake, and all of them at once."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from config import ConfigError, load_hub, load_terminal
from config.loader import FILE_MAX_BYTES, load
from config.schema import HubConfig, Secret, Table, TerminalConfig
from tests.config.files import HUB, TERMINAL, write

SECRET = "kept-from-every-eye"
CODE = "K7QF-2MXR"
NOBODY = 65534


def mistakes(path: Path, schema: type[Table] = HubConfig) -> list[str]:
    """Return what is wrong with `path`, without its name."""
    with pytest.raises(ConfigError) as caught:
        load(path, schema)
    return [str(problem).removeprefix(str(path)) for problem in caught.value.problems]


def test_the_shortest_files_load_with_defaults(tmp_path: Path) -> None:
    hub = load_hub(write(tmp_path, HUB))
    assert (hub.name, hub.port, hub.facility[0].time_zone) == ("main", 8080, "America/New_York")
    assert hub.visits.link_grace_s == 5.0
    terminal = load_terminal(str(write(tmp_path, TERMINAL)))
    assert (terminal.terminal, terminal.devices.fps) == ("t1", 30)


def test_a_secret_is_decoded_and_hidden(tmp_path: Path) -> None:
    config = load_hub(write(tmp_path, f'{HUB}[turn]\nurls = ["turn:h:1"]\nsecret = "{SECRET}"\n'))
    assert config.turn.secret == Secret(SECRET)
    assert SECRET not in repr(config)


def test_all_mistakes_are_named_in_one_pass_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = (
        'name = "hub main"\n'
        'port = "8080"\n'
        'lissten = "127.0.0.1"\n'
        'turn.urls = ["turn:h:1"]\n'
        "[[facility]]\n"
        'id = "a"\n'
        'name = "A"\n'
        'time_zone = "America/New_Yrok"\n'
        "[[facility]]\n"
        'id = "a"\n'
        'time_zone = "UTC"\n'
        "[visits]\n"
        "link_grace_s = -1\n"
        "pin_tries = 3\n"
        "[notise]\n"
        "watched = true\n"
    )
    assert mistakes(write(tmp_path, text)) == [
        ', line 1, name: found "hub main", expected 1 to 64 letters, digits, dots, dashes or '
        "underscores.",
        ', line 2, port: found "8080", expected a whole number from 0 to 65535.',
        ", line 3, lissten: there is no such key; the nearest is listen.",
        ", line 4, turn.secret: found no secret, expected coturn's static-auth-secret, because "
        "turn.urls are set.",
        ', line 8, facility[1].time_zone: found "America/New_Yrok", expected a time zone of the '
        'IANA database, such as "America/New_York", probably "America/New_York".',
        ", line 9, facility[2].name: nothing found, expected a text of 1 to 80 characters.",
        ', line 10, facility[2].id: found "a", expected an id that no facility above has.',
        ", line 13, visits.link_grace_s: found -1, expected a number from 0 to 86400.",
        ", line 14, visits.pin_tries: there is no such key; pin_tries belongs in [inmates].",
        ", line 15, notise: there is no such table; the nearest is notice.",
    ]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert mistakes(tmp_path / "none.toml") == [": there is no such file."]


@pytest.mark.parametrize(
    ("load_it", "variable"), [(load_hub, "VISITBOOTH_HUB"), (load_terminal, "VISITBOOTH_TERMINAL")]
)
def test_a_command_says_how_to_name_another_file(
    tmp_path: Path, load_it: Callable[[Path], object], variable: str
) -> None:
    path = tmp_path / "none.toml"
    with pytest.raises(ConfigError) as raised:
        load_it(path)
    assert str(raised.value) == (
        f"{path}: there is no such file; name another with --config, or in the variable {variable}."
    )


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert mistakes(tmp_path) == [": cannot be read: Is a directory."]


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = write(tmp_path, HUB)
    path.chmod(0)
    user = os.geteuid()
    if user == 0:  # root may read everything
        os.seteuid(NOBODY)
    try:
        assert mistakes(path) == [": cannot be read: Permission denied."]
    finally:
        os.seteuid(user)


def test_what_is_no_toml_is_named_by_line_and_column(tmp_path: Path) -> None:
    assert mistakes(write(tmp_path, 'name = "main"\nport = \n')) == [
        ", line 2: column 8, found no valid TOML (invalid value), expected a value after =."
    ]
    assert mistakes(write(tmp_path, 'name = "main"\nport = [1,\n')) == [
        ", line 2: end of file, found no valid TOML (invalid value)."
    ]


@pytest.mark.parametrize("value", ["9" * 5000, "[" * 5000 + "]" * 5000])
def test_what_no_file_should_hold_is_one_mistake_too(tmp_path: Path, value: str) -> None:
    assert mistakes(write(tmp_path, f"port = {value}\n")) == [
        ": found a number or nesting beyond all bounds."
    ]


def test_a_secret_without_quotes_is_not_repeated(tmp_path: Path) -> None:
    found = mistakes(write(tmp_path, f"{HUB}[turn]\nsecret = {SECRET}\n"))
    assert len(found) == 1
    assert "line 8" in found[0]
    assert SECRET not in found[0]


def test_what_is_no_text_is_named_by_line(tmp_path: Path) -> None:
    path = tmp_path / "latin.toml"
    path.write_bytes('# one\nname = "Zürich"\n'.encode("latin-1"))
    assert mistakes(path) == [
        ", line 2: found the byte 0xfc, expected UTF-8 text: save it anew with that encoding."
    ]


def test_a_file_too_large_to_be_a_configuration(tmp_path: Path) -> None:
    assert mistakes(write(tmp_path, "#" * (FILE_MAX_BYTES + 1))) == [
        f": found more than {FILE_MAX_BYTES} bytes, expected less."
    ]


@pytest.mark.parametrize(
    ("mode", "warns"), [(0o600, False), (0o640, False), (0o644, True), (0o604, True)]
)
def test_a_secret_that_everybody_may_read_is_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, mode: int, warns: bool
) -> None:
    path = write(tmp_path, f'{TERMINAL}enrolment_code = "{CODE}"\n')
    path.chmod(mode)
    with caplog.at_level(logging.WARNING):
        load_terminal(path)
    assert ("everybody may read it" in caplog.text) is warns
    assert ("expected mode 0600, or 0640 where its service's group" in caplog.text) is warns
    assert CODE not in caplog.text


@pytest.mark.parametrize(
    "code", ["PUT-IT-HERE", SECRET, "K7QF-2MX", "K7QF-2MXI", "K7QF-2MX0", "...", " "]
)
def test_what_is_no_enrolment_code_is_refused_and_not_shown(tmp_path: Path, code: str) -> None:
    path = write(tmp_path, f'{TERMINAL}enrolment_code = "{code}"\n')
    (found,) = mistakes(path, TerminalConfig)
    assert found == (
        ", line 4, enrolment_code: found something (it is not shown), expected the code that "
        "`visit-hub terminal add` printed, such as K7QF-2MXR."
    )


@pytest.mark.parametrize("code", ["", CODE, "k7qf2mxr", "K7QF 2MXR"])
def test_a_code_is_taken_however_it_is_typed(tmp_path: Path, code: str) -> None:
    path = write(tmp_path, f'{TERMINAL}enrolment_code = "{code}"\n')
    assert load_terminal(path).enrolment_code == Secret(code)


def test_a_file_without_a_secret_may_be_read_by_everybody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(tmp_path, HUB)
    path.chmod(0o644)
    load_hub(path)
    assert caplog.records == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[turn]\n[notice]\n[turn]\n", "found a second [turn], expected one; leave one of the two"),
        ("port = 1\nport = 2\n", "found a key that stands above already"),
    ],
)
def test_what_stands_twice_is_told_with_what_to_do(tmp_path: Path, text: str, told: str) -> None:
    (found,) = mistakes(write(tmp_path, text))
    assert told in found
