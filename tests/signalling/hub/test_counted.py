"""How many of something there are, in words."""

from __future__ import annotations

import pytest

from signalling.hub.counted import counted


@pytest.mark.parametrize(("count", "words"), [(0, "0 entries"), (1, "1 entry"), (2, "2 entries")])
def test_one_is_one(count: int, words: str) -> None:
    assert counted(count, "entry", "entries") == words
    assert counted(count, "entry") == words.replace("ies", "ys")
