"""The hub's one port: websockets for terminals and families, and the page's files by GET."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from config.schema import HubConfig
from signalling.hub.addresses import Proxies
from signalling.hub.background import end, in_background
from signalling.hub.browser_names import browser_name
from signalling.hub.bus.interface import Opening
from signalling.hub.cluster import beside_others
from signalling.hub.coalesced import Coalesced
from signalling.hub.doorkeeper import Connection, Doorkeeper, connections
from signalling.hub.errors import StartError
from signalling.hub.family_endpoint import FamilyEndpoint
from signalling.hub.heart import Heart
from signalling.hub.mail_links import page_url
from signalling.hub.receipt_page import HEAD, spent_page
from signalling.hub.services import Services
from signalling.hub.socket import Socket
from signalling.hub.store.interface import StoreError
from signalling.hub.terminal_endpoint import TerminalEndpoint
from signalling.hub.tickets import PREFIX as TICKET
from signalling.hub.tls import Certificate
from signalling.hub.turn_keeper import TurnKeeper
from signalling.hub.web_files import (
    File,
    own_page,
    own_styles,
    read_web_files,
    refuse,
    respond,
    valid_host,
)

log = logging.getLogger(__name__)
FRAMES_LOG: Final = logging.getLogger(f"{__name__}.websockets")
# At DEBUG websockets logs whole frames, and in them are passwords and PINs. So never.
FRAMES_LOG.setLevel(logging.INFO)

TERMINAL: Final = "/terminal"
FAMILY: Final = "/family"
RECEIPT_KEY: Final = "/receipt-key"
HEALTH: Final = "/healthz"
READY: Final = "/readyz"
BACKLOG: Final = 4096
"""asyncio's 100 made 10,000 clients connecting at once take 112 s, with 805 resets."""
PING_EVERY_S: Final = 5.0
PONG_WITHIN_S: Final = 10.0
CLOSE_WITHIN_S: Final = 3.0
HEALTHY_WITHIN_S: Final = 2.0
ALWAYS_TLS: Final = "max-age=63072000; includeSubDomains"


class FrontDoor:
    """Answers HTTP requests, and decides which may become websockets."""

    def __init__(self, services: Services, files: dict[str, File]) -> None:
        self._services = services
        self._files = files
        self._origins = frozenset(services.config.origins)
        self._said = Coalesced(log)

    async def process(self, connection: ServerConnection, request: Request) -> Response | None:
        """Return an answer, or None to go on with a websocket."""
        assert isinstance(connection, Connection)
        secure = connection.is_secure(request)
        answer = await self._answer(connection, request, secure)
        if answer is not None and secure:
            answer.headers["Strict-Transport-Security"] = ALWAYS_TLS
        return answer

    async def _answer(
        self, connection: Connection, request: Request, secure: bool | None
    ) -> Response | None:
        if not connection.arrival.ask(request):
            return refuse(
                request, HTTPStatus.SERVICE_UNAVAILABLE, "Too many connections from here."
            )
        path = request.path.partition("?")[0]
        if valid_host(request) is None:
            return refuse(request, HTTPStatus.BAD_REQUEST, "One valid Host is needed.")
        if path in (TERMINAL, FAMILY):
            return self._websocket(connection, request, path, secure)
        if request.method not in ("GET", "HEAD"):
            return refuse(
                request, HTTPStatus.METHOD_NOT_ALLOWED, "GET or HEAD only.", Allow="GET, HEAD"
            )
        if path in (HEALTH, READY):
            return await self._probe(request, ready=path == READY)
        if path == RECEIPT_KEY:
            pem = self._services.receipts.key.pem
            return respond(request, HTTPStatus.OK, File("text/plain; charset=utf-8", pem))
        if path.startswith(TICKET):
            return await self._ticket(request, path)
        file = self._files.get(path)
        if file is None:
            return refuse(request, HTTPStatus.NOT_FOUND, "There is no such page.")
        return respond(request, HTTPStatus.OK, file)

    async def _ticket(self, request: Request, path: str) -> Response:
        # HEAD is asked by programs that look ahead; it must not spend what a person wants.
        file = await self._services.tickets.take(path, spend=request.method == "GET")
        if file is not None:
            return respond(request, HTTPStatus.OK, file)
        styles, allowed = own_styles(HEAD)
        return respond(request, HTTPStatus.NOT_FOUND, own_page(spent_page(styles), allowed))

    def _websocket(
        self, connection: Connection, request: Request, path: str, secure: bool | None
    ) -> Response | None:
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return refuse(
                request, HTTPStatus.UPGRADE_REQUIRED, "Websocket only.", Upgrade="websocket"
            )
        if self._services.lifetime.stopping:
            why = self._services.lifetime.why_not()
            return refuse(request, HTTPStatus.SERVICE_UNAVAILABLE, why, **{"Retry-After": "1"})
        if path == FAMILY and not self._own_origin(request, secure):
            self._said.warning("origin", "family: refused an origin that is not ours")
            self._services.trail.count("wrong-origin", origin=connection.address)
            return refuse(request, HTTPStatus.FORBIDDEN, "This origin may not connect.")
        return None

    def _own_origin(self, request: Request, secure: bool | None) -> bool:
        origins = request.headers.get_all("Origin")
        if len(origins) != 1:
            return False
        origin = urlsplit(origins[0])
        # A proxy that does not say which scheme the page has leaves both possible.
        schemes = {None: ("http", "https"), True: ("https",), False: ("http",)}[secure]
        own = origin.scheme in schemes and origin.netloc == valid_host(request)
        return (own and not origin.path) or origins[0] in self._origins

    async def _probe(self, request: Request, *, ready: bool) -> Response:
        why = self._services.lifetime.why_not() if ready else ""
        try:
            async with asyncio.timeout(HEALTHY_WITHIN_S):
                await self._services.store.ping()
                if ready and not why and not await self._services.store.up_to_date():
                    why = "The schema of the store is not this version's."
        except (TimeoutError, StoreError):
            return refuse(request, HTTPStatus.SERVICE_UNAVAILABLE, "The store does not answer.")
        if why:
            return refuse(request, HTTPStatus.SERVICE_UNAVAILABLE, why)
        return respond(request, HTTPStatus.OK, File("application/json", b'{"status":"ok"}\n'))


