"""The staff commands about mails."""

from __future__ import annotations

import click

from signalling.hub import staff_commands as ask
from signalling.hub.errors import StaffError
from signalling.hub.staff_cli import Ask, staff_command
from signalling.hub.tables import show


@click.group()
def mail() -> None:
    """Mails to families that did not go out yet."""


@mail.command("list")
@staff_command
def mail_list(ask_for: Ask, as_json: bool) -> None:
    """List mails that wait, and those that were given up.

    \b
    Example: visit-hub mail list
    """
    columns = ("key", "state", "recipient", "subject", "due", "tries", "error")
    show(ask_for(ask.MailList()), as_json=as_json, title="Mails", columns=columns)


@mail.command("retry")
@click.argument("key", required=False)
@click.option("--all", "every", is_flag=True, help="All whose last try failed.")
@staff_command
def mail_retry(ask_for: Ask, as_json: bool, *, key: str | None, every: bool) -> None:
    """Send a mail now, even one that was given up.

    \b
    Examples: visit-hub mail retry booked.k2m9w7xq4t.v-0a1b2c3d4e5f
              visit-hub mail retry --all
    """
    if every == (key is not None):
        raise StaffError("name one mail by its key (see mail list), or say --all")
    result = ask_for(ask.MailRetry(key=key))
    show(result, as_json=as_json, title="Mails to send now", columns=("key",))
