"""A whole house to visit in: a hub, a facility, people, terminals. Used by tests and the demo."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ifaddr
import numpy as np

from kiosk.screens import layout, theme
from tests.e2e.display import Display
from tests.e2e.processes import Process, run, scratch, until

PYTHON = sys.executable
INMATE, PIN = "482017", "730914"
TECHNICIAN_PIN = "605142"
EMAIL, PASSWORD, NAME = "maria@example.org", "seven green bicycles", "Maria"
TERMINAL_TONE_HZ = 440.0
HELD_S = 3.4
"""Three seconds, and what the screen takes to see the finger."""


def own_ranges() -> list[str]:
    """CIDR ranges of this machine's own networks: in a demo the family sits beside the terminal."""
    ranges = ["127.0.0.0/8"]
    for adapter in ifaddr.get_adapters():
        for each in adapter.ips:
            text = each.ip if isinstance(each.ip, str) else each.ip[0]
            network = ipaddress.ip_network(f"{text}/{each.network_prefix}", strict=False)
            if str(network) not in ranges:
                ranges.append(str(network))
    return ranges


def _toml(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


@dataclass
class Hub:
    """A real hub process and its staff commands."""

    config: Path
    process: Process
    url: str = ""

    async def staff(self, *words: str, stdin: str = "") -> Any:
        """Run a staff command with --json and return what it says."""
        argv = [PYTHON, "-m", "signalling.hub", words[0], *words[1:]]
        text = await run([*argv, "--json", "--config", str(self.config)], stdin=stdin)
        return json.loads(text)

    async def listening(self) -> None:
        """Wait until it listens."""
        match = await self.process.wait_for(r"listening on (http://[0-9.:]+)", 30)
        self.url = match[1]

    async def book(self, start: str, seconds: int, email: str = EMAIL, inmate: str = INMATE) -> str:
        """Book a visit and return its id."""
        told = await self.staff(
            "visit", "book", "--inmate", inmate, "--visitor", email, "--start", start,
            "--seconds", str(seconds),
        )  # fmt: skip
        return str(told["visit"])

    async def visit(self, visit: str) -> dict[str, Any]:
        """One visit with its log."""
        told: dict[str, Any] = await self.staff("visit", "show", visit)
        return told


@dataclass
class Kiosk:
    """A real kiosk process on a display of its own, touched only by its screen and its hook."""

    display: Display
    process: Process
    fifo: Path
    frame: layout.Frame
    _since: int = field(default=0)

    async def press(self, box: layout.Box) -> None:
        """Press in the middle of a box."""
        await self.display.press(*self.frame.point(*box.centre))

    async def type(self, digits: str) -> None:
        """Press digits on the screen's keypad."""
        for digit in digits:
            await self.press(layout.KEYPAD[digit])

    async def screen(self, name: str, deadline_s: float = 30) -> None:
        """Wait until this screen shows, seen from the last screen waited for."""
        await self.process.wait_for(rf"\bscreen={name}\b", deadline_s, since=self._since)
        self._since = self._line_of(name)

    def _line_of(self, name: str) -> int:
        first = self.process.seen - len(self.process.lines)
        lines = list(enumerate(self.process.lines, first))
        return max(at for at, line in lines if f"screen={name}" in line)

    async def sign_in(self, number: str = INMATE, pin: str = PIN) -> None:
        """From idle: touch, inmate number, PIN."""
        await self.press(layout.IDLE_TOUCH)
        await self.screen("sign-in")
        await self.type(number)
        await self.press(layout.NEXT)
        await self.type(pin)
        await self.press(layout.NEXT)

    async def technician(self, held: layout.Box, pin: str = TECHNICIAN_PIN) -> None:
        """Hold the terminal's number or its fault's code, then the technician's PIN."""
        since = self.process.seen
        await self.display.press(*self.frame.point(*held.centre), hold_s=HELD_S)
        await self.process.wait_for(r"screen=technician-pin\b", 10, since)
        await self.sees(layout.NEXT, theme.PINE)
        await self.type(pin)
        await self.press(layout.NEXT)
        await self.process.wait_for(r"screen=technician ", 10, since)

    async def end_visit(self) -> None:
        """The red X, and yes."""
        since = self.process.seen
        await self.press(layout.END_VISIT)
        await self.process.wait_for(r"sheet=confirm-end", 5, since)
        await self.sees(layout.SHEET_CONFIRM, theme.RED)
        for _ in range(10):
            await self.press(layout.SHEET_CONFIRM)
            with contextlib.suppress(TimeoutError):
                await self.process.wait_for(r"\bsent=end\b", 0.5, since)
                return
            # A yes within 0.3 s of the question is taken for a double press: press again.
        raise TimeoutError(f"{self.process.name}: the red X was not taken\n{self.process.tail()}")

    async def sees(self, box: layout.Box, colour: str) -> None:
        """Wait until a good part of a box has this colour: what is not drawn cannot be pressed."""
        wanted = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)], dtype=np.int16)
        place = self.frame.pixels(box)
        rows, columns = (
            slice(int(place.y), int(place.bottom)),
            slice(int(place.x), int(place.right)),
        )

        def drawn() -> bool:
            pixels = self.display.pixels()[rows, columns].astype(np.int16)
            return bool((np.abs(pixels - wanted).max(axis=2) < 12).mean() > 0.3)

        await until(drawn, 10, f"{colour} at {box}")

    def hook(self, up: bool) -> None:
        """Lift or hang up the handset, by the simulated hook's FIFO."""
        self.fifo.write_text("up\n" if up else "down\n", encoding="utf-8")

    def remote(self) -> layout.Box:
        """Where the family's picture is, in pixels of the display."""
        return self.frame.pixels(layout.REMOTE_VIDEO, bleed="lrt")

    def mark(self) -> int | None:
        """The frame mark in the family's picture on the screen now."""
        from hardware import mark

        box = self.remote()
        pixels = self.display.pixels()
        return mark.read_rgb(pixels[int(box.y) : int(box.bottom), int(box.x) : int(box.right)])


