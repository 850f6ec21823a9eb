"""docs/operating.md tells the figures, settings and limits as they are."""

from __future__ import annotations

import re
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from loyaltyloop.settings import Settings
from loyaltyloop.web import limits, operation, segment, server, writer
from loyaltyloop.web.metrics import COUNTED, Metrics
from loyaltyloop.web.pages import serving
from loyaltyloop.web.providers import routes as providers
from loyaltyloop.web.shops import routes as shops

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/operating.md").read_text()
OURS = ("trusted_proxies", "limit_", "connections", "log_", "metrics_token")


def test_all_figures_are_named_with_their_labels() -> None:
    metrics = Metrics({(area, *names): 1 for area, (_, _, names) in COUNTED.items()}, lambda: 0)
    metrics.answered("/", "GET", 200, 0.1)
    metrics.limited("links")
    metrics.ended("slow head")
    rows = dict(re.findall(r"(?m)^\| `(loop_web_\w+)` \| (.*?) \|", PAGE))
    found = {}
    for family in text_string_to_metric_families(metrics.text().decode()):
        if family.name.startswith("loop_web_") and not family.name.endswith("_created"):
            name = f"{family.name}_total" if family.type == "counter" else family.name
            samples = [each for each in family.samples if not each.name.endswith("_bucket")]
            found[name] = set(samples[0].labels)
    assert set(rows) == set(found)
    for name, labels in found.items():
        told = re.sub(r"\(.*?\)", "", rows[name])
        assert set(re.findall(r"`(\w+)`", told)) == labels, name


def test_all_settings_are_named_with_their_defaults() -> None:
    told = dict(re.findall(r"(?m)^\| `LOOP_(\w+)` \| (.*?) \|", PAGE))
    there = {name: field for name, field in Settings.model_fields.items() if name.startswith(OURS)}
    assert {name.upper() for name in there} == set(told)
    for name, field in there.items():
        said = told[name.upper()].strip("` ")
        if name == "metrics_token":
            assert said == "none"
        else:
            assert said == str(field.default), name
    readme = (ROOT / "README.md").read_text()
    assert all(f"LOOP_{name.upper()}" in readme for name in ("trusted_proxies", "metrics_token"))


def test_limits_are_told_as_they_are() -> None:
    patience = server.Patience()
    for words in (
        f"{operation.LARGEST_TARGET // 1024} KB | 414",
        f"{operation.LARGEST_HEAD // 1024} KB together",
        f"{segment.LARGEST_EVENT // 1024} KB, {segment.LARGEST_BATCH // 1024} KB,",
        f"a provider | {providers.LARGEST // 2**20} MiB",
        f"customer's page | {serving.LARGEST // 1024} KB",
        f"{operation.HELD // 2**20} MiB | 503",
        f"commit | {writer.WAITING:,} |",
        f"| {patience.head:.0f} seconds until it is whole",
        f"| {operation.BODY_PATIENCE:.0f} seconds until it is whole",
        f"| {patience.answer:.0f} seconds without",
        f"request | {server.IDLE} seconds |",
        f"tables of {limits.MOST:,}",
        f"It waits {server.GRACE} seconds for requests, and leaves after {server.LAST_RESORT:.0f}",
    ):
        assert words in PAGE, words
    assert providers.LARGEST == shops.LARGEST
    assert limits.SECONDS == 10 and server.SHARE == 4 and server.HURRY == 1
