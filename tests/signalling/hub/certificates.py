"""Certificates for tests: an authority, and what it signs for 127.0.0.1."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
import time
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from config.schema import Tls

DAY_S = 86_400.0


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _at(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC)


def key_pem(key: ec.EllipticCurvePrivateKey, passphrase: bytes | None = None) -> bytes:
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase is not None:
        encryption = serialization.BestAvailableEncryption(passphrase)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
    )


@dataclass
class Authority:
    """Signs certificates; `ca` is its own file."""

    folder: Path

    def __post_init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.ca = self.folder / "ca.pem"
        self.ca.write_bytes(self._sign("test authority", self.key, -DAY_S, 365 * DAY_S, ca=True))

    def _sign(
        self, name: str, key: ec.EllipticCurvePrivateKey, since_s: float, for_s: float, *, ca: bool
    ) -> bytes:
        now = time.time()
        builder = (
            x509.CertificateBuilder()
            .subject_name(_name(name))
            .issuer_name(_name("test authority"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(_at(now + since_s))
            .not_valid_after(_at(now + for_s))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName(
                    [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")]
                ),
                critical=False,
            )
        )
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def write(
        self, name: str = "hub", *, since_s: float = -DAY_S, for_s: float = 90 * DAY_S
    ) -> Tls:
        """Write a new pair over what the files may have held."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate, private = self.folder / "hub.pem", self.folder / "hub.key"
        private.write_bytes(key_pem(key))
        private.chmod(0o600)
        certificate.write_bytes(self._sign(name, key, since_s, for_s, ca=False))
        return Tls(certificate=str(certificate), key=str(private))

    def client(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.ca)

    def server(self) -> ssl.SSLContext:
        """For who shows the pair that was written last."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.folder / "hub.pem", self.folder / "hub.key")
        return context
