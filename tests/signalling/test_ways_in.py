"""Which key a terminal shows, and when with a code."""

from __future__ import annotations

from pathlib import Path

from signalling.terminal_key import KEY_FILE, NEW_KEY_FILE, TerminalKey
from signalling.ways_in import WaysIn


def enrolled(folder: Path) -> TerminalKey:
    key = TerminalKey.load_or_make(folder)
    key.welcomed()
    return key


def seen(ways: WaysIn, turns: int) -> list[tuple[bool, str]]:
    found = []
    for _ in range(turns):
        found.append((ways.enrols, ways.key.public_base64()))
        ways.turn()
    return found


def test_a_new_terminal_shows_its_key_with_the_code_and_then_without(tmp_path: Path) -> None:
    key = TerminalKey.load_or_make(tmp_path)
    ways, own = WaysIn(key, has_code=True), key.public_base64()
    assert ways.count == 2
    assert seen(ways, 3) == [(True, own), (False, own), (True, own)]


def test_without_a_code_there_is_one_way(tmp_path: Path) -> None:
    for key in (TerminalKey.load_or_make(tmp_path), enrolled(tmp_path)):
        ways = WaysIn(key, has_code=False)
        assert ways.count == 1
        assert seen(ways, 2) == [(False, key.public_base64())] * 2


def test_a_key_that_is_not_taken_any_more_gets_no_code(tmp_path: Path) -> None:
    """It may have been copied: then the copy would be taken again too."""
    old = enrolled(tmp_path)
    ways = WaysIn(old, has_code=True)
    first, second, third, fourth = seen(ways, 4)
    assert first == fourth == (False, old.public_base64())
    assert second[0] and not third[0]
    assert second[1] == third[1] != old.public_base64()
    assert ways.count == 3


def test_the_fresh_key_takes_the_old_ones_place_once_it_is_taken(tmp_path: Path) -> None:
    old = enrolled(tmp_path)
    ways = WaysIn(old, has_code=True)
    ways.turn()
    assert TerminalKey.load_or_make(tmp_path).public_base64() == old.public_base64()
    fresh = ways.key.public_base64()
    ways.welcomed()
    assert (ways.enrols, ways.key.public_base64()) == (False, fresh)
    assert TerminalKey.load_or_make(tmp_path).public_base64() == fresh
    assert sorted(path.name for path in tmp_path.iterdir()) == [KEY_FILE]


def test_a_fresh_key_outlives_a_power_cut(tmp_path: Path) -> None:
    ways = WaysIn(enrolled(tmp_path), has_code=True)
    ways.turn()
    assert (tmp_path / NEW_KEY_FILE).is_file()
    again = WaysIn(TerminalKey.load_or_make(tmp_path), has_code=True)
    again.turn()
    assert again.key.public_base64() == ways.key.public_base64()
