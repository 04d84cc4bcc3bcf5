"""A client's connection as its conversation sees it: at this hub, or carried from another."""

from __future__ import annotations

from typing import Protocol


class Socket(Protocol):
    """Raises websockets' ConnectionClosed once it is gone."""

    @property
    def close_code(self) -> int | None:
        """How it was closed; None while it is not."""

    async def recv(self) -> str | bytes:
        """Return the next frame."""

    def send_now(self, message: bytes, snapshot: str) -> bool:
        """Send a text frame, in UTF-8, if nothing keeps it waiting; False when something does.

        Then, or when it is gone, `send` is for it. `snapshot`: of frames with this name that wait
        on their way only the newest is of use; empty: all are.
        """

    async def send(self, message: str) -> None:
        """Send a text frame; waits while the other end takes nothing."""

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close in order."""

    def abort(self) -> None:
        """Cut it: a close frame would wait behind what the other end does not read."""
