"""What runs beside the clients goes on after a fault that nobody expected."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from signalling.hub import background
from signalling.hub.background import end, in_background
from tests.signalling.hub.harness import Hub


async def test_what_failed_is_begun_anew_until_it_is_cancelled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(background, "RETRY_S", 0.0)
    begun = asyncio.Queue[int]()

    async def run() -> None:
        begun.put_nowait(1)
        raise RuntimeError("a fault of ours")

    task = in_background("it", run)
    async with asyncio.timeout(2.0):
        for _ in range(3):
            await begun.get()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()


async def test_a_cancellation_that_a_library_lost_is_said_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(background, "CANCEL_AGAIN_S", 0.01)
    losses = 2

    async def run() -> None:
        nonlocal losses
        while True:
            try:
                await asyncio.sleep(60.0)
            except asyncio.CancelledError:
                losses -= 1
                if losses < 0:
                    raise

    tasks = [in_background("it", run), in_background("other", asyncio.Event().wait)]
    await asyncio.sleep(0)
    async with asyncio.timeout(5.0):
        await end(tasks)
    assert all(each.cancelled() for each in tasks)
    await end(tasks)


async def test_mails_go_out_after_a_fault_of_the_outbox(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, faults = hub.services.store.outbox, 1
    claim = store.claim

    async def faulty(*args: Any) -> Any:
        nonlocal faults
        faults -= 1
        if faults >= 0:
            raise RuntimeError("a fault of ours")
        return await claim(*args)

    monkeypatch.setattr(store, "claim", faulty)
    await hub.services.outbox.put("key", "a@example.org", "Hello", "body")
    async with asyncio.timeout(5.0):
        while not all(mail.sent_at for mail in await store.all()):  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.01)
