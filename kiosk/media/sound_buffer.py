"""The adaptive buffer between a stream of Opus packets and an earpiece.

Packets come from the network's thread (`put`), sound leaves on the sound card's clock (`pull`, in
the device's own thread). Everything but the short inbox belongs to the pulling thread, so the lock
is held for a few instructions only; decoding (about 0.07 ms for 20 ms) happens in `pull`.

A packet is due when the worst recent transit, and `MARGIN_S` for the device's way of asking, has
passed since it was sent (`arrivals.py`). Sound that plays later than that is shortened by whole
pitch periods, sound that plays earlier lengthened (`stretch.py`), which also follows the drift of
the two clocks. What does not come is recovered from the next packet's FEC, or else concealed,
which fades to silence. A jump of the timestamp without a jump of the sequence number is the
sender's silence (DTX), and no loss.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

import numpy as np

from hardware.interfaces import SAMPLE_RATE_HZ, Block
from kiosk.media import opus, stretch
from kiosk.media.arrivals import Arrivals
from kiosk.media.sound_packets import Packet, PacketQueue

MARGIN_S: Final = 0.014
"""Of that the device needs up to 10 ms, because it asks for 10 ms at once."""
TOO_SOON_S: Final = 0.004
TOO_LATE_S: Final = 0.008
"""How far from due sound may play before it is stretched."""
MAX_WAIT_S: Final = 0.25
"""A packet that is here plays after this, whatever its timestamp says."""
INBOX_PACKETS: Final = 64
STEP: Final = 480
"""Samples made up at a time: 10 ms."""
FADE_AFTER: Final = 2880
FADE: Final = 2880
"""Made-up sound is left as it is for 60 ms and fades in the next 60 (samples)."""
RETURN: Final = 240
"""What follows silence rises within 5 ms (samples)."""
PAUSE: Final = SAMPLE_RATE_HZ // 10
"""After 100 ms without packets what comes next starts afresh, when it is due."""
IDLE: Final = 2 * SAMPLE_RATE_HZ
"""After 2 s without packets there is nothing to make up any more."""
PULLS: Final = 32
STALL_S: Final = 0.05
"""Asking this much later than so far is no jitter: the device stood still."""


class SoundBuffer:
    """One stream. `put` from one thread, `pull` from one other; neither waits or raises."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` is the one that `put`'s `arrived_at` is read from."""
        self.delay_ms = 0.0
        """From a packet's arrival to its playing, averaged over the last ten or so."""
        self.concealed_ms = 0.0
        """Sound made up for what did not come in time, since the beginning."""
        self.recovered_ms = 0.0
        """Sound that came in time only as FEC, since the beginning."""
        self.timestamp: int | None = None
        """RTP time of what the last `pull` began with; None before the first packet, and while
        there is nothing to make up any more: nothing of the sender plays then."""
        self._clock = DeviceClock(clock)
        self._lock = threading.Lock()
        self._inbox: deque[tuple[int, int, bytes, float]] = deque()
        self._overflowed = 0
        self._queue = PacketQueue()
        self._arrivals = Arrivals()
        self._decoder = opus.Decoder()
        self._sound: Block = np.zeros(0, dtype=np.int16)
        self._next: tuple[int, int] | None = None
        """Sequence number and timestamp that follow what was decoded last."""
        self._filled = 0
        """Samples made up since then."""
        self._unexplained = 0
        """Those of them of which it is not known yet whether they are loss or silence."""
        self._silent = False

    @property
    def dropped(self) -> int:
        """Packets that came too late, twice, too many at once, or were no Opus."""
        return self._overflowed + self._queue.dropped

    def put(self, sequence: int, timestamp: int, payload: bytes, arrived_at: float) -> None:
        """Add a packet as it came. Overflow: the oldest is dropped and counted."""
        with self._lock:
            if len(self._inbox) >= INBOX_PACKETS:
                self._inbox.popleft()
                self._overflowed += 1
            self._inbox.append((sequence, timestamp, payload, arrived_at))

    def pull(self, samples: int) -> Block:
        """Return the next `samples` to be played: silence when there is nothing else."""
        now = self._clock.pulled(samples)
        self._take_in()
        while self._sound.size < samples:
            more = self._more(now + self._sound.size / SAMPLE_RATE_HZ)
            self._sound = np.concatenate([self._sound, more])
        self.timestamp = self._playing()
        block, self._sound = self._sound[:samples], self._sound[samples:]
        return block

    def _playing(self) -> int | None:
        """Return the RTP time of the first sample that waits here."""
        if self._next is None or self._filled > IDLE:
            return None
        return self._next[1] + self._filled - self._sound.size & 0xFFFFFFFF

    def _take_in(self) -> None:
        with self._lock:
            arrived, self._inbox = self._inbox, deque()
        for each in arrived:
            packet = self._queue.add(*each)
            if packet is not None:
                self._arrivals.add(packet.arrived_at, packet.transit_s)

    def _more(self, at: float) -> Block:
        """Return what plays at the time `at`; at least one sample."""
        packet = self._queue.first()
        if packet is None:
            return self._made_up(STEP) if self._next else _silence(STEP)
        late_s = at - self._due(packet)
        waited = at - packet.arrived_at >= MAX_WAIT_S
        if self._next is None:
            return self._play(packet, at) if late_s >= 0 or waited else _silence(opus.STEP_SAMPLES)
        sequence, timestamp = self._next
        left = packet.timestamp - timestamp - self._filled
        if packet.sequence == sequence and packet.timestamp > timestamp:
            self._unexplained = 0
            if late_s >= 0 or waited:
                return self._play(packet, at)
            self._silent = True
            return self._made_up(opus.STEP_SAMPLES)
        if self._filled > PAUSE and late_s < 0 and not waited:
            return self._made_up(opus.STEP_SAMPLES)
        if packet.sequence > sequence and left > 0 and late_s < TOO_LATE_S and not waited:
            return self._bridge(packet, left)
        return self._play(packet, at)

    def _due(self, packet: Packet) -> float:
        """When a packet plays if all goes well; the clock that it arrived on."""
        return packet.timestamp / SAMPLE_RATE_HZ + self._arrivals.worst_s + MARGIN_S

    def _play(self, packet: Packet, at: float) -> Block:
        self._settle()
        late_s = at - self._due(packet)
        block = self._decoded(packet)
        if self._filled > FADE_AFTER and block.size >= RETURN:
            block[:RETURN] = _ramp(block[:RETURN], self._gain(), 1.0)
        self._filled = 0
        wait_ms = (at - packet.arrived_at) * 1000
        self.delay_ms += (wait_ms - self.delay_ms) * (0.1 if self.delay_ms else 1.0)
        if late_s > TOO_LATE_S:
            block = self._longer(block)
        return _fitted(block, late_s)

    def _decoded(self, packet: Packet) -> Block:
        self._queue.take(packet)
        self._next = packet.sequence + 1, packet.timestamp + packet.samples
        self._silent = len(packet.payload) <= opus.SILENT_BYTES
        try:
            return self._decoder.decode(packet.payload)
        except opus.BadOpus:
            self._queue.dropped += 1
            return self._decoder.conceal(packet.samples)

    def _longer(self, block: Block) -> Block:
        """Return `block` with the packet behind it, which is here when sound plays too late.

        A packet of 10 ms does not hold two periods of a voice below 200 Hz; none could be cut.
        """
        behind = self._queue.first()
        if block.size > STEP or behind is None:
            return block
        if (behind.sequence, behind.timestamp) != self._next:
            return block
        return np.concatenate([block, self._decoded(behind)])

    def _bridge(self, packet: Packet, left: int) -> Block:
        """Return what stands for lost packets before `packet`; `left` samples are missing."""
        self._settle()
        if RETURN <= left <= packet.samples and opus.carries_previous(packet.payload):
            recovered = self._recovered(packet, left)
            if recovered is not None:
                self._filled += left
                self.recovered_ms += left * 1000 / SAMPLE_RATE_HZ
                return recovered
        reserve = packet.samples if left > packet.samples else 0
        samples = max(opus.STEP_SAMPLES, min(STEP, left - reserve) // 120 * 120)
        block = self._made_up(samples)
        self._settle()
        return block

    def _recovered(self, packet: Packet, left: int) -> Block | None:
        """Return the last `left` samples of the packet before `packet`, which has them as FEC.

        When its beginning had to be made up already, the one goes over into the other.
        """
        seam = self._decoder.conceal(opus.STEP_SAMPLES) if left < packet.samples else None
        try:
            block = self._decoder.recover(packet.payload, packet.samples)[-left:]
        except opus.BadOpus:
            return None  # its own decoding will say so
        if seam is not None:
            rise = np.linspace(0.0, 1.0, seam.size)
            block[: seam.size] = seam * self._gain() * (1 - rise) + block[: seam.size] * rise
        return block

    def _made_up(self, samples: int) -> Block:
        """Return sound that goes on from what was, fading unless it is a silence's own noise."""
        if self._filled > IDLE:
            return _silence(samples)
        before = self._gain()
        self._filled += samples
        if not self._silent:
            self._unexplained += samples
        return _ramp(self._decoder.conceal(samples), before, self._gain())

    def _settle(self) -> None:
        """Count as loss what was made up without knowing why."""
        self.concealed_ms += self._unexplained * 1000 / SAMPLE_RATE_HZ
        self._unexplained = 0

    def _gain(self) -> float:
        if self._silent:
            return 1.0
        return min(1.0, max(0.0, 1 - (self._filled - FADE_AFTER) / FADE))


class DeviceClock:
    """The time at which a device's block begins, without the jitter of its asking.

    A callback may come late, and two together, but the card itself is regular: the earliest of
    the last callbacks, counted in samples, says when the next block plays.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._asked_s = 0.0
        self._starts: deque[float] = deque(maxlen=PULLS)

    def pulled(self, samples: int) -> float:
        """Note that `samples` are asked for now, and return when they begin to play."""
        start = self._clock() - self._asked_s
        if self._starts and start - min(self._starts) > STALL_S:
            self._starts.clear()  # nobody asked for a while
        self._starts.append(start)
        begins_at = min(self._starts) + self._asked_s
        self._asked_s += samples / SAMPLE_RATE_HZ
        return begins_at


def _fitted(block: Block, late_s: float) -> Block:
    """Shorten or lengthen what plays too late or too soon; the later, the less choosy."""
    if late_s > TOO_LATE_S:
        likeness = 0.85 if late_s < 0.03 else 0.6 if late_s < 0.06 else 0.0
        return stretch.shorten(block, int(late_s * SAMPLE_RATE_HZ), likeness)
    if late_s < -TOO_SOON_S:
        return stretch.lengthen(block, int(-late_s * SAMPLE_RATE_HZ), 0.6)
    return block


def _ramp(block: Block, start: float, end: float) -> Block:
    if start == end == 1.0:
        return block
    return (block * np.linspace(start, end, block.size)).astype(np.int16)


def _silence(samples: int) -> Block:
    return np.zeros(samples, dtype=np.int16)