class Stage:
    """Hub and kiosks in a scratch folder. Ended in reverse order of starting."""

    def __init__(self, folder: Path, stack: contextlib.AsyncExitStack, size: tuple[int, int]):
        self.folder, self._stack, self.size = folder, stack, size
        self.ranges = own_ranges()
        self.hub: Hub

    async def start_hub(
        self,
        *,
        port: int = 0,
        facility: str = "",
        below: Mapping[str, str] | None = None,
        **settings: str,
    ) -> Hub:
        """Start a hub.

        `facility` is more lines of its facility, `below` those of the facility's own tables, and
        `settings` those of others, each by its name: below={"visiting": "..."}, inmates="...".
        """
        for name, lines in (below or {}).items():
            settings[f"facility.{name}"] = lines
        config = self.folder / "hub.toml"
        tables = "".join(f"\n[{table}]\n{lines}\n" for table, lines in settings.items())
        config.write_text(
            f"""name = "demo-hub"
port = {port}
state_dir = {_toml(str(self.folder / "hub"))}
allow_peers = {_toml(self.ranges)}

[[facility]]
id = "lindell"
name = "Lindell County Jail"
time_zone = "America/Chicago"
{facility}
{tables}""",
            encoding="utf-8",
        )
        self.hub = Hub(config, self._hub_process(config))
        await self._stack.enter_async_context(self.hub.process)
        await self.hub.listening()
        return self.hub

    def _hub_process(self, config: Path) -> Process:
        return Process("hub", [PYTHON, "-m", "signalling.hub", "serve", "--config", str(config)])

    async def restart_hub(self) -> None:
        """Kill the hub with SIGKILL and start it again on the same port and store."""
        self.hub.process.kill()
        await self.hub.process.stop()
        port = self.hub.url.rsplit(":", 1)[1]
        text = self.hub.config.read_text(encoding="utf-8")
        self.hub.config.write_text(text.replace("port = 0", f"port = {port}"), encoding="utf-8")
        self.hub.process = self._hub_process(self.hub.config)
        await self._stack.enter_async_context(self.hub.process)
        await self.hub.listening()

    async def people(self) -> None:
        """One inmate, one visitor with an account, approved."""
        await self.hub.staff(
            "inmate", "add", INMATE, "Daniel", "--facility", "lindell", "--pin", PIN
        )
        await self.visitor(EMAIL, NAME)

    async def visitor(self, email: str, name: str, relation: str = "Sister") -> None:
        """A visitor with an account, approved for the inmate."""
        await self.hub.staff(
            "visitor", "add", email, "--name", name, "--password-stdin", stdin=PASSWORD + "\n"
        )
        await self.hub.staff(
            "visitor", "approve", email, "--inmate", INMATE, "--relation", relation
        )

    async def terminal_config(self, terminal: str, label: str, **devices: str | int) -> Path:
        """Enrol a terminal and write its terminal.toml."""
        told = await self.hub.staff(
            "terminal", "add", terminal, "--facility", "lindell", "--label", label,
            "--unit", "C",
        )  # fmt: skip
        width, height = self.size
        named: dict[str, str | int | float] = {
            "camera": "simulated",
            "microphone": "simulated",
            "earpiece": "simulated",
            "hook": "simulated",
            "hook_fifo": str(self.folder / f"{terminal}.hook"),
            "width": width,
            "height": height,
            "tone_hz": TERMINAL_TONE_HZ,
            **devices,
        }
        lines = "\n".join(f"{key} = {_toml(value)}" for key, value in named.items() if value != "")
        config = self.folder / f"{terminal}.toml"
        config.write_text(
            f"""terminal = {_toml(terminal)}
hub = {_toml(self.hub.url.replace("http", "ws", 1))}
hub_name = "demo-hub"
state_dir = {_toml(str(self.folder / terminal))}
enrolment_code = {_toml(told["code"])}

[display]
fullscreen = true

[devices]
{lines}

[technician]
pin = {_toml(TECHNICIAN_PIN)}

[network]
allow_peers = {_toml(self.ranges)}
""",
            encoding="utf-8",
        )
        config.chmod(0o600)
        return config

    async def start_kiosk(
        self, terminal: str = "t4", label: str = "4", **devices: str | int
    ) -> Kiosk:
        """Enrol and start a terminal on a display of its own."""
        display = await self._stack.enter_async_context(Display())
        config = await self.terminal_config(terminal, label, **devices)
        process = await self._stack.enter_async_context(self.kiosk_process(config, display.name))
        kiosk = Kiosk(
            display,
            process,
            self.folder / f"{terminal}.hook",
            layout.Frame(display.width, display.height),
        )
        await kiosk.screen("idle", 60)
        # A press on a window that is not drawn yet is nobody's.
        await until(lambda: display.pixels().any(), 20, "the kiosk's first picture")
        await process.wait_for(r"\blink=up\b", 30)
        return kiosk

    def kiosk_process(self, config: Path, display: str) -> Process:
        """The kiosk's process, not yet started."""
        return Process(
            config.stem,
            [PYTHON, "-m", "kiosk", "--config", str(config)],
            env={"DISPLAY": display, "SDL_VIDEODRIVER": "x11", "LIBGL_ALWAYS_SOFTWARE": "1"},
        )


@contextlib.asynccontextmanager
async def stage(size: tuple[int, int] = (640, 480)) -> AsyncIterator[Stage]:
    """A scratch folder and whatever is started in it."""
    async with scratch("visitbooth-") as folder, contextlib.AsyncExitStack() as stack:
        yield Stage(folder, stack, size)
