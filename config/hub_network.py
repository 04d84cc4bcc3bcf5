"""Tables of hub.toml about the network: relays, TLS, limits. Pure."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from config.values import Seconds, Secret, Table


class Turn(Table, frozen=True):
    """[turn]"""

    urls: tuple[str, ...] = ()
    secret: Secret = Secret("")
    """coturn's static-auth-secret."""
    consoles: tuple[str, ...] = ()
    """HOST:PORT of each coturn's console (cli-ip, cli-port), by which allocations are ended."""
    console_password: Secret = Secret("")
    stun_urls: tuple[str, ...] = ()


class Tls(Table, frozen=True):
    """[tls] The hub's own TLS; empty: a reverse proxy does it."""

    certificate: str = ""
    """PEM file: the hub's own certificate, then its issuers'."""
    key: str = ""


class Terminals(Table, frozen=True):
    """[terminals] What `visit-hub terminal add` writes into terminal.toml."""

    address: Annotated[
        str, Meta(pattern=r"^(wss?://\S+)?\Z", description='"wss://HOST" or "wss://HOST:PORT"')
    ] = ""
    """wss://HOST; empty: the host of mail.public_url."""
    ca_file: str = ""
    """PEM file of who signed the hub's certificate; empty: one of those that machines trust."""


class Limits(Table, frozen=True):
    """[limits]"""

    connections: Annotated[int, Meta(ge=1)] = 10_000
    connections_per_address: Annotated[int, Meta(ge=1)] = 200
    half_open: Annotated[int, Meta(ge=1)] = 5000
    """Sockets that have sent no request yet, their TLS handshake included."""
    half_open_per_address: Annotated[int, Meta(ge=1)] = 50
    request_timeout_s: Seconds = 10
    log_in_timeout_s: Seconds = 30
    password_hash_queue: Annotated[int, Meta(ge=1)] = 40
    messages_per_10_s: Annotated[int, Meta(ge=10)] = 400
    frame_bytes_before_log_in: Annotated[int, Meta(ge=2048, le=65_536)] = 4096
    frame_bytes: Annotated[int, Meta(ge=49_152, le=1_048_576)] = 65_536
    """At least a part of a photo, 32 KiB in base64."""
    waiting_frames: Annotated[int, Meta(ge=16)] = 64
    waiting_bytes: Annotated[int, Meta(ge=131_072)] = 1_048_576
    """What may wait for a client that reads slowly."""
    send_within_s: Annotated[float, Meta(ge=1, le=86_400)] = 10
    pages_per_visitor: Annotated[int, Meta(ge=1)] = 20
    sessions_per_visitor: Annotated[int, Meta(ge=1)] = 20
    log_in_tries: Annotated[int, Meta(ge=1)] = 10
    log_in_tries_per_account: Annotated[int, Meta(ge=1, le=100)] = 100
    """NIST SP 800-63B-4: 100 at most."""
    log_in_tries_per_address: Annotated[int, Meta(ge=1)] = 50
    mails_per_email_per_day: Annotated[int, Meta(ge=1)] = 20
    mails_per_address_per_day: Annotated[int, Meta(ge=1)] = 100
    sign_ups_per_address_per_day: Annotated[int, Meta(ge=1)] = 30
    requests_per_visitor_per_day: Annotated[int, Meta(ge=1)] = 20
    device_reports_per_hour: Annotated[int, Meta(ge=1)] = 60
