"""The way out of calls that only writes files: `var/outbox/<key>.http`, the request that would be posted."""

from __future__ import annotations

from urllib.parse import urlsplit

from loyaltyloop.channels.mail.eml import EmlFiles
from loyaltyloop.channels.out import Outgoing

_REQUEST = """\
POST {path} HTTP/1.1\r
Host: {host}\r
Content-Type: application/json\r
webhook-id: {key}\r
\r
"""


class HookFiles(EmlFiles):
    """Writes each call to a file of its key. It is not signed: a signature tells when something is posted."""

    name = "hook files"
    suffix = ".http"
    keeps = True

    def content(self, message: Outgoing) -> bytes:
        """The request, without what is new with each try: its time and its signature."""
        parts = urlsplit(message.to)
        path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
        return _REQUEST.format(path=path, host=parts.netloc, key=message.key).encode() + message.raw
