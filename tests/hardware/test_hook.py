"""What all hook switches share: debounced moves in a queue, and the end of it."""

from __future__ import annotations

import asyncio

import pytest

from hardware.hook import Switch
from hardware.interfaces import DeviceLost


async def test_moves_come_out_when_they_are_still() -> None:
    switch = Switch(0.03)
    with pytest.raises(DeviceLost, match="not open"):
        await switch.change()
    switch.start(False)
    for on in (True, False, True):
        switch.show(on)
    assert not switch.up
    began = asyncio.get_running_loop().time()
    assert await asyncio.wait_for(switch.change(), 2) is True
    assert asyncio.get_running_loop().time() - began >= 0.029
    assert switch.up and switch.moves == 3
    switch.stop(DeviceLost("closed"))


async def test_without_a_hold_a_move_counts_at_once() -> None:
    switch = Switch(0.0, inverted=True)
    switch.start(True)
    assert not switch.up
    switch.show(False)
    assert switch.up
    assert await switch.change() is True
    switch.stop(DeviceLost("closed"))


async def test_who_waits_is_told_why_it_is_over_and_a_pending_move_is_forgotten() -> None:
    switch = Switch(0.02)
    switch.start(False)
    waiting = asyncio.create_task(switch.change())
    await asyncio.sleep(0)
    switch.show(True)
    switch.stop(DeviceLost("pulled"))
    switch.stop(DeviceLost("again"))
    with pytest.raises(DeviceLost, match="pulled"):
        await waiting
    switch.show(True)
    await asyncio.sleep(0.05)
    assert not switch.up


async def test_moves_are_counted_over_all_openings() -> None:
    switch = Switch(0.01)
    for _ in range(3):
        switch.start(False)
        switch.show(True)
        switch.stop(DeviceLost("pulled"))
    assert switch.moves == 3
