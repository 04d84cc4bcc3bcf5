"""`visit-hub audit`: who did what, from where, when; and whether that was changed since."""

from __future__ import annotations

import asyncio
import json
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from config.schema import HubConfig
from signalling.hub import staff_commands as ask
from signalling.hub.audit_chain import Broken, Check, Entry, Head
from signalling.hub.audit_heads import ANCHOR_FORM, HEAD_FORM, read_head
from signalling.hub.counted import counted
from signalling.hub.errors import StaffError, StartError
from signalling.hub.staff_cli import Ask, config_option, read_config, staff_command
from signalling.hub.staff_session import AskMany, Progress, staff_session
from signalling.hub.tables import show

COLUMNS: Final = ("seq", "when", "kind", "who", "from", "about", "name", "facts")
_HASH: Final = re.compile(r"[0-9a-f]{64}\Z")
_AGO: Final = {"m": 60.0, "h": 3600.0, "d": 86_400.0}


@click.group()
def audit() -> None:
    """The audit log: who did what, from where, when. Each entry seals those before it."""


def since_time(text: str, now: float) -> float:
    """Return the time that `--since` says. Raises StaffError."""
    ago = re.fullmatch(r"(\d{1,6})([mhd])", text)
    if ago is not None:
        return now - int(ago[1]) * _AGO[ago[2]]
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise StaffError(
            f'--since "{text}" is no time: expected 30m, 12h, 7d, or 2026-05-01T08:00Z'
        ) from None
    return at.timestamp()  # one without a zone is this machine's


