"""Many questions to one hub: through its socket, or through a store that is opened once."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import click

from config.schema import HubConfig
from signalling.hub import staff_commands as ask
from signalling.hub.desk import Desk
from signalling.hub.errors import StaffError
from signalling.hub.services import HubRuns, hub_lock, open_services, socket_path
from signalling.hub.staff import ANSWER_WITHIN_S, ask_hub, hub_listens, user_name
from signalling.hub.staff_looking import looking_desk
from signalling.hub.store.chain import ORIGIN
from signalling.hub.stores import store_path

AskMany = Callable[[ask.AnyCommand], Awaitable[Any]]

COMMAND_LINE: Final = "command-line"
"""From where staff ask when no hub runs."""
SILENT_S: Final = 2.0
"""What takes longer says how far it is."""


@contextlib.asynccontextmanager
async def staff_session(
    config: HubConfig,
    config_path: Path,
    within_s: float = ANSWER_WITHIN_S,
    *,
    only_looking: bool = False,
) -> AsyncIterator[AskMany]:
    """Yield what asks the running hub; without one, what asks its store, opened here.

    With `only_looking` that changes nothing there, and is told by nothing afterwards.

    Raises:
        StaffError: neither can be asked. StartError: the store cannot be opened.
    """
    path = socket_path(config)
    if await hub_listens(path):

        async def over_socket(command: ask.AnyCommand) -> Any:
            return await ask_hub(path, command, within_s)

        yield over_socket
        return
    # A mistyped --config must not leave a second, empty hub behind.
    database = store_path(config)
    if database is not None and not database.exists():
        raise StaffError(
            "no hub has run with this configuration yet; start it:"
            f" visit-hub serve --config {config_path}"
        )
    click.echo("The hub is not running; its store was opened directly.", err=True)
    try:
        with hub_lock(Path(config.state_dir)):
            async with looking_desk(config) if only_looking else _desk(config) as ask_here:
                yield ask_here
    except HubRuns:
        raise StaffError(f"a hub runs, but its staff socket {path} does not answer") from None


@contextlib.asynccontextmanager
async def _desk(config: HubConfig) -> AsyncIterator[AskMany]:
    async with open_services(config) as services:
        ORIGIN.set(COMMAND_LINE)
        desk = Desk(services)

        async def here(command: ask.AnyCommand) -> Any:
            return await desk.do(command, user_name(os.getuid()))

        yield here


class Progress:
    """Says how far something is, once it takes longer than SILENT_S, on standard error."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._started_at = self._said_at = time.monotonic()

    def at(self, done: int, total: int) -> None:
        """Say it, at most once a second."""
        now = time.monotonic()
        if now - self._started_at >= SILENT_S and now - self._said_at >= 1.0:
            self._said_at = now
            percent = 100 * done // total if total else 0
            click.echo(f"{self._what}: {done} of {total} ({percent} %)", err=True)
