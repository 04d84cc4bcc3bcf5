"""How the media process gets its camera: the screen process opens the node and lends it.

The sandbox of the media process permits no device node, and a camera that is unplugged and comes
back is a new one. So whoever may open it does, and passes the descriptor over a pair of sockets
(SCM_RIGHTS, unix(7)). SOCK_SEQPACKET: each request and each answer is one packet, and unlike a
datagram socket it sends to nobody but its peer.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import socket
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from hardware.interfaces import (
    DeviceAmbiguous,
    DeviceBusy,
    DeviceError,
    DeviceLost,
    DeviceNotFound,
    DeviceRefused,
)
from hardware.locating import Opener
from hardware.v4l2 import Node

_log = logging.getLogger(__name__)

MAX_PACKET: Final = 4096
MAX_TEXT: Final = 500
"""Characters of a text in an answer: a packet holds them also where JSON takes six bytes for one,
as for the control characters that a device may have in its name."""
PACE_S: Final = 0.1
"""A process that asks more often than this waits."""
MAX_WAITING: Final = 16
"""Requests that are read at once; all but the newest are forgotten: nobody waits for them."""
FAILURES: Final = {
    each.__name__: each
    for each in (DeviceNotFound, DeviceBusy, DeviceAmbiguous, DeviceRefused, DeviceLost)
}


class Request(Struct, frozen=True, forbid_unknown_fields=True):
    """Media to screen: open the camera that the configuration means now."""

    number: Annotated[int, Meta(ge=0, le=1 << 40)]


class Answer(Struct, frozen=True, forbid_unknown_fields=True):
    """Screen to media: the node comes with it, called `text`; or `failure` says why not."""

    number: int
    text: str
    failure: str = ""
    """The name of a DeviceError; empty: none."""


class Lender:
    """The screen's end, for one media process: opens the camera when it is asked.

    One opening at a time; what is asked meanwhile waits in the socket. A request that makes no
    sense ends the lending.
    """

    def __init__(self, sock: socket.socket, opener: Opener) -> None:
        """`sock` is this one's to close."""
        self._socket: socket.socket | None = sock
        self._opener = opener
        self._lending: asyncio.Task[None] | None = None
        self._decoder = msgspec.json.Decoder(Request)
        sock.setblocking(False)

    def start(self) -> None:
        """Listen, on the running loop."""
        if self._socket is not None:
            asyncio.get_running_loop().add_reader(self._socket, self._readable)

    def close(self) -> None:
        """Lend nothing more; idempotent."""
        sock, self._socket = self._socket, None
        if sock is not None:
            asyncio.get_running_loop().remove_reader(sock)
            sock.close()
        if self._lending is not None:
            self._lending.cancel()

    def _readable(self) -> None:
        assert self._socket is not None
        request: Request | None = None
        try:
            for _ in range(MAX_WAITING):
                # Not `recv_fds`: a descriptor that comes with it is not taken, and is closed.
                packet = self._socket.recv(MAX_PACKET)
                if not packet:
                    self.close()
                    return
                request = self._decoder.decode(packet)
        except BlockingIOError:
            pass
        except (OSError, ValueError, RecursionError) as error:  # and no JSON, or no UTF-8 in it
            _log.warning("no camera is lent any more: %s", error)
            self.close()
            return
        if request is not None:
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._socket)
            self._lending = loop.create_task(self._lend(request.number), name="lend camera")

    async def _lend(self, number: int) -> None:
        try:
            node = await self._opener()
        except DeviceError as error:
            self._send(Answer(number, _text(error), type(error).__name__))
        except Exception as error:  # whatever a driver or sysfs does; the process is told
            _log.exception("the camera cannot be opened")
            words = _text(f"{type(error).__name__}: {error}")
            self._send(Answer(number, words, DeviceRefused.__name__))
        else:
            self._send(Answer(number, _text(node.name)), node.descriptor)
            node.close()
        await asyncio.sleep(PACE_S)
        self.start()

    def _send(self, answer: Answer, *descriptors: int) -> None:
        if self._socket is not None:
            # A process that is gone, or does not read, needs no camera.
            with contextlib.suppress(OSError):
                socket.send_fds(self._socket, [msgspec.json.encode(answer)], descriptors)


class Borrower:
    """The media process's end: a camera's opener. One request at a time."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._number = 0
        self._decoder = msgspec.json.Decoder(Answer)
        sock.setblocking(False)

    async def __call__(self) -> Node:
        """Return the node that the screen opened. Raises DeviceError."""
        loop = asyncio.get_running_loop()
        self._number += 1
        lent: asyncio.Future[Node] = loop.create_future()
        loop.add_reader(self._socket, self._readable, lent)
        try:
            self._socket.send(msgspec.json.encode(Request(self._number)))
            return await lent
        except OSError as error:
            raise DeviceRefused(f"the screen process cannot be asked: {error.strerror}") from error
        finally:
            loop.remove_reader(self._socket)

    def _readable(self, lent: asyncio.Future[Node]) -> None:
        try:
            packet, descriptors, _, _ = socket.recv_fds(self._socket, MAX_PACKET, 1)
        except BlockingIOError:
            return
        except OSError as error:
            _settle(lent, error)
            return
        if not packet:
            _settle(lent, OSError(errno.EPIPE, "it is gone"))
            return
        answer = self._decoder.decode(packet)
        node = Node(descriptors[0], answer.text) if descriptors else None
        if answer.number != self._number:
            return  # of a request that was given up: its node closes itself
        if node is not None:
            if not lent.done():
                lent.set_result(node)
            return
        _settle(lent, FAILURES.get(answer.failure, DeviceRefused)(answer.text))


def _text(words: object) -> str:
    """Return what an answer can carry: cut, and without what is no text (a path may have it)."""
    return str(words)[:MAX_TEXT].encode(errors="replace").decode()


def _settle(lent: asyncio.Future[Node], error: Exception) -> None:
    if not lent.done():
        lent.set_exception(error)
