"""The rows of the table, and which goals they have."""

from __future__ import annotations

from tests.bench.hub.ours import Ours
from tests.bench.hub.running import Measured
from tests.bench.hub.samples import share
from tests.bench.hub.secure import Secure
from tests.bench.hub.sizes import Size
from tests.bench.report import Benchmark, Row

Rates = tuple[float, float]


def add_rows(bench: Benchmark, size: Size, ours: Ours, relay: Measured, peerjs: Measured) -> None:
    """Fill in what one hub and its peers have shown."""
    _carrying(bench, size, ours.common, relay, peerjs)
    _telling(bench, size, ours)
    for name, each in (("hub", ours.common), ("peerjs", peerjs), ("relay", relay)):
        bench.curves[f"carried while visits start, {name}"] = each.starting_ms
        bench.curves[f"carried alone, {name}"] = each.alone_ms
    bench.curves["signed in to Ready at the page, hub"] = ours.ready_ms


def add_secure(bench: Benchmark, size: Size, secure: Secure, relay: Measured) -> None:
    """Fill in what the hub costs with TLS of its own; nobody else in the run speaks it."""
    kib, bare = secure.common.kib_each, relay.kib_each
    what = f"memory per connection with TLS, {size.clients:,} connected (limit: the relay without)"
    bench.add(Row(what, "KiB", kib, None, bare, 3 * bare))
    bench.add(Row("CPU per offer carried, with TLS", "µs", secure.common.cpu_us, None, None, None))
    all_back = f"killed with {size.clients:,} connected by TLS: all back"
    back = secure.back
    bench.add(Row(all_back, "s", back["took_s"], None, None, 25.0))
    bench.add(Row(f"{all_back}, resets", "", back["resets"], None, None, 0.0))
    bench.add(Row(f"{all_back}, told otherwise than before", "", back["wrong"], None, None, 0.0))


def add_writes(bench: Benchmark, store: str, rates: Rates) -> None:
    """Fill in how many events a store commits."""
    shared, own = rates
    what = f"committed events, 16 writers, {store} (limit: a commit for each)"
    bench.add(Row(what, "1/s", shared, None, own, 4 * own, higher_is_better=True))


def _carrying(bench: Benchmark, size: Size, hub: Measured, relay: Measured, peer: Measured) -> None:
    def row(what: str, unit: str, name: str, goal: float | None) -> None:
        ours, theirs, least = (float(getattr(each, name)) for each in (hub, peer, relay))
        bench.add(Row(what, unit, ours, theirs, least, goal))

    most = min(1.5 * relay.kib_each, 2 * peer.kib_each)
    row(f"memory per connection, {size.clients:,} connected", "KiB", "kib_each", most)
    row("one core's share, all idle but their keepalives", "", "idle_share", None)
    best = min(relay.cpu_us, 1.1 * peer.cpu_us)
    row("CPU per offer carried", "µs", "cpu_us", best)
    loaded = f"{size.starting:,} visits starting in {size.window_s:g} s"
    p99s = [each.p99() for each in (hub, peer, relay)]
    bench.add(
        Row(f"carried, {loaded}, p99", "ms", p99s[0], p99s[1], p99s[2], min(5.0, p99s[1] / 4))
    )
    worst = [each.worst() for each in (hub, peer, relay)]
    bench.add(Row(f"carried, {loaded}, worst", "ms", worst[0], worst[1], worst[2], 50.0))
    row(f"one core's share, {loaded}", "", "starting_cpu", None)
    row("connected", "1/s", "connects_each_s", None)


def _telling(bench: Benchmark, size: Size, ours: Ours) -> None:
    def own(what: str, unit: str, value: float, goal: float | None) -> None:
        bench.add(Row(what, unit, value, None, None, goal))

    own("signed in to Ready at the page, the same load, p99", "ms", share(ours.ready_ms, 99), 15.0)
    many = f"{size.pending:,} visits Pending at once"
    own(f"{many}: the last page is told", "ms", max(ours.told_ms), 300.0)
    own(f"{many}: worst of what was carried meanwhile", "ms", max(ours.beside_ms), 50.0)
    all_back = f"killed with {size.clients:,} connected: all back"
    own(all_back, "s", ours.back["took_s"], 15.0)
    own(f"{all_back}, resets", "", ours.back["resets"], 0.0)
    own(f"{all_back}, told otherwise than before", "", ours.back["wrong"], 0.0)
    whens = ("until it was killed", "from its start again")
    for when, minutes, pause_ms in zip(whens, ours.minutes, ours.pause_ms, strict=True):
        own(f"longest pause of the loop in {minutes:.1f} minutes {when}", "ms", pause_ms, 50.0)
    if ours.held_ms:
        held = f"carried, {size.starting:,} pages lost and back each {size.window_s:g} s"
        own(f"{held}, p99", "ms", share(ours.held_ms, 99), 5.0)
        own(f"{held}, worst", "ms", max(ours.held_ms), 50.0)
    own("start to serving over a full store", "s", max(ours.start_s), 1.0)
