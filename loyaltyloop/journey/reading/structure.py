"""What must be right before a journey can be compiled."""

from __future__ import annotations

from loyaltyloop.errors import Problem
from loyaltyloop.journey.reading.compile import placed_steps
from loyaltyloop.journey.reading.tree import Path, Source
from loyaltyloop.journey.schema.journey import JourneyFile


def duplicate_steps(file: JourneyFile, source: Source) -> list[tuple[Path, Problem]]:
    """Steps of the same name, and where: a step's name is its place for everybody who stands there."""
    first: dict[str, int] = {}
    problems: list[tuple[Path, Problem]] = []
    for place in placed_steps(file):
        line = source.mark(place.path)[0]
        if place.name in first:
            message = f"two steps are called '{place.name}'; the first stands in line {first[place.name]}"
            remedy = f"Give this one a name of its own, for example '{place.name}_2'."
            problem = source.problem(place.path, "duplicate-step", "error", message, remedy)
            problems.append((place.path, problem))
        first.setdefault(place.name, line)
    return problems
