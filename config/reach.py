"""Whether a terminal's hub answers from here: for `visit-config reach`, before it is hung up.

It is asked what anybody may ask (`/readyz`); nothing of the terminal's is sent.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from config.schema import TerminalConfig

WITHIN_S: Final = 5.0
ANSWERS: Final = {200, 503}
"""A hub that is ready, and one that starts or stops."""
NOT_YET_VALID, EXPIRED = 9, 10
"""X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED of OpenSSL."""


def trouble(config: TerminalConfig, ca_file: str = "", within_s: float = WITHIN_S) -> str:
    """Return why the hub cannot be reached, as a sentence; "" when it answers.

    `ca_file` is looked at instead of the configuration's, when it is given.
    """
    ca_file = ca_file or config.ca_file
    if ca_file and not Path(ca_file).is_file():
        return f"ca_file: there is no file {ca_file} on this machine."
    parts = urlsplit(config.hub)
    host = parts.hostname or ""
    secure = parts.scheme == "wss"
    port = parts.port or (443 if secure else 80)
    where = f"{host}:{port}"
    connection: http.client.HTTPConnection
    try:
        if secure:
            ca = "" if ca_file else config.ca
            context = ssl.create_default_context(cafile=ca_file or None, cadata=ca or None)
            connection = http.client.HTTPSConnection(host, port, timeout=within_s, context=context)
        else:
            connection = http.client.HTTPConnection(host, port, timeout=within_s)
        connection.request("GET", "/readyz")
        status = connection.getresponse().status
        connection.close()
    except (OSError, http.client.HTTPException) as error:
        return _words(error, host, where, within_s)
    return "" if status in ANSWERS else f"What answers at {where} is no hub (it says {status})."


def _words(error: Exception, host: str, where: str, within_s: float) -> str:
    match error:
        case ssl.SSLCertVerificationError() if error.verify_code in (NOT_YET_VALID, EXPIRED):
            return (
                f"The certificate of {where} does not hold today ({error.verify_message}): is this"
                " machine's clock right (date), or is the certificate really too old?"
            )
        case ssl.SSLCertVerificationError():
            return (
                f"The certificate of {where} is not trusted ({error.verify_message}): is that your"
                " hub, and does ca_file name its authority?"
            )
        case ssl.SSLError():
            return f"What answers at {where} does not speak TLS ({error.reason})."
        case socket.gaierror():
            return f"No address is known for {host}: is the name right, and the network up?"
        case ConnectionRefusedError():
            return f"Nothing listens at {where}: is the hub running, and the port right?"
        case TimeoutError():
            return f"{where} does not answer within {within_s:g} s: is a firewall between?"
        case http.client.HTTPException():
            return f"What answers at {where} does not speak HTTP."
    return f"{where} cannot be reached ({error})."
