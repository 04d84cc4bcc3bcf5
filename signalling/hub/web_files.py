"""The page's files, read once at start, and the headers that everything by HTTP carries.

Only what the allow-list made at start holds can be asked for: no path is ever opened on request.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from importlib.resources import files
from pathlib import Path
from typing import Final

from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from signalling.hub.errors import StartError

WEB: Final = Path(__file__).parent.parent / "web"
FONTS: Final = {
    "/fonts/regular.ttf": "AtkinsonHyperlegible-Regular.ttf",
    "/fonts/bold.ttf": "AtkinsonHyperlegible-Bold.ttf",
}
TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
}
SECURITY: Final = {
    "Permissions-Policy": "camera=(self), microphone=(self), fullscreen=(self), "
    "screen-wake-lock=(self), display-capture=(), geolocation=(), usb=()",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:\d{1,5})?\Z|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?\Z")


@dataclass(frozen=True, slots=True)
class File:
    """One file of the page."""

    content_type: str
    body: bytes


def read_web_files(folder: Path = WEB) -> dict[str, File]:
    """Return the page's files by URL path.

    Raises:
        StartError: the page or its fonts are not installed.
    """
    if not (folder / "index.html").is_file():
        raise StartError(f"the page is not installed: {folder} has no index.html")
    found: dict[str, File] = {}
    for path in sorted(folder.rglob("*")):
        allowed = path.suffix in (".js", ".css", ".svg") or path.name == "index.html"
        if path.is_file() and allowed:
            url = f"/{path.relative_to(folder).as_posix()}"
            found[url] = File(TYPES[path.suffix], path.read_bytes())
    found["/"] = found.pop("/index.html")
    try:
        fonts = files("fontpkg_atkinson_hyperlegible") / "files"
        for url, name in FONTS.items():
            found[url] = File(TYPES[".ttf"], (fonts / name).read_bytes())
    except (ModuleNotFoundError, FileNotFoundError) as error:
        raise StartError(f"the page's fonts are not installed: {error}") from error
    return found


def valid_host(request: Request) -> str | None:
    """Return the request's only Host header, when it is one."""
    hosts = request.headers.get_all("Host")
    return hosts[0] if len(hosts) == 1 and _HOST.match(hosts[0]) else None


def content_security_policy(host: str) -> str:
    """Return the policy of the page: its own files, and websockets to its own host only."""
    # Older Safari does not count ws: and wss: of the same host under 'self'.
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        f"font-src 'self'; media-src 'self' blob:; connect-src 'self' ws://{host} wss://{host}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'"
    )


def respond(
    request: Request,
    status: HTTPStatus,
    content: File,
    more: dict[str, str] | None = None,
) -> Response:
    """Return an answer with the strict headers; to HEAD without its body."""
    headers = Headers()
    headers["Date"] = formatdate(usegmt=True)
    headers["Connection"] = "close"
    headers["Content-Type"] = content.content_type
    headers["Content-Length"] = str(len(content.body))
    headers["Content-Security-Policy"] = content_security_policy(valid_host(request) or "invalid")
    for name, value in {**SECURITY, **(more or {})}.items():
        headers[name] = value
    body = b"" if request.method == "HEAD" else content.body
    return Response(status.value, status.phrase, headers, body)


def refuse(request: Request, status: HTTPStatus, why: str, **more: str) -> Response:
    """Return an answer that says no in one line of text."""
    return respond(request, status, File("text/plain; charset=utf-8", f"{why}\n".encode()), more)
