"""What is looked after about people's data, once a day: whatever was left over, and what is too old."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine

from loyaltyloop.channels.people_data import Files, carry_out, sweep
from loyaltyloop.journey.numbers import counted
from loyaltyloop.settings import Settings
from loyaltyloop.store.database import read, write_shop
from loyaltyloop.store.privacy import requests
from loyaltyloop.store.privacy.retention import forget_old_bodies
from loyaltyloop.web.pages import letters


def look_after(engine: Engine, settings: Settings, now: datetime) -> str:
    """Requests of shops, letters that wait, files of who was erased, messages of long ago; what was done."""
    files = Files.of(settings)
    carried = carry_out(engine, files, now)
    sent = letters.send_waiting(engine, settings, now)
    swept = sweep(engine, files, now)
    emptied = _forget(engine, settings, files, now)
    with read(engine) as connection:
        waits = len(requests.listed(connection, "due"))
    told = [
        counted(
            carried, "request about people's data carried out", "requests about people's data carried out"
        ),
        counted(sent, "letter sent", "letters sent"),
        counted(swept, "file deleted", "files deleted"),
        counted(emptied, "old message emptied", "old messages emptied"),
        counted(
            waits,
            "request waits for you: loop privacy requests",
            "requests wait for you: loop privacy requests",
        ),
    ]
    done = [
        words for number, words in zip((carried, sent, swept, emptied, waits), told, strict=True) if number
    ]
    return ", ".join(done)


def _forget(engine: Engine, settings: Settings, files: Files, now: datetime) -> int:
    if not settings.keep_messages_days:
        return 0
    before, last, total = now - timedelta(days=settings.keep_messages_days), 0, 0
    while True:
        with write_shop(engine) as connection:
            emptied = forget_old_bodies(connection, before, last)
        if not emptied:
            return total
        files.forget(emptied.values())
        last, total = max(emptied), total + len(emptied)
