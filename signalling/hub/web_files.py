"""The page's files, read once at start, and the headers that everything by HTTP carries.

Only what the allow-list made at start holds can be asked for: no path is ever opened on request.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email.utils import formatdate
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from pathlib import Path
from typing import Final

import rjsmin
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from signalling.hub.errors import StartError
from signalling.hub.web_bundle import bundle_scripts, hashed_name, inline_styles
from signalling.hub.web_installed import ICONS, icon_picture, worker_of_version

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
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
    ".ttf": "font/ttf",
}
PAGE_SUFFIXES: Final = (".js", ".css", ".svg", ".webmanifest")
MANIFEST: Final = "/manifest.webmanifest"
WORKER: Final = "/sw.js"
SECURITY: Final = {
    "Permissions-Policy": "camera=(self), microphone=(self), fullscreen=(self), "
    "screen-wake-lock=(self), display-capture=(), geolocation=(), usb=()",
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
    zipped: bytes | None = None
    kept: bool = False
    """Its name changes with its content, so a browser may keep it for ever."""
    styles: str = "'self'"
    """What the policy allows of styles inside this page."""
    policy: str = ""
    """A policy of its own in the place of the page's."""
    download: str = ""
    """The name under which a browser saves it."""


POLICY: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""Of what the hub makes itself: nothing runs in it and nothing is fetched by it."""
KEPT: Final = "public, max-age=31536000, immutable"


def read_web_files(folder: Path = WEB) -> dict[str, File]:
    """Return the page as it is served: few files, small, and most of them kept by the browser.

    Raises:
        StartError: the page or its fonts are not installed, or its modules do not fit together.
    """
    plain = read_plain_files(folder)
    names: dict[str, str] = {}
    served: dict[str, File] = {}
    for url, file in plain.items():
        if url.endswith((".svg", ".ttf", ".png")):
            names[url] = hashed_name(url, file.body)
            served[names[url]] = _zipped(File(file.content_type, file.body, kept=True))

    def renamed(text: str) -> str:
        for old, new in names.items():
            text = text.replace(old, new)
        return text

    def texts(ending: str) -> Iterator[tuple[str, str]]:
        for url, file in plain.items():
            if url.endswith(ending):
                yield url[1:], renamed(file.body.decode())

    script = bundle_scripts(dict(texts(".js"))).encode()
    names["/app.js"] = hashed_name("/app.js", script)
    served[names["/app.js"]] = _zipped(File(TYPES[".js"], script, kept=True))
    page, styles = inline_styles(renamed(plain["/"].body.decode()), dict(texts(".css")))
    served["/"] = _zipped(File(TYPES[".html"], page.encode(), styles=styles))
    manifest = plain[MANIFEST]
    served[MANIFEST] = _zipped(replace(manifest, body=renamed(manifest.body.decode()).encode()))
    worker = rjsmin.jsmin(renamed(plain[WORKER].body.decode()))
    worker = worker_of_version(worker, (each.body for each in served.values()))
    served[WORKER] = _zipped(File(TYPES[".js"], worker.encode()))
    return served


@cache
def own_styles(head: str, folder: Path = WEB) -> tuple[str, str]:
    """Return the style sheets that `head` links, for a page that the hub makes itself.

    Also what its policy allows them by. Raises StartError as `read_web_files`.
    """
    plain = read_plain_files(folder)
    styles = {url[1:]: file.body.decode() for url, file in plain.items() if url.endswith(".css")}
    for url in FONTS:
        renamed = hashed_name(url, plain[url].body)
        styles = {name: text.replace(url, renamed) for name, text in styles.items()}
    return inline_styles(head, styles)


def own_page(body: bytes, styles: str) -> File:
    """Return a page that the hub made itself: it has styles and our fonts, and no script."""
    policy = f"{POLICY}; style-src {styles}; font-src 'self'"
    return File(TYPES[".html"], body, policy=policy)


def _zipped(file: File) -> File:
    return replace(file, zipped=gzip.compress(file.body, 9, mtime=0))


def read_plain_files(folder: Path = WEB) -> dict[str, File]:
    """Return the page's files one by one, as they are in the repository, by URL path.

    Raises:
        StartError: the page or its fonts are not installed.
    """
    for name in ("index.html", "favicon.svg", "manifest.webmanifest", "sw.js"):
        if not (folder / name).is_file():
            raise StartError(f"the page is not installed: {folder} has no {name}")
    found: dict[str, File] = {}
    for path in sorted(folder.rglob("*")):
        allowed = path.suffix in PAGE_SUFFIXES or path.name == "index.html"
        if path.is_file() and allowed:
            url = f"/{path.relative_to(folder).as_posix()}"
            found[url] = File(TYPES[path.suffix], path.read_bytes())
    found["/"] = found.pop("/index.html")
    favicon = found["/favicon.svg"].body.decode()
    for url, (pixels, maskable) in ICONS.items():
        found[url] = File(TYPES[".png"], icon_picture(favicon, pixels, maskable))
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


def content_security_policy(host: str, styles: str = "'self'") -> str:
    """Return the policy of the page: its own files, and websockets to its own host only."""
    # Older Safari does not count ws: and wss: of the same host under 'self'.
    return (
        f"default-src 'none'; script-src 'self'; style-src {styles}; img-src 'self'; "
        "worker-src 'self'; manifest-src 'self'; "
        f"font-src 'self'; media-src 'self' blob:; connect-src 'self' ws://{host} wss://{host}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types page-worker"
    )


def _takes_gzip(request: Request) -> bool:
    said = ",".join(request.headers.get_all("Accept-Encoding")).lower().replace(" ", "")
    coding, *rest = next((e.split(";") for e in said.split(",") if e.startswith("gzip")), [""])
    return coding == "gzip" and not any(re.fullmatch(r"q=0(\.0*)?", each) for each in rest)


def respond(
    request: Request,
    status: HTTPStatus,
    content: File,
    more: dict[str, str] | None = None,
) -> Response:
    """Return an answer with the strict headers; to HEAD without its body."""
    zipped = content.zipped if _takes_gzip(request) else None
    whole = content.body if zipped is None else zipped
    headers = Headers()
    headers["Date"] = formatdate(usegmt=True)
    headers["Connection"] = "close"
    headers["Content-Type"] = content.content_type
    headers["Content-Length"] = str(len(whole))
    if content.zipped is not None:
        headers["Vary"] = "Accept-Encoding"
    if zipped is not None:
        headers["Content-Encoding"] = "gzip"
    host = valid_host(request) or "invalid"
    policy = content.policy or content_security_policy(host, content.styles)
    headers["Content-Security-Policy"] = policy
    own = {"Cache-Control": KEPT} if content.kept else {}
    if content.download:
        own["Content-Disposition"] = f'attachment; filename="{content.download}"'
    for name, value in {**SECURITY, **own, **(more or {})}.items():
        headers[name] = value
    body = b"" if request.method == "HEAD" else whole
    return Response(status.value, status.phrase, headers, body)


def refuse(request: Request, status: HTTPStatus, why: str, **more: str) -> Response:
    """Return an answer that says no in one line of text."""
    return respond(request, status, File("text/plain; charset=utf-8", f"{why}\n".encode()), more)
