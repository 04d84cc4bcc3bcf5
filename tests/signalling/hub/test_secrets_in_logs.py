"""A whole visit at DEBUG, with every secret that there is: none of them is in the log."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import Sequence
from pathlib import Path

from config.schema import Limits, MailServer, Secret, Turn
from signalling.account_messages import (
    AccountCreated,
    ChangePassword,
    CreateAccount,
    EmailVerified,
    ForgotPassword,
    LogIn,
    MailSent,
    PasswordChanged,
    ResetPassword,
    VerifyEmail,
)
from signalling.booking_messages import GetTicket, Ticket
from signalling.hub import staff_commands as ask
from signalling.messages import Enrol, SignIn
from signalling.wire import VERSION
from tests.signalling.hub.harness import (
    EMAIL,
    NUMBER,
    PASSWORD,
    PIN,
    Hub,
    eventually,
    hub_config,
    running_hub,
)
from tests.signalling.hub.mail_server import post_office
from tests.signalling.hub.mails import token_to

FORMATTER = logging.Formatter("%(name)s %(message)s")
OWN = ("websockets.client", "mail.log")
"""The test's own clients and mail server, which do log what they hear."""


class Everything(logging.Handler):
    """Keeps every line, tracebacks and what the arguments look like included."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith(OWN):
            self.lines.append(f"{FORMATTER.format(record)} {record.args!r}")


async def accounts(hub: Hub, secrets: set[str]) -> None:
    """Sign up, verify, forget, set anew, change, and get it wrong."""
    page = await hub.page()
    await page.hello()
    first, second, third = "first long password", "second long password", "third long password"
    email = "eva@example.org"
    await page.ask(CreateAccount(email=email, password=first, name="Eva"), AccountCreated)
    verify = await token_to(hub, email, "verify")
    await page.ask(VerifyEmail(token=verify), EmailVerified)
    await page.ask(ForgotPassword(email=email), MailSent)
    reset = await token_to(hub, email, "reset")
    await page.ask(ResetPassword(token=reset, password=second), PasswordChanged)
    wrong = "a wrong long password"
    await page.refused(LogIn(email=email, password=wrong))
    secrets.add((await page.log_in(email, second)).token)
    await page.ask(ChangePassword(password=second, new_password=third), PasswordChanged)
    secrets |= {first, second, third, wrong, verify, reset}


async def strangers(hub: Hub, secrets: set[str]) -> None:
    """A wrong code, a wrong PIN, a token that nobody has, and messages that are none."""
    terminal = await hub.terminal()
    key = base64.b64encode(b"k" * 32).decode()
    await terminal.send(Enrol(versions=[VERSION], terminal="c9", code="WRONGCODE", public_key=key))
    await terminal.ended()
    page = await hub.page()
    await page.socket.send('{"type":"hello","versions":["1"],"token":"stolen-token-of-old"}')
    await eventually(lambda: page.received)
    await page.socket.send('{"type":"log-in","email":"a@b.c","password":"badly typed","x":1}')
    await page.ended()
    secrets |= {"WRONGCODE", "stolen-token-of-old", "badly typed"}


async def test_no_secret_of_a_whole_visit_is_in_the_log(tmp_path: Path) -> None:
    everything, root = Everything(), logging.getLogger()
    before = root.level
    root.addHandler(everything)
    root.setLevel(logging.DEBUG)
    asyncio.get_running_loop().set_debug(True)
    secrets = {PIN, PASSWORD, "135790", "turn-secret-of-coturn", "smtp-pass-word"}
    try:
        with post_office() as (_, port):
            mail = MailServer(
                host="127.0.0.1", port=port, tls="none", public_url="http://127.0.0.1",
            )  # fmt: skip
            turn = Turn(urls=("turn:127.0.0.1:3478",), secret=Secret("turn-secret-of-coturn"))
            config = hub_config(tmp_path / "s", mail=mail, turn=turn, limits=Limits())
            async with running_hub(config) as hub:
                added = await hub.do(
                    ask.TerminalAdd(terminal="c8", facility="north", label="8", unit="C")
                )
                secrets.add(added["code"])
                roster = "number,name,facility,pin\n5,Bo,north,864209\n"
                await hub.do(ask.InmateImport(roster=roster))
                secrets.add("864209")
                await accounts(hub, secrets)
                await strangers(hub, secrets)
                terminal, page, visit = await hub.begun()
                secrets.add((await page.ask(GetTicket(visit=visit, what="calendar"), Ticket)).path)
                credentials = turn_credentials([*terminal.received, *page.received])
                assert credentials
                secrets |= credentials
                await hub.do(ask.VisitTerminate(visit=visit))
                await terminal.refused(SignIn(inmate_number=NUMBER, pin="135790"))
                await (await hub.page()).hello("never-issued-token")
                secrets.add("never-issued-token")
    finally:
        root.removeHandler(everything)
        root.setLevel(before)
    found = {secret: line for secret in secrets for line in everything.lines if secret in line}
    assert found == {}
    assert len(secrets) >= 20
    said = "\n".join(everything.lines)
    for words in ("logged in", "enrolled", "signed in", "code is wrong or was used"):
        assert words in said, "the log was looked at"
    assert EMAIL not in said


def turn_credentials(received: Sequence[object]) -> set[str]:
    """Return every TURN password that a client was told."""
    found: set[str] = set()
    for message in received:
        seat = getattr(message, "seat", None)
        for server in getattr(seat or message, "ice_servers", ()):
            if server.credential:
                found.add(server.credential)
    return found
