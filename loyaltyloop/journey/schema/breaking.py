"""`breaker` and `alerts` of shop.yaml: what stops hand-overs by itself, and who is told."""

from __future__ import annotations

from loyaltyloop.journey.model.breaking import Breaking
from loyaltyloop.journey.schema.moments import Span
from loyaltyloop.journey.schema.values import Count, Name, Share, Words


class BreakerFile(Words):
    """When a journey's marketing, or a channel, stops by itself."""

    complaints: Share | None = None
    bounces: Share | None = None
    at_least: Count | None = None
    within: Span | None = None
    failures: Count | None = None


class AlertsFile(Words):
    """Which hook is called when something has stopped."""

    hook: Name


def breaking_of(file: BreakerFile | None) -> Breaking:
    """What the file says, and for the rest what holds without it."""
    given = {} if file is None else dict(file)
    return Breaking(**{word: value for word, value in given.items() if value is not None})
