"""The way out that only writes files: `var/outbox/<key>.eml`, to be opened with any mail program."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from loyaltyloop.channels.out import Outcome, Outgoing, WayOut

WRITERS = 8  # nearly all the time goes into waiting for the disk, which syncs several files at once


class EmlFiles(WayOut):
    """Writes each message to a file of its key: written, synced, renamed. Twice is the same as once."""

    name = "eml"
    suffix = ".eml"
    idempotent = True
    batch = 1000

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def open(self) -> str | None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            return f"{self.folder} cannot be made ({error.strerror})"
        return None

    def hand_over(self, batch: Iterable[Outgoing]) -> Iterator[Outcome]:
        """A name is durable when its folder is synced, so outcomes are told after that: once a batch."""
        if away := self.open():
            yield from (Outcome(message.key, "try_again", away, away=True) for message in batch)
            return
        with ThreadPoolExecutor(WRITERS) as writers:
            outcomes = list(writers.map(self._write, batch))
        _sync(self.folder)
        yield from outcomes

    def close(self) -> None:
        """Nothing stays open."""

    def path(self, key: str) -> Path:
        """Where the message of this key lies."""
        return self.folder / f"{key}{self.suffix}"

    def content(self, message: Outgoing) -> bytes:
        """What is written."""
        return message.raw

    def _write(self, message: Outgoing) -> Outcome:
        try:
            self._write_file(message)
        except OSError as error:
            return Outcome(message.key, "try_again", f"the file cannot be written ({error.strerror})")
        return Outcome(message.key, "handed_over")

    def _write_file(self, message: Outgoing) -> None:
        path = self.path(message.key)
        unfinished = path.with_suffix(".unfinished")
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(self.content(message))
            file.flush()
            os.fsync(handle)
        unfinished.replace(path)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