@contextlib.asynccontextmanager
async def listen(
    services: Services,
    files: dict[str, File] | None = None,
    certificate: Certificate | None = None,
) -> AsyncIterator[str]:
    """Serve until left, by TLS where there is a certificate; yields the URL. Timers run meanwhile.

    Raises:
        StartError: the page is not installed, or the address cannot be listened on.
    """
    door = FrontDoor(services, read_web_files() if files is None else files)
    tasks = _background(services, certificate)
    heart = Heart(PING_EVERY_S, PONG_WITHIN_S, asyncio.get_running_loop().time)
    tasks.append(in_background("heart", heart.run))
    try:
        server = await _serve(services, door, certificate, heart)
        async with server, beside_others(services):
            url = _url(server, services.config, "http" if certificate is None else "https")
            # Mails have links to the page, whose port may be known only now.
            services.outbox.page_url = page_url(services.config.mail.public_url, url)
            tasks.append(in_background("outbox", services.outbox.run))
            log.info("listening on %s", url)
            services.lifetime.serving = True
            yield url
            # From here on connections end because we do, which says nothing about visits.
            services.visits.stopping = True
    finally:
        services.visits.stopping = True
        await end(tasks)


def _background(services: Services, certificate: Certificate | None) -> list[asyncio.Task[None]]:
    runs: dict[str, Callable[[], Awaitable[object]]] = {
        "timers": services.visits.run,
        "sweeper": services.people.run,
        "audit": services.trail.run,
        "retention": services.sweeper.run,
    }
    if services.config.turn.consoles:
        keeper = TurnKeeper(services.config.turn, services.store, services.bus, services.visits)
        runs["turn"] = keeper.run
    if certificate is not None:
        runs["certificate"] = certificate.watch
    return [in_background(name, each) for name, each in runs.items()]


def _handler(services: Services, heart: Heart) -> Callable[[ServerConnection], Awaitable[None]]:
    """Return what talks with each client, and let it talk with other hubs' clients too."""
    terminal, family = TerminalEndpoint(services), FamilyEndpoint(services)

    async def handler(socket: ServerConnection) -> None:
        assert isinstance(socket, Connection)
        assert socket.request is not None
        path = socket.request.path.partition("?")[0]
        browser = browser_name(" ".join(socket.request.headers.get_all("User-Agent")))
        socket.forget_headers()
        heart.add(socket)
        if path == TERMINAL:
            await terminal.serve(socket, socket.address)
        else:
            await family.serve(socket, socket.address, browser)

    async def carried(socket: Socket, opening: Opening) -> None:
        endpoint = terminal if opening.kind == "terminal" else family
        await endpoint.serve_carried(socket, opening)

    services.others.carrier.serve_with(carried)
    return handler


async def _serve(
    services: Services, door: FrontDoor, certificate: Certificate | None, heart: Heart
) -> Server:
    config = services.config
    handler = _handler(services, heart)
    doorkeeper = Doorkeeper(config.limits, services.trail)
    proxies = Proxies(config.trusted_proxies)
    services.metrics.half_open = lambda: doorkeeper.half_open
    services.metrics.sockets = doorkeeper.sockets
    within_s = config.limits.request_timeout_s
    make = connections(doorkeeper, proxies, certificate, within_s)
    try:
        return await serve(
            handler,
            config.listen,
            config.port,
            process_request=door.process,
            create_connection=make,  # type: ignore[arg-type]  # typed as a class; only called
            compression=None,
            # A little over the limit a frame is answered with `too-large`, far over it just closed.
            max_size=2 * config.limits.frame_bytes,
            max_queue=16,
            server_header=None,
            open_timeout=within_s,
            ping_interval=None,  # see `heart`
            close_timeout=CLOSE_WITHIN_S,
            backlog=BACKLOG,
            logger=FRAMES_LOG,
        )
    except OSError as error:
        raise StartError(
            f"cannot listen on {config.listen}:{config.port}: {error.strerror}"
        ) from error


def _url(server: Server, config: HubConfig, scheme: str) -> str:
    port = server.sockets[0].getsockname()[1]
    host = f"[{config.listen}]" if ":" in config.listen else config.listen
    return f"{scheme}://{host}:{port}"
