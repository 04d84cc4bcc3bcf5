"""Signed heads of the audit's chain: what finds that all of it was written anew, or its end cut.

A head is signed with the hub's own key (`signing.py`), which is not in the database. It is kept
in a file beside that key, written to the log each hour, and printed by `visit-hub audit head`:
a copy in other hands binds everything before it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from signalling.hub.audit_chain import Head
from signalling.hub.signing import NotAKey, ReceiptKey, read_signed
from signalling.private_file import write_private

HEAD_FORM: Final = "visitbooth-audit-head-1"
ANCHOR_FORM: Final = "visitbooth-audit-anchor-1"
HEAD_FILE: Final = "audit-head.json"


def signed(key: ReceiptKey, hub: str, head: Head, form: str) -> str:
    """Return a head, or what the oldest kept entry follows, as a signed document."""
    at = datetime.fromtimestamp(head.at_ms / 1000, UTC).isoformat(timespec="seconds")
    facts = {"hub": hub, "seq": head.seq, "hash": head.hash, "at_ms": head.at_ms, "at": at}
    return key.sign(facts, form).decode()


def read_head(text: str | bytes, pem: bytes, form: str) -> Head | None:
    """Return the head in a document, if the key signed it."""
    data = text.encode() if isinstance(text, str) else text
    try:
        document = read_signed(data, pem, form)
        if document is None:
            return None
        return Head(int(document["seq"]), str(document["hash"]), int(document["at_ms"]))
    except (NotAKey, KeyError, ValueError):
        return None


def keep(path: Path, document: str) -> None:
    """Keep the newest signed head beside the key."""
    write_private(path, document.encode())


def kept(path: Path) -> str | None:
    """Return the signed head that was kept last."""
    return path.read_text(encoding="utf-8") if path.exists() else None
