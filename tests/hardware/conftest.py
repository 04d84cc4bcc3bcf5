"""A sound server for the tests that ask for it; and a child process for what needs umockdev.

Runs what asks for a `testbed` in a process that has umockdev's library from its start.

A test that takes the fixture is an ordinary test; here, a file's are run together in one child,
and each then passes or fails as it did there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

import pytest

from tests.hardware.sound_server import sound_server
from tests.hardware.testbed import PRELOADED, WRAPPER, Testbed

CHILD_TIMEOUT_S: Final = 110
RESULTS: Final = pytest.StashKey[dict[str, dict[str, str]]]()
"""For each file, what each of its tests came to; empty where it passed."""


@pytest.fixture
def testbed() -> Iterator[Testbed | None]:
    """An empty machine to plug devices into; None in the process that only asks the child."""
    if not PRELOADED:
        yield None
        return
    made = Testbed()
    yield made
    made.close()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Put the child's result in the place of the test's own run."""
    if PRELOADED or "testbed" not in pyfuncitem.fixturenames:
        return None
    if shutil.which(WRAPPER) is None:
        reason = f"{WRAPPER} is not installed: run .ci/bootstrap test"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    results = pyfuncitem.session.stash.setdefault(RESULTS, {})
    path = str(pyfuncitem.path)
    if path not in results:
        items = [each for each in pyfuncitem.session.items if str(each.path) == path]
        results[path] = run_in_child([each for each in items if is_for_child(each)])
    trouble = results[path].get(pyfuncitem.name, "it was not run in the child")
    if trouble:
        pytest.fail(trouble, pytrace=False)
    return True


def is_for_child(item: pytest.Item) -> bool:
    """Return whether a test needs the library."""
    return isinstance(item, pytest.Function) and "testbed" in item.fixturenames


def run_in_child(items: list[pytest.Item]) -> dict[str, str]:
    """Run tests of one file in a child; return each one's trouble, empty where there is none."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        words = [f"--junitxml={report}", "-o", "junit_family=xunit1"]
        done = subprocess.run(
            [WRAPPER, sys.executable, "-m", "pytest", *words, *(each.nodeid for each in items)],
            cwd=items[0].session.config.rootpath,
            capture_output=True,
            text=True,
            timeout=CHILD_TIMEOUT_S,
            check=False,
        )
        if not report.exists():
            pytest.fail(f"the child did not get to its tests:\n{done.stdout}\n{done.stderr}")
        cases = [*ElementTree.parse(report).iter("testcase")]
    return {case.get("name", ""): "\n".join(part.text or "" for part in case) for case in cases}


@pytest.fixture(scope="session")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    folder: Path = tmp_path_factory.mktemp("sound")
    with sound_server(folder) as environ:
        yield environ


@pytest.fixture
def on_sound_server(monkeypatch: pytest.MonkeyPatch, _server: dict[str, str]) -> dict[str, str]:
    """Have ALSA's PCMs "mouth" and "ear" in this process for one test."""
    for name, value in _server.items():
        monkeypatch.setenv(name, value)
    return _server
