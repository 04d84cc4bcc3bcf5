"""The part of a page's test hub that plays accounts."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from signalling.account_messages import (
    Account,
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
    LoggedOut,
    LogIn,
    MailSent,
    PasswordChanged,
    ResendVerification,
    ResetPassword,
    Sessions,
    SessionView,
    VerifyEmail,
)
from signalling.messages import Message, PageToHub, Refused

EMAIL = "maria@mail.example"
PASSWORD = "the river runs to the sea"
TOKEN = "m" * 43
"""Of the link in a mail."""


def a_session(name: str, browser: str, seen_s_ago: float, *, this: bool = False) -> SessionView:
    """Return a log-in that was last seen so long ago."""
    seen_at = time.time() - seen_s_ago
    return SessionView(id=name, browser=browser, created_at=0, seen_at=seen_at, this=this)


@dataclass
class FakeAccounts:
    """One account, Maria's."""

    name: str = "Maria"
    verified: bool = True
    new_email: str | None = None
    sessions: list[SessionView] = field(
        default_factory=lambda: [a_session("here", "Chrome, Linux", 5, this=True)]
    )

    def pushed(self) -> list[Message]:
        """What a page hears of its account after log-in."""
        return [Account(name=self.name, email=EMAIL, new_email=self.new_email)]

    def replies(self, message: PageToHub) -> list[Message]:
        """Answer one message."""
        match message:
            case CreateAccount():
                return [AccountCreated()]
            case LogIn():
                return self._log_in(message)
            case VerifyEmail(token=token):
                if token != TOKEN:
                    return [Refused(about="verify-email", code="link-not-valid")]
                self.verified = True
                return [EmailVerified(email=EMAIL)]
            case ResendVerification() | ForgotPassword():
                return [MailSent()]
            case ResetPassword(token=token):
                if token != TOKEN:
                    return [Refused(about="reset-password", code="link-not-valid")]
                return [PasswordChanged()]
        return self._own_replies(message)

    def _own_replies(self, message: PageToHub) -> list[Message]:
        match message:
            case ChangeEmail(password=p) | ChangePassword(password=p) | DeleteAccount(password=p):
                if p != PASSWORD:
                    about = str(message.__struct_config__.tag)
                    return [Refused(about=about, code="wrong-log-in")]
        match message:
            case ChangeEmail(email=email):
                self.new_email = email
                return [*self.pushed(), MailSent()]
            case ChangePassword():
                return [PasswordChanged()]
            case DeleteAccount():
                return [LoggedOut()]
            case EndSession(session=session):
                self.sessions = [
                    each for each in self.sessions if each.this or session not in (None, each.id)
                ]
                return [Sessions(sessions=tuple(self.sessions))]
            case ListSessions():
                return [Sessions(sessions=tuple(self.sessions))]
        return []

    def _log_in(self, message: LogIn) -> list[Message]:
        if (message.email, message.password) != (EMAIL, PASSWORD):
            return [Refused(about="log-in", code="wrong-log-in")]
        if not self.verified:
            return [Refused(about="log-in", code="email-not-verified")]
        return [LoggedIn(token="t" * 43, name=self.name), *self.pushed()]
