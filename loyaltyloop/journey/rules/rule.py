"""What a check rule is, and what it looks at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from loyaltyloop.errors import Problem, Severity
from loyaltyloop.journey.model import Journey, Step
from loyaltyloop.journey.reading.compile import Placed, placed_steps
from loyaltyloop.journey.reading.places import ConditionAt, journey_conditions, shop_conditions
from loyaltyloop.journey.reading.reader import ReadJourney, ReadShop
from loyaltyloop.journey.reading.tree import Path, Source
from loyaltyloop.journey.schema.journey import JourneyFile
from loyaltyloop.journey.showing.graph import possibly_before, reachable, surely_before
from loyaltyloop.journey.templates import Templates


@dataclass(frozen=True)
class Found:
    """A mistake that a rule has found: where, what, and how to mend it."""

    source: Source
    mark: tuple[int, int]
    message: str
    remedy: str


@dataclass(frozen=True)
class Seen:
    """A journey as rules see it."""

    read: ReadJourney

    @property
    def journey(self) -> Journey:
        """What the file means."""
        return self.read.journey

    @property
    def file(self) -> JourneyFile:
        """What the file says."""
        return self.read.file

    @cached_property
    def placed(self) -> tuple[Placed, ...]:
        """Every step with its place, in the file's order."""
        return tuple(placed_steps(self.read.file))

    @cached_property
    def path_of(self) -> dict[str, Path]:
        """The way in the file to each step."""
        return {place.name: place.path for place in self.placed}

    @cached_property
    def steps(self) -> dict[str, Step]:
        """The compiled steps by name."""
        return {step.name: step for step in self.journey}

    @cached_property
    def conditions(self) -> tuple[ConditionAt, ...]:
        """Every condition with its place."""
        return tuple(journey_conditions(self.read.file))

    @cached_property
    def reachable(self) -> frozenset[str]:
        """Every step that somebody can come to."""
        return reachable(self.journey)

    @cached_property
    def surely_before(self) -> dict[str, frozenset[str]]:
        """For each reachable step, those done on every way to it."""
        return surely_before(self.journey)

    @cached_property
    def possibly_before(self) -> dict[str, frozenset[str]]:
        """For each reachable step, those done on some way to it."""
        return possibly_before(self.journey)

    def found(self, path: Path, message: str, remedy: str, at: Literal["key", "value"] = "key") -> Found:
        """A mistake at this place of the journey's file."""
        return found(self.read.source, path, message, remedy, at)


@dataclass(frozen=True)
class Context:
    """All that was read of a project."""

    journeys: tuple[Seen, ...]
    shop: ReadShop | None
    parsed: Templates
    names: frozenset[str]

    @property
    def templates(self) -> Mapping[str, str]:
        """The texts of the project's templates by name."""
        return self.parsed.texts

    @cached_property
    def conditions(self) -> tuple[tuple[Source, Seen | None, ConditionAt], ...]:
        """Every condition of every file; the journey is None for shop.yaml's."""
        found: list[tuple[Source, Seen | None, ConditionAt]] = [
            (seen.read.source, seen, place) for seen in self.journeys for place in seen.conditions
        ]
        if self.shop is not None:
            found += [(self.shop.source, None, place) for place in shop_conditions(self.shop.file)]
        return tuple(found)


def found(
    source: Source, path: Path, message: str, remedy: str, at: Literal["key", "value"] = "key"
) -> Found:
    """A mistake at this place of a file."""
    return Found(source, source.mark(path, at), message, remedy)


@dataclass(frozen=True)
class Rule:
    """A check rule: a stable name, how grave it is, what it says to a reader of the docs.

    `alone`: what it finds is wrong whatever else the file says, so it is asked of broken files, too.
    """

    name: str
    severity: Severity
    about: str
    find: Callable[[Context], Iterable[Found]]
    alone: bool = False

    def problems(self, context: Context) -> Iterator[Problem]:
        """The rule's findings as problems."""
        for one in self.find(context):
            yield one.source.problem_at(*one.mark, self.name, self.severity, one.message, one.remedy)
