"""`visit-hardware`: finds, proves and names the devices of a terminal."""

from __future__ import annotations

import os

import click

from hardware.alsa_settings import use_system_settings
from hardware.cli_list import describe, list_devices
from hardware.cli_show import show
from hardware.cli_test import test
from hardware.cli_watch import watch


@click.group(epilog="Start with: visit-hardware list. Each command has examples: --help.")
@click.version_option(package_name="visitbooth")
def main() -> None:
    """Find, prove and name the devices of a terminal.

    All commands go by the devices that terminal.toml names; without one by what is attached.
    """
    use_system_settings(os.environ)


for command in (list_devices, test, show, watch, describe):
    main.add_command(command)


if __name__ == "__main__":
    main(prog_name="visit-hardware")
