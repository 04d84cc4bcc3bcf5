from __future__ import annotations

from pathlib import Path

import pytest

from config.problems import ConfigError, Problem, key_text, nearest


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ((), ""),
        (("name",), "name"),
        (("visits", "link_grace_s"), "visits.link_grace_s"),
        (("facility", 0, "id"), "facility[1].id"),
        (("turn", "urls", 2), "turn.urls[3]"),
    ],
)
def test_keys_are_written_as_people_write_them(key: tuple[str | int, ...], text: str) -> None:
    assert key_text(key) == text


def test_nearest_takes_a_misspelling_and_nothing_else() -> None:
    words = ["listen", "port", "state_dir"]
    assert nearest("lissten", words) == "listen"
    assert nearest("statedir", words) == "state_dir"
    assert nearest("colour", words) == ""


def test_a_problem_is_one_sentence_with_its_place() -> None:
    file = Path("hub.toml")
    assert str(Problem(file, "there is no such file")) == "hub.toml: there is no such file."
    problem = Problem(file, "found 1, expected 2", 7, ("turn", "urls", 0))
    assert str(problem) == "hub.toml, line 7, turn.urls[1]: found 1, expected 2."


def test_an_error_lists_every_problem() -> None:
    error = ConfigError([Problem(Path("a"), "one"), Problem(Path("a"), "two", 2)])
    assert str(error).splitlines() == ["a: one.", "a, line 2: two."]
    with pytest.raises(ValueError, match="needs a problem"):
        ConfigError([])
