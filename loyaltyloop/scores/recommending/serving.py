"""Where one cohort is served: its sources in order, past what each customer must not be shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

from loyaltyloop.journey.model import Recommend
from loyaltyloop.journey.model import Source as Word
from loyaltyloop.scores.recommending.refusals import Own, Why
from loyaltyloop.scores.recommending.shelf import Shelf
from loyaltyloop.scores.recommending.source import Because, Cohort, Source
from loyaltyloop.scores.recommending.wanted import Pick, Wanted

Makers = Mapping[Word, Callable[[Cohort], Source]]

WINDOW = 50  # candidates of a list that are looked up at once


class PassedOver(NamedTuple):
    """A candidate that was not shown to a customer, and why."""

    customer_id: int
    product_id: str
    source: Word
    why: Why


class Part(NamedTuple):
    """One source of a plan, up to how many products in all it may fill, and whether `best` brought it."""

    word: Word
    most: int
    best: bool = False


class Taken(NamedTuple):
    """What was chosen for a place, and the source that it came from. `best`: see `Part`."""

    product_id: str
    word: Word
    source: Source
    explores: bool = False
    best: bool = False


class Asked:
    """The sources of one cohort: each is asked for those alone who need it when its turn comes.

    `passed_over`: where it is written down what was not shown, if anybody wants to know.
    """

    def __init__(
        self,
        cohort: Cohort,
        makers: Makers,
        own: Mapping[int, Own],
        shelf: Shelf,
        passed_over: list[PassedOver] | None,
    ) -> None:
        self._cohort, self._makers, self._own, self._shelf = cohort, makers, own, shelf
        self._passed_over = passed_over
        self._sources: dict[Word, Source] = {}

    def anew(self) -> Asked:
        """The same, of sources that were asked for nobody yet; what is passed over is not written down."""
        return Asked(self._cohort, self._makers, self._own, self._shelf, None)

    def source(self, word: Word, people: Sequence[Wanted]) -> Source:
        """The source, made for these people, or when it was first asked for."""
        if word not in self._sources:
            self._sources[word] = self._makers[word](replace(self._cohort, people=people))
            self._shelf.load(_likely(self._sources[word], people))
        return self._sources[word]

    def suitable(self, asked: Word, source: Source, who: Wanted) -> Iterator[Taken]:
        """Candidates of the source that is asked which this customer may be shown, best first."""
        candidates, own = source.candidates(who), self._own[who.customer_id]
        for start in range(0, len(candidates), WINDOW):
            some = candidates[start : start + WINDOW]
            self._shelf.load(some)
            for one in some:
                word = source.word(who, one, asked)
                why = own.refusal(one, word) or self._shelf.refusal(one, own.shopper, word)
                if why is None:
                    yield Taken(one, word, source)
                elif self._passed_over is not None:
                    self._passed_over.append(PassedOver(who.customer_id, one, word, why))


def fill(
    asked: Asked, people: Sequence[Wanted], plan: Sequence[Part], spec: Recommend
) -> dict[int, dict[str, Taken]]:
    """Enrolment → its products in order: from each source of the plan in turn, for who has too few yet."""
    taken: dict[int, dict[str, Taken]] = {who.enrolment_id: {} for who in people}
    needy = people
    for word, most, best in plan:
        needy = [who for who in needy if len(taken[who.enrolment_id]) < spec.products]
        if not needy:
            break
        source = asked.source(word, needy)
        for who in needy:
            own = taken[who.enrolment_id]
            fresh = (one for one in asked.suitable(word, source, who) if one.product_id not in own)
            room = min(most, spec.products - len(own))
            own.update({one.product_id: one._replace(best=best) for one in islice(fresh, room)})
    return taken


def with_reasons(
    shelf: Shelf, people: Sequence[Wanted], taken: dict[int, dict[str, Taken]]
) -> dict[int, list[Pick]]:
    """Enrolment → its picks, each with the words for the customer."""
    chosen = {
        who.enrolment_id: [
            (one, one.source.because(who, one.product_id), one.source.score(who, one.product_id))
            for one in taken[who.enrolment_id].values()
        ]
        for who in people
    }
    shelf.load(sorted({why.seed for picks in chosen.values() for _, why, _ in picks if why.seed}))
    return {key: [_pick(shelf, *one) for one in picks] for key, picks in chosen.items()}


def _pick(shelf: Shelf, taken: Taken, because: Because, score: float | None) -> Pick:
    name = shelf.name(because.seed) if because.seed else ""
    text = because.nameless if because.seed and not name else because.text.replace("{name}", name)
    return Pick(taken.product_id, text, taken.word, taken.source.model, taken.explores, score)


def _likely(source: Source, people: Sequence[Wanted]) -> list[str]:
    """What of a source will be looked at first, to be read at once."""
    lists = [source.candidates(who) for who in people]
    each = {id(one): one for one in lists}.values()  # many share a list
    return sorted({product_id for one in each for product_id in one[:WINDOW]})
