"""One media process at a time, out of spares that are faked: theirs is tested with themselves."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import cast

import av
import pytest

from kiosk import events
from kiosk.media.commands import Command, Gate, Imported, Level, OpenDevices, Opened, Report
from kiosk.media.engine import MediaDied, Spares
from kiosk.media.frames import HELD_WORD, FrameReader, FrameWriter, Picture
from kiosk.visit_media import VisitMedia

OPENED = Opened(width=640, height=480, fps=30)


class FakeEngine:
    """Keeps the contract of `Engine`: reports in order, one death, closed it says no more."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.frames = {name: FrameReader(name) for name in ("remote", "self")}
        self.writers = {
            name: FrameWriter(each.memory_fd, each.eventfd) for name, each in self.frames.items()
        }
        self.sent: list[Command] = []
        self.closed = False
        self.taken = 0
        """Reports that were read."""
        self._said: list[Report] = []
        self._died: MediaDied | None = None
        self._changed = asyncio.Event()

    def says(self, *reports: Report) -> None:
        self._said += reports
        self._changed.set()

    def dies(self, why: str) -> None:
        self._died = MediaDied(why)
        self._changed.set()

    async def send(self, command: Command) -> None:
        assert not self.closed, "nobody commands a closed process"
        if self._died is not None:
            raise self._died
        self.sent.append(command)

    async def reports(self) -> AsyncIterator[Report]:
        while True:
            while self._said:
                self.taken += 1
                yield self._said.pop(0)
            if self.closed:
                return
            if self._died is not None:
                raise self._died
            self._changed.clear()
            await self._changed.wait()

    async def close(self) -> None:
        """Close the descriptors: a loop that still watched them would watch somebody else's."""
        if not self.closed:
            self.closed = True
            self._changed.set()
            await asyncio.sleep(0)
            loop = asyncio.get_running_loop()
            for reader in self.frames.values():
                assert not loop.remove_reader(reader.eventfd), "still watched"
                reader.close()


@dataclass
class FakeSpares:
    """Keeps the contract of `Spares`; every engine it gave away is in `given`, in order."""

    given: list[FakeEngine] = field(default_factory=list)
    standing_by: bool = False
    fails: OSError | None = None
    dead_already: bool = False
    go: asyncio.Event = field(default_factory=asyncio.Event)
    """Cleared, `take` waits."""

    def __post_init__(self) -> None:
        self.go.set()

    async def start(self) -> None:
        self.standing_by = True

    async def take(self) -> FakeEngine:
        assert all(each.closed for each in self.given), "the one before has to be gone"
        await self.go.wait()
        if self.fails is not None:
            raise self.fails
        engine = FakeEngine(pid=100 + len(self.given))
        if self.dead_already:
            engine.dies("status 1")
        self.given.append(engine)
        return engine

    async def close(self) -> None:
        self.standing_by = False


@dataclass
class Bench:
    """A `VisitMedia`, what it yielded and what it painted: stream, width, whether it was held."""

    spares: FakeSpares = field(default_factory=FakeSpares)
    yielded: list[Report | events.MediaDied] = field(default_factory=list)
    painted: list[tuple[str, int, bool]] = field(default_factory=list)
    media: VisitMedia = field(init=False)

    def __post_init__(self) -> None:
        paint = {name: self._painter(name) for name in ("remote", "self")}
        self.media = VisitMedia(cast("Spares", self.spares), paint)

    @property
    def engine(self) -> FakeEngine:
        """The newest."""
        return self.spares.given[-1]

    async def listen(self) -> None:
        async for event in self.media.events():
            self.yielded.append(event)

    def _painter(self, name: str) -> Callable[[Picture], None]:
        def paint(picture: Picture) -> None:
            self.painted.append((name, picture.width, held(self.engine.frames[name])))

        return paint


def held(reader: FrameReader) -> bool:
    """Return whether the writer is told that the screen still looks at a slot."""
    return os.pread(reader.memory_fd, 8, HELD_WORD * 8) != bytes(8)


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not is_so():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0)


