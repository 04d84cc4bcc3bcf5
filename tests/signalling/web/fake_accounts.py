"""The part of a page's test hub that plays accounts."""

from __future__ import annotations

from dataclasses import dataclass

from signalling.account_messages import (
    Account,
    AccountCreated,
    CreateAccount,
    EmailVerified,
    ForgotPassword,
    LoggedIn,
    LogIn,
    MailSent,
    PasswordChanged,
    ResendVerification,
    ResetPassword,
    VerifyEmail,
)
from signalling.messages import Message, PageToHub, Refused

EMAIL = "maria@mail.example"
PASSWORD = "the river runs to the sea"
TOKEN = "m" * 43
"""Of the link in a mail."""


@dataclass
class FakeAccounts:
    """One account, Maria's."""

    name: str = "Maria"
    verified: bool = True

    def pushed(self) -> list[Message]:
        """What a page hears of its account after log-in."""
        return [Account(name=self.name, email=EMAIL)]

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
        return []

    def _log_in(self, message: LogIn) -> list[Message]:
        if (message.email, message.password) != (EMAIL, PASSWORD):
            return [Refused(about="log-in", code="wrong-log-in")]
        if not self.verified:
            return [Refused(about="log-in", code="email-not-verified")]
        return [LoggedIn(token="t" * 43, name=self.name), *self.pushed()]
