"""Segment's own library for Node, while the service is killed again and again."""

from __future__ import annotations

import json
import os
import re
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

PAGE = (Path(__file__).parents[2] / "docs/ingest.md").read_text()

pytestmark = pytest.mark.heavy


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_the_docs_show(engine: Engine, database_url: str, tmp_path: Path) -> None:
    folder = installed(tmp_path)
    with serving(database_url, tmp_path) as web:
        (shown,) = re.findall(r"```js\n(.*?)```", PAGE, re.DOTALL)
        (folder / "shown.mjs").write_text(shown.replace("https://links.shop.example", web.url))
        environment = os.environ | {"LOOP_WRITE_KEY": WRITE_KEY}
        subprocess.run([node(), "shown.mjs"], cwd=folder, env=environment, check=True, timeout=120)
    with read(engine) as connection:
        kinds = connection.execute(select(EVENT.c.type).order_by(EVENT.c.id)).scalars().all()
    assert kinds == ["identify", "track"]


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
