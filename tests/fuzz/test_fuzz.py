"""The short form of `make fuzz`: all that was ever found, some mutations, a few conversations."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.fuzz import __main__ as fuzz
from tests.fuzz.conversations import Result, Talker, World, _over, converse, world_of
from tests.fuzz.frames import frames, mutated
from tests.fuzz.targets import TARGETS, Target
from tests.signalling.hub.harness import hub_config, running_hub

ROOT = Path(__file__).parents[2]


def corpus(target: Target) -> list[bytes]:
    return [*target.seeds, *fuzz.corpus(target)]


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_what_was_ever_found_is_survived(target: Target) -> None:
    for data in corpus(target):
        target.run(data)


def test_the_corpus_is_small_and_of_our_targets() -> None:
    assert {path.name for path in fuzz.CORPUS.iterdir()} == {f"{each}.txt" for each in TARGETS}
    for target in TARGETS.values():
        kept = fuzz.corpus(target)
        assert 0 < len(kept) <= fuzz.KEPT_OF_TARGET
        assert all(len(each) <= fuzz.KEPT_BYTES for each in kept)


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(dice=st.randoms(use_true_random=False), more=st.binary(max_size=40))
def test_mutations_are_survived(target: Target, dice: random.Random, more: bytes) -> None:
    data = bytearray(dice.choice(corpus(target)))
    for _ in range(dice.randint(0, 4)):
        at = dice.randint(0, len(data))
        data[at : at + dice.randint(0, 3)] = more[: dice.randint(0, len(more))]
    target.run(bytes(data))


def test_every_valid_frame_is_taken_and_each_mutation_named() -> None:
    dice = random.Random(7)
    for name in ("terminal-to-hub", "page-to-hub"):
        target = TARGETS[name]
        for seed in target.seeds:
            for _ in range(20):
                said = mutated(dice, json.loads(seed))
                target.run(said.encode() if isinstance(said, str) else said)


def test_seeds_are_messages_that_decode() -> None:
    """Else nothing behind the decoder would ever be reached."""
    from signalling.messages import DIRECTIONS

    for direction in DIRECTIONS.values():
        made = frames(random.Random(3), list(direction.types.values()))
        taken = 0
        for each in made:
            try:
                direction.decode(json.dumps(each), limit=1 << 20)
            except Exception:
                continue
            taken += 1
        assert taken >= 0.9 * len(made)


async def test_conversations_in_any_order_break_nothing() -> None:
    result = await converse(500, seed=11)
    assert result.broken == []
    assert {"refused", "violation", "welcome", "seat", "appointments"} <= {*result.answers}


class Conversations(RuleBasedStateMachine):
    """Clients that say anything at any time; hypothesis shortens what breaks the hub."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.result = Result()
        self.talkers: list[Talker] = []
        self.ready: asyncio.Future[World] = self.loop.create_future()
        self.stop = asyncio.Event()
        self.running = self.loop.create_task(self.run())
        self.world = self.loop.run_until_complete(self.ready)

    async def run(self) -> None:
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            async with running_hub(hub_config(Path(folder) / "s")) as hub:
                self.ready.set_result(await world_of(hub, random.Random(1)))
                await self.stop.wait()

    @precondition(lambda self: len(self.talkers) < 4)
    @rule(dice=st.randoms(use_true_random=False))
    def connect(self, dice: random.Random) -> None:
        async def make() -> Talker:
            return Talker(self.world, dice, self.result.answers)

        self.talkers.append(self.loop.run_until_complete(make()))

    @precondition(lambda self: self.talkers)
    @rule(who=st.integers(0, 3), times=st.integers(1, 6))
    def say(self, who: int, times: int) -> None:
        talker = self.talkers[who % len(self.talkers)]
        for _ in range(times):
            if not talker.task.done():
                self.loop.run_until_complete(talker.say(self.result))

    @precondition(lambda self: self.talkers)
    @rule(who=st.integers(0, 3), code=st.sampled_from([None, 1000, 1001]))
    def hang_up(self, who: int, code: int | None) -> None:
        talker = self.talkers.pop(who % len(self.talkers))
        talker.wire.hang_up(code)
        self.loop.run_until_complete(_over(talker, self.result))

    @rule(seconds=st.sampled_from([1.0, 60.0, 900.0]))
    def pass_time(self, seconds: float) -> None:
        self.world.hub.pass_time(seconds)

    @invariant()
    def nothing_broke(self) -> None:
        assert self.result.broken == []

    def teardown(self) -> None:
        while self.talkers:
            self.hang_up(0, None)
        self.stop.set()
        self.loop.run_until_complete(self.running)
        self.loop.close()
        assert self.result.broken == []


Conversations.TestCase.settings = settings(
    max_examples=4, stateful_step_count=25, deadline=None, suppress_health_check=[*HealthCheck]
)
TestConversations = Conversations.TestCase


def test_a_broken_target_is_found_and_told(tmp_path: Path) -> None:
    """The fuzzer itself: what raises ends with a status, and its input is kept."""
    pytest.importorskip("atheris", reason="no wheel for this machine")
    program = (
        "import sys, atheris\n"
        "def run(data):\n"
        "    if data[:1] == b'x': raise AssertionError('broken')\n"
        f"atheris.Setup([sys.argv[0], '-runs=100000', '-artifact_prefix={tmp_path}/'], run)\n"
        "atheris.Fuzz()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode != 0
    assert "AssertionError: broken" in done.stdout + done.stderr
    assert [path.name[:6] for path in tmp_path.iterdir()] == ["crash-"]
