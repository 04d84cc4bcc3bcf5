"""What a page asks of its visitor's account."""

from __future__ import annotations

import logging
from collections.abc import Callable

from signalling.account_messages import (
    AccountCreated,
    ChangeEmail,
    ChangePassword,
    CreateAccount,
    DeleteAccount,
    EmailVerified,
    EndSession,
    ForgotPassword,
    ListSessions,
    LoggedIn,
    LogIn,
    LogOut,
    MailSent,
    PasswordChanged,
    ResendVerification,
    ResetPassword,
    Sessions,
    UseLanguage,
    VerifyEmail,
)
from signalling.errors import UserError
from signalling.hub.breaks import PageIs
from signalling.hub.services import Services
from signalling.hub.store.interface import StoreBusy
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
    | ListSessions
    | EndSession
    | ChangePassword
    | ChangeEmail
    | UseLanguage
    | DeleteAccount
)
"""What is handled here."""
RequireSession = Callable[[FamilyPage], tuple[Session, Visitor]]

log = logging.getLogger(__name__)


class AccountEndpoint:
    """The part of `/family` that is about accounts. `address` is what throttles count by."""

    def __init__(self, services: Services, require_session: RequireSession) -> None:
        self._accounts = services.accounts
        self._links = services.links
        self._own = services.own_account
        self._pages = services.pages
        self._pushes = services.pushes
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
                await self._links.reset(message.token, message.password, address)
                page.send(PasswordChanged())
            case LogIn():
                await self._log_in(page, message, address)
            case LogOut():
                session, _ = self._require_session(page)
                await self._pages.gone(page, PageIs.LEFT, page.last_heard_at)
                await self._accounts.log_out(session)
            case ListSessions() | EndSession():
                await self._sessions(page, message)
            case _:
                await self._change(page, address, message)

    async def _log_in(self, page: FamilyPage, message: LogIn, address: str) -> None:
        result = await self._accounts.log_in(
            message.email, message.password, address, page.session, page.browser
        )
        await self._pages.gone(page, PageIs.LEFT, page.last_heard_at)
        if not self._pages.log_on(page, result.session, result.visitor):
            if page.session is not None:
                self._pages.log_out(page)  # the new log-in took the place of that one
            raise UserError("wrong-log-in")  # another password was set in this moment, or so
        page.send(LoggedIn(token=result.token, name=result.visitor.name))
        self._pushes.account(page)

    async def _sessions(self, page: FamilyPage, message: ListSessions | EndSession) -> None:
        session, _ = self._require_session(page)
        if isinstance(message, EndSession):
            await self._own.end_sessions(session, message.session)
        page.send(Sessions(sessions=await self._own.sessions(session)))

    async def _change(
        self,
        page: FamilyPage,
        address: str,
        message: ChangePassword | ChangeEmail | UseLanguage | DeleteAccount,
    ) -> None:
        session, visitor = self._require_session(page)
        match message:
            case ChangePassword():
                await self._own.change_password(
                    session, visitor, message.password, message.new_password, address
                )
                page.send(PasswordChanged())
            case ChangeEmail():
                await self._links.change_email(visitor, message.password, message.email, address)
                page.send(MailSent())
            case DeleteAccount():
                # `logged-out` comes when its sessions end.
                await self._own.delete(visitor, message.password, address)
            case UseLanguage():
                await self._own.use_language(visitor, message.language)

    async def seen(self, page: FamilyPage) -> None:
        """Keep that somebody is at a page; not worth a word when the store is busy."""
        session = page.session
        if session is None:
            return
        try:
            seen = await self._own.seen(session)
        except StoreBusy:
            log.info("%s not noted as seen, the store is busy", page.client.name)
            return
        if page.session is session:  # else it ended meanwhile
            page.session = seen
