"""The unix socket that staff commands talk to, and the commands' end of it."""

from __future__ import annotations

import asyncio
import contextlib
import grp
import logging
import os
import pwd
import socket
import struct
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import msgspec

from signalling.hub.desk import Desk
from signalling.hub.errors import StaffError, StartError
from signalling.hub.staff_commands import (
    MAX_LINE,
    AnyCommand,
    Reply,
    decode_command,
    decode_reply,
    encode,
)
from signalling.hub.staff_progress import tell, told_to
from signalling.hub.store.chain import ORIGIN

log = logging.getLogger(__name__)

MODE: Final = 0o660
COMMAND_WITHIN_S: Final = 10.0
"""A caller says what it wants within this time."""
ANSWER_WITHIN_S: Final = 60.0


def user_name(uid: int) -> str:
    """Return a user's name for the audit."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid-{uid}"


def _peer(writer: asyncio.StreamWriter) -> str:
    """Who is at the other end, as the kernel says (SO_PEERCRED: pid, uid, gid)."""
    sock = writer.get_extra_info("socket")
    packed = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return user_name(struct.unpack("3i", packed)[1])


async def _serve_one(
    desk: Desk, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    who = _peer(writer)
    ORIGIN.set("unix-socket")
    try:
        async with asyncio.timeout(COMMAND_WITHIN_S):
            line = await reader.readuntil(b"\n")
        with told_to(lambda said: writer.write(encode(Reply(progress=said)))):
            reply = Reply(result=await desk.do(decode_command(line), who))
    except StaffError as error:
        reply = Reply(error=str(error))
    except msgspec.DecodeError as error:
        reply = Reply(error=f"the command was not understood: {error}")
    except asyncio.LimitOverrunError:
        reply = Reply(error=f"the command is longer than {MAX_LINE} bytes")
    except (TimeoutError, asyncio.IncompleteReadError):
        return
    except Exception:
        log.exception("staff=%s a command failed", who)
        reply = Reply(error="the hub failed; its log says why")
    writer.write(encode(reply))
    await writer.drain()


@contextlib.asynccontextmanager
async def staff_socket(desk: Desk, path: Path, group: str) -> AsyncIterator[None]:
    """Serve staff commands until left. The caller holds the hub's lock, so a file there is stale.

    Raises:
        StartError: the socket cannot be made, or there is no such group.
    """

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _serve_one(desk, reader, writer)
        except ConnectionError:
            pass  # the caller went away
        finally:
            writer.close()

    listener = _listen(path, group)
    try:
        async with await asyncio.start_unix_server(serve, sock=listener, limit=MAX_LINE):
            yield
    finally:
        _remove(path)


def _listen(path: Path, group: str) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        path.unlink(missing_ok=True)
        # Nobody may connect before mode and group are right.
        before = os.umask(0o177)
        try:
            listener.bind(str(path))
        finally:
            os.umask(before)
        if group:
            os.chown(path, -1, grp.getgrnam(group).gr_gid)
        path.chmod(MODE)
    except KeyError:
        listener.close()
        raise StartError(f"there is no group {group}") from None
    except OSError as error:
        listener.close()
        raise StartError(f"cannot make the staff socket {path}: {error}") from error
    return listener


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


class NoHub(Exception):
    """No hub listens on the staff socket."""


async def hub_listens(path: Path) -> bool:
    """Whether a hub takes staff commands there. Raises StaffError: it may not be asked."""
    try:
        _, writer = await _connect(path)
    except NoHub:
        return False
    writer.close()
    return True


async def _connect(path: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    try:
        return await asyncio.open_unix_connection(path, limit=16 * MAX_LINE)
    except (FileNotFoundError, ConnectionRefusedError):
        raise NoHub from None
    except OSError as error:
        raise StaffError(f"cannot reach the hub at {path}: {error.strerror}") from None


async def ask_hub(path: Path, command: AnyCommand, within_s: float = ANSWER_WITHIN_S) -> Any:
    """Have the running hub carry a command out.

    Raises:
        NoHub: nobody listens. StaffError: it cannot be done, or may not be asked for.
    """
    reader, writer = await _connect(path)
    try:
        writer.write(encode(command))
        await writer.drain()
        reply = Reply(progress="")
        while reply.progress is not None:
            async with asyncio.timeout(within_s):
                reply = decode_reply(await reader.readuntil(b"\n"))
            if reply.progress is not None:
                tell(reply.progress)
    except TimeoutError:
        raise StaffError("the hub does not answer") from None
    except (asyncio.IncompleteReadError, ConnectionError):
        raise StaffError("the hub closed the connection without an answer") from None
    finally:
        writer.close()
    if reply.error is not None:
        raise StaffError(reply.error)
    return reply.result
