"""Segment's own library for Node, while the service is killed again and again."""

from __future__ import annotations

import json
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import Engine, Table, select

from loyaltyloop.store.database import read
from loyaltyloop.store.models import Event
from tests.heavy.libraries import installed, node
from tests.integration.web.serving import WRITE_KEY, serving

EVENT: Table = Event.__table__  # type: ignore[attr-defined]
PEOPLE, KILLS = 1_000, 5

pytestmark = pytest.mark.heavy


def test_nothing_is_lost_and_nothing_is_there_twice(
    engine: Engine, database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = str(installed(tmp_path) / "send.mjs")
    with serving(database_url, tmp_path) as web:
        command = [node(), script, web.url, WRITE_KEY, str(PEOPLE)]
        sender = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        for _ in range(KILLS):
            time.sleep(1.0)
            web.kill()
            web.start()
        told, _ = sender.communicate(timeout=600)
    said = json.loads(told)
    with read(engine) as connection:
        found = connection.execute(select(EVENT.c.message_id, EVENT.c.type)).tuples().all()
    assert not said["failed"]
    assert sorted(said["sent"]) == sorted(message for message, _ in found)
    assert Counter(kind for _, kind in found) == dict.fromkeys(
        ("identify", "track", "page", "screen", "group", "alias"), PEOPLE
    )
    with capsys.disabled():
        print(f"\n{engine.dialect.name}, Node: {len(found):,} calls, {web.deaths} deaths, none lost or twice")
