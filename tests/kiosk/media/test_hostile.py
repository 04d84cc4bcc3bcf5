"""A hostile browser against the real media process, sandbox and all, with the gate open.

Whatever it sends: own picture and statistics go on without a pause of a second, the process keeps
its size and its threads, the screen gets no picture that it could not show, and an honest stream is
seen afterwards.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiortc.rtp import (
    RTCP_PSFB_APP,
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    RtcpByePacket,
    RtcpPsfbPacket,
    RtcpRtpfbPacket,
    RtcpSenderInfo,
    RtcpSrPacket,
)

from kiosk.media.commands import Gate, Stats
from kiosk.media.frames import MAX_HEIGHT, MAX_WIDTH
from tests.kiosk.media.attacker import H264, OPUS, RTX, VP8, Attacker, attacker
from tests.kiosk.media.test_video_receiver import pictures
from tests.kiosk.media.wall import Wall, devices, wall

ATTACK_S = 3.0
PAUSE_S = 1.0
"""Nothing that a stranger sends may hold up the inmate's own picture for longer."""
GROWTH_MB = 80
"""A legitimate stream of 1920x1080 costs 40 MB in the decoder and on its way to the screen."""
MAX_THREADS = 16

Attack = Callable[[Attacker, random.Random, int], None]


def memory_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6


