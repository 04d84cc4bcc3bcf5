"""The pure parts of the page's benchmark: what counts as ours, and medians."""

from __future__ import annotations

from tests.bench.page.loading import Load, Traffic, median


def test_fonts_are_counted_apart_and_sockets_not_at_all() -> None:
    traffic = Traffic()
    asked = [("1", "http://h/"), ("2", "http://h/fonts/a.1.ttf"), ("3", "ws://h/family")]
    for request, url in asked:
        traffic._asked({"requestId": request, "request": {"url": url}})
    for request in ("1", "2", "3", "of another page"):
        traffic._came({"requestId": request, "encodedDataLength": 100.0})
    assert (traffic.bytes(fonts=False), traffic.bytes(fonts=True)) == (100, 100)


def test_the_median_of_loads() -> None:
    loads = [Load(first, 0.0, 1, 1, 1) for first in (300.0, 100.0, 200.0)]
    assert median(loads, "first_paint_ms") == 200.0
