"""The hub's Ed25519 key (RFC 8032) for receipts: made once, and how anybody checks what it signed.

What is signed is canonical JSON: without its `signature`, keys sorted, no spaces, UTF-8. A receipt
holds no fractions, so that every JSON program writes the same bytes of it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from signalling.hub.errors import StartError
from signalling.private_file import write_private

KEY_FILE: Final = "receipt.key"
FORMAT: Final = "visitbooth-receipt-1"
ID_LETTERS: Final = 16
_KEY_ID = re.compile(r"[0-9a-f]{16}\Z")


class NotAKey(Exception):
    """The text is not an Ed25519 public key in PEM."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a receipt is as the hub signed it, in one sentence."""

    valid: bool
    sentence: str


class ReceiptKey:
    """A hub's key."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        public = private.public_key()
        self.id = key_id(public)
        self.pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def __repr__(self) -> str:
        return f"ReceiptKey({self.id})"

    @classmethod
    def load_or_make(cls, path: Path) -> ReceiptKey:
        """Return the key in a file; make it (mode 0600) when there is none.

        Raises:
            StartError: others may read it, or it is not such a key. It is never overwritten:
                receipts that it signed are checked against it.
        """
        if not path.exists():
            made = Ed25519PrivateKey.generate()
            pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            write_private(path, pem)
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise StartError(f"{path} may be read by others: chmod 600 it")
        try:
            private = load_pem_private_key(path.read_bytes(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise StartError(f"{path} is not a private key in PEM") from None
        if not isinstance(private, Ed25519PrivateKey):
            raise StartError(f"{path} is not an Ed25519 key")
        return cls(private)

    def sign(self, document: Mapping[str, Any], form: str = FORMAT) -> bytes:
        """Return the document, with this key's id and its signature, as JSON to keep.

        `form` tells what it is: nothing that was signed as one thing passes for another.
        """
        whole = {**document, "format": form, "key": self.id}
        signature = self._private.sign(canonical(whole))
        whole["signature"] = base64.b64encode(signature).decode()
        return msgspec.json.format(canonical(whole), indent=2) + b"\n"


def key_id(public: Ed25519PublicKey) -> str:
    """Return a key's short name: the start of the SHA-256 of its 32 bytes."""
    return hashlib.sha256(public.public_bytes_raw()).hexdigest()[:ID_LETTERS]


def canonical(document: Mapping[str, Any]) -> bytes:
    """Return the one way to write a document."""
    return msgspec.json.encode(document, order="sorted")


def check(text: bytes, pem: bytes) -> Verdict:
    """Return whether a receipt was signed by a key and not altered since.

    Raises:
        NotAKey: `pem` is not an Ed25519 public key.
    """
    public = _public(pem)
    document = _read(text)
    if document is None or document.get("format") != FORMAT:
        return Verdict(False, "This is not a receipt of a visit.")
    key = str(document.get("key"))
    signature = _signature(document.pop("signature", None))
    ours = key_id(public)
    try:
        public.verify(signature, canonical(document))
    except (InvalidSignature, UnicodeEncodeError, OverflowError, RecursionError):
        if key != ours and _KEY_ID.match(key):
            said = f"It names the key {key}, and was not signed by the one given, {ours}"
            return Verdict(False, f"{said}: check it with the key that the facility publishes.")
        return Verdict(False, f"It was forged or altered: it does not fit the key {ours}.")
    hub, at = document["hub"], document["issued_at"]
    return Verdict(True, f"Valid: signed at {at} by the hub {hub} with the key {ours}.")


def read_signed(text: bytes, pem: bytes, form: str) -> dict[str, Any] | None:
    """Return a document of a form, if it is as the key signed it.

    Raises:
        NotAKey: `pem` is not an Ed25519 public key.
    """
    public, document = _public(pem), _read(text)
    if document is None or document.get("format") != form:
        return None
    signature = _signature(document.pop("signature", None))
    try:
        public.verify(signature, canonical(document))
    except (InvalidSignature, UnicodeEncodeError, OverflowError, RecursionError):
        return None
    return document


def _public(pem: bytes) -> Ed25519PublicKey:
    try:
        public = load_pem_public_key(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise NotAKey from None
    if not isinstance(public, Ed25519PublicKey):
        raise NotAKey
    return public


def _read(text: bytes) -> dict[str, Any] | None:
    """Return the JSON object; None when there is none, or two readers could read it differently."""
    try:
        document = json.loads(
            text.decode(), object_pairs_hook=_once, parse_constant=_refuse, parse_float=_refuse
        )
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Of a key that stands twice a person sees one value and a program the other.
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text} stands in no receipt")


def _signature(said: object) -> bytes:
    try:
        return base64.b64decode(said, validate=True) if isinstance(said, str) else b""
    except (binascii.Error, ValueError):
        return b""
