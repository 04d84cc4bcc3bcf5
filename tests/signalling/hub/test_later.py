"""What is done once for many reasons."""

from __future__ import annotations

import asyncio

import pytest

from signalling.hub.later import Later


async def test_each_is_done_once_in_order_some_in_a_turn() -> None:
    done: list[str] = []
    later = Later(done.append, at_once=2)
    for key in "abacab":
        later.note(key)
    assert done == []
    await asyncio.sleep(0)
    assert done == ["a", "b"]
    later.note("a")
    await asyncio.sleep(0)
    assert done == ["a", "b", "c", "a"]


async def test_what_may_wait_is_done_once_for_all_reasons_meanwhile() -> None:
    done: list[str] = []
    enough = asyncio.Event()

    def do(key: str) -> None:
        done.append(key)
        if key == "b":
            enough.set()

    later = Later(do, at_once=10, after_s=0.01)
    for _ in range(3):
        later.note("a")
        await asyncio.sleep(0)
    assert done == []
    later.note("b")
    await enough.wait()
    assert done == ["a", "b"]


async def test_one_that_fails_keeps_nobody_else_from_being_told() -> None:
    done: list[str] = []

    def do(key: str) -> None:
        if key == "bad":
            raise ValueError(key)
        done.append(key)

    said: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: said.append(context))
    later = Later(do, at_once=10)
    for key in ("bad", "good"):
        later.note(key)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert done == ["good"]
    assert len(said) == 1


def test_it_belongs_to_a_running_loop() -> None:
    with pytest.raises(RuntimeError, match="no running event loop"):
        Later(print, at_once=1).note("x")
