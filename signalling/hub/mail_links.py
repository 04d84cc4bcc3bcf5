"""Pure: links in mails, and the tokens in them.

The store keeps a mail with a mark where its link goes, and of the token only its hash. The token
is made from the mail's key under a key outside the database when the mail goes out, so that a
thief of the database can follow no link, not even of a mail that still waits. In the page's
address it stands behind the "#", which no browser sends anywhere: no log and no Referer has it.
"""

from __future__ import annotations

import base64
import hmac
import re
from typing import Final
from urllib.parse import urlsplit, urlunsplit

PAGE: Final = "\x01\x01"
"""Stands in a mail's body for the page's address. No name can hold it: see `wire.PLAIN`."""
VERIFY: Final = "\x01verify\x01"
RESET: Final = "\x01reset\x01"
"""Stand for links with the mail's own token."""

_MARK: Final = re.compile(r"\x01(\w*)\x01")
EVERYWHERE: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared with, not listened on


def links_key(pin_key: bytes) -> bytes:
    """Return the key that tokens are made under, from the one that PINs are hashed under."""
    return hmac.digest(pin_key, b"links in mails", "sha256")


def link_token(key: bytes, mail_key: str) -> str:
    """Return the token of the link in a mail; `mail_key` must be one that cannot be guessed."""
    digest = hmac.digest(key, mail_key.encode(), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def with_links(body: str, page_url: str, token: str) -> str:
    """Return a mail's body with its marks filled in."""
    return _MARK.sub(lambda mark: page_url + (f"/#{mark[1]}={token}" if mark[1] else ""), body)


def page_url(public_url: str, listening_at: str) -> str:
    """Return where families open the page, as far as the configuration tells.

    A hub that listens everywhere has no one name; on its own machine it is always there.
    """
    if public_url:
        return public_url
    parts = urlsplit(listening_at)
    if parts.hostname in EVERYWHERE:
        parts = parts._replace(netloc=f"localhost:{parts.port}")
    return urlunsplit(parts)
