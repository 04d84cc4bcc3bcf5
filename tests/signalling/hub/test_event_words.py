"""Why visits ended, in words; and events as pairs of the log."""

from __future__ import annotations

import logging
import re

import pytest

from signalling.hub import staff_commands as ask
from signalling.hub.event_words import pairs, why_ended
from signalling.visit_events import Booked, By, Ended, EndReason, Paused
from tests.signalling.hub.commands import Cli
from tests.signalling.hub.harness import EMAIL, NUMBER, Hub
from tests.signalling.hub.test_staff import cli, seed, toml

__all__ = ["cli", "toml"]  # fixtures


def test_every_reason_has_words() -> None:
    said = {
        why_ended(reason, by)
        for reason, by in [
            (EndReason.EXPIRED, By.CLOCK),
            (EndReason.NOBODY_CAME, By.CLOCK),
            (EndReason.RED_X, By.INMATE),
            (EndReason.RED_X, By.VISITOR),
            (EndReason.CANCELLED, By.VISITOR),
            (EndReason.CANCELLED, By.STAFF),
            (EndReason.STAFF, By.STAFF),
        ]
    }
    assert len(said) == 7
    assert why_ended(EndReason.STAFF, By.STAFF, "miller") == "staff ended it: miller"
    assert why_ended(EndReason.CANCELLED, By.VISITOR, "v-1") == "the visitor cancelled it"
    assert why_ended(None, None) is None


@pytest.mark.parametrize(
    ("what", "line"),
    [
        (
            Ended(By.STAFF, EndReason.STAFF, "miller"),
            "event=ended by=staff reason=staff who=miller",
        ),
        (
            Paused("miller", 'the "count" = 4'),
            "event=paused by=miller reason=\"the 'count' = 4\"",
        ),
        (
            Booked("north", "i1", ("v1", "v2"), 1.5, 2.0, 0.0),
            "event=booked facility=north inmate=i1 visitors=v1,v2 starts_at=1.500 ends_at=2.000"
            " sign_in_from=0.000 private=no",
        ),
    ],
)
def test_pairs(what: Ended | Paused | Booked, line: str) -> None:
    assert pairs(what) == line


async def test_the_log_has_pairs(hub: Hub, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    await hub.people()
    visit = await hub.book("+600")
    await hub.do(ask.VisitCancel(visit=visit))
    said = f"visit={visit} event=ended by=staff reason=cancelled who=tester author=staff:tester"
    assert said in caplog.messages
    assert not [each for each in caplog.messages if re.search(r"\w\(.*=", each)]


def test_lists_say_why(cli: Cli) -> None:
    seed(cli)
    words = ("--inmate", NUMBER, "--visitor", EMAIL, "--start", "+600")
    visit = cli.json("visit", "book", *words)["visit"]
    cli.json("visit", "cancel", visit)
    for asked in (("list",), ("show", visit)):
        code, said = cli.run("visit", *asked)
        assert code == 0
        assert "staff cancelled it: " in said