async def turns(number: int = 50) -> None:
    """Let everything run that can."""
    for _ in range(number):
        await asyncio.sleep(0)


def level(dbfs: float) -> Level:
    return Level(microphone_dbfs=dbfs)


@pytest.fixture
async def deaf() -> AsyncIterator[Bench]:
    """A bench that nobody listens to yet."""
    made = Bench()
    yield made
    await made.media.close()


@pytest.fixture
async def bench(deaf: Bench) -> AsyncIterator[Bench]:
    listening = asyncio.create_task(deaf.listen())
    yield deaf
    listening.cancel()
    with suppress(asyncio.CancelledError):
        await listening


# -- start ------------------------------------------------------------------------------------


async def test_opened_a_spare_stands_by_and_nothing_runs(bench: Bench) -> None:
    await bench.media.open()
    await bench.media.tell(Gate(open=True))
    assert bench.spares.standing_by
    assert bench.spares.given == []


async def test_started_it_is_told_first_to_open_its_devices(bench: Bench) -> None:
    await bench.media.start()
    await bench.media.tell(Gate(open=True))
    await bench.media.tell(Gate(open=False))
    assert bench.engine.sent == [OpenDevices(), Gate(open=True), Gate(open=False)]


async def test_what_it_says_is_yielded_in_order(bench: Bench) -> None:
    await bench.media.start()
    said = [Imported(), OPENED, *(level(-each) for each in range(20))]
    bench.engine.says(*said)
    await until(lambda: len(bench.yielded) == len(said))
    assert bench.yielded == said


async def test_started_again_the_one_before_is_gone_and_nothing_of_it_is_heard(
    bench: Bench,
) -> None:
    await bench.media.start()
    first = bench.engine
    first.says(level(-1.0), level(-2.0), level(-3.0))
    await bench.media.start()
    assert first.closed
    first.says(level(-4.0))
    bench.engine.says(OPENED)
    await until(lambda: OPENED in bench.yielded)
    await turns()
    assert bench.yielded == [OPENED]


async def test_one_that_cannot_be_started_leaves_none_and_can_be_tried_again(
    bench: Bench,
) -> None:
    await bench.media.start()
    before = bench.engine
    bench.spares.fails = OSError("no memory")
    with pytest.raises(OSError, match="no memory"):
        await bench.media.start()
    await bench.media.tell(Gate(open=True))
    assert before.closed
    assert before.sent == [OpenDevices()]
    bench.spares.fails = None
    await bench.media.start()
    assert bench.engine.sent == [OpenDevices()]


# -- pictures ---------------------------------------------------------------------------------


async def test_each_picture_is_painted_on_its_stream_while_held_and_then_released(
    bench: Bench,
) -> None:
    await bench.media.start()
    engine = bench.engine
    engine.writers["remote"].write(av.VideoFrame(64, 48, "yuv420p"))
    await until(lambda: len(bench.painted) == 1)
    engine.writers["self"].write(av.VideoFrame(32, 24, "yuv420p"))
    await until(lambda: len(bench.painted) == 2)
    engine.writers["remote"].write(av.VideoFrame(80, 48, "yuv420p"))
    await until(lambda: len(bench.painted) == 3)
    assert bench.painted == [("remote", 64, True), ("self", 32, True), ("remote", 80, True)]
    assert not any(held(each) for each in engine.frames.values())


async def test_a_knock_without_a_picture_paints_nothing(bench: Bench) -> None:
    await bench.media.start()
    os.eventfd_write(bench.engine.frames["remote"].eventfd, 1)
    await turns()
    bench.engine.writers["remote"].write(av.VideoFrame(64, 48, "yuv420p"))
    await until(lambda: bench.painted != [])
    assert bench.painted == [("remote", 64, True)]


