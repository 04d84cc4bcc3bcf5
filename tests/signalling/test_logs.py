"""Lines of the log: their form, and the one id of a visit."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Callable, Iterator

import pytest

from signalling.logs import JSON, TEXT, about_visit, set_up, split, visit_of_task

log = logging.getLogger("room")


@pytest.fixture
def written() -> Iterator[Callable[[str], list[str]]]:
    """Set the log up in a form; what was written since."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()

    def start(form: str) -> list[str]:
        set_up(form, stream=stream)
        return []

    def lines(form: str = "") -> list[str]:
        return start(form) if form else stream.getvalue().splitlines()

    yield lines
    root.handlers[:] = before
    root.setLevel(level)


def test_a_line_of_text_has_when_who_which_visit_and_words(
    written: Callable[..., list[str]],
) -> None:
    written(TEXT)
    with about_visit("v1"):
        log.info("client=page refused=busy")
        log.info("visit=v2 %s", "said itself")
    log.warning("alone")
    first, second, third = written()
    assert first.startswith("time=20") and " level=INFO from=room visit=v1 client=page " in first
    assert second.endswith("from=room visit=v2 said itself")
    assert third.endswith("level=WARNING from=room alone")


def test_a_line_of_json_has_the_pairs_as_members(written: Callable[..., list[str]]) -> None:
    written(JSON)
    with about_visit("v1"):
        log.info('call end=page reason="two words" x=1 then words with=equals')
        log.error("visit=v2 failed", exc_info=ValueError("no"))
    first, second = (json.loads(line) for line in written())
    assert (first["visit"], first["end"], first["reason"]) == ("v1", "page", "two words")
    assert (first["from"], first["level"]) == ("room", "INFO")
    assert first["message"] == "call then words with=equals"
    assert (second["visit"], second["message"]) == ("v2", "failed")
    assert second["traceback"].endswith("ValueError: no")


def test_no_pair_can_be_forged_further_on_or_take_the_place_of_ours(
    written: Callable[..., list[str]],
) -> None:
    assert split("not taken: visit=v9 level=ERROR") == ({}, "not taken: visit=v9 level=ERROR")
    written(JSON)
    log.info("level=ERROR from=nobody words")
    (line,) = (json.loads(each) for each in written())
    assert (line["level"], line["from"]) == ("INFO", "room")


async def test_tasks_do_not_see_each_others_visit() -> None:
    async def one(visit: str) -> str | None:
        with about_visit(visit):
            await asyncio.sleep(0)
            return visit_of_task()

    assert list(await asyncio.gather(one("a"), one("b"))) == ["a", "b"]
    assert visit_of_task() is None
