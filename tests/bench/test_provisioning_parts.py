"""Each of the wrong files is told with the right line and what to do; what is right is taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.loader import load
from config.schema import TerminalConfig
from tests.bench.provisioning.corpus import MUTANTS, RIGHT, RIGHT_TOO
from tests.bench.provisioning.judged import Judged, judge
from tests.bench.provisioning.mistakes import rows, show


def test_every_wrong_file_names_the_line_and_what_to_do(tmp_path: Path) -> None:
    judged = judge(tmp_path)
    assert len(judged) >= 60
    assert [each for each in judged if not (each.right_line and each.has_fix)] == []


def test_the_wrong_files_are_all_different() -> None:
    assert len({each.name for each in MUTANTS}) == len(MUTANTS)


@pytest.mark.parametrize("name", RIGHT_TOO)
def test_what_editors_do_is_no_mistake(tmp_path: Path, name: str) -> None:
    path = tmp_path / "terminal.toml"
    path.write_text(RIGHT)
    as_it_is = load(path, TerminalConfig).config
    path.write_bytes(RIGHT_TOO[name])
    assert load(path, TerminalConfig).config == as_it_is


def test_no_value_is_repeated_from_a_line_that_is_no_toml(tmp_path: Path) -> None:
    secret = "K7QF-2MXR"
    for wrong in (f'"{secret}', f"{secret}", f'"{secret}";', f'""{secret}"', f'"{secret}\\x"'):
        path = tmp_path / "terminal.toml"
        path.write_text(RIGHT.replace(f'"{secret}"', wrong))
        with pytest.raises(Exception, match=r"enrolment|line 5") as raised:
            load(path, TerminalConfig)
        assert secret not in str(raised.value)


def test_the_table_says_what_is_missed(capsys: pytest.CaptureFixture[str]) -> None:
    judged = [
        Judged("a colon", ", line 2: found no valid TOML", True, False, True),
        Judged("none", ": there is no such file", False, True, False),
    ]
    show(judged)
    said = capsys.readouterr().out
    assert "a colon" in said
    assert said.count("NO") == 2
    assert [(row.ours, row.peer, row.goal, row.met) for row in rows(judged)] == [
        (1, 1, 2, False),
        (1, None, 2, False),
    ]
