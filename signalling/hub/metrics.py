"""What a hub measures of itself, as Prometheus reads it. README.md lists every name.

Labels are words of ours (types of messages, codes, statuses): never a visit, a person or an
address, so their number is bounded and nobody is in them.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from signalling.hub.pulse import Pulse
from signalling.hub.traffic import Traffic
from signalling.visit import Status, Visit

PREFIX: Final = "visitbooth_"
PAGE_SIZE: Final = 4096

SHORT: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
PICTURE: Final = (0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
GROUP: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256)

REMEMBERED: Final = 1000
"""Log-ins and transactions of the last time."""

OK: Final = "ok"
SIGN_IN: Final = "sign-in"
LOG_IN: Final = "log-in"


@dataclass(slots=True)
class Levels:
    """What holds at one moment, looked up when somebody asks."""

    connections: dict[str, int] = field(default_factory=dict)
    visits: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Status, 0))
    terminals: dict[str, int] = field(default_factory=dict)
    mails: dict[str, int] = field(default_factory=dict)
    store_waiting: int = 0
    longest_pause_s: float = 0.0


class Metrics:
    """Every hub has its own, and its own registry. Counting may be done from any thread."""

    def __init__(self) -> None:
        self.traffic = Traffic()
        self.registry = CollectorRegistry()
        self.port = 0
        """Where `/metrics` is served; 0: nowhere."""
        self.half_open: Callable[[], int] = int
        """How many sockets have asked nothing yet."""
        self.sockets: Callable[[], tuple[int, int]] = lambda: (0, 0)
        """How many are open, and how many were and are gone."""
        self._log_in_times: deque[float] = deque(maxlen=REMEMBERED)
        self._transactions: deque[float] = deque(maxlen=REMEMBERED)
        self.lag = self._histogram("loop_lag_seconds", "How late the event loop is.", SHORT)
        self.pulse = Pulse(self.lag.observe)
        self.transaction = self._histogram(
            "store_transaction_seconds", "A transaction of the store, its commit included.", SHORT
        )
        self.group = self._histogram(
            "store_transaction_tasks", "Tasks committed in one transaction.", GROUP
        )
        self.picture = self._histogram(
            "press_to_picture_seconds",
            "From the green telephone to picture and sound at both ends.",
            PICTURE,
        )
        self._gc = self._histogram(
            "gc_pause_seconds", "A pass of the garbage collector.", SHORT, "generation"
        )
        self._lost = self._counter("lost_seconds", "Time of visits that was lost.", "side", "cause")
        self._sign_ins = self._counter("sign_ins", "Inmates' sign-ins.", "outcome")
        self._log_ins = self._counter("log_ins", "Visitors' log-ins.", "outcome")
        self._refusals = self._counter("refusals", "What people asked for in vain.", "code")
        self._second_links = self._counter("second_links", "Terminals' keys used twice at once.")
        self._violations = self._counter("violations", "Clients that broke the protocol.", "code")

    def _histogram(self, name: str, said: str, buckets: Iterable[float], *labels: str) -> Histogram:
        return Histogram(
            PREFIX + name, said, labels, registry=self.registry, buckets=tuple(buckets)
        )

    def _counter(self, name: str, said: str, *labels: str) -> Counter:
        return Counter(PREFIX + name, said, labels, registry=self.registry)

    # -- counting ---------------------------------------------------------------------------

    def answered(self, about: str, code: str = OK) -> None:
        """A message was carried out, or refused with a code."""
        if code != OK:
            self._refusals.labels(code).inc()
        if about == SIGN_IN:
            self._sign_ins.labels(code).inc()
        elif about == LOG_IN:
            self.logged_in(code)

    def logged_in(self, outcome: str) -> None:
        """A visitor's log-in came to this."""
        self._log_ins.labels(outcome).inc()
        self._log_in_times.append(time.monotonic())

    def violated(self, code: str) -> None:
        """A client broke the protocol."""
        self._violations.labels(code).inc()

    def second_link(self) -> None:
        """Two machines used a terminal's key at once."""
        self._second_links.inc()

    def committed(self, tasks: int, seconds: float) -> None:
        """The store committed a group of tasks. Called by the writer's thread."""
        self.group.observe(tasks)
        self.transaction.observe(seconds)
        self._transactions.append(seconds)

    def gc_paused(self, generation: int, seconds: float) -> None:
        """The garbage collector ran."""
        self._gc.labels(str(generation)).observe(seconds)

    def appended(self, before: Visit, after: Visit) -> None:
        """Events were appended to a visit: count what they showed to be lost."""
        for side, seconds in after.lost_by.items():
            more = seconds - before.lost_by.get(side, 0.0)
            if more > 0:
                cause = next((each.cause for each in before.breaks if each.side is side), "-")
                self._lost.labels(str(side), str(cause)).inc(more)

    def log_ins_a_minute(self) -> int:
        """Return the log-ins of the last minute, of REMEMBERED at most."""
        since = time.monotonic() - 60.0
        return sum(at > since for at in self._log_in_times)

    def store_ms(self) -> dict[str, float]:
        """Return median and p99 of the last transactions."""
        last = sorted(self._transactions.copy())
        if not last:
            return {"p50": 0.0, "p99": 0.0}
        p50, p99 = (last[min(len(last) - 1, int(len(last) * share))] for share in (0.5, 0.99))
        return {"p50": round(p50 * 1000, 2), "p99": round(p99 * 1000, 2)}

    # -- telling ----------------------------------------------------------------------------

    def text(self, levels: Levels) -> bytes:
        """Return everything in Prometheus' text format."""
        now = CollectorRegistry()
        now.register(_Now(self.traffic, levels))
        return generate_latest(self.registry) + generate_latest(now)


