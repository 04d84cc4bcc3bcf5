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
    stun_urls: tuple[str, ...] = ()


class Tls(Table, frozen=True):
    """[tls] The hub's own TLS; empty: a reverse proxy does it."""

    certificate: str = ""
    """PEM file: the hub's own certificate, then its issuers'."""
    key: str = ""


class Limits(Table, frozen=True):
    """[limits]"""

    connections: Annotated[int, Meta(ge=1)] = 10_000
    connections_per_address: Annotated[int, Meta(ge=1)] = 200
    half_open: Annotated[int, Meta(ge=1)] = 1000
    """Sockets that have sent no request yet, their TLS handshake included."""
    half_open_per_address: Annotated[int, Meta(ge=1)] = 50
    request_timeout_s: Seconds = 10
    log_in_timeout_s: Seconds = 30
    password_hash_queue: Annotated[int, Meta(ge=1)] = 40
    messages_per_10_s: Annotated[int, Meta(ge=10)] = 400
