"""What a page asks of its visitor's account, and what the hub says of it. PROTOCOL.md."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from signalling.codec import Message
from signalling.wire import Email, Id, Language, Name, Password, Token, View


class CreateAccount(Message, frozen=True, tag="create-account"):
    """Answered by `account-created`, alike for a new and a known e-mail, or by `refused`."""

    email: Email
    password: Password
    name: Name
    language: Language = "en"


class AccountCreated(Message, frozen=True, tag="account-created"):
    """Now log in."""


class LogIn(Message, frozen=True, tag="log-in"):
    """Answered by `logged-in` or `refused`."""

    email: Email
    password: Password


class LoggedIn(Message, frozen=True, tag="logged-in"):
    """`token` is the new session's secret; the hub keeps only its hash."""

    token: Token
    name: str


class LogOut(Message, frozen=True, tag="log-out"):
    """Ends this session. Answered by `logged-out`."""


class LoggedOut(Message, frozen=True, tag="logged-out"):
    """The session is over (`log-out`, expiry, ended elsewhere)."""


class VerifyEmail(Message, frozen=True, tag="verify-email"):
    """The token of a mailed link. Answered by `email-verified`, or `refused`."""

    token: Token


class EmailVerified(Message, frozen=True, tag="email-verified"):
    """The address is its owner's; they can log in with it."""

    email: str


class ResendVerification(Message, frozen=True, tag="resend-verification"):
    """Mail the link again. Answered by `mail-sent`, alike for every address."""

    email: Email
    language: Language = "en"


class ForgotPassword(Message, frozen=True, tag="forgot-password"):
    """Mail a link that sets a new password. Answered by `mail-sent`, alike for every address."""

    email: Email
    language: Language = "en"


class ResetPassword(Message, frozen=True, tag="reset-password"):
    """The token of that link and the new password; ends every session of the account."""

    token: Token
    password: Password


class ChangePassword(Message, frozen=True, tag="change-password"):
    """Answered by `password-changed`; every other session of the account ends."""

    password: Password
    new_password: Password


class PasswordChanged(Message, frozen=True, tag="password-changed"):
    """The new password holds."""


class ChangeEmail(Message, frozen=True, tag="change-email"):
    """A link goes to the new address, which holds once it was followed. See `mail-sent`."""

    password: Password
    email: Email


class MailSent(Message, frozen=True, tag="mail-sent"):
    """A mail goes out, if there is reason for one: the answer never tells."""


class UseLanguage(Message, frozen=True, tag="use-language"):
    """Mails to this visitor are in this language from now on. Not answered."""

    language: Language


class Account(Message, frozen=True, tag="account"):
    """Who is logged in here. Pushed after log-in and at every change, adopted whole.

    `new_email` has been asked for and waits for its link to be followed.
    """

    name: str
    email: str
    new_email: str | None = None


class SessionView(View, frozen=True):
    """One log-in of this account. `browser` is what it called itself; `this` is the asking one."""

    id: str
    browser: str
    created_at: float
    seen_at: float
    this: bool


class ListSessions(Message, frozen=True, tag="list-sessions"):
    """Answered by `sessions`."""


class EndSession(Message, frozen=True, tag="end-session"):
    """End one other session, or with null all others. Answered by `sessions`."""

    session: Id | None = None


class Sessions(Message, frozen=True, tag="sessions"):
    """All log-ins of this account, the newest first."""

    sessions: Annotated[tuple[SessionView, ...], Meta(max_length=100)]


class DeleteAccount(Message, frozen=True, tag="delete-account"):
    """Erase the account and cancel what it booked. Answered by `logged-out`."""

    password: Password
