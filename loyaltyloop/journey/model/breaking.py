"""When something is to stop, and who is told of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from loyaltyloop.journey.clock.times import Duration


@dataclass(frozen=True)
class Breaking:
    """`complaints`, `bounces`: the shares of a journey's messages `within` this time at which its marketing
    stops, from `at_least` so many of them. `failures`: so many hand-overs in a row that a provider did not
    take, at which nothing more leaves by its channel for a while.
    """

    complaints: Decimal = Decimal("0.003")
    bounces: Decimal = Decimal("0.05")
    at_least: int = 5
    within: Duration = field(default_factory=lambda: Duration.of("7 days"))
    failures: int = 10
