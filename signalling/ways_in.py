"""By which key, with a code or without, a terminal asks its hub to take it. PROTOCOL.md."""

from __future__ import annotations

from signalling.terminal_key import TerminalKey


class WaysIn:
    """Tries one way after the other, round and round, until the hub takes the terminal.

    A key that no hub has taken yet is shown with the code, then without: the code may have been
    spent in a try that was cut off. One that the hub does not take any more may have been copied,
    so a code is used for a fresh one; the old one stays for a hub that knows it again.
    """

    def __init__(self, key: TerminalKey, *, has_code: bool) -> None:
        self._known = key
        self._has_code = has_code
        self._at = 0
        self._now = (has_code and not key.enrolled, key)

    @property
    def key(self) -> TerminalKey:
        """The key to prove now."""
        return self._now[1]

    @property
    def enrols(self) -> bool:
        """Whether the code is to be shown."""
        return self._now[0]

    @property
    def taken_before(self) -> bool:
        """Whether a hub has ever taken this terminal."""
        return self._known.enrolled

    @property
    def count(self) -> int:
        """How many ways there are; refused by all of them it is refused."""
        if not self._has_code:
            return 1
        return 3 if self._known.enrolled else 2

    def turn(self) -> None:
        """This way led nowhere. Raises BadKeyFile, OSError: a fresh key cannot be kept."""
        self._at = (self._at + 1) % self.count
        if not self._known.enrolled:
            self._now = (self._has_code and self._at == 0, self._known)
        elif self._at == 0:
            self._now = (False, self._known)
        else:
            self._now = (self._at == 1, self._known.fresh())

    def welcomed(self) -> None:
        """The hub has taken the terminal: this is its key from now on."""
        self.key.welcomed()
        self._known, self._at = self.key, 0
        self._now = (False, self._known)
