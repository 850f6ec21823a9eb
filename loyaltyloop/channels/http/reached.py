"""Can a service be reached? A connection is opened and closed again, and nothing is asked."""

from __future__ import annotations

import socket
import ssl
from urllib.parse import urlsplit

PATIENCE = 5.0  # seconds for a connection, and for each step of its TLS


def not_reached(url: str, context: ssl.SSLContext | None = None, patience: float = PATIENCE) -> str | None:
    """Why there is no connection to this address's host and port; None if there is one.

    An https address wants a certificate that is believed by `context`, else by this machine.
    """
    parts = urlsplit(url)
    host, secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    where = f"{host}:{port}"
    try:
        with socket.create_connection((host, port), patience) as connection:
            if secure:
                believed = context or ssl.create_default_context()
                believed.wrap_socket(connection, server_hostname=host).close()
    except ssl.SSLError as error:
        return f"no TLS with {where} ({error.reason or 'it failed'})"
    except (OSError, UnicodeError) as error:
        return f"no connection to {where} ({_told(error)})"
    return None


def _told(error: OSError | UnicodeError) -> str:
    match error:
        case ConnectionRefusedError():
            return "refused"
        case TimeoutError():
            return "no answer in time"
        case socket.gaierror() | UnicodeError():
            return "no such host"
    return type(error).__name__
