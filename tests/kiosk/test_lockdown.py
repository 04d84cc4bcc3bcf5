"""Every way out of Kivy in lockdown.py's table, tried on a real window with real events."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from Xlib import XK, X
from Xlib.display import Display
from Xlib.ext import xtest
from Xlib.protocol import event as xevent

DEADLINE_S = 20.0
REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def screen() -> Iterator[str]:
    """An X server of our own; yields its DISPLAY."""
    ours, theirs = os.pipe()
    server = subprocess.Popen(
        [
            "Xvfb",
            "-displayfd",
            str(theirs),
            "-screen",
            "0",
            "800x600x24",
            "-nolisten",
            "tcp",
            "-noreset",
        ],
        pass_fds=[theirs],
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs)
    with os.fdopen(ours) as pipe:
        number = pipe.readline().strip()
    assert number, "Xvfb did not start"
    yield f":{number}"
    server.terminate()
    server.wait(10)


class Window:
    """A running window and its X events."""

    def __init__(self, process: asyncio.subprocess.Process, display: Display) -> None:
        self.process = process
        self._display = display
        self.lines: list[str] = []

    async def line(self) -> str:
        assert self.process.stdout is not None
        async with asyncio.timeout(DEADLINE_S):
            text = (await self.process.stdout.readline()).decode().strip()
        if not text:
            raise EOFError(f"the window is gone: {await self.process.wait()}")
        self.lines.append(text)
        return text

    async def until(self, start: str) -> str:
        while not (text := await self.line()).startswith(start):
            pass
        return text

    async def state(self) -> dict[str, Any]:
        """Ask what it is like; every event sent before has been seen then."""
        self._display.sync()
        await asyncio.sleep(0.3)  # frames go by: an event that ends it must have had its chance
        self.process.send_signal(signal.SIGUSR1)
        told: dict[str, Any] = json.loads(await self.until("{"))
        return told

    def top(self) -> Any:
        """The application's window, with the keyboard's focus."""
        windows = self._display.screen().root.query_tree().children
        shown = [each for each in windows if each.get_attributes().map_state == X.IsViewable]
        top = shown[-1]
        top.set_input_focus(X.RevertToParent, X.CurrentTime)
        self._display.sync()
        return top

    def key(self, name: str, *held: str) -> None:
        self.top()
        codes = [
            self._display.keysym_to_keycode(XK.string_to_keysym(each)) for each in (*held, name)
        ]
        for code in codes:
            xtest.fake_input(self._display, X.KeyPress, code)
        for code in reversed(codes):
            xtest.fake_input(self._display, X.KeyRelease, code)
        self._display.sync()

    def click(self, button: int, *held: str) -> None:
        codes = [self._display.keysym_to_keycode(XK.string_to_keysym(each)) for each in held]
        for code in codes:
            xtest.fake_input(self._display, X.KeyPress, code)
        xtest.fake_input(self._display, X.MotionNotify, x=100, y=100)
        xtest.fake_input(self._display, X.ButtonPress, button)
        xtest.fake_input(self._display, X.ButtonRelease, button)
        for code in codes:
            xtest.fake_input(self._display, X.KeyRelease, code)
        self._display.sync()

    def ask_to_close(self) -> None:
        """What a window manager does for Alt+F4 or its close button."""
        top = self.top()
        protocols = self._display.intern_atom("WM_PROTOCOLS")
        delete = self._display.intern_atom("WM_DELETE_WINDOW")
        message = xevent.ClientMessage(
            window=top, client_type=protocols, data=(32, [delete, X.CurrentTime, 0, 0, 0])
        )
        top.send_event(message)
        self._display.sync()


@asynccontextmanager
async def window(
    screen: str, folder: Path, *more: str, **environment: str
) -> AsyncIterator[Window]:
    home, cwd = folder / "kivy-home", folder / "cwd"
    for each in (home, cwd):
        each.mkdir(exist_ok=True)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.kiosk.locked_window",
        str(home),
        *more,
        cwd=cwd,
        env={
            "PATH": os.environ["PATH"],
            "DISPLAY": screen,
            "HOME": str(folder),
            "SDL_VIDEODRIVER": "x11",
            "PYTHONPATH": str(REPOSITORY),
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    display = Display(screen)
    shown = Window(process, display)
    try:
        await shown.until("shown")
        shown.top()
        yield shown
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        display.close()


UNTOUCHED = {"windows": ["Probe"], "rotation": 0, "files": [], "planted": False}


def untouched(state: dict[str, Any]) -> dict[str, Any]:
    return {name: state[name] for name in UNTOUCHED}


@pytest.mark.parametrize(
    "keys",
    [
        ("Escape",),
        ("F1",),
        ("F8",),
        ("F11",),
        ("F12",),
        ("e", "Control_L"),
        ("q", "Control_L"),
        ("w", "Control_L"),
        ("F4", "Alt_L"),
    ],
    ids="+".join,
)
async def test_no_key_leads_out(screen: str, tmp_path: Path, keys: tuple[str, ...]) -> None:
    async with window(screen, tmp_path) as shown:
        shown.key(*keys)
        assert untouched(await shown.state()) == UNTOUCHED


async def test_plain_kivy_ends_with_escape(screen: str, tmp_path: Path) -> None:
    """The keys of these tests do reach the window."""
    async with window(screen, tmp_path, "--unlocked") as shown:
        shown.key("Escape")
        async with asyncio.timeout(DEADLINE_S):
            assert await shown.process.wait() == 0


async def test_plain_kivy_opens_its_settings_with_f1(screen: str, tmp_path: Path) -> None:
    async with window(screen, tmp_path, "--unlocked") as shown:
        shown.key("F1")
        assert len((await shown.state())["windows"]) == 2


async def test_a_close_request_is_refused(screen: str, tmp_path: Path) -> None:
    async with window(screen, tmp_path) as shown:
        shown.ask_to_close()
        assert untouched(await shown.state()) == UNTOUCHED


async def test_plain_kivy_obeys_a_close_request(screen: str, tmp_path: Path) -> None:
    async with window(screen, tmp_path, "--unlocked") as shown:
        shown.ask_to_close()
        async with asyncio.timeout(DEADLINE_S):
            await shown.process.wait()


@pytest.mark.parametrize("button", [2, 3, 4, 5])
async def test_only_the_left_button_presses(screen: str, tmp_path: Path, button: int) -> None:
    async with window(screen, tmp_path) as shown:
        before = (await shown.state())["dots"]
        shown.click(button)
        shown.click(1)
        await shown.until("release left")
        assert [each for each in shown.lines if each.startswith(("press", "release"))] == [
            "press left",
            "release left",
        ]
        assert (await shown.state())["dots"] == before


async def test_ctrl_click_is_a_press_that_ends(screen: str, tmp_path: Path) -> None:
    async with window(screen, tmp_path) as shown:
        shown.click(1, "Control_L")
        await shown.until("press left")
        await shown.until("release left")


PLANTED = """
import os
os.environ["PLANTED_RAN"] = "1"
def start(win, ctx): pass
def stop(win, ctx): pass
"""


def plant(folder: Path) -> None:
    """What somebody with the kiosk's home could leave there."""
    mods = folder / ".kivy" / "mods"
    mods.mkdir(parents=True)
    (mods / "planted.py").write_text(PLANTED)
    (folder / ".kivy" / "config.ini").write_text(
        "[kivy]\nexit_on_escape = 1\n[modules]\nplanted =\ninspector =\n"
    )


