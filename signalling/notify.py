"""Tells systemd that the program is ready and alive, in sd_notify(3)'s own words.

The protocol is one datagram of lines to a socket that the environment names, and stable. Of the
small libraries sdnotify has had no release for years and hides errors, cysystemd compiles against
libsystemd; the manual gives these lines for programs to take.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Final

log = logging.getLogger(__name__)

TIMES_IN_A_WATCH: Final = 3
"""Alive is said this many times in the time that systemd waits for it: two may be late."""


class Notifier:
    """The way to the service manager; without one (`there` is False) nothing is told."""

    def __init__(self, address: str, watch_s: float) -> None:
        self._address = address
        self.watch_s = watch_s
        """Within this time systemd wants to hear that the program lives; 0: it does not."""

    @classmethod
    def of(cls, environ: MutableMapping[str, str]) -> Notifier:
        """Take it out of an environment, so that no child speaks for us.

        Raises ValueError: the socket's address is of no kind that systemd gives.
        """
        address = environ.pop("NOTIFY_SOCKET", "")
        if address and address[0] not in "/@":
            raise ValueError(f"NOTIFY_SOCKET={address}: neither a path nor an abstract name")
        watch_us = environ.pop("WATCHDOG_USEC", "0")
        watched = environ.pop("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        return cls(address, int(watch_us) / 1e6 if watched else 0.0)

    @property
    def there(self) -> bool:
        """Whether anybody listens."""
        return bool(self._address)

    def tell(self, *lines: str) -> None:
        """Send lines such as "READY=1". Raises OSError: the service manager cannot be reached."""
        if not self._address:
            return
        to = self._address
        if to.startswith("@"):
            to = "\0" + to[1:]
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as speaking:
            speaking.connect(to)
            speaking.sendall("\n".join(lines).encode())


async def keep_alive(
    notifier: Notifier, healthy: Callable[[], Awaitable[str]], every_s: float = 1.0
) -> None:
    """Say that the program is ready once `healthy` returns, and alive each time it does again.

    What `healthy` returns is shown by `systemctl status`. It raises Unwell with what is wrong, and
    then nothing is said: systemd waits and, in the end, starts the program again. `every_s` is how
    often it is asked until it is ready, and after that where systemd keeps no watch.
    """
    if not notifier.there:
        return
    ready, said = False, ""
    watch_every_s = notifier.watch_s / TIMES_IN_A_WATCH or every_s
    while True:
        try:
            status = await healthy()
        except Unwell as error:
            if str(error) != said:
                log.warning('health=bad reason="%s"', error)
            said = str(error)
        else:
            lines = ["WATCHDOG=1"] if ready else ["READY=1", "WATCHDOG=1"]
            notifier.tell(*lines, f"STATUS={status}")
            ready, said = True, ""
        await asyncio.sleep(watch_every_s if ready else min(every_s, watch_every_s))


class Unwell(Exception):
    """The program cannot do what it is for; the text is one sentence."""
