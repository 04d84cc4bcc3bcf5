"""The gate says when it moves, and a feed hands each item to everybody."""

from __future__ import annotations

from kiosk.media.tracks import Feed, Gate


async def test_listeners_hear_changes_only() -> None:
    gate = Gate()
    heard: list[bool] = []
    stop = gate.listen(lambda: heard.append(gate.is_open))
    for state in (False, True, True, False, True):
        gate.set(state)
    stop()
    gate.set(False)
    assert heard == [True, False, True]


def test_a_feed_hands_on_until_told_to_stop() -> None:
    class Taker:
        def __init__(self) -> None:
            self.items: list[int] = []

        def take(self, item: int) -> None:
            self.items.append(item)

    feed, one, two = Feed[int](), Taker(), Taker()
    feed.publish(0)
    feed.add(one)
    feed.publish(1)
    feed.add(two)
    feed.publish(2)
    feed.remove(one)
    feed.publish(3)
    assert (one.items, two.items) == ([1, 2], [2, 3])
