"""The hub's certificate: read, found right, and read anew when its files change.

Every load makes a context of its own: to load a pair that does not match into a live one breaks
it for every handshake after, while connections that stand keep the context they began with.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NoReturn

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from config.schema import Tls
from signalling.hub.counted import counted
from signalling.hub.errors import StartError

log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 20.0
"""Changed files are taken within a minute, also where nobody sends SIGHUP."""
WARN_BEFORE_S: Final = 14 * 86_400.0
WARN_EVERY_S: Final = 86_400.0
CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Of TLS 1.2: forward secrecy and authenticated encryption only. TLS 1.3 has no others."""
_OTHERS_MAY: Final = 0o007

Stamp = tuple[tuple[int, int, int], ...]


class CertificateError(StartError):
    """The certificate or its key cannot be used; says which file, and what is wrong with it."""


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise CertificateError(f"[tls] {path} cannot be read: {error.strerror}") from None


def _first_certificate(path: str, now: float) -> x509.Certificate:
    try:
        found = x509.load_pem_x509_certificates(_read(path))[0]
    except ValueError:
        raise CertificateError(f"[tls] certificate {path} holds no certificate in PEM") from None
    if now >= found.not_valid_after_utc.timestamp():
        raise CertificateError(f"[tls] certificate {path} expired on {_day(found)}")
    if now < found.not_valid_before_utc.timestamp():
        day = f"{found.not_valid_before_utc:%Y-%m-%d %H:%M} UTC"
        raise CertificateError(f"[tls] certificate {path} is not valid before {day}")
    return found


def _day(certificate: x509.Certificate) -> str:
    return f"{certificate.not_valid_after_utc:%Y-%m-%d}"


def _require_key(tls: Tls, certificate: x509.Certificate) -> None:
    """Check that the key is one, is private, and is the certificate's."""
    try:
        key = serialization.load_pem_private_key(_read(tls.key), password=None)
    except TypeError:
        raise CertificateError(f"[tls] key {tls.key} has a passphrase: take it out") from None
    except ValueError:
        raise CertificateError(f"[tls] key {tls.key} holds no private key in PEM") from None
    if stat.S_IMODE(Path(tls.key).stat().st_mode) & _OTHERS_MAY:
        raise CertificateError(f"[tls] key {tls.key} may be read by others: chmod o= it")
    if key.public_key() != certificate.public_key():
        raise CertificateError(
            f"[tls] key {tls.key} does not fit the first certificate in {tls.certificate}, "
            "which must be the hub's own"
        )


def read_context(tls: Tls, now: float) -> tuple[ssl.SSLContext, float]:
    """Return a context for new connections, and when its certificate expires.

    Raises:
        CertificateError: named by file; the files are as they were.
    """
    certificate = _first_certificate(tls.certificate, now)
    _require_key(tls, certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.set_alpn_protocols(["http/1.1"])
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    try:
        context.load_cert_chain(tls.certificate, tls.key)
    except (OSError, ssl.SSLError) as error:  # changed between our reading and this one, or odd
        raise CertificateError(f"[tls] {tls.certificate} with {tls.key}: {error}") from None
    return context, certificate.not_valid_after_utc.timestamp()


class Certificate:
    """What new connections are greeted with. Run `watch` as a task."""

    def __init__(self, tls: Tls, clock: Callable[[], float] = time.time) -> None:
        """Read the files. Raises CertificateError."""
        self._tls = tls
        self._clock = clock
        self._seen = self._stamp()
        self.context, self._expires_at = read_context(tls, clock())
        self._warned_at = 0.0
        self._warn_early()

    def _stamp(self) -> Stamp:
        """Return what changes when a file does; a missing one is a change too."""
        stamps = []
        for path in (self._tls.certificate, self._tls.key):
            try:
                found = Path(path).stat()
            except OSError:
                stamps.append((0, 0, 0))
            else:
                stamps.append((found.st_mtime_ns, found.st_size, found.st_ino))
        return tuple(stamps)

    def look(self) -> bool:
        """Take the files if they changed and are right; whether new connections get others now.

        Wrong ones are told once, and the certificate that was there stays.
        """
        stamp = self._stamp()
        if stamp == self._seen:
            self._warn_early()
            return False
        self._seen = stamp
        return self.reload()

    def reload(self) -> bool:
        """Take the files as they are now, if they are right."""
        try:
            self.context, self._expires_at = read_context(self._tls, self._clock())
        except CertificateError as error:
            # One sentence for a person; a stack trace would hide it.
            log.error("%s; the certificate that was there stays", error)  # noqa: TRY400
            return False
        log.info("tls: read %s, valid until %s", self._tls.certificate, self._until())
        self._warned_at = 0.0
        self._warn_early()
        return True

    def _until(self) -> str:
        return time.strftime("%Y-%m-%d", time.gmtime(self._expires_at))

    def _warn_early(self) -> None:
        now = self._clock()
        left_s = self._expires_at - now
        if left_s > WARN_BEFORE_S or now - self._warned_at < WARN_EVERY_S:
            return
        self._warned_at = now
        if left_s <= 0:
            log.error("tls: %s has expired: nobody can connect", self._tls.certificate)
        else:
            log.warning(
                "tls: %s expires on %s, in %s", self._tls.certificate, self._until(),
                counted(int(left_s // 86_400), "day"),
            )  # fmt: skip

    async def watch(self) -> NoReturn:
        """Look again and again, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            self.look()


def open_certificate(tls: Tls) -> Certificate | None:
    """Return the hub's certificate; None where it speaks plain text, behind a proxy.

    Raises:
        CertificateError: its files cannot be used.
    """
    return Certificate(tls) if tls.certificate else None
