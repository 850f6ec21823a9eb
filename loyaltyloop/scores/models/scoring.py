"""A number for each of a cohort, by the model that is live: what a `score` step keeps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import Connection

from loyaltyloop.journey.scoring import DUE, MODELS, rounded
from loyaltyloop.scores.models.learners import Known, learner
from loyaltyloop.scores.models.live import Live, live_model, set_aside
from loyaltyloop.scores.purchases.past import Bools, Floats, Past
from loyaltyloop.scores.purchases.reading import LOOKS_BACK, read_known

# What arrived at the very instant of a turn has been applied, and a past ends before its instant.
JUST = timedelta(microseconds=1)


class ModelBroke(Exception):
    """A live model raised an error when it was asked, or gave no numbers. `kind`: the error's class."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass(frozen=True)
class Asking:
    """Whose number is wanted, for which enrolment. `products`: only with regard to these; none: to all."""

    enrolment_id: int
    customer_id: int
    products: tuple[str, ...] = ()


@dataclass(frozen=True)
class Told:
    """What a model says of a cohort: its version (None: no model is live), and enrolment → number.

    Who has no number is one of whom it knows nothing.
    """

    version: int | None
    numbers: Mapping[int, float]


def score(connection: Connection, name: str, people: Sequence[Asking], currency: str, now: datetime) -> Told:
    """What the model of this name, as it is live at `now`, says of each by all that is known at `now`.

    One that breaks counts as not there, from then on and for all.
    """
    live = live_model(connection, name, now)
    if live is None:
        return Told(None, {})
    known = known_of(connection, [name], {one.customer_id for one in people}, currency, now + JUST)
    try:
        return Told(live.version.version, _each(name, live, known, people))
    except ModelBroke as broken:
        set_aside(connection, live, broken.kind)
        return Told(None, {})


def _each(name: str, live: Live, known: Known, people: Sequence[Asking]) -> dict[int, float]:
    """Enrolment → number. Of most models all that is asked of one customer has one answer."""
    numbers: dict[int, float] = {}
    for some in _rounds(people) if name == DUE else [people]:
        said = _said(name, live, known, some)
        own = ((one.enrolment_id, said.get(one.customer_id)) for one in some)
        numbers.update((enrolment_id, number) for enrolment_id, number in own if number is not None)
    return numbers


def known_of(
    connection: Connection, names: Iterable[str], customers: Collection[int], currency: str, as_of: datetime
) -> Known:
    """All that these models are to be told of these customers."""
    back = LOOKS_BACK if any(learner(name).looks for name in names) else None
    return read_known(connection, as_of, currency, back, customers)


def numbers_of(name: str, live: Live, known: Known, lines: Bools | None = None) -> dict[int, float]:
    """Customer → number, as it is kept; those of whom nothing is known have none.

    `lines`: what is needed again is asked of what was bought in these, and of all where a customer has none.
    ModelBroke: whatever the model raised, as none of its mistakes is to stop a turn. MemoryError is none.
    """
    try:
        return _kept(name, live, known, lines)
    except MemoryError:  # a bad moment of the machine's, which must not cost everybody the model
        raise
    except Exception as error:
        raise ModelBroke(type(error).__name__) from error


def _kept(name: str, live: Live, known: Known, lines: Bools | None) -> dict[int, float]:
    meant = MODELS[name]
    said: Floats = np.maximum(_score(live, known, lines), float(meant.least))
    if meant.most is not None:
        said = np.minimum(said, float(meant.most))
    found = zip(known.past.customers.tolist(), said.tolist(), strict=True)
    kept = ((customer_id, rounded(name, number)) for customer_id, number in found)
    return {customer_id: number for customer_id, number in kept if number is not None}


def _score(live: Live, known: Known, lines: Bools | None) -> Floats:
    found: Floats = live.model.score(known) if lines is None else live.model.score(known, lines)
    return found


def _said(name: str, live: Live, known: Known, people: Sequence[Asking]) -> dict[int, float]:
    """Customer → number; of `refill`, with regard to what each asks about."""
    if name != DUE:
        return numbers_of(name, live, known)
    wanted = np.array([one.customer_id for one in people], np.int64)
    theirs = known.past.only(np.isin(known.past.customers[known.past.who], wanted))
    return numbers_of(name, live, replace(known, past=theirs), _lines_of(theirs, people))


def _rounds(people: Sequence[Asking]) -> list[list[Asking]]:
    """Each customer once in a round: most journeys have each only once."""
    rounds: list[list[Asking]] = []
    times: Counter[int] = Counter()
    for one in people:
        if times[one.customer_id] == len(rounds):
            rounds.append([])
        rounds[times[one.customer_id]].append(one)
        times[one.customer_id] += 1
    return rounds


def _lines_of(past: Past, people: Sequence[Asking]) -> Bools:
    """Lines in which somebody bought what is asked about."""
    places = {one: place for place, one in enumerate(past.products)}
    whose = {one: place for place, one in enumerate(past.customers.tolist())}
    width = max(1, len(places))
    codes = [
        whose[one.customer_id] * width + places[product]
        for one in people
        for product in one.products
        if product in places
    ]
    return np.isin(past.who.astype(np.int64) * width + past.what, np.array(codes, np.int64))
