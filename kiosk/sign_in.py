"""The sign-in pad: digits typed, what the hub said about them. Pure."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Final

from kiosk.view import SignInView
from signalling.messages import Refused, SignIn

MAX_DIGITS: Final = 16
"""Of a number or a PIN; the wire's limit."""
TIMED_OUT: Final = "timed-out"
"""Stays until the number is complete: whoever was at the PIN looks at the keys, not here."""
ANSWER_TIMEOUT_S: Final = 10.0
"""After this long without an answer the pad says so and can be used again."""


@dataclass(slots=True)
class SignInPad:
    """One try at signing in after another. The PIN is forgotten as soon as it was sent."""

    number: str = ""
    fixed: bool = False
    """The number is known and only the PIN is asked (the same inmate came back)."""
    error: str | None = None
    tries_left: int | None = None
    unlock_at: float | None = None
    other_terminal: str | None = None
    reason: str = ""
    busy_since: float | None = None
    field: str = "number"
    _pin: str = dataclasses.field(default="", repr=False)

    @classmethod
    def for_pin(cls, number: str) -> SignInPad:
        """Return a pad that asks the PIN of `number`, or both when the number is not known."""
        return cls(number=number, fixed=True, field="pin") if number else cls()

    @classmethod
    def after_time_out(cls) -> SignInPad:
        """Return an empty pad that says so: digits of a PIN must not be taken for a number."""
        return cls(error=TIMED_OUT)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is typed and no answer is waited for."""
        return not (self.number or self._pin) and self.busy_since is None

    def key(self, key: str, now: float) -> SignIn | None:
        """Take one key; return the message to send when it completed a sign-in."""
        if self.busy_since is not None:
            return None
        if key == "enter":
            return self._enter(now)
        if self.error != TIMED_OUT:
            self._forget_error()
        typed = self._pin if self.field == "pin" else self.number
        if key == "delete" and not typed and self.field == "pin" and not self.fixed:
            self.field = "number"
        elif key == "delete":
            self._set(typed[:-1])
        elif key == "clear":
            self._set("")
        elif len(key) == 1 and key in "0123456789" and len(typed) < MAX_DIGITS:
            self._set(typed + key)
        return None

    def refused(self, refused: Refused) -> None:
        """Show why the hub said no; the PIN has to be typed again."""
        self.busy_since = None
        self.error = refused.code
        tries, unlock_at = refused.facts.get("tries_left"), refused.facts.get("unlock_at")
        terminal, reason = refused.facts.get("terminal"), refused.facts.get("reason")
        self.tries_left = tries if isinstance(tries, int) else None
        self.unlock_at = float(unlock_at) if isinstance(unlock_at, int | float) else None
        self.other_terminal = terminal if isinstance(terminal, str) else None
        self.reason = reason if isinstance(reason, str) else ""

    def failed(self, code: str) -> None:
        """No answer came: "not-connected" or "no-answer"."""
        if self.busy_since is not None:
            self.busy_since = None
            self.error = code

    def tick(self, now: float) -> None:
        """Give up waiting for an answer after ANSWER_TIMEOUT_S."""
        if self.busy_since is not None and now - self.busy_since >= ANSWER_TIMEOUT_S:
            self.failed("no-answer")

    def view(self) -> SignInView:
        """Return what the screen may see: never the PIN."""
        return SignInView(
            number=self.number,
            pin_length=len(self._pin),
            field=self.field,
            busy=self.busy_since is not None,
            error=self.error,
            tries_left=self.tries_left,
            unlock_at=self.unlock_at,
            other_terminal=self.other_terminal,
            reason=self.reason,
        )

    def _enter(self, now: float) -> SignIn | None:
        if self.field == "number":
            if self.number:
                self.field = "pin"
                self._forget_error()
            return None
        if not self._pin:
            return None
        message = SignIn(inmate_number=self.number, pin=self._pin)
        self._pin = ""
        self._forget_error()
        self.busy_since = now
        return message

    def _set(self, typed: str) -> None:
        if self.field == "pin":
            self._pin = typed
        else:
            self.number = typed

    def _forget_error(self) -> None:
        self.error = self.tries_left = self.unlock_at = self.other_terminal = None
        self.reason = ""
