"""`visit-hub backup`, `restore` and `check`."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Final

import click

from config.schema import HubConfig
from signalling.hub import backup as backups
from signalling.hub import restore as restores
from signalling.hub import staff_commands as ask
from signalling.hub.errors import StaffError, StartError
from signalling.hub.services import HubRuns, hub_lock, open_services
from signalling.hub.staff import user_name
from signalling.hub.staff_cli import config_option, read_config
from signalling.hub.staff_session import COMMAND_LINE, Progress, staff_session
from signalling.hub.store.chain import ORIGIN, new_note
from signalling.hub.tables import show

MADE: Final = ("file", "bytes", "sha256", "schema")
_FILE: Final = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@config_option
def backup(config_path: Path, file: Path, *, as_json: bool) -> None:
    """Save the hub's whole state in one file, while the hub runs.

    As root or the hub's own user: it holds the keys. Keep it like them, on another machine.

    \b
    Example: visit-hub backup /backup/hub-$(date +%F).zip
    """
    config = read_config(config_path)
    progress = Progress("Backup")
    try:
        made = backups.make(config, file, progress.at)
        asyncio.run(_note_made(config, config_path, made))
    except (StaffError, StartError) as error:
        raise click.ClickException(str(error)) from None
    schema = made.manifest.schema[-1]
    row = {"file": str(file), "bytes": made.bytes, "sha256": made.sha256, "schema": schema}
    show(row, as_json=as_json, title="Backup made", columns=MADE)


async def _note_made(config: HubConfig, config_path: Path, made: backups.Made) -> None:
    async with staff_session(config, config_path) as ask_one:
        await ask_one(ask.BackupMade(file=str(made.path.absolute()), sha256=made.sha256))


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Put the state that is there aside.")
@config_option
def restore(config_path: Path, file: Path, *, force: bool) -> None:
    """Bring a hub's state back from a backup. No hub may run.

    All of the backup is checked before anything is replaced; what was there is put aside, into a
    folder before-restore-TIME beside it.

    \b
    Example: visit-hub restore /backup/hub-2026-05-01.zip
    """
    config = read_config(config_path)
    progress = Progress("Restore")
    try:
        with hub_lock(Path(config.state_dir)):
            manifest, aside = restores.restore(config, file, progress.at, force=force)
            asyncio.run(_note_restored(config, str(file.absolute()), manifest))
    except HubRuns:
        raise click.ClickException(
            f"a hub, or another command, uses {config.state_dir}: stop it first"
        ) from None
    except (StaffError, StartError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"Restored: the state of {manifest.made_at}, schema {manifest.schema[-1]}.")
    if aside is not None:
        click.echo(f"What was there before is in {aside}.")


async def _note_restored(config: HubConfig, file: str, manifest: backups.Manifest) -> None:
    """Open it once: it is brought to this version's schema, and its audit says where it is from."""
    async with open_services(config) as services:
        ORIGIN.set(COMMAND_LINE)
        who, now = f"staff:{user_name(os.getuid())}", services.store.clock()
        facts = {"file": file, "made_at": manifest.made_at}
        await services.store.audit.add([new_note(now, "staff-restore", who, **facts)])
