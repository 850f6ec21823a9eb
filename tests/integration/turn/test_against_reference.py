"""Random journeys over random histories: the engine does to everybody what the reference does to each."""

from __future__ import annotations

import os
from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from sqlalchemy import Engine, Table, insert, select

from loyaltyloop.journey.codes import matched
from loyaltyloop.journey.predicting import waited_comparisons
from loyaltyloop.journey.reading.reader import read_shop
from loyaltyloop.store.database import write, write_shop
from loyaltyloop.store.models import Identity, Voucher
from loyaltyloop.store.predictions.predicted import write as write_predictions
from loyaltyloop.store.privacy.erasing import erase
from loyaltyloop.store.privacy.subject import subject_named
from loyaltyloop.turn.runner import tick
from tests.integration.store.audited import breaches
from tests.reference.gifts import CODES, POOLS
from tests.reference.interpreter import Reference
from tests.reference.loyalty import LOYAL
from tests.reference.models import constant_models
from tests.reference.reading import SHOP_TEXT, read
from tests.reference.staging import difference, empty, ingest, make_live, world
from tests.reference.state import Happening
from tests.strategies.histories import NIGHT, START, Story, stories

identity: Table = Identity.__table__  # type: ignore[attr-defined]
voucher: Table = Voucher.__table__  # type: ignore[attr-defined]
# `STORIES=500 pytest ...` looks for what is not known yet; without it the same few stories each time.
STORIES = os.environ.get("STORIES")
# One database for all stories of a test; each begins by emptying it.
SHARED = settings(
    max_examples=int(STORIES or 20),
    derandomize=STORIES is None,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@SHARED
@given(story=stories())
def test_the_engine_does_what_the_reference_does(engine: Engine, story: Story) -> None:
    play(engine, story)


def play(engine: Engine, story: Story) -> None:
    """Both live through the story; after each turn both tell the same."""
    empty(engine)
    shop = f"{SHOP_TEXT.replace(NIGHT, story.quiet)}{story.held}{POOLS}{LOYAL}"
    stock(engine)
    make_live(engine, story.journeys, START - timedelta(days=2), shop)
    reference = Reference([read(text) for text in story.journeys], read_shop(shop))
    reference.models_from = START + timedelta(hours=10)
    with constant_models(engine, reference.models_from):
        _play(engine, story, reference)
    assert breaches(engine, story.turns[-1]) == {}


def _play(engine: Engine, story: Story, reference: Reference) -> None:
    stage, fresh = world(engine), list(story.events)
    for turn, now in enumerate(story.turns):
        for place, who, value in story.predicted:
            if place == turn:
                reference.predict(who, "lapse", value)
                predict_there(engine, reference, who, value)
        later: list[Happening] = []
        if story.erasures:  # of a person who is erased nothing is on record that has not arrived yet
            fresh, later = ([e for e in fresh if (e.arrived_at > now) is late] for late in (False, True))
        reference.feed(fresh)
        ingest(engine, fresh)
        reference.run(now)
        tick(stage, now)
        fresh = later + responses(story, reference)
        for place, who in story.erasures:
            if place == turn and reference.people.knows(who):
                reference.erase(who, now)
                erase_there(engine, who, now)
        told = difference(engine, reference)
        assert not told, "\n".join([f"after the turn at {now}", *told])


def stock(engine: Engine) -> None:
    """The few codes that there are."""
    few = {"pool": "few", "state": "free", "made": False}
    rows = [few | {"code": code, "matched": matched(code)} for code in CODES]
    with write(engine) as connection:
        connection.execute(insert(voucher), rows)


def predict_there(engine: Engine, reference: Reference, who: str, value: float | None) -> None:
    """The engine's own record of a prediction, of a customer whom it knows."""
    mine = select(identity.c.customer_id).where(identity.c.kind == "user", identity.c.value == who)
    tests = waited_comparisons(reference.journeys, reference.shop).get("lapse", frozenset())
    with write_shop(engine) as connection:
        known = connection.execute(mine).scalar()
        if known is not None:
            write_predictions(connection, "lapse", [(known, value)], tests, (START, 1))


def erase_there(engine: Engine, who: str, now: datetime) -> None:
    """The engine's own erasure."""
    with write_shop(engine) as connection:
        erase(connection, subject_named(connection, who), now)


def responses(story: Story, reference: Reference) -> list[Happening]:
    """What customers answer to the messages that have just been handed over."""
    handed = sorted(
        (message.key, message, enrolment.customer_key.removeprefix("user:"))
        for enrolment in reference.enrolments
        for message in enrolment.messages.values()
        if message.handed_over_at == reference.now and not message.call
    )
    first = 1000 + len(reference.fed)
    return [
        each
        for n, (_, message, who) in enumerate(handed)
        for each in story.responses_to(message, who, first + 2 * n)
    ]
