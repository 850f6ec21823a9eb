"""A model is fitted, judged on the newest period beside the live one, and put on record: live, if not worse.

Judged is not the model that goes live but its twin, fitted on what was known before the newest period; beside
it stands the live version's own twin, which has not seen that period either. Each is as far behind the model
that it stands for, so that what is asked is what is to be decided: keep the older, or take the newer?
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isfinite
from typing import Any, Literal

from sqlalchemy import Connection, Engine

from loyaltyloop.errors import TrainingAtWork
from loyaltyloop.scores.models.learners import Fallback, Fitted, Known, Learner, learner
from loyaltyloop.scores.models.live import load
from loyaltyloop.scores.purchases.reading import read_known
from loyaltyloop.scores.training.cards import Card, as_data, facts_of, made_with
from loyaltyloop.scores.training.heard_late import with_lateness
from loyaltyloop.scores.training.judging import LIVE as LIVE_METHOD
from loyaltyloop.scores.training.judging import NEW, Difference, Judgement
from loyaltyloop.store.database import read, write
from loyaltyloop.store.events.apply import apply_events, arrived
from loyaltyloop.store.live.versions import live_journeys, load_shop
from loyaltyloop.store.predictions.fitted import (
    LIVE,
    REFUSED,
    Made,
    Version,
    judged_content_of,
    live_version,
    save,
    training_lock,
)

log = logging.getLogger(__name__)

SEED = 20101201
LOOKS_BACK = timedelta(days=365)
SET_ASIDE = "an event could not be applied (%s)"

# Told what is being done, and what share of a model's training is done (0 to 1).
Tell = Callable[[str, float], None]
Decision = Literal["first", "replaced", "same", "kept", "fallback"]


@dataclass(frozen=True)
class Outcome:
    """What came of a training. `version`: what is live now, if anything; `card`: of the one just fitted.

    `why` is a sentence without its full stop; `fallback`: what holds where nothing is live.
    """

    model: str
    decision: Decision
    why: str
    version: int | None
    fallback: str
    card: Card | None = None


@dataclass(frozen=True)
class _Material:
    """What a training begins with. `twin`: the live version's, where there is one that can be judged by."""

    known: Known
    live: Version | None
    twin: Fitted | None

    @property
    def number(self) -> int | None:
        return self.live.version if self.live else None


@dataclass(frozen=True)
class _Candidate:
    """Both fits of the new version, and its card."""

    model: Fitted
    twin: Fitted
    card: Card


def nobody_looks(_what: str, _share: float) -> None:
    """Tells nobody."""


def train(engine: Engine, name: str, now: datetime, tell: Tell = nobody_looks) -> Outcome:
    """Fit the model of this name on all that was known before `now` (UTC), and take it if it is not worse.

    What has arrived by then and no turn has read yet is read first, as a turn does: its days must not teach
    that nobody bought. UserError where nothing was applied; TrainingAtWork where another training of it is
    at work, or what was live is taken back meanwhile. What dies on the way has changed no model: the new
    version is written in one transaction, at the end.
    """
    chosen = learner(name)
    with training_lock(engine, name):
        tell("reading", 0.0)
        _read_events(engine, now)
        with read(engine) as connection:
            material = _read(connection, chosen, now)
        found = _fit(chosen, material, tell)
        if isinstance(found, Fallback):
            return _nothing_new(chosen, material, found)
        tell("saving", 0.95)
        with write(engine) as connection:
            _check_live(connection, material, name, now)
            saved = save(connection, _made(found), now, LIVE if found.card.taken else REFUSED)
        return _told(chosen, material, found.card, saved)


def _read_events(engine: Engine, now: datetime) -> None:
    """What came since holds from `now` on, or from the last turn where that was later, as in a turn."""
    with read(engine) as connection:
        shop, waits = load_shop(connection), arrived(connection, now)
        turns = [row.last_now for row in live_journeys(connection) if row.last_now]
    if waits:
        apply_events(engine, max([now, *turns]), shop, tell=lambda kind: log.warning(SET_ASIDE, kind))


def _check_live(connection: Connection, material: _Material, name: str, now: datetime) -> None:
    """Is that still live which the new version was judged beside? TrainingAtWork if it is not."""
    live = live_version(connection, name, now)
    if (live.version if live else None) != material.number:
        raise TrainingAtWork(f"Version {material.number} of {name!r} was taken back meanwhile; train again.")


def _read(connection: Connection, chosen: Learner[Any], now: datetime) -> _Material:
    live = live_version(connection, chosen.name, now)
    currency = load_shop(connection).currency
    known = read_known(connection, now, currency, LOOKS_BACK if chosen.looks else None)
    return _Material(known, live, _twin(connection, chosen, live, now - chosen.period))


