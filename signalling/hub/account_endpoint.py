"""What a page asks of its visitor's account."""

from __future__ import annotations

from collections.abc import Callable

from signalling.account_messages import (
    AccountCreated,
    CreateAccount,
    EmailVerified,
    ForgotPassword,
    LoggedIn,
    LogIn,
    LogOut,
    MailSent,
    PasswordChanged,
    ResendVerification,
    ResetPassword,
    VerifyEmail,
)
from signalling.hub.breaks import PageIs
from signalling.hub.services import Services
from signalling.hub.store.records import Session, Visitor
from signalling.hub.switchboard import FamilyPage

AccountMessage = (
    CreateAccount
    | LogIn
    | LogOut
    | VerifyEmail
    | ResendVerification
    | ForgotPassword
    | ResetPassword
)
"""What is handled here."""
RequireSession = Callable[[FamilyPage], tuple[Session, Visitor]]


class AccountEndpoint:
    """The part of `/family` that is about accounts. `address` is what throttles count by."""

    def __init__(self, services: Services, require_session: RequireSession) -> None:
        self._accounts = services.accounts
        self._links = services.links
        self._pages = services.pages
        self._switchboard = services.switchboard
        self._require_session = require_session

    async def handle(self, page: FamilyPage, address: str, message: AccountMessage) -> None:
        """Answer one message. Raises UserError."""
        match message:
            case CreateAccount():
                await self._links.sign_up(
                    message.email, message.password, message.name, message.language, address
                )
                page.send(AccountCreated())
            case VerifyEmail():
                visitor = await self._links.verify(message.token)
                page.send(EmailVerified(email=visitor.email))
            case ResendVerification():
                await self._links.resend(message.email, message.language, address)
                page.send(MailSent())
            case ForgotPassword():
                await self._links.forgot(message.email, message.language, address)
                page.send(MailSent())
            case ResetPassword():
                await self._links.reset(message.token, message.password)
                page.send(PasswordChanged())
            case LogIn():
                await self._log_in(page, message, address)
            case LogOut():
                session, _ = self._require_session(page)
                await self._pages.gone(page, PageIs.LEFT, page.last_heard_at)
                await self._accounts.log_out(session)

    async def _log_in(self, page: FamilyPage, message: LogIn, address: str) -> None:
        result = await self._accounts.log_in(message.email, message.password, address, page.session)
        await self._pages.gone(page, PageIs.LEFT, page.last_heard_at)
        self._switchboard.log_on(page, result.session, result.visitor)
        page.send(LoggedIn(token=result.token, name=result.visitor.name))
