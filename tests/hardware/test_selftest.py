"""The self-test passes what works, names what does not, and leaves every device closed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Final

import av
import numpy as np
import pytest

from config.input_codes import EV_KEY
from hardware import evdev, selftest
from hardware.evdev_hook import EvdevHook
from hardware.finding import Finding
from hardware.hook import NoHook
from hardware.interfaces import (
    Block,
    DeviceAmbiguous,
    DeviceBusy,
    DeviceError,
    DeviceLost,
    DeviceNotFound,
    DeviceRefused,
    SoundSource,
    VideoMode,
)
from hardware.scene import rows_of
from hardware.selftest import check_camera, check_hook, check_sound
from hardware.simulated import SimulatedCamera, SimulatedEarpiece, SimulatedMicrophone
from hardware.simulated_hook import SimulatedHook
from tests.hardware.kernel_input import KernelInput, event
from tests.hardware.nodes import found as found_at
from tests.hardware.nodes import pipe

ASKED: Final = VideoMode(320, 240, 30)


class Picture(SimulatedCamera):
    """A camera that shows one luma pattern for ever, and says whether it is closed."""

    def __init__(self, luma: int | np.ndarray) -> None:
        super().__init__(ASKED.width, ASKED.height)
        self._luma = luma
        self.closed = False

    async def frame(self) -> av.VideoFrame:
        seen = await super().frame()
        rows_of(seen.planes[0])[:] = self._luma
        seen.time_base = seen.time_base or Fraction(1, 30)
        return seen

    async def close(self) -> None:
        self.closed = True
        await super().close()


class Broken(SimulatedCamera):
    """A camera that does not open."""

    def __init__(self, error: DeviceError) -> None:
        super().__init__()
        self._error = error

    async def open(self) -> VideoMode:
        raise self._error


class Dead(SimulatedMicrophone):
    async def block(self) -> Block:
        return np.zeros_like(await super().block())


class Pulled(SimulatedMicrophone):
    async def block(self) -> Block:
        raise DeviceLost("pulled")


class Coupled:
    """Earpiece and microphone pressed together: what is played comes back a little later."""

    def __init__(self, delay_blocks: int) -> None:
        self.closed = 0
        self._air: list[Block] = [np.zeros(480, np.int16)] * delay_blocks
        self._source: SoundSource | None = None
        self._room = np.random.default_rng(3)
        self._next_at = 0.0

    dropped = xruns = 0

    async def open(self, source: SoundSource | None = None) -> None:
        self._source = source or self._source
        self._next_at = asyncio.get_running_loop().time()

    async def block(self) -> Block:
        assert self._source is not None
        self._next_at += 0.01
        await asyncio.sleep(max(0.0, self._next_at - asyncio.get_running_loop().time()))
        self._air.append(self._source(480))
        heard = self._air.pop(0) // 4 + self._room.normal(0, 40, 480)
        return heard.astype(np.int16)

    async def lost(self) -> None:
        await asyncio.Event().wait()

    async def close(self) -> None:
        self.closed += 1


async def camera_finding(camera: SimulatedCamera) -> Finding:
    async with asyncio.timeout(20):
        return await check_camera(camera, ASKED)


async def test_a_working_camera_passes() -> None:
    found = await camera_finding(SimulatedCamera(320, 240))
    assert (found.passed, found.code) == (True, ""), found


@pytest.mark.parametrize(
    ("luma", "code"),
    [(16, "CAM-02"), (128, "CAM-02"), (np.arange(320, dtype=np.uint8), "CAM-03")],
)
async def test_a_broken_camera_is_named_and_closed(luma: int | np.ndarray, code: str) -> None:
    camera = Picture(luma)
    assert (await camera_finding(camera)).code == code
    assert camera.closed


@pytest.mark.parametrize(
    ("error", "code", "fix"),
    [
        (DeviceNotFound("no camera is attached"), "CAM-01", "Plug it in"),
        (DeviceBusy("/dev/video0 is busy"), "CAM-04", "Stop the program"),
        (DeviceAmbiguous("2 would do"), "CAM-04", "terminal.toml"),
        (DeviceRefused("/dev/video0: Permission denied"), "CAM-04", "groups video"),
    ],
)
async def test_what_does_not_open_is_told_with_what_to_do(
    error: DeviceError, code: str, fix: str
) -> None:
    found = await camera_finding(Broken(error))
    assert (found.passed, found.code, found.detail) == (False, code, str(error))
    assert fix in found.fix


async def test_what_never_opens_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Hanging(SimulatedCamera):
        async def open(self) -> VideoMode:
            await asyncio.Event().wait()
            raise AssertionError

    monkeypatch.setattr(selftest, "OPEN_S", 0.01)
    found = await camera_finding(Hanging())
    assert (found.code, found.detail) == ("CAM-04", "it did not open within 0 s")


async def test_simulated_sound_passes_uncoupled() -> None:
    found = await check_sound(SimulatedMicrophone(), SimulatedEarpiece())
    assert [(each.device, each.passed) for each in found] == [
        ("microphone", True),
        ("earpiece", True),
        ("loop", True),
    ], found
    assert found[2].detail == "the microphone did not hear the earpiece"


async def test_a_coupled_handset_is_heard_with_its_delay() -> None:
    handset = Coupled(delay_blocks=12)
    found = await check_sound(handset, handset)
    assert [each.passed for each in found] == [True, True, True], found
    assert "heard the earpiece at -35 dBFS" in found[2].detail
    delay_ms = int(found[2].detail.split()[-3])
    assert 100 <= delay_ms <= 160, found
    assert handset.closed == 2


@pytest.mark.parametrize(
    ("microphone", "code", "loop"),
    [
        (Dead, "MIC-02", "the microphone did not hear the earpiece"),
        (Pulled, "MIC-01", "not tried: that takes microphone and earpiece"),
    ],
)
async def test_a_dead_microphone_leaves_the_earpieces_test_alone(
    microphone: Callable[[], SimulatedMicrophone], code: str, loop: str
) -> None:
    found = await check_sound(microphone(), SimulatedEarpiece())
    assert [each.code for each in found] == [code, "", ""]
    assert found[2].detail == loop


async def test_an_earpiece_that_asks_for_nothing_is_frozen() -> None:
    class Stalled(SimulatedEarpiece):
        async def open(self, source: SoundSource) -> None:
            """Open, and never ask."""

    found = await check_sound(SimulatedMicrophone(), Stalled())
    assert [each.code for each in found] == ["", "EAR-03", ""]


class Hand(SimulatedHook):
    """A hook whose handset is moved as it is asked for, or not."""

    def __init__(self, moves: Sequence[bool]) -> None:
        super().__init__()
        self.said: list[str] = []
        self._moves = list(moves)

    def ask(self, words: str) -> None:
        self.said.append(words)
        if self._moves:
            self._changes.put(self._moves.pop(0))


async def test_the_hook_is_asked_for_both_ways() -> None:
    hook = Hand([False, True])
    found = await check_hook(hook, hook.ask, move_s=5.0)
    assert (found.passed, found.detail) == (True, "seen lifted and hung up; the handset is up")
    assert hook.said == [
        "The hook says that the handset is lifted. Hang it up now (5 s).",
        "The hook says that the handset is hung up. Lift it now (5 s).",
    ]


async def test_a_stuck_hook_is_asked_for_once() -> None:
    hook = Hand([])
    found = await check_hook(hook, hook.ask, move_s=0.05)
    assert (found.code, len(hook.said)) == ("HOOK-03", 1)


async def test_a_hook_that_nobody_moves_is_only_watched() -> None:
    found = await check_hook(SimulatedHook(), None)
    assert found.passed
    assert "nobody was asked" in found.detail


@pytest.mark.parametrize("still_s", [0.005, 0.1])
async def test_a_flapping_contact_is_told(monkeypatch: pytest.MonkeyPatch, still_s: float) -> None:
    """Faster than the debouncing, and slower: both come to few moves that count, or none."""
    monkeypatch.setattr(evdev, "ioctl", KernelInput((EV_KEY, 169)))
    with pipe() as node:
        hook = EvdevHook(found_at(node.path), 0.03)

        async def flap() -> None:
            for number in range(1000):
                node.send(event(EV_KEY, 169, number % 2))
                await asyncio.sleep(still_s)

        flapping = asyncio.create_task(flap())
        found = await check_hook(hook, None)
        flapping.cancel()
    assert found.code == "HOOK-04"
    assert found.detail.startswith("flapping: ")


async def test_no_hook_is_no_fault() -> None:
    found = await check_hook(NoHook(), None)
    assert (found.passed, found.detail) == (
        True,
        "none is configured: the handset counts as lifted",
    )


async def test_a_hook_that_is_missing_is_named() -> None:
    class Missing(SimulatedHook):
        async def open(self) -> bool:
            raise DeviceNotFound("no hook is attached")

    assert (await check_hook(Missing(), None)).code == "HOOK-01"
