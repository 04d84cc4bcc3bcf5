"""Looks at every port of the guest from the network, as a scanner in the jail's network would."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import Final

PORTS: Final = range(1, 65536)
AT_ONCE: Final = 3000
ANSWER_S: Final = 1.0


async def tcp(address: str, ports: range = PORTS) -> dict[int, str]:
    """Return what each port that answers says: "open", or "refused" where the machine shows itself.

    Silent ports are left out.
    """
    answers: dict[int, str] = {}
    waiting = iter(ports)

    async def look() -> None:
        for port in waiting:
            try:
                async with asyncio.timeout(ANSWER_S):
                    _, writer = await asyncio.open_connection(address, port)
            except TimeoutError:
                continue
            except ConnectionRefusedError:
                answers[port] = "refused"
            else:
                answers[port] = "open"
                writer.close()

    await asyncio.gather(*(look() for _ in range(AT_ONCE)))
    return answers


async def udp(address: str, ports: range = PORTS) -> dict[int, str]:
    """Return what each port that answers says, or "refused"."""
    answers: dict[int, str] = {}
    for first in range(ports.start, ports.stop, AT_ONCE):
        several = range(first, min(first + AT_ONCE, ports.stop))
        with contextlib.ExitStack() as stack:
            sockets = {}
            for port in several:
                one = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                one.setblocking(False)
                one.connect((address, port))
                one.send(b"\0" * 8)
                sockets[port] = one
            await asyncio.sleep(0.3)
            for port, one in sockets.items():
                try:
                    answers[port] = repr(one.recv(64))
                except BlockingIOError:
                    continue
                except ConnectionRefusedError:
                    answers[port] = "refused"
    return answers
