"""The staff commands of `visit-hub`: what they ask for and how their answers are printed."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from config import ConfigError, load_hub
from config.schema import HubConfig
from signalling.hub import staff_commands as ask
from signalling.hub.desk import Desk
from signalling.hub.errors import StaffError, StartError
from signalling.hub.roster import roster_text
from signalling.hub.services import HubRuns, hub_lock, open_services, socket_path, store_path
from signalling.hub.staff import NoHub, ask_hub, user_name
from signalling.hub.tables import show, show_terminal, show_visit

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_CONFIG = "/etc/visitbooth/hub.toml"
VISIT_COLUMNS = ("visit", "status", "start", "end", "inmate", "visitors", "terminal", "private")


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


def staff_command(command: Callable[..., None]) -> Callable[..., None]:
    """Add `--config` and `--json`; the command gets `ask_for` and `as_json`."""

    @config_option
    @click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
    @wraps(command)
    def wrapped(config_path: Path, as_json: bool, **options: Any) -> None:
        config = read_config(config_path)
        try:
            command(
                lambda what: asyncio.run(carry_out(config, config_path, what)), as_json, **options
            )
        except (StaffError, StartError) as error:
            raise click.ClickException(str(error)) from None

    return wrapped


async def carry_out(config: HubConfig, config_path: Path, command: ask.AnyCommand) -> Any:
    """Have the running hub do it; without one, do it here under the hub's lock.

    Raises:
        StaffError: it cannot be done. StartError: the store cannot be opened.
    """
    ask.require_valid(command)
    path = socket_path(config)
    try:
        return await ask_hub(path, command)
    except NoHub:
        pass
    # A mistyped --config must not leave a second, empty hub behind.
    if not store_path(config).exists():
        raise StaffError(
            "no hub has run with this configuration yet; start it:"
            f" visit-hub serve --config {config_path}"
        )
    click.echo("The hub is not running; its store was opened directly.", err=True)
    try:
        with hub_lock(Path(config.state_dir)):
            async with open_services(config) as services:
                return await Desk(services).do(command, user_name(os.getuid()))
    except HubRuns:
        raise StaffError(f"a hub runs, but its staff socket {path} does not answer") from None


Ask = Callable[[ask.AnyCommand], Any]


# -- inmates ----------------------------------------------------------------------------------


@click.group()
def inmate() -> None:
    """The roster: who may sign in at a terminal."""


@inmate.command("add")
@click.argument("number")
@click.argument("name")
@click.option("--facility", required=True, help="The facility's id in hub.toml.")
@click.option("--pin", help="4 to 16 digits; a random one of 6 when not given.")
@staff_command
def inmate_add(
    ask_for: Ask, as_json: bool, *, number: str, name: str, facility: str, pin: str | None
) -> None:
    """Add an inmate and print the PIN, which is never shown again.

    \b
    Example: visit-hub inmate add 40713 "Daniel Reyes" --facility north
    """
    result = ask_for(ask.InmateAdd(number=number, name=name, facility=facility, pin=pin))
    show(result, as_json=as_json, title="Inmate added", columns=("number", "name", "pin"))


@inmate.command("import")
@click.argument("roster", type=click.File("rb"))
@staff_command
def inmate_import(ask_for: Ask, as_json: bool, roster: Any) -> None:
    """Add all inmates of a CSV roster (number,name,facility[,pin]) that are not known yet.

    \b
    Example: visit-hub inmate import roster.csv
    """
    result = ask_for(ask.InmateImport(roster=roster_text(roster.read())))
    if as_json:
        show(result, as_json=True, title="", columns=())
        return
    columns = ("number", "name", "pin")
    show(result["added"], as_json=False, title="Inmates added", columns=columns)
    click.echo(f"{result['known']} known already")


@inmate.command("list")
@staff_command
def inmate_list(ask_for: Ask, as_json: bool) -> None:
    """List all inmates."""
    columns = ("facility", "number", "name", "signed_in_at")
    show(ask_for(ask.InmateList()), as_json=as_json, title="Inmates", columns=columns)


@inmate.command("release")
@click.argument("number")
@click.option("--facility", help="Needed when several facilities have that number.")
@staff_command
def inmate_release(ask_for: Ask, as_json: bool, number: str, facility: str | None) -> None:
    """End the lockout after wrong PINs.

    \b
    Example: visit-hub inmate release 40713
    """
    result = ask_for(ask.InmateRelease(number=number, facility=facility))
    show(result, as_json=as_json, title="Released", columns=("number", "was_counting"))


# -- visitors ---------------------------------------------------------------------------------


@click.group()
def visitor() -> None:
    """Visitors: family, friends, lawyers."""


@visitor.command("list")
@staff_command
def visitor_list(ask_for: Ask, as_json: bool) -> None:
    """List all visitors and whom they may visit."""
    columns = ("email", "name", "approved")
    show(ask_for(ask.VisitorList()), as_json=as_json, title="Visitors", columns=columns)


@visitor.command("approve")
@click.argument("email")
@click.option("--inmate", "number", required=True, help="The inmate number.")
@click.option("--facility", help="Needed when several facilities have that number.")
@click.option("--relation", default="", help='As the inmate reads it, such as "mother".')
@click.option("--private", is_flag=True, help="A lawyer: never recorded, never watched.")
@staff_command
def visitor_approve(ask_for: Ask, as_json: bool, number: str, **options: Any) -> None:
    """Let a visitor visit an inmate.

    \b
    Examples: visit-hub visitor approve ana@example.org --inmate 40713 --relation mother
              visit-hub visitor approve law@example.org --inmate 40713 --private
    """
    result = ask_for(ask.VisitorApprove(inmate=number, **options))
    columns = ("email", "name", "approved")
    show(result, as_json=as_json, title="Visitor approved", columns=columns)


@visitor.command("add")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@staff_command
def visitor_add(ask_for: Ask, as_json: bool, email: str, name: str, password_stdin: bool) -> None:
    """Make a visitor's account.

    \b
    Example: visit-hub visitor add ana@example.org --name "Ana Reyes"
    """
    ask.require_valid(ask.VisitorAdd(email=email, name=name, password=""))
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif not sys.stdin.isatty():
        raise StaffError("there is no terminal to type a password on: use --password-stdin")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    result = ask_for(ask.VisitorAdd(email=email, name=name, password=password))
    show(result, as_json=as_json, title="Visitor added", columns=("id", "email", "name"))


# -- visits -----------------------------------------------------------------------------------


@click.group()
def visit() -> None:
    """Visits: book, watch over, end."""


@visit.command("book")
@click.option("--inmate", "number", required=True, help="The inmate number.")
@click.option("--visitor", "emails", required=True, multiple=True, help="E-mail; may repeat.")
@click.option("--facility", help="Needed when several facilities have that number.")
@click.option("--start", required=True, help='"2026-11-22 14:30" jail time, +SECONDS, or now.')
@click.option("--minutes", type=float, default=30.0, show_default=True)
@click.option("--seconds", type=float, help="A length in seconds instead, for demonstrations.")
@staff_command
def visit_book(
    ask_for: Ask,
    as_json: bool,
    *,
    number: str,
    emails: tuple[str, ...],
    facility: str | None,
    start: str,
    minutes: float,
    seconds: float | None,
) -> None:
    """Book a visit for approved visitors.

    A time that clocks show twice, when daylight saving ends, means its first occurrence.

    \b
    Example: visit-hub visit book --inmate 40713 --visitor ana@example.org \\
                 --start "2026-11-22 14:30" --minutes 30
    """
    length_s = minutes * 60 if seconds is None else seconds
    result = ask_for(
        ask.VisitBook(
            inmate=number, visitors=emails, facility=facility, start=start, length_s=length_s
        )
    )
    show(result, as_json=as_json, title="Visit booked", columns=VISIT_COLUMNS)


@visit.command("list")
@staff_command
def visit_list(ask_for: Ask, as_json: bool) -> None:
    """List open visits, and those that ended in the last hours."""
    show(ask_for(ask.VisitList()), as_json=as_json, title="Visits", columns=VISIT_COLUMNS)


@visit.command("show")
@click.argument("visit_id", metavar="VISIT")
@staff_command
def visit_show(ask_for: Ask, as_json: bool, visit_id: str) -> None:
    """Show a visit and its log; while it goes on, how the call is at both ends."""
    show_visit(ask_for(ask.VisitShow(visit=visit_id)), as_json=as_json)


@visit.command("terminate")
@click.argument("visit_id", metavar="VISIT")
@click.option("--reason", default="", help="Kept with who did it.")
@staff_command
def visit_terminate(ask_for: Ask, as_json: bool, visit_id: str, reason: str) -> None:
    """End a visit at once, on both screens.

    \b
    Example: visit-hub visit terminate k2m9w7xq4t --reason "count"
    """
    result = ask_for(ask.VisitTerminate(visit=visit_id, reason=reason))
    show(result, as_json=as_json, title="Visit terminated", columns=VISIT_COLUMNS)


@visit.command("cancel")
@click.argument("visit_id", metavar="VISIT")
@staff_command
def visit_cancel(ask_for: Ask, as_json: bool, visit_id: str) -> None:
    """Cancel a visit that has not begun."""
    result = ask_for(ask.VisitCancel(visit=visit_id))
    show(result, as_json=as_json, title="Visit cancelled", columns=VISIT_COLUMNS)


# -- terminals --------------------------------------------------------------------------------


@click.group()
def terminal() -> None:
    """Terminals: the kiosks on the wall."""


@terminal.command("add")
@click.argument("terminal_id", metavar="TERMINAL")
@click.option("--facility", required=True, help="The facility's id in hub.toml.")
@click.option("--label", required=True, help="The terminal's number, as on its sign: 4.")
@click.option("--unit", required=True, help="The housing unit: C.")
@staff_command
def terminal_add(ask_for: Ask, as_json: bool, terminal_id: str, **options: Any) -> None:
    """Add a terminal and print its one-time enrolment code (24 hours, five tries).

    \b
    Example: visit-hub terminal add c4 --facility north --label 4 --unit C
    """
    result = ask_for(ask.TerminalAdd(terminal=terminal_id, **options))
    show(result, as_json=as_json, title="Terminal added", columns=("terminal", "label", "code"))
    if result["earlier_code_void"] and not as_json:
        click.echo("The earlier code of this terminal no longer works.")


@terminal.command("list")
@staff_command
def terminal_list(ask_for: Ask, as_json: bool) -> None:
    """List all terminals and how they are."""
    columns = ("terminal", "facility", "label", "unit", "enrolled", "linked", "signed_in", "faults")
    show(ask_for(ask.TerminalList()), as_json=as_json, title="Terminals", columns=columns)


@terminal.command("show")
@click.argument("terminal_id", metavar="TERMINAL")
@staff_command
def terminal_show(ask_for: Ask, as_json: bool, terminal_id: str) -> None:
    """Show a terminal, and the devices, faults and versions that it last reported.

    \b
    Example: visit-hub terminal show c4
    """
    show_terminal(ask_for(ask.TerminalShow(terminal=terminal_id)), as_json=as_json)


@terminal.command("revoke")
@click.argument("terminal_id", metavar="TERMINAL")
@staff_command
def terminal_revoke(ask_for: Ask, as_json: bool, terminal_id: str) -> None:
    """Forget a terminal's key; it needs a new code (`terminal add`)."""
    result = ask_for(ask.TerminalRevoke(terminal=terminal_id))
    show(result, as_json=as_json, title="Terminal revoked", columns=("terminal", "linked"))
