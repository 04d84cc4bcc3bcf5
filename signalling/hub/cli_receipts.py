"""The staff commands about receipts."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click

from signalling.hub import staff_commands as ask
from signalling.hub.errors import StaffError
from signalling.hub.scheduling import wall_text
from signalling.hub.signing import NotAKey, check
from signalling.hub.staff_cli import Ask, ask_option, staff_command
from signalling.hub.tables import show, show_facts

MAX_BYTES: Final = 1024 * 1024
APART: Final = ("facility", "format", "visit", "losses", "additions")
PARTS: Final = (
    ("Lost", "losses", ("from_at", "until_at", "lost_s", "side", "cause", "by_rule")),
    ("Added", "additions", ("added_at", "added_s", "reason")),
)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z")


@click.group()
def receipt() -> None:
    """Receipts: how long a visit was, what was lost, what was given back."""


@receipt.command("show")
@click.argument("visit")
@staff_command
def receipt_show(ask_for: Ask, as_json: bool, visit: str) -> None:
    """Show the receipt of a visit that has ended; with --json as the signed document.

    \b
    Example: visit-hub receipt show v7k2 --json > receipt.json
    """
    text = ask_for(ask.ReceiptShow(visit=visit))
    if as_json:
        click.echo(text, nl=False)
        return
    document = json.loads(text)
    zone = document["facility"]["time_zone"]
    facts = {key: _local(value, zone) for key, value in document.items() if key not in APART}
    show_facts(f"Receipt of visit {visit}", {"facility": document["facility"]["name"], **facts})
    for title, part, columns in PARTS:
        rows = [{key: _local(row[key], zone) for key in columns} for row in document[part]]
        show(rows, as_json=False, title=title, columns=columns)


@receipt.command("key")
@staff_command
def receipt_key(ask_for: Ask, as_json: bool) -> None:
    """Print the public key that checks this hub's receipts. It is no secret.

    \b
    Example: visit-hub receipt key > hub-key.pem
    """
    result = ask_for(ask.ReceiptKeyShow())
    click.echo(json.dumps(result) if as_json else result["pem"], nl=as_json)


@receipt.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--key",
    "key_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The public key (PEM) of the hub that signed it; without: this hub's own.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a sentence.")
@ask_option
def receipt_verify(ask_for: Ask, file: Path, key_file: Path | None, *, as_json: bool) -> None:
    """Say whether a receipt is as the hub signed it. Exit status: 0 valid, 1 not.

    With --key it needs no hub: anybody with the file and the key can check.

    \b
    Example: visit-hub receipt verify receipt.json --key receipt-key.pem
    """
    pem = _read(key_file) if key_file is not None else ask_for(ask.ReceiptKeyShow())["pem"].encode()
    try:
        verdict = check(_read(file), pem)
    except NotAKey:
        raise StaffError(f"{key_file} is not an Ed25519 public key in PEM") from None
    facts = {"valid": verdict.valid, "sentence": verdict.sentence}
    click.echo(json.dumps(facts, ensure_ascii=False) if as_json else verdict.sentence)
    if not verdict.valid:
        raise SystemExit(1)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise StaffError(f"cannot read {path}: {error.strerror}") from None
    if len(text) > MAX_BYTES:
        raise StaffError(f"{path} is longer than any receipt ({MAX_BYTES} bytes)")
    return text


def _local(value: Any, zone: str) -> Any:
    """Return an instant as the facility's clocks show it; anything else as it is."""
    if isinstance(value, str) and _INSTANT.match(value):
        return wall_text(datetime.fromisoformat(value).timestamp(), zone)
    return value
