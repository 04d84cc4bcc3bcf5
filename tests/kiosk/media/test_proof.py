"""The devices of a running process are judged by what they give, and never in a visit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import av
import numpy as np
import pytest

from config.schema import Devices
from hardware import judging_picture
from hardware.collecting import asked_mode
from hardware.finding import Finding
from hardware.interfaces import Block, Camera, DeviceBusy, SoundSource, VideoMode
from hardware.scene import rows_of
from hardware.simulated import SimulatedCamera, SimulatedEarpiece, SimulatedMicrophone
from kiosk.media import commands
from kiosk.media.commands import Fault, Handset, Report, SelfTest
from kiosk.media.devices import Keeper, MicrophoneRun
from kiosk.media.ear import Ear, Playing
from kiosk.media.proof import Proof
from kiosk.media.tracks import Feed, Gate
from kiosk.media.voice import Voice
from tests.kiosk.media.wall import devices, wall


class Black(SimulatedCamera):
    """A camera whose sensor is dead."""

    async def frame(self) -> av.VideoFrame:
        seen = await super().frame()
        dead = np.full((360, 320), 128, np.uint8)
        dead[:240] = 16
        frame = av.VideoFrame.from_ndarray(dead, format="yuv420p")
        frame.pts, frame.time_base = seen.pts, seen.time_base
        return frame


class Dead(SimulatedMicrophone):
    """A microphone that is switched off."""

    async def block(self) -> Block:
        return np.zeros_like(await super().block())


class Taken(SimulatedCamera):
    async def open(self) -> VideoMode:
        raise DeviceBusy("/dev/video0 is busy")


class Coupled:
    """A handset whose earpiece is pressed to its mouthpiece: 50 ms later it hears itself."""

    dropped = xruns = 0

    def __init__(self) -> None:
        self._ear = SimulatedEarpiece()
        self._air: list[Block] = [np.zeros(480, np.int16)] * 5
        self._played = asyncio.Event()

    async def open(self, source: SoundSource | None = None) -> None:
        if source is None:
            return
        loop, real = asyncio.get_running_loop(), source

        def tapped(samples: int) -> Block:
            block = real(samples)
            loop.call_soon_threadsafe(self._heard, block // 2)
            return block

        await self._ear.open(tapped)

    def _heard(self, block: Block) -> None:
        self._air.append(block)
        self._played.set()

    async def block(self) -> Block:
        while not self._air:
            self._played.clear()
            await self._played.wait()
        noise = np.random.default_rng(len(self._air)).normal(0, 30, 480)
        return (self._air.pop(0) + noise).astype(np.int16)

    async def lost(self) -> None:
        await self._ear.lost()

    async def close(self) -> None:
        await self._ear.close()


class Bench:
    """A proof with devices that run in the test's loop."""

    def __init__(
        self,
        camera: Camera | None = None,
        handset: Coupled | None = None,
        microphone: SimulatedMicrophone | None = None,
    ) -> None:
        self.told: list[Report] = []
        self.gate = Gate()
        self.pictures: Feed[av.VideoFrame] = Feed()
        self.raw: Feed[Block] = Feed()
        self.voice = Voice("handset")
        self.ear = Ear(self.voice)
        self.camera = camera or SimulatedCamera(320, 240, 15)
        mouth = handset or microphone or SimulatedMicrophone()
        earpiece = handset or SimulatedEarpiece()
        tell = self.told.append
        listen = MicrophoneRun(mouth, self.voice, Feed(), self.gate, tell, raw=self.raw)
        self.keepers = (
            Keeper("CAM", self.camera, self._see, tell),
            Keeper("MIC", mouth, listen, tell),
            Keeper("EAR", Playing(earpiece, self.ear), earpiece.lost, tell),
        )
        camera_keeper, microphone_keeper, earpiece_keeper = self.keepers
        self.proof = Proof(
            camera=camera_keeper,
            microphone=microphone_keeper,
            earpiece=earpiece_keeper,
            pictures=self.pictures,
            raw=self.raw,
            ear=self.ear,
            handset_up=lambda: self.voice.handset_up,
            gate=self.gate,
            asked=asked_mode(Devices(width=320, height=240, fps=15)),
            tell=tell,
        )

    async def _see(self) -> None:
        while True:
            self.pictures.publish(await self.camera.frame())

    @property
    def findings(self) -> list[commands.Finding]:
        return [each for each in self.told if isinstance(each, commands.Finding)]


@asynccontextmanager
async def running(bench: Bench) -> AsyncIterator[Bench]:
    """Keep the devices open for one test."""
    keeping = [asyncio.create_task(each.keep()) for each in bench.keepers]
    try:
        async with asyncio.timeout(20):
            for each in bench.keepers:
                await each.tried.wait()
            yield bench
    finally:
        for task in keeping:
            task.cancel()
        await asyncio.gather(*keeping, return_exceptions=True)


