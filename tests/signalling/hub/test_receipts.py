"""Receipts from a hub that runs, and from its command line."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from signalling.hub import staff_commands as ask
from signalling.hub.__main__ import main
from signalling.hub.errors import StaffError
from signalling.hub.signing import check
from signalling.messages import End
from signalling.visit import Status
from tests.signalling.hub.harness import Hub
from tests.signalling.hub.test_http import ask as get


async def test_an_ended_visit_has_a_receipt_that_anybody_can_check(
    hub: Hub, tmp_path: Path
) -> None:
    _, page, visit = await hub.begun()
    await page.send(End(visit=visit))
    await page.sees(visit, lambda view: view.status is Status.ENDED)
    text = await hub.do(ask.ReceiptShow(visit=visit))
    said = json.loads(text)
    assert (said["hub"], said["facility"]["name"]) == ("test-hub", "North Jail")
    assert (said["inmate"], said["visitors"]) == ("Daniel", ["Ana"])
    assert (said["ended_by"], said["end_reason"]) == ("visitor", "red-x")
    assert said["begun_at"] <= said["ended_at"] <= said["ends_at"]
    status, headers, pem = await get(hub, "GET /receipt-key")
    assert (status, headers["Content-Type"]) == (200, "text/plain; charset=utf-8")
    assert check(text.encode(), pem).valid

    receipt, key = tmp_path / "receipt.json", tmp_path / "key.pem"
    receipt.write_text(text)
    key.write_bytes(pem)
    # Without a hub and its configuration: a lawyer has neither.
    words = ["receipt", "verify", str(receipt), "--key", str(key), "--config", "/no/hub.toml"]
    result = CliRunner().invoke(main, words)
    assert (result.exit_code, result.stdout[:6]) == (0, "Valid:")
    receipt.write_text(text.replace('"Ana"', '"Eve"'))
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 1
    assert result.stdout.startswith("It was forged or altered")
    key.write_text("no key")
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 1
    assert "is not an Ed25519 public key" in result.stderr


async def refused(hub: Hub, visit: str) -> str:
    try:
        await hub.do(ask.ReceiptShow(visit=visit))
    except StaffError as error:
        return str(error)
    return ""


async def test_there_is_no_receipt_of_what_has_not_ended_or_is_not_there(hub: Hub) -> None:
    await hub.people()
    visit = await hub.book()
    assert await refused(hub, "nothing") == "there is no visit nothing"
    assert await refused(hub, visit) == f"visit {visit} has not ended; its receipt comes then"
    await hub.do(ask.VisitCancel(visit=visit))
    assert json.loads(await hub.do(ask.ReceiptShow(visit=visit)))["begun_at"] is None
