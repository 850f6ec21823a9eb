"""The models that live journeys ask: is one live, is it fresh, can it be read?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection

from loyaltyloop.doctor.finding import Finding
from loyaltyloop.journey.model import Journey, Recommend, Shop
from loyaltyloop.journey.predicting import models_predicted, models_scored

ABOUT = "scores"
STALE = timedelta(days=7)  # the nightly training comes seven times in it


def look(connection: Connection, journeys: Iterable[Journey], shop: Shop, now: datetime) -> Iterator[Finding]:
    """As of `now` (UTC), of what these journeys ask."""
    # Imported here: numpy is wanted by nobody who asks the doctor about a mail.
    from loyaltyloop.scores.models.learners import LEARNERS

    for name, asking in asked(journeys, shop).items():
        if name not in LEARNERS:  # `loop check` says that there is no such model
            continue
        yield _look_at(connection, name, f"asked by {', '.join(asking)}", now)


def asked(journeys: Iterable[Journey], shop: Shop) -> Mapping[str, list[str]]:
    """Model → the names of the journeys that ask it, or whose messages are held by what it says."""
    found: dict[str, list[str]] = {}
    for journey in journeys:
        models = models_predicted([journey], shop) | models_scored([journey])
        for name in sorted(models | ({"recommend"} if _recommends(journey) else set())):
            found.setdefault(name, []).append(journey.name)
    return dict(sorted(found.items()))


def _recommends(journey: Journey) -> bool:
    steps = (step.action for step in journey if isinstance(step.action, Recommend))
    return any("best" in (*step.sources, *step.fallback) for step in steps)


def _look_at(connection: Connection, name: str, asking: str, now: datetime) -> Finding:
    from loyaltyloop.scores.models.learners import learner
    from loyaltyloop.scores.models.live import live_model
    from loyaltyloop.store.predictions.fitted import live_version

    fit, until_then = f"`loop train --model {name}` fits it", f"Until then: {learner(name).fallback}."
    version = live_version(connection, name, now)
    if version is None:
        what = f"no version of {name} is live, {asking}"
        return Finding(ABOUT, "note", what, f"{fit}, or says why not. {until_then}")
    known = f"version {version.version} of {name}, fitted on what was known before {version.as_of:%Y-%m-%d},"
    if version.broke is not None:
        what = f"{known} broke when it was asked ({version.broke}), and counts as not there"
        back = f"`loop train --back --model {name}` goes back to the former version"
        return Finding(ABOUT, "wrong", what, f"{back}; {fit} anew. {until_then}")
    if live_model(connection, name, now) is None:
        return Finding(ABOUT, "wrong", f"{known} cannot be read", f"{fit} anew. {until_then}")
    if now - version.as_of > STALE:
        return _stale(connection, name, known, now)
    return Finding(ABOUT, "good", f"{known} is live, {asking}")


def _stale(connection: Connection, name: str, known: str, now: datetime) -> Finding:
    from loyaltyloop.store.predictions.fitted import REFUSED, versions

    newest = next(one for one in versions(connection, name) if one.fitted_at <= now)
    if newest.state == REFUSED and now - newest.fitted_at <= STALE:
        what = f"{known} is still live: what was fitted since was refused"
        return Finding(ABOUT, "note", what, f"`loop train --model {name}` shows how good a new one is.")
    remedy = f"Does `train the scores` run each night? `loop train --model {name}` fits it, or says why not."
    return Finding(ABOUT, "wrong", f"{known} is still live", remedy)
