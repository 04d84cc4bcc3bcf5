"""Pictures keep their order and their wait, and no more of them wait than fit."""

from __future__ import annotations

import asyncio
import time

import av

from kiosk.media.showing import MAX_WAITING, Showing
from tests.kiosk.media.parts import until


class Shown:
    def __init__(self) -> None:
        self.at: list[tuple[int, float]] = []

    def __call__(self, picture: av.VideoFrame) -> None:
        self.at.append((picture.width, time.monotonic()))


def picture(number: int) -> av.VideoFrame:
    return av.VideoFrame(16 * number, 16, "yuv420p")


async def test_without_a_wait_it_is_shown_within_the_call() -> None:
    shown = Shown()
    one = Showing(shown)
    one.put(picture(1), 0.0)
    one.put(picture(2), -0.1)
    assert [width for width, _ in shown.at] == [16, 32]


async def test_each_waits_its_time_and_none_overtakes() -> None:
    shown, began = Shown(), time.monotonic()
    one = Showing(shown)
    one.put(picture(1), 0.06)
    one.put(picture(2), 0.0)
    one.put(picture(3), 0.08)
    await until(lambda: len(shown.at) == 3)
    assert [width for width, _ in shown.at] == [16, 32, 48]
    assert shown.at[0][1] - began >= 0.055 and shown.at[2][1] - began >= 0.075


async def test_over_its_bound_the_oldest_goes() -> None:
    shown = Shown()
    one = Showing(shown)
    for number in range(1, MAX_WAITING + 4):
        one.put(picture(number), 0.02)
    assert one.dropped == 3
    await until(lambda: len(shown.at) == MAX_WAITING)
    assert shown.at[0][0] == 16 * 4


async def test_what_is_forgotten_is_never_shown() -> None:
    shown = Shown()
    one = Showing(shown)
    one.put(picture(1), 0.01)
    one.clear()
    await asyncio.sleep(0.03)
    one.put(picture(2), 0.0)
    assert [width for width, _ in shown.at] == [32]
