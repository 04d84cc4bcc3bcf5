"""Writes the terminal.toml of a terminal whose one-time code was just made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click

from config.enrolment_rules import certificates
from config.rules import FIELD_RULES
from config.schema import TerminalConfig
from config.terminal_file import terminal_text
from config.whole_file import write_whole


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line says of the file."""

    output: Path | None
    """None: in the current folder by the terminal's name, unless JSON is asked for."""
    overwrite: bool
    hub: str
    ca: str

    def path(self, terminal: str, *, as_json: bool) -> Path | None:
        """Return where the file goes; None: nowhere.

        Raises:
            click.ClickException: something is there that is not to be lost. No code was made yet.
        """
        path = self.output
        if path is None:
            if as_json:
                return None
            path = Path(f"{terminal}.toml")
        if path.is_dir():
            path /= f"{terminal}.toml"
        if path.exists() and not self.overwrite:
            raise click.ClickException(
                f"{path} exists; name another with --output, or write over it with --overwrite"
            )
        return path


def file_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add what says where the file goes and what is in it; the command gets `wanted`."""

    @click.option(
        "--output",
        type=click.Path(path_type=Path),
        help="The terminal.toml to write, or its folder; else TERMINAL.toml here.",
    )
    @click.option("--overwrite", is_flag=True, help="Write over a file that is there.")
    @click.option("--hub", default="", help="wss://HOST; else as hub.toml says ([terminals]).")
    @click.option(
        "--ca",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="PEM file of who signed the hub's certificate; else as hub.toml says.",
    )
    @wraps(command)
    def wrapped(
        output: Path | None, overwrite: bool, hub: str, ca: Path | None, **options: Any
    ) -> None:
        command(wanted=Wanted(output, overwrite, _address(hub), _authority(ca)), **options)

    return wrapped


def _address(hub: str) -> str:
    expected = FIELD_RULES[TerminalConfig, "hub"](hub) if hub else ""
    if expected or (hub and not hub.startswith(("ws:", "wss:"))):
        raise click.BadParameter(f"expected {expected or 'wss://HOST'}", param_hint="--hub")
    return hub


def _authority(path: Path | None) -> str:
    if path is None:
        return ""
    found = certificates(path.read_text(encoding="utf-8", errors="replace"))
    if not found:
        raise click.BadParameter(f"{path} holds no certificate in PEM", param_hint="--ca")
    return found


def write_file(path: Path, made: Mapping[str, Any], wanted: Wanted) -> None:
    """Write the terminal.toml of what the hub has made.

    Raises:
        click.ClickException: it cannot be written; the code, which was shown, holds all the same.
    """
    hub = wanted.hub or made["hub"]
    if not hub:
        raise click.ClickException(
            f"{path} was not written: where terminals find the hub stands neither in hub.toml "
            "([terminals] address) nor after --hub; the code holds, put it in a file by hand"
        )
    values = {
        "terminal": made["terminal"],
        "hub": hub,
        "hub_name": made["hub_name"],
        "enrolment_code": made["code"],
    }
    ca = wanted.ca or made["ca"]
    if ca:
        values["ca"] = ca
    said = (
        f"Terminal {made['label']} of unit {made['unit']}. Its code holds once, for 24 hours.",
        "All other keys and their defaults: visit-config example terminal",
    )
    try:
        write_whole(path, terminal_text(values, said).encode())
    except OSError as error:
        raise click.ClickException(
            f"{path} was not written: {error.strerror}; the code holds all the same"
        ) from None
