"""What a terminal must know of its hub, for its terminal.toml."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from config.enrolment_rules import certificates
from config.rules import FIELD_RULES
from config.schema import TerminalConfig
from signalling.hub.errors import StaffError
from signalling.hub.mail_links import EVERYWHERE
from signalling.hub.services import Services


async def hub_facts(services: Services) -> dict[str, Any]:
    """Return the hub's address ("" where it is not known), name and authority.

    Raises:
        StaffError: the authority's file cannot be read.
    """
    config = services.config
    terminals = config.terminals
    # A hub that listens everywhere calls its page's host "localhost": true on this machine only.
    told = config.mail.public_url or config.listen not in EVERYWHERE
    return {
        "hub": terminals.address or _address(services.outbox.page_url if told else ""),
        "hub_name": config.name,
        "ca": await asyncio.to_thread(_authority, terminals.ca_file),
    }


def _address(page_url: str) -> str:
    """Return where terminals find the hub whose page is there, as far as that says so."""
    if not page_url:
        return ""
    address = f"ws{page_url.removeprefix('http')}"
    return "" if FIELD_RULES[TerminalConfig, "hub"](address) else address


def _authority(path: str) -> str:
    if not path:
        return ""
    try:
        found = certificates(Path(path).read_text(encoding="utf-8", errors="replace"))
    except OSError as error:
        raise StaffError(f"terminals.ca_file in hub.toml cannot be read: {error}") from None
    if not found:
        raise StaffError(f"terminals.ca_file in hub.toml: {path} holds no certificate any more")
    return found
