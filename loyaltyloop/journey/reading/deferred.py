"""Words that are read, checked and mapped, but whose machinery is not there yet: `apply` refuses them.

One table, which empties: word → what it waits for, in words for a marketer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from loyaltyloop.errors import Problem
from loyaltyloop.journey.model import Journey, Shop, Used
from loyaltyloop.journey.reading.compile import placed_steps, verb_of
from loyaltyloop.journey.reading.tree import Path, Source
from loyaltyloop.journey.schema.journey import JourneyFile
from loyaltyloop.journey.schema.shop import ShopFile
from loyaltyloop.journey.schema.steps import SplitFile, StepFile

DEFERRED: dict[str, str] = {
    "choose: best": "splits that learn from their results",
}
_SHOP: tuple[str, ...] = ()


def refusals(journey: Journey | None, shop: Shop | None) -> list[Problem]:
    """Why these cannot be applied yet: a problem for each use of a deferred word."""
    found = [] if journey is None else [(f"journeys/{journey.name}.yaml", use) for use in journey.uses]
    found += [] if shop is None else [("journeys/shop.yaml", use) for use in shop.uses]
    return [
        Problem(
            file,
            use.line,
            use.column,
            "not-there-yet",
            "error",
            f"'{use.word}' cannot be applied yet: it waits for {DEFERRED[use.word]}",
            "Take it out to apply the rest; it can be checked and mapped as it stands.",
        )
        for file, use in found
        if use.word in DEFERRED
    ]


def used_in_journey(file: JourneyFile, source: Source) -> tuple[Used, ...]:
    """Every use of a deferred word in a journey, with its place."""
    found: list[tuple[str, Path]] = []
    for place in placed_steps(file):
        found += _in_step(place.file, place.path)
    return _used(found, source)


def used_in_shop(file: ShopFile, source: Source) -> tuple[Used, ...]:
    """Every use of a deferred word in shop.yaml, with its place."""
    found: list[tuple[str, Path]] = [(word, (word,)) for word in _SHOP if getattr(file, word) is not None]
    return _used(found, source)


def _used(found: Iterable[tuple[str, Path]], source: Source) -> tuple[Used, ...]:
    return tuple(Used(word, *source.mark(path)) for word, path in found)


def _in_step(file: StepFile, path: Path) -> Iterator[tuple[str, Path]]:
    verb = verb_of(file)
    if verb in DEFERRED:
        yield verb, (*path, verb)
    if isinstance(file, SplitFile) and file.choose == "best":
        yield "choose: best", (*path, "choose")
