"""What every device keeps, simulated or real. Real adapters run on stand-ins for their drivers."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from hardware import mark, sound
from hardware.camera import V4l2Camera
from hardware.cards import Pcm
from hardware.earpiece import SoundEarpiece
from hardware.hook import NoHook
from hardware.interfaces import (
    BLOCK_SAMPLES,
    PLAYED_SAMPLES,
    SAMPLE_RATE_HZ,
    Block,
    Camera,
    DeviceLost,
    DeviceRefused,
    Earpiece,
    Hook,
    Microphone,
    VideoMode,
)
from hardware.microphone import SoundMicrophone
from hardware.modes import Wanted
from hardware.portaudio import PortAudio
from hardware.simulated import SimulatedCamera, SimulatedEarpiece, SimulatedMicrophone
from hardware.simulated_hook import SimulatedHook
from tests.hardware import sound_server
from tests.hardware.fake_camera import FakeCamera, Pump, yuyv

MODE = VideoMode(320, 240, 30)


@pytest.fixture(params=["simulated", "v4l2"])
async def camera(request: pytest.FixtureRequest) -> AsyncIterator[Camera]:
    if request.param == "simulated":
        made: Camera = SimulatedCamera(MODE.width, MODE.height, MODE.fps)
        yield made
        await made.close()
        return
    fake = FakeCamera()
    made = V4l2Camera(fake.open, Wanted(MODE.width, MODE.height, MODE.fps), mapper=fake.map)
    with Pump(fake, [yuyv(MODE.width, MODE.height, 100)], MODE.fps):
        yield made
        await made.close()


async def test_camera_gives_its_mode_and_pictures_at_its_pace(camera: Camera) -> None:
    assert isinstance(camera, Camera)
    assert await camera.open() == MODE
    assert await camera.open() == MODE, "open is idempotent"
    await camera.frame()
    began = time.monotonic()
    frames = [await camera.frame() for _ in range(15)]
    assert 0.3 < time.monotonic() - began < 1.5
    assert {(f.width, f.height, f.format.name) for f in frames} == {(320, 240, "yuv420p")}
    times = [frame.time for frame in frames]
    assert None not in times
    assert times == sorted(set(times))


async def test_camera_slow_reader_gets_the_newest(camera: Camera) -> None:
    await camera.open()
    first = (await camera.frame()).time
    time.sleep(0.5)  # noqa: ASYNC251 - the loop is busy elsewhere: exactly what is tested
    await camera.frame()
    newest = (await camera.frame()).time
    assert first is not None and newest is not None
    assert newest - first > 0.4


async def test_camera_closed_is_lost_and_opens_again(camera: Camera) -> None:
    with pytest.raises(DeviceLost):
        await camera.frame()
    await camera.open()
    await camera.close()
    await camera.close()
    with pytest.raises(DeviceLost):
        await camera.frame()
    assert await camera.open() == MODE
    await camera.frame()


async def rgb(camera: Camera) -> npt.NDArray[np.uint8]:
    return (await camera.frame()).to_ndarray(format="rgb24").astype(np.uint8)


async def test_simulated_camera_counts_its_frames() -> None:
    camera = SimulatedCamera(640, 480, 30)
    await camera.open()
    numbers = [mark.read_rgb(await rgb(camera)) for _ in range(5)]
    assert None not in numbers
    assert numbers == sorted(set(numbers))  # type: ignore[type-var]
    await camera.close()


@pytest.fixture(params=["simulated", "sound server"])
async def microphone(request: pytest.FixtureRequest) -> AsyncIterator[Microphone]:
    """One that hears 700 Hz."""
    if request.param == "simulated":
        yield SimulatedMicrophone(700.0)
        return
    request.getfixturevalue("on_sound_server")
    made = SoundMicrophone(PortAudio(), lambda: Pcm(sound_server.MOUTH, "of the test"))
    with sound_server.Speaking(sound_server.Tone(700.0).spoken):
        yield made
    await made.close()


async def test_microphone_hears_its_tone_in_real_time(microphone: Microphone) -> None:
    assert isinstance(microphone, Microphone)
    with pytest.raises(DeviceLost):
        await microphone.block()
    await microphone.open()
    await microphone.open()
    for _ in range(30):  # the speaker begins at its own time
        await microphone.block()
    began = time.monotonic()
    blocks = [await microphone.block() for _ in range(50)]
    assert 0.4 < time.monotonic() - began < 1.0
    assert {block.shape for block in blocks} == {(BLOCK_SAMPLES,)}
    assert sound.loudest_hz(np.concatenate(blocks)) == pytest.approx(700, abs=1)
    assert microphone.dropped == 0
    await microphone.close()
    await microphone.close()
    with pytest.raises(DeviceLost):
        await microphone.block()


async def test_microphone_keeps_100_ms_and_counts_the_rest(microphone: Microphone) -> None:
    await microphone.open()
    await microphone.block()
    time.sleep(0.3)  # noqa: ASYNC251 - the loop is busy elsewhere
    await microphone.block()
    assert 15 <= microphone.dropped <= 35
    await microphone.close()


@pytest.fixture(params=["simulated", "sound server"])
def earpiece(request: pytest.FixtureRequest) -> Earpiece:
    if request.param == "simulated":
        return SimulatedEarpiece()
    request.getfixturevalue("on_sound_server")
    return SoundEarpiece(PortAudio(), lambda: Pcm(sound_server.EAR, "of the test"))


async def test_earpiece_asks_in_real_time_and_never_after_it_was_closed(earpiece: Earpiece) -> None:
    assert isinstance(earpiece, Earpiece)
    with pytest.raises(DeviceLost):
        await earpiece.lost()
    tone = Tone(1000.0)
    await earpiece.open(tone)
    await earpiece.open(tone)
    async with asyncio.timeout(5):
        while len(tone.asked) < 10:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        began = time.monotonic()
        while len(tone.asked) < 70:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert 0.5 < time.monotonic() - began < 1.2
    assert {samples for samples, _ in tone.asked} == {PLAYED_SAMPLES}
    assert threading.current_thread().name not in {name for _, name in tone.asked}
    await earpiece.close()
    await earpiece.close()
    asked = len(tone.asked)
    with pytest.raises(DeviceLost):
        await earpiece.lost()
    assert len(tone.asked) == asked


class Tone:
    """A source that plays a pitch, and notes who asked."""

    def __init__(self, hz: float) -> None:
        self.asked: list[tuple[int, str]] = []
        self._hz = hz

    def __call__(self, samples: int) -> Block:
        first = sum(each for each, _ in self.asked)
        self.asked.append((samples, threading.current_thread().name))
        phase = 2 * np.pi * self._hz / SAMPLE_RATE_HZ * (first + np.arange(samples))
        block: Block = (8000 * np.sin(phase)).astype(np.int16)
        return block


async def test_earpiece_asks_in_real_time_in_its_own_thread_and_measures() -> None:
    earpiece = SimulatedEarpiece()
    assert isinstance(earpiece, Earpiece)
    with pytest.raises(DeviceLost):
        await earpiece.lost()
    tone = Tone(1000.0)
    began = time.monotonic()
    await earpiece.open(tone)
    await earpiece.open(tone)
    async with asyncio.timeout(5):
        while len(tone.asked) < 60:  # noqa: ASYNC110 - it has no event for what it asked
            await asyncio.sleep(0.01)
    assert 0.55 < time.monotonic() - began < 1.2
    assert set(tone.asked) == {(PLAYED_SAMPLES, "simulated earpiece")}
    heard = earpiece.heard()
    assert heard.hz == pytest.approx(1000, abs=2)
    assert heard.dbfs == pytest.approx(-15.3, abs=1.0)
    assert heard.chirp_ms is None
    lost = asyncio.create_task(earpiece.lost())
    await asyncio.sleep(0)
    await earpiece.close()
    asked = len(tone.asked)
    with pytest.raises(DeviceLost, match="closed"):
        await lost
    assert len(tone.asked) == asked
    assert earpiece.heard().dbfs < -90


async def test_an_earpiece_whose_source_fails_is_lost_and_opens_again(earpiece: Earpiece) -> None:
    def fails(samples: int) -> Block:
        raise ValueError("no sound")

    await earpiece.open(fails)
    with pytest.raises(DeviceLost, match="ValueError: no sound"):
        await asyncio.wait_for(earpiece.lost(), 2)
    await earpiece.close()
    tone = Tone(440)
    await earpiece.open(tone)
    async with asyncio.timeout(5):
        while not tone.asked:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await earpiece.close()


async def test_chirps_measure_mouth_to_ear() -> None:
    """What the microphone gives goes to the ear by a queue: 10 ms for the block, and the wait.

    The queue is short: blocks that come in a burst, after a pause of the machine's, would wait.
    """
    waiting: deque[Block] = deque(maxlen=3)

    def source(samples: int) -> Block:
        return waiting.popleft() if len(waiting) > 1 else np.zeros(samples, dtype=np.int16)

    microphone, earpiece = SimulatedMicrophone(chirp=True), SimulatedEarpiece(chirp=True)
    await microphone.open()
    await earpiece.open(source)
    found: float | None = None
    async with asyncio.timeout(10):
        while found is None:
            block = await microphone.block()
            waiting.append(block)
            found = earpiece.heard().chirp_ms
    assert earpiece.heard().chirp_ms is None, "told once"
    await microphone.close()
    await earpiece.close()
    assert 8 < found < 80


async def test_no_hook_is_always_up() -> None:
    hook: Hook = NoHook()
    assert await hook.open()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(hook.change(), 0.05)
    await hook.close()


async def test_simulated_hook_follows_its_fifo(tmp_path: Path) -> None:
    path = tmp_path / "hook"
    hook = SimulatedHook(str(path))
    with pytest.raises(DeviceLost):
        await hook.change()
    assert await hook.open()
    assert path.stat().st_mode & 0o777 == 0o600
    changes = []
    for line in ("down", "nonsense", "down", "up"):
        with path.open("w") as fifo:
            fifo.write(f"{line}\n")
    for _ in range(2):
        changes.append(await asyncio.wait_for(hook.change(), 2))
    assert changes == [False, True]
    waiting = asyncio.create_task(hook.change())
    await asyncio.sleep(0)
    await hook.close()
    await hook.close()
    with pytest.raises(DeviceLost):
        await waiting


async def test_simulated_hook_refuses_what_is_no_fifo(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DeviceRefused):
        await SimulatedHook(str(tmp_path / "file")).open()


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_hook_leaves_nothing_open(tmp_path: Path) -> None:
    before = descriptors()
    hook = SimulatedHook(str(tmp_path / "hook"))
    await hook.open()
    assert descriptors() == before + 1
    await hook.close()
    assert descriptors() == before
