"""The page as few small files, made from web/ when the hub starts: no build step, nothing to keep.

A slow phone pays a round trip or more for every file, so the modules become one script, the style
sheets stand in the page itself, and what keeps its content keeps its name (a hash is in it).
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Final

import rcssmin
import rjsmin

from signalling.hub.errors import StartError

ENTRY: Final = "app.js"
_IMPORT = re.compile(r'^import\s*\{([^}]*)\}\s*from\s*"\./([\w-]+\.js)";$', re.MULTILINE)
_EXPORT_LIST = re.compile(r"^export\s*\{([^}]*)\};$", re.MULTILINE)
_EXPORT = re.compile(r"^export\s+(?=(?:const|class|(?:async\s+)?function)\s+(\w+))", re.MULTILINE)
_OTHER = re.compile(r"^(?:import|export)\b.*$", re.MULTILINE)
_STYLE = re.compile(r'\s*<link rel="stylesheet" href="/([^"]+)" />')


def hashed_name(name: str, body: bytes) -> str:
    """Return `name` with a hash of its content before the ending."""
    stem, dot, ending = name.rpartition(".")
    return f"{stem}.{hashlib.sha256(body).hexdigest()[:12]}{dot}{ending}"


def bundle_scripts(sources: Mapping[str, str], entry: str = ENTRY) -> str:
    """Return one module that does what `entry` and all that it imports do.

    Raises:
        StartError: modules import in a circle, or in a way that is not known here.
    """
    order: list[str] = []
    _visit(entry, sources, order, ())
    return str(rjsmin.jsmin("\n".join(_wrapped(name, sources[name]) for name in order)))


def _visit(name: str, sources: Mapping[str, str], order: list[str], path: tuple[str, ...]) -> None:
    if name in path:
        circle = " -> ".join((*path[path.index(name) :], name))
        raise StartError(f"the page's modules import in a circle: {circle}")
    if name in order:
        return
    if name not in sources:
        raise StartError(
            f"the page's module {path[-1] if path else name} imports {name}: not there"
        )
    for _, wanted in _IMPORT.findall(sources[name]):
        _visit(wanted, sources, order, (*path, name))
    order.append(name)


def _variable(name: str) -> str:
    return "$" + name.removesuffix(".js").replace("-", "_")


def _wrapped(name: str, source: str) -> str:
    """A module as a function that runs at once; what it exports is what it returns."""
    names = _EXPORT.findall(source)
    for listed in _EXPORT_LIST.findall(source):
        names += [each.strip() for each in listed.split(",") if each.strip()]
    body = _EXPORT_LIST.sub("", source)
    body = _EXPORT.sub("", body)
    body = _IMPORT.sub(lambda found: _destructured(found[1], found[2]), body)
    if (other := _OTHER.search(body)) is not None:
        raise StartError(f"the page's module {name} says {other[0]!r}: not known to the bundler")
    return f"const {_variable(name)} = (() => {{\n{body}\nreturn {{{', '.join(names)}}};\n}})();"


def _destructured(names: str, module: str) -> str:
    renamed = re.sub(r"\s+as\s+", ": ", names)
    return f"const {{{renamed}}} = {_variable(module)};"


def inline_styles(page: str, styles: Mapping[str, str]) -> tuple[str, str]:
    """Return the page with its style sheets inside, and the source that a policy allows them by."""
    linked = _STYLE.findall(page)
    css = str(rcssmin.cssmin("\n".join(styles[name] for name in linked)))
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    places = iter([f"\n    <style>{css}</style>"])
    return _STYLE.sub(lambda _: next(places, ""), page), f"'sha256-{digest}'"