@audit.command("list")
@click.option("--since", default="", help="30m, 12h, 7d ago, or a time: 2026-05-01T08:00Z.")
@click.option("--who", default="", help="staff:NAME, visitor:ID, terminal:ID or hub.")
@click.option("--kind", default="", help='Such as visitor-logged-in, or "visit-*".')
@click.option("--visit", default="", help="Only entries about one visit.")
@click.option("--about", default="", help="visit:ID, inmate:ID, visitor:ID or terminal:ID.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 10_000))
@staff_command
def audit_list(  # noqa: PLR0917 - one for each option
    ask_for: Ask,
    as_json: bool,
    since: str,
    who: str,
    kind: str,
    visit: str,
    about: str,
    limit: int,
) -> None:
    """List the newest entries that fit, the newest first.

    \b
    Examples: visit-hub audit list --since 24h --kind "staff-*"
              visit-hub audit list --visit v-1f2e3d --json
    """
    from_at = since_time(since, time.time()) if since else 0.0
    subject = f"visit:{visit}" if visit else about
    command = ask.AuditList(since=from_at, who=who, kind=kind, about=subject, limit=limit)
    rows = [_row(each) for each in ask_for(command)]
    if not as_json:
        rows = [{**each, "facts": plain(each)} for each in rows]
    show(rows, as_json=as_json, title="Audit", columns=COLUMNS)


def _row(entry: dict[str, Any]) -> dict[str, Any]:
    at = datetime.fromtimestamp(entry["at_ms"] / 1000, UTC)
    return {"at": at.isoformat(" ", "seconds"), "from": entry["origin"], **entry}


def plain(row: dict[str, Any]) -> str:
    # The kind of the others is the command.
    hidden = ("id",) if row["kind"] == "staff-looked" else ("id", "command")
    first = {"first_at": row["first_when"]} if "first_when" in row else {}
    facts = {**row["facts"], **first}
    return ", ".join(
        f"{key} {json.dumps(value) if isinstance(value, dict | list) else value}"
        for key, value in facts.items()
        if key not in hidden
    )


@audit.command("head")
@staff_command
def audit_head(ask_for: Ask, as_json: bool) -> None:
    """Print the newest entry's number and hash, signed. Keep it elsewhere: it seals all before it.

    \b
    Example: visit-hub audit head --json > head-2026-05-01.json
    """
    document = ask_for(ask.AuditHead())["head"]
    if document is None:
        raise StaffError(
            "the audit log does not hold the head that the hub kept of it:"
            " run visit-hub audit verify"
        )
    if as_json:
        click.echo(document, nl=False)
        return
    show(json.loads(document), as_json=False, title="Head", columns=("seq", "at", "hash", "key"))


@audit.command("verify")
@click.option("--head", "hash_", default="", help="A hash that was kept of an entry.")
@click.option(
    "--head-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A signed head, as audit head --json printed it.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a sentence.")
@config_option
def audit_verify(config_path: Path, hash_: str, head_file: Path | None, *, as_json: bool) -> None:
    """Say whether the audit log is as it was written. Exit status: 0 it is, 1 it is not.

    It is compared with the signed head that the hub keeps beside its key, and with yours.

    \b
    Example: visit-hub audit verify --head-file head-2026-05-01.json
    """
    config = read_config(config_path)
    if hash_ and not _HASH.match(hash_):
        raise click.ClickException(
            f'--head "{hash_}" is no hash: expected 64 digits and letters a to f'
        )
    try:
        own = _head_of(head_file) if head_file is not None else None
        result = asyncio.run(_verify_here(config, config_path, hash_, own))
    except (StaffError, StartError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(json.dumps(result, ensure_ascii=False) if as_json else result["sentence"])
    if not result["holds"]:
        raise SystemExit(1)


def _head_of(file: Path) -> bytes:
    """Return a file's bytes. Raises StaffError: a wrong file must not look like tampering."""
    text = file.read_bytes()
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or found.get("format") != HEAD_FORM:
        raise StaffError(f"{file} is no head: it is what visit-hub audit head --json prints")
    return text


async def _verify_here(
    config: HubConfig, config_path: Path, hash_: str, own: bytes | None
) -> dict[str, Any]:
    async with staff_session(config, config_path, only_looking=True) as ask_one:
        return await verify(ask_one, hash_, own)


async def verify(ask_one: AskMany, hash_: str = "", own: bytes | None = None) -> dict[str, Any]:
    """Read the whole chain and compare it with the heads that were kept of it.

    Returns `holds`, `sentence`, `entries`, and where it is broken `seq` and `what`.
    """
    told = await ask_one(ask.AuditHead())
    try:
        check, start = _begin(told, own)
        await _read_all(ask_one, check, start, hash_)
    except Broken as error:
        sentence = f"The audit log was tampered with: {error}."
        return {"holds": False, "sentence": sentence, "seq": error.seq, "what": error.what}
    since = f" from {start.seq + 1} on" if start.seq else ""
    count = counted(check.count, "entry", "entries")
    sentence = f"The audit log holds: {count}{since}, the last one {check.head.hash}."
    return {"holds": True, "sentence": sentence, "entries": check.count, "hash": check.head.hash}


def _begin(told: dict[str, Any], own: bytes | None) -> tuple[Check, Head]:
    """Return a check that knows all kept heads, and what it starts from. Raises Broken."""
    pem = told["pem"].encode()
    kept = {"the head of the chain": told["head"], "the head kept beside the key": told["kept"]}
    kept["the head in your file"] = own
    heads = [_require(each, pem, HEAD_FORM, what) for what, each in kept.items() if each]
    start = Head()
    if told["anchor"]:
        start = _require(told["anchor"], pem, ANCHOR_FORM, "what the oldest entry follows")
    return Check(start, tuple(each for each in heads if each.seq > start.seq)), start


async def _read_all(ask_one: AskMany, check: Check, start: Head, hash_: str) -> None:
    """Read to the end. Raises Broken."""
    progress, found = Progress("Verifying the audit log"), hash_ in ("", start.hash)
    total = max((each.seq for each in check.heads), default=0)
    while rows := await ask_one(ask.AuditEntries(after=check.head.seq)):
        check.read([Entry(**row) for row in rows])
        found = found or any(row["hash"] == hash_ for row in rows)
        progress.at(check.head.seq, total)
    check.end()
    if not found:
        raise Broken(0, "rewritten", f"no entry has the hash {hash_}: the chain was written anew")


def _require(document: str | bytes, pem: bytes, form: str, what: str) -> Head:
    head = read_head(document, pem, form)
    if head is None:
        raise Broken(0, "forged", f"{what} was not signed by this hub's key, or was altered")
    return head
