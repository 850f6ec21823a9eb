"""The web service killed under load: what it acknowledged is there, once; who sends again loses nothing."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import Engine, Table, select

from loyaltyloop.store.database import read
from loyaltyloop.store.models import Event
from tests.integration.web.sending import Told, batches, post
from tests.integration.web.serving import Web, serving

EVENT: Table = Event.__table__  # type: ignore[attr-defined]
KILLS = 10
BATCHES, SIZE = 800, 100

pytestmark = pytest.mark.heavy


def test_who_sends_again_loses_nothing(
    engine: Engine, database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    every = {call["messageId"] for batch in batches(BATCHES, SIZE) for call in batch}
    with serving(database_url, tmp_path) as web, _Killer(web, KILLS) as killer:
        told = post(web.url, batches(BATCHES, SIZE), again=True)
        while killer.alive():  # it ended before all deaths: more of the same, which adds nothing
            post(web.url, batches(BATCHES, SIZE), again=True)
    assert told.acknowledged == every
    assert _ids(engine) == sorted(every)
    _print(capsys, engine, "sent again until acknowledged", told, web)


def test_what_was_acknowledged_is_there_and_nothing_twice(
    engine: Engine, database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told, number = Told(), 0
    with serving(database_url, tmp_path) as web, _Killer(web, KILLS) as killer:
        while killer.alive():
            sent = post(web.url, batches(20, SIZE, f"round{number}"), again=False)
            told.acknowledged |= sent.acknowledged
            told.unanswered |= sent.unanswered
            told.seconds += sent.seconds
            number += 1
    found = _ids(engine)
    assert len(found) == len(set(found))
    assert told.acknowledged <= set(found) <= told.acknowledged | told.unanswered
    assert told.unanswered, "nobody was interrupted"
    _print(capsys, engine, "sent once", told, web)


class _Killer:
    """Kills the service at random instants and starts it again, so many times."""

    def __init__(self, web: Web, kills: int) -> None:
        self._web, self._kills = web, kills
        self._failed: list[BaseException] = []
        self._thread = threading.Thread(target=self._work)

    def _work(self) -> None:
        random = Random(17)
        try:
            for _ in range(self._kills):
                time.sleep(random.uniform(0.05, 1.5))
                self._web.kill()
                self._web.start()
        except BaseException as error:
            self._failed.append(error)

    def alive(self) -> bool:
        return self._thread.is_alive()

    def __enter__(self) -> _Killer:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._thread.join()
        if self._failed:
            raise self._failed[0]


def _ids(engine: Engine) -> list[str]:
    with read(engine) as connection:
        return sorted(connection.execute(select(EVENT.c.message_id)).scalars())


def _print(capsys: pytest.CaptureFixture[str], engine: Engine, how: str, told: Told, web: Web) -> None:
    with capsys.disabled():
        print(f"\n{engine.dialect.name}, {how}: {web.deaths} deaths of the service in {told.seconds:.0f} s; "
            f"{len(told.acknowledged):,} calls acknowledged, {len(told.unanswered):,} at least once not, "
            f"{len(_ids(engine)):,} there")  # fmt: skip
