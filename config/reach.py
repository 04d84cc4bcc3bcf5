"""Whether a terminal's hub answers from here: for `visit-config reach`, before it is hung up.

It is asked what anybody may ask (`/readyz`); nothing of the terminal's is sent.
"""

from __future__ import annotations

import datetime
import errno
import http.client
import os
import socket
import ssl
from typing import Final
from urllib.parse import urlsplit

from config.schema import TerminalConfig

WITHIN_S: Final = 5.0
ANSWERS: Final = {200, 503}
"""A hub that is ready, and one that starts or stops."""
NOT_YET_VALID, EXPIRED, OTHER_NAME = 9, 10, 62
"""X509_V_ERR_CERT_NOT_YET_VALID, _CERT_HAS_EXPIRED and _HOSTNAME_MISMATCH of OpenSSL."""


def trouble(config: TerminalConfig, within_s: float = WITHIN_S) -> str:
    """Return why the hub cannot be reached, as a sentence; "" when it answers."""
    parts = urlsplit(config.hub)
    host = parts.hostname or ""
    secure = parts.scheme == "wss"
    port = parts.port or (443 if secure else 80)
    where = f"{host}:{port}"
    connection: http.client.HTTPConnection
    try:
        if secure:
            context = ssl.create_default_context(
                cafile=config.ca_file or None, cadata=config.ca or None
            )
            connection = http.client.HTTPSConnection(host, port, timeout=within_s, context=context)
        else:
            connection = http.client.HTTPConnection(host, port, timeout=within_s)
        connection.request("GET", "/readyz")
        status = connection.getresponse().status
        connection.close()
    except (OSError, http.client.HTTPException) as error:
        return words(error, config.hub, within_s)
    return "" if status in ANSWERS else f"What answers at {where} is no hub (it says {status})."


def words(error: Exception, url: str, within_s: float) -> str:
    """Return why the hub at `url` was not reached, and what to do, as a sentence."""
    host, where = _host(url)
    match error:
        case ssl.SSLCertVerificationError():
            return _not_trusted(error, where)
        case ssl.SSLError():
            return (
                f"What answers at {where} does not speak TLS ({error.reason}): is the port right?"
            )
        case socket.gaierror():
            return f"No address is known for {host}: is the name right, and the network up?"
        case ConnectionRefusedError():
            return f"Nothing listens at {where}: is the hub running, and the port right?"
        case TimeoutError():
            return f"{where} does not answer within {within_s:g} s: is a firewall between?"
        case http.client.HTTPException():
            return f"What answers at {where} does not speak HTTP."
        case OSError() if error.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH):
            return f"{where} cannot be reached: is the network cable in, and the network up?"
    return f"{where} cannot be reached ({_own_words(error)})."


def _own_words(error: Exception) -> str:
    # asyncio's own text is "Connect call failed" with a tuple.
    number = error.errno or 0 if isinstance(error, OSError) else 0
    return os.strerror(number) if number > 0 else str(error)


def _host(url: str) -> tuple[str, str]:
    """Return the host, and the host with its port."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "wss" else 80)
    return parts.hostname or "", f"{parts.hostname}:{port}"


def _not_trusted(error: ssl.SSLCertVerificationError, where: str) -> str:
    now = datetime.datetime.now(datetime.UTC)
    clock = f"this machine's clock says {now:%Y-%m-%d %H:%M} UTC"
    if error.verify_code == NOT_YET_VALID:
        return (
            f"The certificate of {where} is not valid yet, and {clock}: is the clock wrong?"
            " Set it (timedatectl set-time), or have NTP do it."
        )
    if error.verify_code == EXPIRED:
        return (
            f"The certificate of {where} has expired, and {clock}: is the clock right, then "
            "the hub's certificate must be renewed."
        )
    if error.verify_code == OTHER_NAME:
        return (
            f"The certificate of {where} is for another name ({error.verify_message}): is hub "
            "in terminal.toml right?"
        )
    return (
        f"The certificate of {where} is not trusted ({error.verify_message}): is that your hub, and"
        " is ca or ca_file in terminal.toml its authority?"
    )
