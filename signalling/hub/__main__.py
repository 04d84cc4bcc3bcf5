"""`visit-hub`: serves families and terminals, and gives staff their commands."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import signal
from pathlib import Path

import click
import uvloop

from config.schema import HubConfig
from signalling import logs
from signalling.hub import (
    cli,
    cli_audit,
    cli_backup,
    cli_blackouts,
    cli_check,
    cli_facilities,
    cli_lockdowns,
    cli_lockouts,
    cli_mails,
    cli_people,
    cli_receipts,
    cli_reports,
    cli_requests,
    cli_retention,
    cli_roster,
    cli_terminals,
    cli_visits,
    staff_cli,
)
from signalling.hub.background import in_background
from signalling.hub.cli_top import top
from signalling.hub.desk import Desk
from signalling.hub.errors import StartError
from signalling.hub.garbage import collect_often, tune_gc
from signalling.hub.metrics_server import measured
from signalling.hub.server import listen
from signalling.hub.services import hub_lock, open_services, socket_path
from signalling.hub.staff import staff_socket
from signalling.hub.stopping import drain
from signalling.hub.tls import Certificate, open_certificate
from signalling.notify import Notifier, keep_alive
from signalling.version import VERSION

log = logging.getLogger(__name__)


@click.group()
@click.version_option(VERSION)
def main() -> None:
    """The hub of Visitbooth: connects terminals and families, and keeps the visits.

    \b
    Examples:
      visit-hub serve --config hub.toml
      visit-hub inmate add 40713 "Daniel Reyes" --facility north
      visit-hub visit list --json
    """


@main.command()
@staff_cli.config_option
@click.option("--verbose", is_flag=True, help="Log more.")
def serve(config_path: Path, verbose: bool) -> None:
    """Serve until SIGTERM or SIGINT; a second one hurries.

    \b
    Example: visit-hub serve --config /etc/visitbooth/hub.toml
    """
    config = staff_cli.read_config(config_path)
    logging.getLogger("signalling.hub.server.websockets").setLevel(logging.WARNING)
    logs.set_up(config.log_format, level=logging.DEBUG if verbose else logging.INFO)
    try:
        with hub_lock(Path(config.state_dir)):
            # 35 KiB a TLS connection instead of asyncio's 290.
            uvloop.run(_serve(config))
    except StartError as error:
        raise click.ClickException(str(error)) from None


async def _serve(config: HubConfig) -> None:
    stop, hurry = asyncio.Event(), asyncio.Event()

    def told_to_stop() -> None:
        (hurry if stop.is_set() else stop).set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told_to_stop)
    certificate = open_certificate(config.tls)
    loop.add_signal_handler(signal.SIGHUP, _read_anew, certificate)
    async with open_services(config) as services:
        desk = Desk(services)
        tune_gc()
        async with (
            measured(services),
            staff_socket(desk, socket_path(config), config.staff_group),
            listen(services, certificate=certificate),
        ):
            sockets = services.metrics.sockets
            collecting = in_background("garbage", lambda: collect_often(sockets))
            notifier = Notifier.of(os.environ)
            alive = asyncio.create_task(keep_alive(notifier, _turning), name="watchdog")
            await stop.wait()
            notifier.tell("STOPPING=1")
            alive.cancel()
            await drain(services, hurry, random.SystemRandom())
            collecting.cancel()
    log.info("stopped")


async def _turning() -> str:
    """The loop turns, or this would not be asked. A database that is away is no reason to die."""
    return "serving"


def _read_anew(certificate: Certificate | None) -> None:
    """SIGHUP: the certificate is read anew; nothing else of the configuration is."""
    if certificate is None:
        log.info("SIGHUP: there is no [tls] certificate to read anew")
    else:
        certificate.reload()


main.add_command(top)
cli.inmate.add_command(cli_roster.inmate_import)
cli.inmate.add_command(cli_people.inmate_show)
cli.inmate.add_command(cli_people.inmate_pin)
cli.visitor.add_command(cli_people.visitor_show)
cli.visitor.add_command(cli_people.visitor_release)
cli.inmate.add_command(cli_retention.inmate_erase)
cli.visitor.add_command(cli_retention.visitor_erase)
for command in (
    cli.inmate,
    cli.visitor,
    cli_requests.request,
    cli.visit,
    cli_receipts.receipt,
    cli_terminals.terminal,
    cli_mails.mail,
    cli_lockouts.lockout,
    cli_lockdowns.lockdown,
    cli_blackouts.blackout,
    cli_visits.slots,
    cli_reports.report,
    cli_facilities.facility,
    cli_audit.audit,
    cli_backup.backup,
    cli_backup.restore,
    cli_check.check,
    cli_retention.retention,
):
    main.add_command(command)


if __name__ == "__main__":
    main()
