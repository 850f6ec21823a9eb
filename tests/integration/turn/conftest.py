"""What stories of several files stand on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from tests.integration.channels.desk import Desk, desk
from tests.integration.turn.calling import JOURNEY, SECRET, Make, Shop, world


@pytest.fixture
def help_desk() -> Iterator[Desk]:
    """A help desk that takes everything."""
    with desk() as told:
        yield told


@pytest.fixture
def stage_of(engine: Engine, help_desk: Desk) -> Make:
    """A shop with this hook."""

    def make(
        *journeys: str, secret: str = SECRET, url: str = "", timeout: float = 2.0, shop: str = ""
    ) -> Shop:
        stage = Shop(engine, *(journeys or (JOURNEY,)), url=url or help_desk.url, more=shop)
        stage.world = world(engine, secret, timeout)
        return stage

    return make
