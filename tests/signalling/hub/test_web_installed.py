"""What a phone installs the page with, and the worker that opens it without a network."""

from __future__ import annotations

import io
import json
import re
from http import HTTPStatus
from pathlib import Path

import pytest
from PIL import Image
from websockets.datastructures import Headers
from websockets.http11 import Request

from signalling.hub.errors import StartError
from signalling.hub.web_files import MANIFEST, WEB, WORKER, File, read_web_files, respond
from signalling.hub.web_installed import icon_picture, worker_of_version

SUN = (255, 200, 61, 255)


@pytest.fixture(scope="module")
def files() -> dict[str, File]:
    return read_web_files()


def test_the_manifest_names_icons_that_are_served(files: dict[str, File]) -> None:
    assert files[MANIFEST].content_type == "application/manifest+json"
    manifest = json.loads(files[MANIFEST].body)
    assert (manifest["start_url"], manifest["scope"]) == ("/", "/")
    assert manifest["display"] == "standalone"
    assert manifest["theme_color"] in files["/"].body.decode()
    for icon in manifest["icons"]:
        file = files[icon["src"]]
        assert file.kept
        assert file.content_type == icon["type"] == "image/png"
        picture = Image.open(io.BytesIO(file.body))
        assert picture.format == "PNG"
        assert "x".join(map(str, picture.size)) == icon["sizes"]


def test_a_maskable_icon_may_be_cut_to_a_circle(files: dict[str, File]) -> None:
    manifest = json.loads(files[MANIFEST].body)
    (name,) = (icon["src"] for icon in manifest["icons"] if icon.get("purpose") == "maskable")
    picture = Image.open(io.BytesIO(files[name].body)).convert("RGBA")
    side = picture.width
    outside = {
        picture.getpixel((x, y))
        for x in range(side)
        for y in range(side)
        if (x - side / 2) ** 2 + (y - side / 2) ** 2 > (0.4 * side) ** 2
    }
    assert outside == {SUN}, "the symbol must stand inside the part that every phone shows"
    assert len(picture.getcolors(side * side) or []) > 1


def test_the_page_links_what_it_is_installed_with(files: dict[str, File]) -> None:
    page = files["/"].body.decode()
    assert f'<link rel="manifest" href="{MANIFEST}" />' in page
    (touched,) = re.findall(r'<link rel="apple-touch-icon" href="(.+?)" />', page)
    assert touched in files


def test_the_worker_keeps_what_the_page_needs_and_nothing_else(files: dict[str, File]) -> None:
    worker = files[WORKER].body.decode()
    (listed,) = re.findall(r"const SHELL=(\[.*?\]);", worker)
    needed = {p for p in files if p not in (MANIFEST, WORKER) and not p.endswith(".png")}
    assert set(json.loads(listed)) == needed
    assert "unbundled" not in worker


def test_the_worker_is_asked_for_anew_and_guarded_like_the_page(files: dict[str, File]) -> None:
    request = Request(WORKER, Headers(Host="visits.example"))
    headers = respond(request, HTTPStatus.OK, files[WORKER]).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Type"].startswith("text/javascript")
    policy = headers["Content-Security-Policy"].split("; ")
    expected = {"worker-src 'self'", "manifest-src 'self'", "trusted-types page-worker"}
    assert expected <= set(policy)


def test_any_change_makes_another_worker() -> None:
    worker = (WEB / "sw.js").read_text()
    first, again, other = (
        worker_of_version(worker, [b"page", body]) for body in (b"a", b"a", b"b")
    )
    assert first == again != other


@pytest.mark.parametrize("worker", ["", 'const A = "unbundled", B = "unbundled";'])
def test_a_worker_without_a_place_for_its_version_is_named(worker: str) -> None:
    with pytest.raises(StartError, match=r"sw\.js"):
        worker_of_version(worker, [])


def test_a_symbol_that_is_no_picture_is_named() -> None:
    with pytest.raises(StartError, match=r"favicon\.svg"):
        icon_picture("<p>", 192, maskable=False)


def test_a_page_without_its_worker_is_named(tmp_path: Path) -> None:
    for name in ("index.html", "favicon.svg", "app.js"):
        (tmp_path / name).write_text((WEB / name).read_text() if name != "app.js" else "")
    with pytest.raises(StartError, match=r"manifest\.webmanifest"):
        read_web_files(tmp_path)