async def test_a_picture_that_comes_as_it_is_stopped_is_not_painted(bench: Bench) -> None:
    await bench.media.start()
    bench.engine.writers["remote"].write(av.VideoFrame(64, 48, "yuv420p"))
    await bench.media.stop()
    await turns()
    assert bench.painted == []


# -- death ------------------------------------------------------------------------------------


async def test_its_death_is_said_once_after_all_it_had_said(bench: Bench) -> None:
    await bench.media.start()
    bench.engine.says(OPENED, level(-5.0))
    bench.engine.dies("status -11")
    await bench.media.tell(Gate(open=True))
    await bench.media.tell(Gate(open=False))
    await until(lambda: len(bench.yielded) == 3)
    await turns()
    assert bench.yielded == [OPENED, level(-5.0), events.MediaDied("status -11")]
    await bench.media.start()
    bench.engine.says(OPENED)
    await until(lambda: len(bench.yielded) == 4)
    assert bench.yielded[-1] == OPENED


async def test_one_that_was_dead_when_it_was_taken_is_reported_and_not_raised(
    bench: Bench,
) -> None:
    bench.spares.dead_already = True
    await bench.media.start()
    await until(lambda: bench.yielded != [])
    await turns()
    assert bench.yielded == [events.MediaDied("status 1")]


async def test_a_death_that_was_asked_for_is_none(bench: Bench) -> None:
    await bench.media.start()
    bench.engine.dies("status 0")
    await bench.media.stop()
    await turns()
    assert bench.yielded == []


# -- stop -------------------------------------------------------------------------------------


async def test_stopped_before_it_has_opened_nothing_of_it_is_heard(bench: Bench) -> None:
    await bench.media.start()
    bench.engine.says(Imported(), OPENED)
    await bench.media.stop()
    assert bench.engine.closed
    await bench.media.tell(Gate(open=True))
    assert bench.engine.sent == [OpenDevices()]
    await turns()
    assert bench.yielded == []


async def test_a_start_that_is_given_up_while_it_waits_for_a_spare_leaves_nothing(
    bench: Bench,
) -> None:
    bench.spares.go.clear()
    starting = asyncio.create_task(bench.media.start())
    await turns()
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    await bench.media.close()
    bench.spares.go.set()
    await turns()
    assert bench.spares.given == []


async def test_stop_and_close_may_be_said_twice(bench: Bench) -> None:
    await bench.media.open()
    await bench.media.stop()
    await bench.media.start()
    await bench.media.stop()
    await bench.media.stop()
    await bench.media.close()
    await bench.media.close()
    assert bench.engine.closed
    assert not bench.spares.standing_by


async def test_closed_the_process_and_the_spare_are_gone(bench: Bench) -> None:
    await bench.media.open()
    await bench.media.start()
    await bench.media.close()
    assert bench.engine.closed
    assert not bench.spares.standing_by


# -- forget, and who does not listen -------------------------------------------------------------


async def test_what_nobody_takes_waits_in_the_engine_where_a_rule_bounds_it(deaf: Bench) -> None:
    await deaf.media.start()
    said = [level(-each) for each in range(10)]
    deaf.engine.says(*said)
    await turns()
    assert deaf.engine.taken == 2  # one in the queue, one at its door
    listening = asyncio.create_task(deaf.listen())
    await until(lambda: len(deaf.yielded) == 10)
    listening.cancel()
    assert deaf.yielded == said


async def test_forgotten_it_runs_on_and_is_not_heard_again(deaf: Bench) -> None:
    await deaf.media.start()
    deaf.engine.says(*(level(-each) for each in range(5)))
    await turns()
    deaf.media.forget()
    deaf.media.forget()
    listening = asyncio.create_task(deaf.listen())
    deaf.engine.says(OPENED)
    deaf.engine.dies("status 0")
    await turns()
    assert deaf.yielded == []
    assert not deaf.engine.closed
    await deaf.media.start()
    deaf.engine.says(OPENED)
    await until(lambda: deaf.yielded != [])
    listening.cancel()
    assert deaf.yielded == [OPENED]
