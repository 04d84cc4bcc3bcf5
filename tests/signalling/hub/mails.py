"""What the hub has mailed, and the tokens of the links in it."""

from __future__ import annotations

import re

from signalling.hub.store.records import Mail
from tests.signalling.hub.harness import Hub


async def mails_to(hub: Hub, email: str) -> list[Mail]:
    """All mails to an address, in the order in which they were put."""
    return [each for each in await hub.services.store.outbox.all() if each.recipient == email]


async def token_to(hub: Hub, email: str, fragment: str = "verify") -> str:
    """The token of the newest link of a kind that was mailed to an address."""
    bodies = [hub.services.outbox.body(mail) for mail in await mails_to(hub, email)]
    tokens = [re.search(rf"http\S+/#{fragment}=(\S+)", body) for body in bodies]
    return next(found[1] for found in reversed(tokens) if found is not None)
