"""The way out of texts and pushes that only writes files: `var/outbox/<key>.sms.txt`, `<key>.push.json`."""

from __future__ import annotations

from pathlib import Path

from loyaltyloop.channels.mail.eml import EmlFiles


class TextFiles(EmlFiles):
    """Writes each message to a file of its key: to whom, and what it says."""

    name = "files"

    def __init__(self, folder: Path, suffix: str) -> None:
        super().__init__(folder)
        self.suffix = suffix
