"""The media process as the screen sees it: started, commanded, dead, replaced."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from config.schema import Devices, Network
from kiosk.media import engine as engine_module
from kiosk.media import framing
from kiosk.media.commands import (
    Connect,
    Connected,
    Fault,
    Imported,
    Level,
    LocalOffer,
    OpenDevices,
    Opened,
)
from kiosk.media.engine import Engine, MediaDied, Spares
from tests.kiosk.media.wall import devices, wall


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def status(pid: int) -> str:
    return Path(f"/proc/{pid}/status").read_text()


def arguments(pid: int) -> list[bytes]:
    return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[:-1]


def opened_by(pid: int) -> set[str]:
    return {str(each.readlink()) for each in Path(f"/proc/{pid}/fd").iterdir()}


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_a_spare_has_opened_nothing() -> None:
    async with wall(Devices(camera="/dev/null", microphone="simulated")) as one:
        await one.wait(Imported)
        opened = opened_by(one.engine.pid)
        assert not [each for each in opened if "/dev/video" in each or "/dev/snd" in each]
        assert "Seccomp_filters:\t1\n" in status(one.engine.pid), "only io_uring is forbidden"
        assert all(word.isdigit() for word in arguments(one.engine.pid)[4:])


async def test_opened_it_is_sandboxed_and_shows_itself() -> None:
    async with wall(devices()) as one:
        opened = await one.open()
        assert (opened.width, opened.height, opened.fps) == (640, 480, 30)
        assert "Seccomp:\t2" in status(one.engine.pid)
        assert "NoNewPrivs:\t1" in status(one.engine.pid)
        assert not [each for each in opened_by(one.engine.pid) if "io_uring" in each]
        await one.wait(Level)
        async with asyncio.timeout(5):
            while one.number is None or one.pictures["self"] < 20:  # noqa: ASYNC110
                await asyncio.sleep(0.02)


async def test_devices_that_are_missing_are_reported_and_the_rest_works() -> None:
    missing = Devices(
        camera="/dev/video99", microphone="no such", earpiece="simulated", tone_hz=500
    )
    async with wall(missing) as one:
        opened = await one.open()
        assert (opened.width, opened.height) == (0, 0)
        assert {fault.code for fault in one.said(Fault)} == {"CAM-01", "MIC-01"}
        await one.engine.send(Connect(connection=1))
        assert (await one.wait(LocalOffer)).connection == 1


async def test_the_offer_keeps_to_what_is_allowed() -> None:
    async with wall(devices(), Network(interfaces=("lo",))) as one:
        await one.open()
        await one.engine.send(Connect(connection=7))
        offer = (await one.wait(LocalOffer)).sdp
        candidates = [line.split()[4] for line in offer.splitlines() if "a=candidate:" in line]
        assert candidates and set(candidates) <= {"127.0.0.1", "::1"}
        codecs = {line.split()[1] for line in offer.splitlines() if line.startswith("a=rtpmap:")}
        assert codecs == {"opus/48000/2", "VP8/90000", "H264/90000", "rtx/90000"}
        audio = offer[offer.index("m=audio") : offer.index("m=video")]
        assert "a=ptime:10\r\n" in audio, "sound is asked for in short packets"
        assert "x-google-start-bitrate=2000" in offer
        assert "a=setup:actpass" in offer and "a=group:BUNDLE 0 1" in offer


async def test_without_turn_there_is_no_offer_where_only_relays_may_be_used() -> None:
    async with wall(devices()) as one:
        await one.open()
        await one.engine.send(Connect(connection=1, ice_policy="relay"))
        assert not (await one.wait(Connected)).up
        assert not one.said(LocalOffer)


async def test_a_network_that_is_away_costs_a_connection_and_not_the_process() -> None:
    async with wall(devices(), Network(interfaces=("away0",))) as one:
        await one.open()
        await one.engine.send(Connect(connection=1))
        assert not (await one.wait(Connected)).up
        await one.wait(Level, lambda each: each is one.said(Level)[-1])
        assert one.engine.is_alive


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
async def test_its_death_is_noticed_at_once(number: signal.Signals) -> None:
    engine = Engine(devices(), Network())
    await engine.start()
    await engine.imported.wait()
    await engine.send(OpenDevices())
    os.kill(engine.pid, number)
    began = time.monotonic()
    with pytest.raises(MediaDied, match=f"status -{number.value}"):
        async for _ in engine.reports():
            pass
    assert time.monotonic() - began < 1.0
    with pytest.raises(MediaDied):
        await engine.send(OpenDevices())
    await engine.close()


async def test_nonsense_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(devices(), Network())
    await engine.start()
    await engine.imported.wait()
    reading = asyncio.ensure_future(anext(engine.reports()))
    await reading
    # As if the process had been taken over and spoke for itself.
    monkeypatch.setattr(engine, "_splitter", framing.Splitter(engine._splitter._decoder))
    list(engine._splitter.feed(b"\0\0"))
    await engine.send(OpenDevices())
    with pytest.raises(MediaDied, match="nonsense"):
        async for _ in engine.reports():
            pass
    await engine.close()


async def test_closed_it_is_gone_and_nothing_is_left() -> None:
    before = descriptors()
    engine = Engine(devices(), Network())
    await engine.start()
    await engine.imported.wait()
    await engine.send(OpenDevices())
    async for report in engine.reports():
        if isinstance(report, Opened):
            break
    pid = engine.pid
    await engine.close()
    await engine.close()
    assert not alive(pid)
    assert descriptors() == before
    assert [report async for report in engine.reports() if isinstance(report, Opened)] == []


async def test_a_spare_that_still_loads_ends_at_once(caplog: pytest.LogCaptureFixture) -> None:
    engine = Engine(devices(), Network())
    await engine.start()
    began = time.monotonic()
    await engine.close()
    assert time.monotonic() - began < 0.5
    assert not alive(engine.pid)
    assert "did not end" not in caplog.text


async def test_a_stopped_process_is_killed() -> None:
    engine = Engine(devices(), Network())
    await engine.start()
    await engine.imported.wait()
    await engine.send(OpenDevices())
    os.kill(engine.pid, signal.SIGSTOP)
    began = time.monotonic()
    await engine.close()
    assert time.monotonic() - began < 3
    assert not alive(engine.pid)


async def test_a_spare_takes_over_within_a_second() -> None:
    spares = Spares(devices(), Network())
    await spares.start()
    first = await spares.take()
    async with asyncio.timeout(20):
        await first.imported.wait()
    second_spare = spares._spare
    assert second_spare is not None
    async with asyncio.timeout(20):
        await second_spare.imported.wait()
    began = time.monotonic()
    second = await spares.take()
    assert second is second_spare
    await second.send(OpenDevices())
    async for report in second.reports():
        if isinstance(report, Opened):
            break
    assert time.monotonic() - began < 1.0
    pids = {first.pid, second.pid}
    assert len(pids) == 2
    for engine in (first, second):
        await engine.close()
    await spares.close()
    assert not any(alive(pid) for pid in pids)


async def test_a_process_that_will_not_hear_commands_any_more_is_killed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deaf = "import os, sys, time; os.close(int(sys.argv[1])); time.sleep(60)"
    monkeypatch.setattr("kiosk.media.engine.PROCESS", (sys.executable, "-c", deaf))
    engine = Engine(devices(), Network())
    await engine.start()
    async with asyncio.timeout(5):
        with pytest.raises(MediaDied, match="status -9"):
            await anext(engine.reports())
    await engine.close()


async def test_where_no_process_can_be_started_nothing_is_left_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = descriptors()
    monkeypatch.setattr("kiosk.media.engine.PROCESS", ("/no/such/python",))
    with pytest.raises(FileNotFoundError):
        await Engine(devices(), Network()).start()
    assert descriptors() == before


async def test_a_visit_gets_its_process_even_when_no_spare_can_follow(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    spares = Spares(devices(), Network())
    await spares.start()
    monkeypatch.setattr("kiosk.media.engine.PROCESS", ("/no/such/python",))
    taken = await spares.take()
    assert taken.is_alive
    assert "no spare media process" in caplog.text
    monkeypatch.undo()
    after = await spares.take()
    assert after.is_alive
    for each in (taken, after):
        await each.close()
    await spares.close()


async def test_a_dead_spare_is_not_given_away() -> None:
    spares = Spares(devices(), Network())
    await spares.start()
    dead = spares._spare
    assert dead is not None
    os.kill(dead.pid, signal.SIGKILL)
    async with asyncio.timeout(5):
        while dead.is_alive:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    taken = await spares.take()
    assert taken is not dead
    async with asyncio.timeout(20):
        await taken.imported.wait()
    await taken.close()
    await spares.close()


async def test_what_libjack_writes_at_each_proof_is_kept_out_of_the_log_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    lines = (
        "Cannot connect to server socket err = No such file or directory",
        "Cannot connect to server request channel",
        "jack server is not running or cannot be started",
        "JackShmReadWritePtr::~JackShmReadWritePtr - Init not done for -1, skipping unlock",
        "ALSA lib pcm.c: a line of another library",
    )
    program = f"import sys; sys.stderr.write({chr(10).join(lines) + chr(10)!r})"
    monkeypatch.setattr(engine_module, "PROCESS", (sys.executable, "-c", program))
    engine = Engine(devices(), Network())
    await engine.start()
    try:
        async with asyncio.timeout(10):
            while "another library" not in caplog.text:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    finally:
        await engine.close()
    assert "ack server" not in caplog.text
    assert "Cannot connect" not in caplog.text
    assert "JackShm" not in caplog.text
