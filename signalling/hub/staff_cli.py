"""What all staff commands of `visit-hub` share: their options, and how the hub is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from config import ConfigError, load_hub
from config.schema import HubConfig
from signalling.hub import staff_commands as ask
from signalling.hub.errors import StaffError, StartError
from signalling.hub.staff_progress import told_to
from signalling.hub.staff_session import staff_session

F = TypeVar("F", bound=Callable[..., Any])

Ask = Callable[[ask.AnyCommand], Any]

DEFAULT_CONFIG = "/etc/visitbooth/hub.toml"


def config_option(command: F) -> F:
    """Add `--config`."""
    return click.option(
        "--config",
        "config_path",
        envvar="VISITBOOTH_HUB",
        default=DEFAULT_CONFIG,
        show_default=True,
        show_envvar=True,
        type=click.Path(dir_okay=False, path_type=Path),
        help="The hub's configuration.",
    )(command)


def read_config(path: Path) -> HubConfig:
    """Return the configuration. Raises click.ClickException with all its mistakes."""
    try:
        return load_hub(path)
    except (ConfigError, OSError) as error:
        raise click.ClickException(str(error)) from None


def ask_option(command: Callable[..., None]) -> Callable[..., None]:
    """Add `--config`; the command gets `ask_for`, and needs no configuration until it asks."""

    @config_option
    @wraps(command)
    def wrapped(config_path: Path, **options: Any) -> None:
        def ask_for(what: ask.AnyCommand) -> Any:
            with told_to(lambda said: click.echo(f"{said} ...", err=True)):
                return asyncio.run(carry_out(read_config(config_path), config_path, what))

        try:
            command(ask_for, **options)
        except (StaffError, StartError) as error:
            raise click.ClickException(str(error)) from None

    return wrapped


def staff_command(command: Callable[..., None]) -> Callable[..., None]:
    """Add `--config` and `--json`; the command gets `ask_for` and `as_json`."""

    @ask_option
    @click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
    @wraps(command)
    def wrapped(ask_for: Ask, as_json: bool, **options: Any) -> None:
        command(ask_for, as_json, **options)

    return wrapped


async def carry_out(config: HubConfig, config_path: Path, command: ask.AnyCommand) -> Any:
    """Have the running hub do it; without one, do it here under the hub's lock.

    Raises:
        StaffError: it cannot be done. StartError: the store cannot be opened.
    """
    ask.require_valid(command)
    async with staff_session(config, config_path) as ask_one:
        return await ask_one(command)
