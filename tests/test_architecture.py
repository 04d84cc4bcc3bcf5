"""The house stands as the README says: floors, sizes, mirrored tests, one vocabulary."""

from __future__ import annotations

import ast
import configparser
import importlib.metadata
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("kiosk", "hardware", "signalling", "config")
FILE_MAX_LINES = 400
FUNCTION_MAX_LINES = 40

TEXTS = {".py", ".js", ".mjs", ".html", ".css", ".kv", ".glsl", ".toml", ".cfg", ".md", ".po",
         ".service", ".conf", ".rules", ".json", ""}  # fmt: skip
FOLDERS = (*ROOMS, "systemd", "tests", "docs", ".ci")


def sources() -> list[Path]:
    return sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def texts() -> Iterator[tuple[str, str]]:
    """Yield the path and the text of every file a reader of the repository meets but this one."""
    paths = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    paths += [path for path in ROOT.iterdir() if not path.name.startswith(".git")]
    for path in sorted(paths):
        hidden = "__pycache__" in path.parts
        if path.is_file() and path.suffix in TEXTS and not hidden and path != Path(__file__):
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


# -- imports ----------------------------------------------------------------------------------


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the rooms and of the import contracts."""
    for room in ROOMS:
        shutil.copytree(
            ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__", "web")
        )
    shutil.copy(ROOT / "setup.cfg", tmp_path)
    return tmp_path


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [str(program), "--no-cache"], cwd=folder, capture_output=True, text=True, check=False
    )


def test_the_import_contracts_hold(copy: Path) -> None:
    result = lint_imports(copy)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("module", "statement", "contract"),
    [
        ("config/problems.py", "import kiosk.view", "Three floors: imports only go down"),
        ("hardware/interfaces.py", "import kiosk.view", "Three floors: imports only go down"),
        ("signalling/errors.py", "import hardware", "Three floors: imports only go down"),
        ("hardware/interfaces.py", "import signalling", "Three floors: imports only go down"),
        ("config/problems.py", "import config.loader", "No circles inside a room"),
        ("kiosk/view.py", "import signalling.hub", "Nobody outside imports the hub"),
        ("signalling/link.py", "import signalling.hub", "Nobody outside imports the hub"),
        ("signalling/visit.py", "import asyncio", "Pure modules do no I/O"),
        ("kiosk/session.py", "import time", "Pure modules do no I/O"),
    ],
)
def test_a_wrong_import_is_caught(copy: Path, module: str, statement: str, contract: str) -> None:
    path = copy / module
    path.write_text(f"{path.read_text()}\n{statement}\n")
    result = lint_imports(copy)
    assert result.returncode == 1
    assert f"{contract} BROKEN" in result.stdout


def imported(path: Path) -> set[str]:
    """Return the first part of every module that `path` imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module or "")
    return {name.partition(".")[0] for name in names}


def test_every_package_that_is_imported_is_asked_for_in_setup_cfg() -> None:
    """What comes along with another package today may not tomorrow."""
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg")
    needs = settings["options"]["install_requires"]
    needs_of_tests = needs + settings["options.extras_require"]["dev"]
    own = {*sys.stdlib_module_names, *ROOMS, "tests"}
    distributions = importlib.metadata.packages_distributions()
    missing = set()
    for path in [*sources(), *(ROOT / "tests").rglob("*.py")]:
        asked = needs_of_tests if path.is_relative_to(ROOT / "tests") else needs
        names = {re.split(r"[\[<>=~! ]", line)[0].lower() for line in asked.split("\n")}
        for module in imported(path) - own:
            providers = {
                name.lower().replace("_", "-") for name in distributions.get(module, [module])
            }
            if not providers & names:
                missing.add(f"{path.relative_to(ROOT)} imports {module}")
    assert sorted(missing) == []


# -- sizes ------------------------------------------------------------------------------------


def test_files_are_small() -> None:
    sizes = {path: len(path.read_text().splitlines()) for path in sources()}
    too_long = [
        f"{path.relative_to(ROOT)}: {lines} lines"
        for path, lines in sizes.items()
        if lines > FILE_MAX_LINES
    ]
    assert too_long == []


def test_functions_are_small() -> None:
    too_long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {lines} lines"
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_MAX_LINES
    ]
    assert too_long == []


# -- tests mirror the rooms -------------------------------------------------------------------


def pure_modules() -> list[Path]:
    """Return the modules that the import contract calls pure, and all of config/."""
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg")
    names = settings["importlinter:contract:pure"]["source_modules"].split()
    paths = {ROOT / f"{name.replace('.', '/')}.py" for name in names}
    return sorted(paths | {*(ROOT / "config").glob("*.py")} - {ROOT / "config/__init__.py"})


def has_behaviour(path: Path) -> bool:
    """Return whether a module does more than name types and values."""
    nodes = ast.walk(ast.parse(path.read_text()))
    return any(isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) for node in nodes)


def test_every_pure_module_has_its_tests_where_it_stands() -> None:
    missing = []
    for path in filter(has_behaviour, pure_modules()):
        place = path.relative_to(ROOT)
        test = ROOT / "tests" / place.parent / f"test_{place.stem.strip('_')}.py"
        if not test.is_file():
            missing.append(f"{place} has no {test.relative_to(ROOT)}")
    assert missing == []


# -- words ------------------------------------------------------------------------------------

NOT_OUR_WORDS = {
    r"\b(prisoner|detainee|convict)s?\b": "inmate",
    r"\bbooth users?\b": "visitor, or inmate",
    r"\bcall[ _]ids?\b": "visit",
    r"\b(videoconferenc\w+|conference call)s?\b": "visit",
    r"\bvisitors? signs? in\b": "logs in",
    r"\binmates? logs? in\b": "signs in",
    r"\bsignal(l)?ing server\b": "hub",
}
NOT_OUR_MACHINES = {
    r"(?<![\w.])/(work|tmp/v)/": "a path of one machine",
    r"\bissue #?\d+\b": "a note that readers cannot follow",
}


@pytest.mark.parametrize(("pattern", "instead"), [*NOT_OUR_WORDS.items()])
def test_one_vocabulary(pattern: str, instead: str) -> None:
    found = re.compile(pattern, re.IGNORECASE)
    hits = [f"{path}: {hit[0]!r}" for path, text in texts() for hit in found.finditer(text)]
    assert hits == [], f"say {instead}"


@pytest.mark.parametrize(("pattern", "what"), [*NOT_OUR_MACHINES.items()])
def test_no_file_depends_on_where_it_was_written(pattern: str, what: str) -> None:
    found = re.compile(pattern)
    hits = [f"{path}: {hit[0]!r}" for path, text in texts() for hit in found.finditer(text)]
    assert hits == [], what


def test_the_searches_read_the_whole_house() -> None:
    paths = {path for path, _ in texts()}
    assert {"setup.cfg", "Makefile", ".ci/bootstrap", "config/schema.py"} <= paths
    assert {"systemd/visitbooth-hub.service", "tests/config/test_loader.py"} <= paths
