"""A keypad passes when a key was seen; nobody presses one where nobody was asked."""

from __future__ import annotations

import asyncio

import pytest

from hardware.finding import Finding
from hardware.interfaces import DeviceError, DeviceLost, DeviceNotFound
from hardware.selftest import check_keypad


class Pad:
    """A keypad that gives one key, or none, or fails; it says whether it is closed."""

    def __init__(self, key: str = "", error: DeviceError | None = None) -> None:
        self._key = key
        self._error = error
        self.closed = False

    async def open(self) -> None:
        if isinstance(self._error, DeviceNotFound):
            raise self._error

    async def key(self) -> str:
        if self._error is not None:
            raise self._error
        if not self._key:
            await asyncio.Event().wait()
        return self._key

    async def close(self) -> None:
        self.closed = True


async def checked(pad: Pad, asked: list[str] | None) -> Finding:
    async with asyncio.timeout(10):
        found = await check_keypad(pad, None if asked is None else asked.append, press_s=0.05)
    assert pad.closed
    assert (found.device, found.code) == ("keypad", ""), "a keypad has no codes"
    return found


async def test_a_key_that_is_seen_proves_it() -> None:
    asked: list[str] = []
    found = await checked(Pad("7"), asked)
    assert (found.passed, found.proved, found.detail) == (True, True, "the key 7 was seen")
    assert asked == ["Press a key of the keypad now (0 s)."]


async def test_where_no_key_comes_it_fails() -> None:
    found = await checked(Pad(), [])
    assert not found.passed
    assert "no key was seen" in found.detail
    assert found.fix


async def test_where_nobody_is_asked_it_is_only_opened() -> None:
    found = await checked(Pad(), None)
    assert (found.passed, found.proved) == (True, False)


@pytest.mark.parametrize("error", [DeviceNotFound("no keypad is attached"), DeviceLost("pulled")])
async def test_a_keypad_that_is_away_fails_with_what_to_do(error: DeviceError) -> None:
    found = await checked(Pad(error=error), [])
    assert (found.passed, found.detail) == (False, str(error))
    assert "Plug it in" in found.fix
