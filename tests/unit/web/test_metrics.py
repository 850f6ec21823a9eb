"""What /metrics tells, and that no label holds what a sender chose."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.store.segment import Rejected, read_call
from loyaltyloop.web.metrics import Metrics, reason_class

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def samples(metrics: Metrics) -> dict[tuple[str, tuple[str, ...]], float]:
    """By name and labels, these in the order of their names, as the text has them."""
    found = text_string_to_metric_families(metrics.text().decode())
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in found
        for sample in family.samples
    }


def test_what_routes_count_is_told_by_area() -> None:
    counts: Counter[tuple[str, ...]] = Counter(
        {
            ("event", "accepted", ""): 7,
            ("link", "c", "machine"): 2,
            ("hook", "postmark", "taken"): 3,
            ("hook", "shopify", "orders/create", "taken"): 4,
            ("page", "", "forged"): 1,
            ("news", "of", "some", "kind"): 5,
        }
    )
    found = samples(Metrics(counts, lambda: 9))
    assert found["loop_web_events_total", ("accepted", "")] == 7
    assert found["loop_web_links_total", ("c", "machine")] == 2
    assert found["loop_web_hooks_total", ("taken", "postmark", "")] == 3
    assert found["loop_web_hooks_total", ("taken", "shopify", "orders/create")] == 4
    assert found["loop_web_pages_total", ("", "forged")] == 1
    assert found["loop_web_others_total", ("news", "kind")] == 5
    assert found["loop_web_waiting_requests", ()] == 9


def test_requests_and_commits() -> None:
    metrics = Metrics({}, lambda: 0)
    metrics.answered("/c/{token}", "GET", 302, 0.004)
    metrics.answered("none", "ADA-LOVELACE", 405, 0.001)
    metrics.committed(12, 0.02, True)
    metrics.committed(3, 0.02, False)
    found = samples(metrics)
    assert found["loop_web_requests_total", ("GET", "/c/{token}", "302")] == 1
    assert found["loop_web_requests_total", ("other", "none", "405")] == 1
    assert found["loop_web_commit_events_sum", ()] == 12
    assert found["loop_web_commits_failed_total", ()] == 1
    assert ("process_resident_memory_bytes", ()) in found


def test_each_service_has_figures_of_its_own() -> None:
    one, other = Metrics({}, lambda: 1), Metrics({}, lambda: 2)
    one.limited("pages")
    assert ("loop_web_rate_limited_total", ("pages",)) not in samples(other)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        ({"type": "nonsense"}, "type"),
        ([], "no object"),
        ({"type": "track", "event": "A"}, "whose"),
        ({"type": "alias", "userId": "a"}, "whose"),
        ({"type": "track", "userId": "a"}, "event name"),
        ({"type": "track", "userId": "a" * 2000, "event": "A"}, "too long"),
        ({"type": "track", "userId": 1.5, "event": "A"}, "id"),
        ({"type": "track", "userId": [], "event": "A"}, "id"),
        ({"type": "track", "userId": "a", "event": "A", "properties": 1}, "no object"),
        ({"type": "track", "userId": "a", "event": "A", "timestamp": "soon"}, "time"),
        ({"type": "track", "userId": "a", "event": "A", "timestamp": "1970-01-01T00:00:00Z"}, "time"),
        ({"type": "track", "userId": "a", "event": "A", "timestamp": "2030-01-01T00:00:00Z"}, "time"),
    ],
)
def test_reasons_have_classes(call: Any, name: str) -> None:
    found = read_call(call, lateness=Duration.of("10 minutes"), received=NOW)
    assert isinstance(found, Rejected)
    assert reason_class(found.reason) == name


def test_a_reason_that_is_not_known_is_told_as_other() -> None:
    assert reason_class("ada@example.com is nobody") == "other"
