"""One turn in a process of its own, to be killed: python -m tests.heavy.worker URL OUTBOX NOW.

OUTBOX is a folder for .eml files, or smtp://HOST:PORT; or `post`: calls are posted, and mail is forgotten.
Prints a line when the turn begins.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from loyaltyloop.channels.calls.post import Posts
from loyaltyloop.channels.mail.eml import EmlFiles
from loyaltyloop.channels.mail.smtp import Server, Smtp
from loyaltyloop.channels.out import WayOut
from loyaltyloop.signing import read_secrets
from loyaltyloop.store.database import open_engine
from loyaltyloop.turn.runner import run_turn
from tests.heavy.helpdesk import SECRET
from tests.heavy.scene import world
from tests.reference.staging import Taken


def calls() -> WayOut:
    """Calls are posted where the shop says."""
    return Posts(lambda _: read_secrets(SECRET), lambda: datetime.now(UTC))


def way_out(outbox: str) -> WayOut:
    """Files in a folder, or a mail server."""
    if outbox == "post":
        return Taken()
    if not outbox.startswith("smtp:"):
        return EmlFiles(Path(outbox))
    where = urlsplit(outbox)
    return Smtp(Server(where.hostname or "", where.port or 25, tls="none"))


def main(url: str, outbox: str, now: str) -> None:
    """Take the turn."""
    engine = open_engine(url)
    print("begins", flush=True)
    out = world(engine, way_out(outbox), calls() if outbox == "post" else None)
    run_turn(out, "killed", datetime.fromisoformat(now))
    print("ended", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