def _twin(
    connection: Connection, chosen: Learner[Any], live: Version | None, since: datetime
) -> Fitted | None:
    """None where there is none, it broke, it has seen the newest period, or it cannot be read (any more)."""
    if live is None or live.broke is not None:
        return None
    try:
        if datetime.fromisoformat(live.card["judgement"]["since"]) > since:
            return None
        found: Fitted = load(chosen.name, judged_content_of(connection, live))
    except (ValueError, KeyError, TypeError):  # also of a card of another release
        return None
    return found


def _fit(chosen: Learner[Any], material: _Material, tell: Tell) -> _Candidate | Fallback:
    known = material.known
    since = known.past.as_of - chosen.period
    tell("fitting without the newest period", 0.1)
    twin = chosen.fit(known.before(since), SEED)
    if isinstance(twin, Fallback):
        without = f"without the newest {chosen.period.days} days, which it would be judged by"
        return Fallback(f"{without}, {twin.why}")
    tell("judging", 0.45)
    judgement = _judged(chosen, twin, material, since)
    if isinstance(judgement, Fallback):
        return judgement
    tell("fitting with all", 0.6)
    model = chosen.fit(known, SEED)
    if isinstance(model, Fallback):
        return model
    return _Candidate(model, twin, _card(chosen, material, judgement))


def _judged(chosen: Learner[Any], twin: Fitted, material: _Material, since: datetime) -> Judgement | Fallback:
    """Beside the live version's twin, unless that breaks: it must not keep all that come after it out."""
    try:
        return chosen.judge(twin, material.twin, material.known, since, SEED)
    except MemoryError:
        raise
    except Exception as error:
        if material.twin is None:
            raise
        what = "version %s of %s broke when it was judged (%s), and the new one is judged without it"
        log.warning(what, material.number, chosen.name, type(error).__name__)
        return chosen.judge(twin, None, material.known, since, SEED)


def _card(chosen: Learner[Any], material: _Material, judgement: Judgement) -> Card:
    taken, why = verdict(judgement, chosen.baseline, material.number)
    return Card(
        model=chosen.name,
        about=chosen.about,
        as_of=material.known.past.as_of,
        trained_on=facts_of(material.known.past),
        judgement=judgement,
        baseline=chosen.baseline,
        fallback=chosen.fallback,
        against=material.number,
        taken=taken,
        why=why,
        seed=SEED,
        made_with=made_with(),
    )


def verdict(judgement: Judgement, baseline: str, live: int | None) -> tuple[bool, str]:
    """Is the new version taken, and why. `live`: the number of the version that is live now.

    The first must be as good as the simple method, by the value itself. A later one must not be worse than
    the live version, nor than the simple method, beyond doubt: by a whole 95 % interval.
    """
    simple, former = judgement.against(baseline), judgement.against(LIVE_METHOD)
    if simple is None:
        raise ValueError(f"the judgement lacks the simple method {baseline!r}")
    by = f"by {judgement.deciding}"
    if not isfinite(judgement.decides(NEW)):
        return False, f"{by} it has no figure, as it foretold what is no number"
    if former is None or not isfinite(judgement.decides(LIVE_METHOD)):
        before = "no version was live" if live is None else f"version {live} cannot be judged beside it"
        word = "as good as" if simple.value == 0 else "better than" if simple.value > 0 else "behind"
        return simple.value >= 0, f"{before}, and {by} it is {word} {baseline}{_by_how_much(simple)}"
    if former.worse:
        return False, f"{by} it is worse than version {live}{_by_how_much(former)}"
    if simple.worse:
        return False, f"{by} it is behind {baseline}{_by_how_much(simple)}"
    return True, f"{by} it is not worse than version {live}{_by_how_much(former)}"


def _by_how_much(difference: Difference) -> str:
    value, low, high = (_signed(one) for one in (difference.value, difference.low, difference.high))
    return f": {value} (95 % interval {low} to {high})"


def _signed(number: float) -> str:
    """What is nothing when it is rounded has no sign."""
    return f"{number:+.4f}" if round(number, 4) else "0.0000"


def _made(found: _Candidate) -> Made:
    card = found.card
    return Made(card.model, card.as_of, found.model.pack(), found.twin.pack(), as_data(card))


def _nothing_new(chosen: Learner[Any], material: _Material, found: Fallback) -> Outcome:
    kept: Decision = "kept" if material.live else "fallback"
    why = with_lateness(found.why, material.known.past)
    return Outcome(chosen.name, kept, why, material.number, chosen.fallback)


def _told(chosen: Learner[Any], material: _Material, card: Card, saved: Version) -> Outcome:
    decision: Decision
    live: int | None = saved.version
    if not card.taken:
        decision, live = ("kept", material.number) if material.live else ("fallback", None)
    elif material.live is None:
        decision = "first"
    else:
        decision = "same" if saved.version == material.number else "replaced"
    return Outcome(chosen.name, decision, card.why, live, chosen.fallback, card)
