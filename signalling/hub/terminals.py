"""Terminals: one-time enrolment codes and the proof of an Ed25519 key."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from signalling.hub.errors import StaffError, Unauthorised
from signalling.hub.store.chain import audited, new_note
from signalling.hub.store.interface import Duplicate, Store
from signalling.hub.store.records import Terminal
from signalling.messages import Challenge, Enrol, Proof, TerminalHello, proof_bytes

log = logging.getLogger(__name__)

NONCE_BYTES: Final = 32
NONCE_HOLDS_S: Final = 10.0
CODE_HOLDS_S: Final = 24 * 3600.0
_ALPHABET: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""32 letters and digits that cannot be taken for each other: five bits each."""
_CODE_LETTERS: Final = 8


def new_code() -> str:
    """Return a one-time code of 40 bits, written in two groups."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LETTERS))
    return f"{letters[:4]}-{letters[4:]}"


def code_hash(terminal: str, code: str) -> str:
    """Return what is kept of a code. Case and dashes do not matter to whoever types it."""
    plain = code.upper().replace("-", "").replace(" ", "")
    return hashlib.sha256(f"visitbooth enrolment\0{terminal}\0{plain}".encode()).hexdigest()


@dataclass(slots=True)
class Handshake:
    """What one connection is about to prove. Its nonce holds once."""

    terminal: str
    public_key: bytes | None
    code: str | None
    nonce: bytes
    made_at_s: float


class Terminals:
    """Enrolment and proof."""

    def __init__(
        self, store: Store, hub: str, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._hub = hub
        self._monotonic = monotonic

    async def hello(self, message: TerminalHello) -> Handshake:
        """Begin with a terminal that says it has a key; unknown ones learn nothing yet."""
        known = await self._store.terminals.terminal(message.terminal)
        return self._handshake(message.terminal, known.public_key if known else None, None)

    async def enrol(self, message: Enrol) -> Handshake:
        """Begin with a new terminal.

        Raises:
            Unauthorised: the code is wrong, spent, too old or was tried too often.
        """
        hashed = code_hash(message.terminal, message.code)
        if not await self._store.terminals.try_code(message.terminal, hashed):
            why = await self._why_no_code(message.terminal, hashed)
            log.warning('terminal=%s refused reason="%s"', message.terminal, why)
            raise Unauthorised(why)
        try:
            key = base64.b64decode(message.public_key, validate=True)
            Ed25519PublicKey.from_public_bytes(key)
        except (binascii.Error, ValueError):
            raise Unauthorised("the public key is not an Ed25519 key") from None
        return self._handshake(message.terminal, key, hashed)

    async def _why_no_code(self, terminal: str, hashed: str) -> str:
        """Say more than "wrong or used" only to who has the right code."""
        known = await self._store.terminals.terminal(terminal)
        if known is None or not hmac.compare_digest(known.code_hash or "", hashed):
            return "the enrolment code is wrong or was used"
        if known.code_expires_at <= self._store.clock():
            return "the enrolment code is too old, it held for 24 hours"
        return "the enrolment code is void, wrong ones were tried too often"

    def _handshake(self, terminal: str, key: bytes | None, code: str | None) -> Handshake:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return Handshake(terminal, key, code, nonce, self._monotonic())

    def challenge(self, handshake: Handshake) -> Challenge:
        """Return what the terminal has to sign."""
        return Challenge(hub=self._hub, nonce=base64.b64encode(handshake.nonce).decode())

    async def prove(self, handshake: Handshake, proof: Proof) -> Terminal:
        """Return the terminal; spends the enrolment code. Call once for a handshake.

        Raises:
            Unauthorised: alike for an unknown terminal and a wrong signature.
        """
        if self._monotonic() - handshake.made_at_s > NONCE_HOLDS_S:
            raise Unauthorised("the proof came too late")
        signed = proof_bytes(self._hub, handshake.terminal, handshake.nonce)
        if handshake.public_key is None:
            log.warning("terminal=%s unknown, or without a key", handshake.terminal)
            raise Unauthorised("the proof does not hold")
        try:
            key = Ed25519PublicKey.from_public_bytes(handshake.public_key)
            key.verify(base64.b64decode(proof.signature, validate=True), signed)
        except (InvalidSignature, binascii.Error, ValueError):
            log.warning("terminal=%s wrong proof", handshake.terminal)
            raise Unauthorised("the proof does not hold") from None
        if handshake.code is not None:
            await self._spend(handshake, handshake.code, handshake.public_key)
        terminal = await self._store.terminals.terminal(handshake.terminal)
        if terminal is None or terminal.public_key != handshake.public_key:
            raise Unauthorised("the terminal was revoked")
        return terminal

    async def _spend(self, handshake: Handshake, code: str, key: bytes) -> None:
        who, now = f"terminal:{handshake.terminal}", self._store.clock()
        enrolled = await audited(
            self._store.terminals.enrol(handshake.terminal, code, key),
            lambda done: new_note(now, "terminal-enrolled", who, who) if done else None,
        )
        if not enrolled:
            raise Unauthorised("the enrolment code is wrong or was used")
        log.info("terminal=%s enrolled", handshake.terminal)

    async def add(self, terminal: str, facility: str, label: str, unit: str) -> str:
        """Add a terminal; return its one-time code.

        Raises:
            StaffError: it is enrolled already.
        """
        code = new_code()
        row = Terminal(
            terminal,
            facility,
            label,
            unit,
            code_hash=code_hash(terminal, code),
            code_expires_at=self._store.clock() + CODE_HOLDS_S,
        )
        try:
            await self._store.terminals.add_terminal(row)
        except Duplicate as error:
            raise StaffError(
                f"{error}; another machine in its place: visit-hub terminal replace {terminal}"
            ) from None
        return code

    async def replace(self, terminal: str, *, at_once: bool) -> str:
        """Return a one-time code for another machine that takes a terminal's place.

        The key of the one that is there holds until the code is spent, or `at_once` no more.

        Raises:
            StaffError: there is no such terminal.
        """
        code = new_code()
        until = self._store.clock() + CODE_HOLDS_S
        hashed = code_hash(terminal, code)
        if not await self._store.terminals.renew_code(terminal, hashed, until, at_once=at_once):
            raise StaffError(f"there is no terminal {terminal} (visit-hub terminal list)")
        return code
