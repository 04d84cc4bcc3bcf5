"""`/metrics` on a listener of its own: never on the port that families and terminals reach."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Final

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from signalling.hub.errors import StartError
from signalling.hub.levels import look
from signalling.hub.pulse import Pulse, watched_gc
from signalling.hub.services import Services
from signalling.hub.store.interface import StoreError
from signalling.hub.web_files import File, refuse, respond

log = logging.getLogger(__name__)

PATH: Final = "/metrics"
WEBSOCKETS_LOG: Final = logging.getLogger(f"{__name__}.websockets")
# It would write a line for each request.
WEBSOCKETS_LOG.setLevel(logging.WARNING)
TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
WITHIN_S: Final = 5.0


@contextlib.asynccontextmanager
async def measured(services: Services) -> AsyncIterator[Pulse]:
    """Watch the loop, the garbage collector and the store until left; serve what hub.toml says.

    Raises:
        StartError: the address cannot be listened on.
    """
    metrics, config = services.metrics, services.config.metrics
    services.store.watch(metrics.committed)
    beats = asyncio.create_task(services.metrics.pulse.run(), name="pulse")
    try:
        with watched_gc(metrics.gc_paused):
            if not config.listen:
                yield services.metrics.pulse
                return
            async with await _serve(services) as server:
                host, port = server.sockets[0].getsockname()[:2]
                log.info(
                    "metrics at http://%s:%s%s", f"[{host}]" if ":" in host else host, port, PATH
                )
                services.metrics.port = port
                yield services.metrics.pulse
    finally:
        beats.cancel()
        await asyncio.gather(beats, return_exceptions=True)


async def _serve(services: Services) -> Server:
    async def process(_connection: ServerConnection, request: Request) -> Response:
        if request.path.partition("?")[0] != PATH:
            return refuse(request, HTTPStatus.NOT_FOUND, f"Only {PATH} is here.")
        try:
            async with asyncio.timeout(WITHIN_S):
                levels = await look(services)
        except (TimeoutError, StoreError):
            return refuse(request, HTTPStatus.SERVICE_UNAVAILABLE, "The store does not answer.")
        return respond(request, HTTPStatus.OK, File(TYPE, services.metrics.text(levels)))

    async def nobody(_socket: ServerConnection) -> None:
        raise AssertionError("every request is answered before it becomes a websocket")

    config = services.config.metrics
    try:
        return await serve(
            nobody,
            config.listen,
            config.port,
            process_request=process,
            compression=None,
            server_header=None,
            open_timeout=WITHIN_S * 2,
            logger=WEBSOCKETS_LOG,
        )
    except OSError as error:
        raise StartError(
            f"cannot listen on {config.listen}:{config.port} ([metrics] in hub.toml):"
            f" {error.strerror}"
        ) from error
