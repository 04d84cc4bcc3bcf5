"""The terminal's Ed25519 key (RFC 8032): made once, kept in a file that only its owner reads."""

from __future__ import annotations

import base64
import stat
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from signalling.messages import proof_bytes
from signalling.private_file import write_private

KEY_FILE: Final = "terminal.key"
NEW_KEY_FILE: Final = "terminal.key.new"
"""Made, but no hub has taken it yet: the enrolment may have been cut off half-way."""


class BadKeyFile(Exception):
    """The key file cannot be used; the text says why and names the file."""


class TerminalKey:
    """The key of one state folder."""

    def __init__(self, private: Ed25519PrivateKey, folder: Path, *, enrolled: bool) -> None:
        self._private = private
        self._folder = folder
        self.enrolled = enrolled
        """Whether a hub has ever welcomed this key."""

    def __repr__(self) -> str:
        return f"TerminalKey(enrolled={self.enrolled})"

    @classmethod
    def load_or_make(cls, folder: Path) -> TerminalKey:
        """Return the key in `folder`, making one when there is none.

        Raises:
            BadKeyFile: it is not an Ed25519 key, or others may read it.
            OSError: the folder cannot be used.
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name, enrolled in ((KEY_FILE, True), (NEW_KEY_FILE, False)):
            path = folder / name
            if path.exists():
                return cls(_load(path), folder, enrolled=enrolled)
        return cls._made(folder)

    @classmethod
    def _made(cls, folder: Path) -> TerminalKey:
        private = Ed25519PrivateKey.generate()
        _save(private, folder / NEW_KEY_FILE)
        return cls(private, folder, enrolled=False)

    def fresh(self) -> TerminalKey:
        """Return another key beside this one, for a code; this one stays until it is welcomed.

        Raises:
            BadKeyFile, OSError: as `load_or_make`.
        """
        path = self._folder / NEW_KEY_FILE
        if path.exists():
            return TerminalKey(_load(path), self._folder, enrolled=False)
        return self._made(self._folder)

    def public_base64(self) -> str:
        """Return the 32 bytes of the public key, base64."""
        raw = self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return base64.b64encode(raw).decode()

    def prove(self, hub: str, terminal: str, nonce: bytes) -> str:
        """Return the signature over the hub's nonce, base64."""
        return base64.b64encode(self._private.sign(proof_bytes(hub, terminal, nonce))).decode()

    def welcomed(self) -> None:
        """A hub knows the key: from now on it is the one to come back with."""
        if not self.enrolled:
            (self._folder / NEW_KEY_FILE).replace(self._folder / KEY_FILE)
            self.enrolled = True


def _load(path: Path) -> Ed25519PrivateKey:
    others = stat.S_IMODE(path.stat().st_mode) & 0o077
    if others:
        raise BadKeyFile(f"{path} may be read by others; its mode must be 0600")
    try:
        private = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadKeyFile(f"{path} is not a private key in PEM") from None
    if not isinstance(private, Ed25519PrivateKey):
        raise BadKeyFile(f"{path} is not an Ed25519 key")
    return private


def _save(private: Ed25519PrivateKey, path: Path) -> None:
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_private(path, pem)
