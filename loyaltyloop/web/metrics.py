"""What the service counts, as Prometheus reads it: one registry for each service.

No label ever holds what a sender chose: routes are templates, methods and outcomes are words of ours.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client import Counter as Count
from prometheus_client.core import CounterMetricFamily, Metric

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
EVENTS = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# What routes count (`service.counts`), by the first word: the name, what it is, and what the other words are.
COUNTED: Final = {
    "event": ("events", "Calls that came by Segment's API", ("outcome", "reason")),
    "link": ("links", "Links of messages: c click, o opening, v view", ("kind", "outcome")),
    "page": ("pages", "Customers' pages: u unsubscribe, p preferences, a answer", ("kind", "outcome")),
    "hook": ("hooks", "Deliveries of shops, and what providers told", ("source", "topic", "outcome")),
    "wake": ("wakes", "Journeys woken by what arrived, and what came in between", ("outcome",)),
    "other": ("others", "What has no name of its own", ("area", "outcome")),
}
# Words of a reason (store/segment.py), and the class that it is counted in; the first that fits.
_REASONS = tuple(
    (re.compile(words), name)
    for words, name in (
        (r"larger than 32 KB", "too large"),
        (r"no JSON object", "no object"),
        (r"^type is", "type"),
        (r"^an alias needs|^neither userId nor", "whose"),
        (r"^a track call needs", "event name"),
        (r"longer than \d+ characters", "too long"),
        (r"an id is text|is no text$", "id"),
        (r"placeholder|in the future|centuries apart|when did it happen|write an instant", "time"),
    )
)


def reason_class(reason: str) -> str:
    """The class of a reason for which a call was rejected: the reason itself quotes the sender."""
    return next((name for words, name in _REASONS if words.search(reason)), "other")


class Metrics:
    """The figures of one service. `waiting`: how many requests wait for their commit."""

    def __init__(self, counts: Mapping[tuple[str, ...], int], waiting: Callable[[], int]) -> None:
        self.registry = registry = CollectorRegistry()
        self.connections = 0  # open now; only the event loop counts
        self._requests = Count(
            "loop_web_requests", "Requests answered", ("route", "method", "status"), registry=registry
        )
        self._seconds = Histogram(
            "loop_web_request_seconds",
            "From the head of a request to the end of its answer",
            ("route", "method"),
            buckets=SECONDS,
            registry=registry,
        )
        self._limited = Count(
            "loop_web_rate_limited", "Requests that came too early", ("area",), registry=registry
        )
        self._ended = Count(
            "loop_web_connections_ended",
            "Connections that were ended by us, and why",
            ("why",),
            registry=registry,
        )
        self._committed = Histogram(
            "loop_web_commit_events", "Events of one commit", buckets=EVENTS, registry=registry
        )
        self._commit_seconds = Histogram(
            "loop_web_commit_seconds", "How long one commit took", buckets=SECONDS, registry=registry
        )
        self._failed = Count(
            "loop_web_commits_failed", "Commits that the database refused", registry=registry
        )
        self.database = Gauge("loop_web_database_up", "Does the database answer? (1 or 0)", registry=registry)
        self.unknown = Gauge("loop_messages_unknown", "Messages that may have left or not", registry=registry)
        self.stopped = Gauge(
            "loop_breakers_open", "Journeys and channels that have stopped", ("kind",), registry=registry
        )
        queue = Gauge("loop_web_waiting_requests", "Requests that wait for their commit", registry=registry)
        queue.set_function(waiting)
        Gauge("loop_web_connections", "Connections open now", registry=registry).set_function(
            lambda: self.connections
        )
        registry.register(_Counted(counts))
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        # Looked up once each: a label costs more than counting does.
        self._of_request = cache(self._requests.labels)
        self._of_route = cache(self._seconds.labels)

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """A request was answered; `route` is a template."""
        method = method if method in METHODS else "other"
        self._of_request(route, method, status).inc()
        self._of_route(route, method).observe(seconds)

    def limited(self, area: str) -> None:
        """A request came too early."""
        self._limited.labels(area).inc()

    def ended(self, why: str) -> None:
        """A connection was ended by us."""
        self._ended.labels(why).inc()

    def committed(self, events: int, seconds: float, well: bool) -> None:
        """A transaction of the writer's ended, in its thread."""
        if well:
            self._committed.observe(events)
            self._commit_seconds.observe(seconds)
        else:
            self._failed.inc()

    def text(self) -> bytes:
        """All of it."""
        return generate_latest(self.registry)


class _Counted:
    """What routes count, turned into metrics only when somebody looks."""

    def __init__(self, counts: Mapping[tuple[str, ...], int]) -> None:
        self._counts = counts

    def collect(self) -> Iterator[Metric]:
        """A family for each area, with the words of its keys as labels."""
        found: dict[str, Counter[tuple[str, ...]]] = {area: Counter() for area in COUNTED}
        for key, number in dict(self._counts).items():
            area, *words = key if key[0] in COUNTED else ("other", key[0], key[-1])
            # A key may leave out what stands between its first word and its outcome.
            missing = len(COUNTED[area][2]) - len(words)
            found[area][(*words[:-1], *[""] * missing, words[-1])] += number
        for area, (name, about, names) in COUNTED.items():
            family = CounterMetricFamily(f"loop_web_{name}", about, labels=names)
            for labels, number in sorted(found[area].items()):
                family.add_metric(labels, number)
            yield family
