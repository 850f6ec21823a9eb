"""A declared share of what `best` shows is tried out: what nobody shows, nobody learns anything about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import islice

from loyaltyloop.journey.model import Recommend
from loyaltyloop.journey.model import Source as Word
from loyaltyloop.scores.recommending.serving import Asked, Taken
from loyaltyloop.scores.recommending.wanted import Wanted

# Where there is something to be learned: what is new, and what would come next.
TRIED: tuple[Word, ...] = ("new", "favourite_category", "trending", "bestsellers")
_EACH = 25  # products of each


def explore(
    asked: Asked,
    people: Sequence[Wanted],
    taken: dict[int, dict[str, Taken]],
    spec: Recommend,
    share: Decimal,
) -> None:
    """Put products that are tried out in the places for which the dice say so, within `taken`.

    A place that `best` filled is thrown for by itself: in `share` of them stands a product drawn evenly from
    those that the customer may be shown and that are not chosen already. Where there is none, the place stays
    as it is.
    """
    if not share or "best" not in (*spec.sources, *spec.fallback):
        return
    drawn = {who.enrolment_id: _places(who, taken[who.enrolment_id].values(), share) for who in people}
    curious = [who for who in people if drawn[who.enrolment_id]]
    if not curious:
        return
    sources = [(word, asked.source(word, curious)) for word in TRIED]
    for who in curious:
        pool = {
            one.product_id: one._replace(explores=True)
            for word, source in reversed(sources)
            for one in islice(asked.suitable(word, source, who), _EACH)
        }
        taken[who.enrolment_id] = _put(who, taken[who.enrolment_id], pool, drawn[who.enrolment_id])


def _places(who: Wanted, own: Iterable[Taken], share: Decimal) -> list[int]:
    return [place for place, one in enumerate(own) if one.best and who.dice.throw(place) < share]


def _put(who: Wanted, own: dict[str, Taken], pool: dict[str, Taken], places: list[int]) -> dict[str, Taken]:
    chosen = list(own.values())
    rest = sorted(one for one in pool if one not in own)
    for place in places:
        if rest:
            index = int(who.dice.throw(place, "/which") * len(rest))
            chosen[place] = pool[rest.pop(index)]
    return {one.product_id: one for one in chosen}
