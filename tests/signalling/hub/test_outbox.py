"""The outbox: each mail once, none lost while the SMTP server is away."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.schema import MailServer
from signalling.hub.outbox import FIRST_RETRY_S, HELD_S, LONGEST_RETRY_S, as_message, retry_after_s
from signalling.hub.store.interface import StoreBusy
from signalling.hub.store.records import Mail
from tests.signalling.hub.harness import EMAIL, Clock, Hub, eventually, hub_config, running_hub
from tests.signalling.hub.mail_server import free_port


@contextmanager
def smtp_server(port: int, maildir: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{port}"]
    process = subprocess.Popen([*command, "-c", "aiosmtpd.handlers.Mailbox", str(maildir)])
    try:
        yield
    finally:
        process.kill()
        process.wait()


async def until(hub: Hub, key: str, *, sent: bool) -> Mail:
    async with asyncio.timeout(20):
        while True:
            mail = next(each for each in await hub.services.store.outbox.all() if each.key == key)
            if mail.sent_at is not None if sent else mail.tries:
                return mail
            hub.services.outbox.look()
            await asyncio.sleep(0.05)
            if sent:
                hub.pass_time(LONGEST_RETRY_S)


async def test_nothing_is_lost_or_sent_twice_while_smtp_is_down(tmp_path: Path) -> None:
    port, maildir = free_port(), tmp_path / "mails"
    server = MailServer(host="127.0.0.1", port=port, tls="none")
    async with running_hub(hub_config(tmp_path / "state", mail=server)) as hub:
        put = hub.services.outbox.put
        assert await put("a", "ana@example.org", "Hello", "It is ñ", b"BEGIN:VCALENDAR\r\n")
        assert not await put("a", "ana@example.org", "Hello", "twice")
        assert (await until(hub, "a", sent=False)).error
        with smtp_server(port, maildir):
            await until(hub, "a", sent=True)
    (kept,) = (maildir / "new").iterdir()
    assert "To: ana@example.org" in kept.read_text()
    assert "visit.ics" in kept.read_text()


async def test_without_a_host_the_log_shows_the_mail(
    hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await hub.services.outbox.put("b", "ana@example.org", "Hello", "follow this link")
    await until(hub, "b", sent=True)
    assert "follow this link" in caplog.text


async def test_nobody_is_reminded_of_a_visit_that_has_started(tmp_path: Path) -> None:
    async with running_hub(hub_config(tmp_path)) as hub:
        await hub.people()
        visit = await hub.book(start="+172800")
        keys = {each.key for each in await hub.services.store.outbox.all()}
        late = {key for key in keys if key.startswith(f"remind.{visit}.")}
        assert len(late) == 2
    clock = Clock()
    clock.ahead_s = 172_801.0  # it was away, and comes back when the visit has just started
    async with running_hub(hub_config(tmp_path), clock) as hub:
        async with asyncio.timeout(5):
            while await failed(hub) != late:  # noqa: ASYNC110 - the store has no event of it
                await asyncio.sleep(0.01)


async def failed(hub: Hub) -> set[str]:
    mails = await hub.services.store.outbox.all()
    return {each.key for each in mails if each.failed_at and not each.sent_at}


def test_no_header_can_be_slipped_in() -> None:
    with pytest.raises(ValueError, match="linefeed"):
        as_message(Mail("c", "ana@example.org", "Hi\nBcc: eve@example.org", "x"), "a@example.org")


def test_tries_come_ever_more_slowly() -> None:
    assert [retry_after_s(0), retry_after_s(1)] == [FIRST_RETRY_S, 2 * FIRST_RETRY_S]
    assert retry_after_s(99) == LONGEST_RETRY_S


async def test_a_busy_store_delays_mails_and_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signalling.hub.outbox.FIRST_RETRY_S", 0.01)
    async with running_hub(hub_config(tmp_path / "state")) as hub:
        outbox = hub.services.store.outbox
        answers = outbox.claim
        busy = 0

        async def claim(limit: int, hold_s: float) -> list[Mail]:
            nonlocal busy
            busy += 1
            if busy < 3:
                raise StoreBusy("too many wait")
            return await answers(limit, hold_s)

        monkeypatch.setattr(outbox, "claim", claim)
        await hub.services.outbox.put("a", "ana@example.org", "Hello", "later")
        await until(hub, "a", sent=True)
        assert busy >= 3


async def test_a_slow_server_has_no_mail_sent_by_two_hubs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_hub(hub_config(tmp_path / "state")) as hub:
        store = hub.services.store.outbox
        sent: list[str] = []
        elsewhere: list[str] = []

        async def send(mail: Mail) -> None:
            assert mail.key not in elsewhere
            sent.append(mail.key)
            hub.clock.ahead_s += 100.0
            elsewhere.extend(each.key for each in await store.claim(9, HELD_S))
            await store.sent(mail.key)

        monkeypatch.setattr(hub.services.outbox, "_send", send)
        monkeypatch.setattr(hub.services.outbox, "monotonic", hub.clock)
        due_at = hub.clock() + 60.0
        for number in range(5):
            await hub.services.outbox.put(str(number), EMAIL, "Hello", "x", due_at=due_at)
        hub.clock.ahead_s += 60.0
        hub.services.outbox.look()
        await eventually(lambda: len(sent) >= 2)
        for _ in range(20):
            await store.counts()
        assert not set(sent) & set(elsewhere)


async def test_whoever_is_booked_for_a_visit_is_told_by_mail(tmp_path: Path) -> None:
    async with running_hub(hub_config(tmp_path / "state")) as hub:
        await hub.people()
        await hub.book(start="+600")
        (mail,) = await hub.services.store.outbox.all()
        assert mail.recipient == EMAIL
        assert mail.subject.startswith("Visit with ")
        assert "jail time" in mail.body