class _Now(Collector):
    """What is not counted by the library: levels of this moment, and the wire's plain numbers."""

    def __init__(self, traffic: Traffic, levels: Levels) -> None:
        self._traffic = traffic
        self._levels = levels

    def collect(self) -> Iterable[Metric]:
        """Yield the families."""
        levels, traffic = self._levels, self._traffic
        yield _gauge("connections", "Open connections.", "kind", levels.connections)
        said = "The longest pause of the event loop since the start."
        yield GaugeMetricFamily(
            f"{PREFIX}loop_longest_pause_seconds", said, value=levels.longest_pause_s
        )
        yield _gauge("visits", "Visits by status.", "status", levels.visits)
        yield _gauge("terminals", "Connected terminals.", "state", levels.terminals)
        yield _gauge("mails", "Mails not sent.", "state", levels.mails)
        waiting = "Tasks that wait for the store."
        yield GaugeMetricFamily(f"{PREFIX}store_waiting", waiting, value=levels.store_waiting)
        said = "Messages by direction and type."
        messages = CounterMetricFamily(f"{PREFIX}messages", said, labels=["direction", "type"])
        for direction, tag, count in traffic.rows():
            messages.add_metric([direction, tag], count)
        yield messages
        size = CounterMetricFamily(f"{PREFIX}message_bytes", "Frames.", labels=["direction"])
        size.add_metric(["in"], traffic.received_bytes)
        size.add_metric(["out"], traffic.sent_bytes)
        yield size
        yield GaugeMetricFamily(f"{PREFIX}memory_bytes", "Resident memory.", value=memory_bytes())
        cpu_s = time.process_time()
        yield CounterMetricFamily(f"{PREFIX}cpu_seconds", "Processor time.", value=cpu_s)


def _gauge(name: str, said: str, label: str, values: dict[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(PREFIX + name, said, labels=[label])
    for key, value in values.items():
        family.add_metric([str(key)], value)
    return family


def memory_bytes() -> int:
    """Return this process's resident memory.

    prometheus_client's own collector wants /proc/stat, which the unit's ProcSubset=pid hides.
    """
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE_SIZE