async def test_what_works_passes_within_three_seconds() -> None:
    async with running(Bench()) as bench:
        began = asyncio.get_running_loop().time()
        await bench.proof.judge()
        assert asyncio.get_running_loop().time() - began < 3.0
    assert [(each.device, each.passed, each.code) for each in bench.findings] == [
        ("camera", True, ""),
        ("microphone", True, ""),
        ("earpiece", True, ""),
        ("loop", True, ""),
    ], bench.findings
    assert "press the earpiece to the mouthpiece" in bench.findings[3].fix


async def test_a_handset_that_hears_itself_proves_both_at_any_volume() -> None:
    async with running(Bench(handset=Coupled())) as bench:
        bench.ear.volume = 0
        await bench.proof.judge()
    assert bench.findings[3].detail.startswith("the microphone heard the earpiece at -29 dBFS")


async def test_what_does_not_work_is_named() -> None:
    async with running(Bench(Black(320, 240, 15))) as bench:
        await bench.proof.judge()
    assert (bench.findings[0].passed, bench.findings[0].code) == (False, "CAM-02")
    assert bench.findings[0].fix


@pytest.mark.parametrize(("up", "code"), [(True, "MIC-02"), (False, "")])
async def test_a_microphone_may_be_switched_off_while_the_handset_hangs(
    up: bool, code: str
) -> None:
    async with running(Bench(microphone=Dead())) as bench:
        bench.voice.handset_up = up
        await bench.proof.judge()
    found = bench.findings[1]
    assert (found.passed, found.code) == (not up, code)
    assert "silent: nothing but zeros" in found.detail


async def test_what_leaves_a_visit_possible_is_no_fault() -> None:
    """A lamp that is dim closes no terminal; the technician is told."""

    class Dim(SimulatedCamera):
        async def frame(self) -> av.VideoFrame:
            seen = await super().frame()
            luma = rows_of(seen.planes[0])
            luma[:] = 16 + (luma - 16.0) * 0.25
            return seen

    async with running(Bench(Dim(320, 240, 15))) as bench:
        await bench.proof.judge()
    camera = bench.findings[0]
    assert (camera.passed, camera.code) == (False, "")
    assert camera.detail.startswith("too dark")


async def test_what_is_not_open_is_told_as_its_fault_and_the_rest_is_judged() -> None:
    async with running(Bench(Taken())) as bench:
        await bench.proof.judge()
    camera, *rest = bench.findings
    assert (camera.code, camera.detail) == ("CAM-04", "/dev/video0 is busy")
    assert [each.passed for each in rest] == [True, True, True]


async def test_a_visit_is_not_tested() -> None:
    async with running(Bench()) as bench:
        bench.gate.set(True)
        await bench.proof.judge()
        assert bench.ear.test_sound is None
    assert bench.findings == []


async def test_a_visit_that_begins_ends_the_test_at_once() -> None:
    async with running(Bench()) as bench:
        testing = asyncio.create_task(bench.proof.judge())
        while bench.ear.test_sound is None:  # noqa: ASYNC110 - set by the task
            await asyncio.sleep(0.001)
        bench.gate.set(True)
        async with asyncio.timeout(0.5):
            await testing
        assert bench.ear.test_sound is None
        assert bench.findings == []
        bench.gate.set(False)
        await bench.proof.judge()
    assert len(bench.findings) == 4


async def test_two_who_ask_are_answered_by_one_test() -> None:
    async with running(Bench()) as bench:
        await asyncio.gather(bench.proof.judge(), bench.proof.judge())
    assert len(bench.findings) == 4


async def test_long_words_fit_a_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        judging_picture, "judge", lambda *_: Finding("camera", True, "x" * 999, fix="y" * 999)
    )
    async with running(Bench()) as bench:
        await bench.proof.judge()
    assert (len(bench.findings[0].detail), len(bench.findings[0].fix)) == (300, 300)


async def test_the_process_answers_the_command() -> None:
    async with wall(devices(320, 240)) as one:
        await one.open()
        await one.engine.send(Handset(up=True))
        await one.engine.send(SelfTest())
        await one.wait(commands.Finding, lambda each: each.device == "loop")
        found = {each.device: each.passed for each in one.said(commands.Finding)}
        assert found == {"camera": True, "microphone": True, "earpiece": True, "loop": True}
        assert one.said(Fault) == [], "nothing that works is watched into a fault"


async def test_a_visit_does_not_wait_for_a_test_to_end(caplog: pytest.LogCaptureFixture) -> None:
    """The process ends in the middle of a test: the visit's next one has the devices at once."""
    async with wall(devices(320, 240)) as one:
        await one.open()
        await one.engine.send(SelfTest())
        await asyncio.sleep(0.2)
        await one.engine.close()
    assert "did not end by itself" not in caplog.text