def threads(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


@dataclass
class Watch:
    """What the terminal did while it was attacked."""

    pause_s: float = 0.0
    peak_mb: float = 0.0
    threads: int = 0
    sizes: set[tuple[int, int]] = field(default_factory=set)


@asynccontextmanager
async def watching(one: Wall) -> AsyncIterator[Watch]:
    """Watch the process; the longest pause of the self-view includes the one at the end."""
    seen = Watch()
    stop = asyncio.Event()

    async def look() -> None:
        last, moved_at = one.pictures["self"], time.monotonic()
        while not stop.is_set():
            await asyncio.sleep(0.02)
            now = time.monotonic()
            if one.pictures["self"] != last:
                last, moved_at = one.pictures["self"], now
            seen.pause_s = max(seen.pause_s, now - moved_at)
            seen.peak_mb = max(seen.peak_mb, memory_mb(one.engine.pid))
            seen.threads = max(seen.threads, threads(one.engine.pid))

    looking = asyncio.create_task(look())
    try:
        yield seen
    finally:
        stop.set()
        await looking
        seen.sizes = one.sizes


# -- attacks: each is called again and again with a counter ----------------------------------------


def random_rtp(one: Attacker, dice: random.Random, number: int) -> None:
    kind = dice.choice((VP8, RTX, OPUS, H264, dice.randrange(128)))
    one.rtp(
        dice.randbytes(dice.randrange(1200)),
        kind=kind,
        ssrc=dice.choice((None, dice.getrandbits(32))),
        sequence=dice.getrandbits(16),
        timestamp=dice.getrandbits(32),
        marker=dice.random() < 0.5,
    )


def random_bytes(one: Attacker, dice: random.Random, number: int) -> None:
    first = dice.choice((0, 1, 3, 20, 22, 23, 40, 63, 64, 128, 144, 191, 200, 255))
    data = bytes([first]) + dice.randbytes(dice.randrange(1, 1400))
    one.datagram(data)
    one.raw_rtp(
        bytes([0x90, dice.choice((VP8, OPUS, RTX))]) + dice.randbytes(dice.randrange(10, 60))
    )


def oversized(one: Attacker, dice: random.Random, number: int) -> None:
    one.datagram(bytes([0x80, VP8]) + dice.randbytes(9000))


FRAMES = [
    b"".join(part[4:] if at else part for at, part in enumerate(each)) for each in pictures(8)
]


def broken_frames(one: Attacker, dice: random.Random, number: int) -> None:
    frame = bytearray(FRAMES[number % len(FRAMES)])
    for _ in range(dice.randrange(1, 6)):
        frame[dice.randrange(4, len(frame))] ^= 1 << dice.randrange(8)
    one.rtp(bytes(frame[: dice.randrange(5, len(frame) + 1)]), timestamp=3000 * number)


def huge_frames(one: Attacker, dice: random.Random, number: int) -> None:
    width, height = dice.choice(((8192, 8192), (16383, 16383), (1, 1), (0, 0), (1920, 8192)))
    frame = bytearray(FRAMES[0])
    at = 4 + 6  # the descriptor, then frame tag and start code
    frame[at : at + 4] = width.to_bytes(2, "little") + height.to_bytes(2, "little")
    one.rtp(bytes(frame), timestamp=3000 * number)


def large_key_frames() -> Iterator[list[bytes]]:
    return pictures(1, 1920, 1080)


LARGE = next(large_key_frames())


def too_many_large(one: Attacker, dice: random.Random, number: int) -> None:
    """Whole 1920x1080 key frames, as fast as they can be sent."""
    for place, payload in enumerate(LARGE, 1):
        one.rtp(payload, timestamp=450 * number, marker=place == len(LARGE))


def two_hundred_a_second(one: Attacker, dice: random.Random, number: int) -> None:
    one.rtp(FRAMES[0], timestamp=450 * number)


def reports(one: Attacker, dice: random.Random, number: int) -> None:
    nack = RtcpRtpfbPacket(fmt=RTCP_RTPFB_NACK, ssrc=one.video, media_ssrc=dice.getrandbits(32))
    nack.lost = sorted(dice.sample(range(65536), 200))
    pli = RtcpPsfbPacket(fmt=RTCP_PSFB_PLI, ssrc=1, media_ssrc=dice.getrandbits(32))
    remb = RtcpPsfbPacket(fmt=RTCP_PSFB_APP, ssrc=1, media_ssrc=0)
    remb.fci = b"REMB" + dice.randbytes(4 * dice.randrange(1, 5))
    info = RtcpSenderInfo(
        ntp_timestamp=dice.getrandbits(64),
        rtp_timestamp=dice.getrandbits(32),
        packet_count=0,
        octet_count=0,
    )
    absurd = RtcpSrPacket(ssrc=dice.choice((one.video, one.audio)), sender_info=info)
    for each in (nack, pli, remb, absurd, RtcpByePacket(sources=[one.video])):
        one.rtcp(bytes(each))
    one.rtcp(b"\x81" + bytes([dice.randrange(200, 208)]) + b"\0\2" + dice.randbytes(8))


def opus_garbage(one: Attacker, dice: random.Random, number: int) -> None:
    one.rtp(
        dice.randbytes(dice.choice((1, 2, 40, 400, 1200))),
        kind=OPUS,
        sequence=dice.choice((None, dice.getrandbits(16))),
        timestamp=dice.choice((960 * number, dice.getrandbits(32))),
    )


ATTACKS: dict[str, tuple[Attack, int]] = {
    "random RTP": (random_rtp, 1500),
    "random bytes": (random_bytes, 1500),
    "oversized datagrams": (oversized, 300),
    "broken frames": (broken_frames, 200),
    "huge frames": (huge_frames, 100),
    "large key frames": (too_many_large, 200),
    "200 frames a second": (two_hundred_a_second, 200),
    "reports": (reports, 300),
    "Opus garbage": (opus_garbage, 500),
    "a flood": (random_rtp, 20_000),
}
"""Name: the attack, and how often a second (as far as this machine goes)."""


async def attack(one: Attacker, how: Attack, rate_hz: int) -> int:
    """Attack for ATTACK_S; returns how often."""
    dice, loop = random.Random(7), asyncio.get_running_loop()
    began, count = loop.time(), 0
    while (elapsed_s := loop.time() - began) < ATTACK_S:
        for _ in range(min(200, max(0, int(elapsed_s * rate_hz) - count))):
            how(one, dice, count)
            count += 1
        await asyncio.sleep(0.002)
    return count


async def honest_again(one: Wall, hostile: Attacker) -> None:
    """Send real pictures until one is on the screen."""
    before, number = one.pictures["remote"], 0
    async with asyncio.timeout(5):
        while one.pictures["remote"] == before:
            for payload in FRAMES[:1]:
                hostile.rtp(payload, timestamp=900_000 + 3000 * number)
            number += 1
            await asyncio.sleep(0.033)


@pytest.mark.parametrize("name", ATTACKS)
async def test_the_terminal_goes_on(name: str) -> None:
    how, rate_hz = ATTACKS[name]
    async with wall(devices()) as one:
        await one.open()
        async with attacker(one) as hostile:
            await one.engine.send(Gate(open=True))
            await honest_again(one, hostile)
            before_mb = memory_mb(one.engine.pid)
            told = len(one.said(Stats))
            async with watching(one) as seen:
                count = await attack(hostile, how, rate_hz)
                await asyncio.sleep(0.5)  # what the attack left behind counts too
            print(
                f"{name}: {count} times, pause {seen.pause_s:.2f} s, {before_mb:.0f} to "
                f"{seen.peak_mb:.0f} MB, {seen.threads} threads, {sorted(seen.sizes)}"
            )
            assert count > 0 and one.engine.is_alive
            assert seen.pause_s < PAUSE_S
            assert seen.peak_mb - before_mb < GROWTH_MB
            assert seen.threads <= MAX_THREADS
            assert all(w <= MAX_WIDTH and h <= MAX_HEIGHT for w, h in seen.sizes)
            assert len(one.said(Stats)) >= told + int(ATTACK_S) - 1
            # By a connection of its own: who breaks the order of one's SRTP has lost that stream.
            async with attacker(one, number=2) as honest:
                await honest_again(one, honest)
