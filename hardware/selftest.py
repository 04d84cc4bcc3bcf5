"""Proves devices that nobody else has open: opens each, collects what it gives, has it judged.

The thresholds: `judging_picture.py`, `judging_sound.py`, `judging_hook.py`. The media process
judges the devices of a running kiosk by the same (`kiosk/media/proof.py`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from hardware import judging_hook, judging_picture, judging_sound
from hardware.collecting import Recording, look_at, loop_of
from hardware.finding import FROZEN, Finding, failed, failed_with
from hardware.hook import CountedHook, NoHook
from hardware.interfaces import (
    BLOCK_SAMPLES,
    SAMPLE_RATE_HZ,
    Camera,
    DeviceError,
    DeviceRefused,
    Earpiece,
    Hook,
    Keypad,
    Microphone,
    VideoMode,
)
from hardware.judging_hook import Move
from hardware.judging_picture import Look
from hardware.sweep_player import SweepPlayer

T = TypeVar("T")

OPEN_S: Final = 12.0
"""Above the camera's own limit."""
SETTLE_S: Final = 0.8
"""A camera's first pictures are dark or green until it has found its exposure."""
LOOK_S: Final = 1.6
"""Above `judging_picture.FROZEN_S`."""
QUIET_S: Final = 1.0
"""The microphone is judged by the second before the sweep."""
LOOP_S: Final = 1.0
"""The sweep, and as long again for it to arrive; sound servers keep it 200 ms each way at most."""
MOVE_S: Final = 15.0
"""For each move of the handset, which may hang across the room from the keyboard."""
STILL_S: Final = 1.0
"""So long a hook is watched when nothing is expected of it: flapping shows by itself."""

UNTRIED: Final = Finding(
    "loop", True, "not tried: that takes microphone and earpiece", proved=False
)

Ask = Callable[[str], None]
"""Says to the technician what to do now."""


async def check_camera(camera: Camera, asked: VideoMode) -> Finding:
    """Open the camera, look at what it gives, close it."""
    try:
        await opened(camera.open())
        until = time.monotonic() + SETTLE_S
        while time.monotonic() < until:
            await camera.frame()
        looks: list[Look] = []
        until += LOOK_S
        while time.monotonic() < until:
            looks.append(look_at(await camera.frame()))
    except DeviceError as error:
        return failed_with("camera", error)
    finally:
        await camera.close()
    return judging_picture.judge(looks, asked)


async def check_sound(
    microphone: Microphone, earpiece: Earpiece, playing: Callable[[], None] | None = None
) -> list[Finding]:
    """Open both, listen to the room, play the sweep, listen for it, close both.

    `playing` is called before the sweep is played, where there is an earpiece to play it.
    """
    player, recording = SweepPlayer(), Recording()
    try:
        of_ear = await _error(opened(earpiece.open(player.pull)))
        of_microphone = await _error(_listen(microphone, recording))
        quiet = recording.samples
        if of_ear is None and playing is not None:
            playing()
        player.start()
        if of_microphone is None:
            of_microphone = await _error(_fill(recording, microphone, LOOP_S))
        else:
            await asyncio.sleep(LOOP_S)
    finally:
        await microphone.close()
        await earpiece.close()
    return [
        _finding("microphone", of_microphone, lambda: judging_sound.judge_microphone(quiet)),
        _finding("earpiece", of_ear, lambda: judging_sound.judge_earpiece(player.played)),
        loop_of(recording, player) if of_ear is None and of_microphone is None else UNTRIED,
    ]


async def _fill(recording: Recording, microphone: Microphone, seconds: float) -> None:
    """Record so much more. Raises DeviceLost."""
    for _ in range(round(seconds * SAMPLE_RATE_HZ / BLOCK_SAMPLES)):
        recording.take(await microphone.block())


async def check_hook(
    hook: CountedHook, ask: Ask | None, move_s: float = MOVE_S, asked: str = ""
) -> Finding:
    """Open the hook, have it moved both ways (`ask` None: only watch it), close it.

    `asked` is terminal.toml's word for it.
    """
    if isinstance(hook, NoHook):
        return Finding("hook", True, "none is configured: the handset counts as lifted")
    moves: list[Move] = []
    try:
        starts_up = await opened(hook.open())
        up = starts_up
        for _ in range(2 if ask is not None else 0):
            assert ask is not None
            says, do = ("lifted", "Hang it up") if up else ("hung up", "Lift it")
            ask(f"The hook says that the handset is {says}. {do} now ({move_s:.0f} s).")
            if not await _moves(hook, moves, move_s, until_up=not up):
                break
            up = not up
        counted = hook.moves
        await _moves(hook, moves, STILL_S)
        raw_moves = hook.moves - counted
    except DeviceError as error:
        return failed_with("hook", error, asked)
    finally:
        await hook.close()
    return judging_hook.judge(starts_up, moves, None if ask is None else move_s, raw_moves)


async def check_keypad(keypad: Keypad, ask: Ask | None, press_s: float = MOVE_S) -> Finding:
    """Open the keypad, have a key pressed (`ask` None: only open it), close it."""
    try:
        await opened(keypad.open())
        if ask is None:
            return Finding(
                "keypad",
                True,
                "open; no key was pressed, because nobody was asked",
                fix="Test at a terminal to be asked to press a key.",
                proved=False,
            )
        ask(f"Press a key of the keypad now ({press_s:.0f} s).")
        async with asyncio.timeout(press_s):
            key = await keypad.key()
    except TimeoutError:
        return failed(
            "keypad",
            FROZEN,
            f"no key was seen within {press_s:.0f} s",
            "Look at its cable, and at keypad in terminal.toml: `visit-hardware list` shows which "
            "is used.",
        )
    except DeviceError as error:
        return failed_with("keypad", error)
    finally:
        await keypad.close()
    return Finding("keypad", True, f"the key {key} was seen")


async def opened(opening: Awaitable[T]) -> T:
    """Return what opening a device returns. Raises DeviceError, also when it takes too long."""
    try:
        # Not wait_for(): before Python 3.12 it loses a Ctrl+C that comes as the opening ends.
        async with asyncio.timeout(OPEN_S):
            return await opening
    except TimeoutError:
        raise DeviceRefused(f"it did not open within {OPEN_S:.0f} s") from None


async def _listen(microphone: Microphone, recording: Recording) -> None:
    await opened(microphone.open())
    await _fill(recording, microphone, QUIET_S)


async def _moves(
    hook: Hook, moves: list[Move], seconds: float, *, until_up: bool | None = None
) -> bool:
    """Note moves for so long, or until the handset is as wanted: whether it is. DeviceLost."""
    try:
        async with asyncio.timeout(seconds):
            while True:
                up = await hook.change()
                moves.append(Move(time.monotonic(), up))
                if up is until_up:
                    return True
    except TimeoutError:
        return False


async def _error(work: Awaitable[object]) -> DeviceError | None:
    try:
        await work
    except DeviceError as error:
        return error
    return None


def _finding(device: str, error: DeviceError | None, judge: Callable[[], Finding]) -> Finding:
    return failed_with(device, error) if error is not None else judge()
