"""Which web sites' pages may post events (CORS). Who posts what is told by keys, not by this."""

from __future__ import annotations

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

HEADERS = ("Authorization", "Content-Type", "X-Retry-Count")  # of Segment's library for browsers
DAY = 86_400  # seconds for which a browser need not ask again; some ask sooner


class Browsers:
    """The application, whose routes under /v1 answer pages of these origins, too."""

    def __init__(self, app: ASGIApp, origins: list[str]) -> None:
        self.app = app
        self.shared = CORSMiddleware(
            app, allow_origins=origins, allow_methods=["POST"], allow_headers=HEADERS, max_age=DAY
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        shared = scope["type"] == "http" and scope["path"].startswith("/v1/")
        await (self.shared if shared else self.app)(scope, receive, send)
