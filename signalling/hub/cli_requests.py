"""The staff commands about requests to visit."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import click

from signalling.hub import staff_commands as ask
from signalling.hub.staff_cli import Ask, staff_command
from signalling.hub.tables import show

COLUMNS = (
    "request",
    "status",
    "visitor",
    "email",
    "facility",
    "number",
    "inmate",
    "relation",
    "private",
    "photo",
    "asked",
)


@click.group()
def request() -> None:
    """Requests of visitors who ask to visit somebody."""


@request.command("list")
@click.option("--all", "all_", is_flag=True, help="The decided ones too.")
@click.option("--facility", help="Only this facility's.")
@staff_command
def request_list(ask_for: Ask, as_json: bool, all_: bool, facility: str | None) -> None:
    """List the requests that wait for a decision, the oldest first.

    \b
    Example: visit-hub request list --facility north
    """
    result = ask_for(ask.RequestList(all=all_, facility=facility))
    show(result, as_json=as_json, title="Requests", columns=COLUMNS)


@request.command("show")
@click.argument("request_id", metavar="REQUEST")
@staff_command
def request_show(ask_for: Ask, as_json: bool, request_id: str) -> None:
    """Show one request and what became of it.

    \b
    Example: visit-hub request show q-0c1d2e3f4a5b
    """
    columns = (*COLUMNS, "decided_by", "reason")
    result = ask_for(ask.RequestShow(request=request_id))
    show(result, as_json=as_json, title="Request", columns=columns)


@request.command("approve")
@click.argument("request_id", metavar="REQUEST")
@click.option("--inmate", help="The right inmate number, where the visitor mistyped it.")
@click.option("--days", type=int, help="How long it holds; 0: for ever. Else as hub.toml says.")
@staff_command
def request_approve(ask_for: Ask, as_json: bool, request_id: str, **options: Any) -> None:
    """Let the visitor visit that inmate; they are told by mail and on the page.

    \b
    Example: visit-hub request approve q-0c1d2e3f4a5b
    """
    result = ask_for(ask.RequestApprove(request=request_id, **options))
    show(result, as_json=as_json, title="Approved", columns=COLUMNS)


@request.command("deny")
@click.argument("request_id", metavar="REQUEST")
@click.option("--reason", required=True, help="The visitor reads it.")
@staff_command
def request_deny(ask_for: Ask, as_json: bool, request_id: str, reason: str) -> None:
    """Say no to a request; the visitor is told why by mail and on the page.

    \b
    Example: visit-hub request deny q-0c1d2e3f4a5b --reason "The photo cannot be read."
    """
    result = ask_for(ask.RequestDeny(request=request_id, reason=reason))
    show(result, as_json=as_json, title="Denied", columns=(*COLUMNS, "reason"))


@request.command("photo")
@click.argument("request_id", metavar="REQUEST")
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The JPEG file to write; one that exists is not overwritten.",
)
@staff_command
def request_photo(ask_for: Ask, as_json: bool, request_id: str, out: Path) -> None:
    """Write the photo of the visitor's identity card to a file.

    \b
    Example: visit-hub request photo q-0c1d2e3f4a5b --out card.jpg
    """
    jpeg = base64.b64decode(ask_for(ask.RequestPhoto(request=request_id))["jpeg"])
    try:
        with out.open("xb") as file:
            file.write(jpeg)
    except OSError as error:
        raise click.ClickException(f"cannot write {out}: {error.strerror}") from None
    result = {"request": request_id, "file": str(out), "bytes": len(jpeg)}
    show(result, as_json=as_json, title="Photo", columns=("request", "file", "bytes"))