async def test_a_planted_configuration_and_module_are_not_loaded(
    screen: str, tmp_path: Path
) -> None:
    plant(tmp_path)
    async with window(screen, tmp_path) as shown:
        shown.key("Escape")
        shown.key("e", "Control_L")
        assert untouched(await shown.state()) == UNTOUCHED


async def test_plain_kivy_loads_what_was_planted(screen: str, tmp_path: Path) -> None:
    plant(tmp_path)
    async with window(screen, tmp_path, "--unlocked") as shown:
        assert (await shown.state())["planted"]


async def test_the_environment_configures_nothing(screen: str, tmp_path: Path) -> None:
    plant(tmp_path)
    async with window(
        screen,
        tmp_path,
        KCFG_MODULES_PLANTED="",
        KCFG_KIVY_EXIT_ON_ESCAPE="1",
        KIVY_HOME=str(tmp_path / ".kivy"),
        KIVY_MODULES_DIR=str(tmp_path / ".kivy" / "mods"),
        KIVY_CLIPBOARD="xclip",
        SDL_DYNAMIC_API="/nowhere.so",
    ) as shown:
        shown.key("Escape")
        assert untouched(await shown.state()) == UNTOUCHED


async def test_kivy_leaves_no_log_files(screen: str, tmp_path: Path) -> None:
    async with window(screen, tmp_path) as shown:
        await shown.state()
    assert not (tmp_path / ".kivy").exists()
    assert not (tmp_path / "kivy-home" / "logs").exists()


# -- the program itself -------------------------------------------------------------------------

TERMINAL = """
terminal = "t4"
hub = "ws://127.0.0.1:9"
hub_name = "demo"
state_dir = "{folder}/state"
[display]
fullscreen = false
[devices]
camera = "simulated"
microphone = "simulated"
earpiece = "simulated"
"""


@asynccontextmanager
async def kiosk(screen: str, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """The whole kiosk, once it shows that it looks for its hub; our `--config` is not Kivy's."""
    (folder / "terminal.toml").write_text(TERMINAL.format(folder=folder))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "kiosk",
        "--config",
        str(folder / "terminal.toml"),
        "--windowed",
        cwd=REPOSITORY,
        env={
            "PATH": os.environ["PATH"],
            "DISPLAY": screen,
            "HOME": str(folder),
            "TMPDIR": str(folder),
        },
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    try:
        async with asyncio.timeout(DEADLINE_S * 2):
            while b"screen=set-up" not in (line := await process.stderr.readline()):
                assert line, f"the kiosk ended with {await process.wait()}"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_the_kiosk_within_seconds_and_cleanly(
    screen: str, tmp_path: Path, number: signal.Signals
) -> None:
    async with kiosk(screen, tmp_path) as process:
        process.send_signal(number)
        assert process.stderr is not None
        async with asyncio.timeout(5):
            rest = await process.stderr.read()
            assert await process.wait() == 0
    assert b"terminal=stopped" in rest
    assert b"kiosk=stopped" in rest
    own = [line for line in rest.splitlines() if b"from=kiosk.media.engine" not in line]
    assert b"Traceback" not in b"".join(own), rest.decode()
    assert left_behind(tmp_path) == []


def left_behind(folder: Path) -> list[str]:
    """Return the Kivy homes that were not removed."""
    return [each.name for each in folder.glob("visitbooth-kivy-*")]


def test_a_bad_configuration_is_told_in_sentences(tmp_path: Path) -> None:
    file = tmp_path / "terminal.toml"
    file.write_text('terminal = "t4"\nhup = "ws://127.0.0.1:9"\nhub_name = "demo"\n')
    done = subprocess.run(
        [sys.executable, "-m", "kiosk", "--config", str(file)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "hup" in done.stderr
    assert "Traceback" not in done.stderr


def test_help_has_examples() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "kiosk", "--help"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "visit-kiosk --config terminal.toml --windowed" in done.stdout
    assert "VISITBOOTH_TERMINAL" in done.stdout
