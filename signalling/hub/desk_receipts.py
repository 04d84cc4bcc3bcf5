"""Carries out the staff commands about receipts."""

from __future__ import annotations

from typing import Any

from signalling.hub import staff_commands as ask
from signalling.hub.errors import StaffError
from signalling.hub.services import Services
from signalling.receipt import NotEnded


class ReceiptDesk:
    """One method per command. Every one raises StaffError with a sentence for a person."""

    def __init__(self, services: Services) -> None:
        self._receipts = services.receipts

    async def receipt_show(self, command: ask.ReceiptShow, _who: str) -> Any:
        """The signed receipt of an ended visit, as text."""
        try:
            named = await self._receipts.of(command.visit)
        except LookupError as error:
            known = error.args[0] == command.visit
            what = "visit" if known else "facility in hub.toml any more:"
            raise StaffError(f"there is no {what} {error.args[0]}") from None
        except NotEnded:
            raise StaffError(
                f"visit {command.visit} has not ended; its receipt comes then"
            ) from None
        return self._receipts.sign(named).decode()

    async def receipt_key_show(self, _command: ask.ReceiptKeyShow, _who: str) -> Any:
        """The public key that checks receipts."""
        key = self._receipts.key
        return {"key": key.id, "pem": key.pem.decode()}
