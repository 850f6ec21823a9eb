"""Clicks of people decide; those of machines are recorded and decide nothing, whenever they are told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from loyaltyloop.store.models import Event, Visit
from loyaltyloop.web.responses.machines import HELD
from loyaltyloop.web.service import Service
from tests.integration.store.shop import call, rows, track
from tests.integration.turn.stage import utc
from tests.integration.web.conftest import WRITE_KEY, served
from tests.integration.web.post import FIREFOX, LEFT, Post

AFTER = HELD.total_seconds() + 1


@pytest.fixture
def post(service: Service, tmp_path: Path) -> Post:
    return Post(service, tmp_path / "out")


@pytest.fixture
def web(post: Post) -> Iterator[httpx.Client]:
    with (
        served(post.service) as url,
        httpx.Client(base_url=url, timeout=30, headers={"user-agent": FIREFOX}) as client,
    ):
        yield client


def path_of(post: Post) -> list[str]:
    """The ways that Ada and Ben have gone, where they have."""
    return sorted(row.path for row in rows(post.engine, Visit) if row.step == "look" and row.path)


# ── told at once ────────────────────────────────────────────────────────────


def test_a_person_who_clicks_goes_their_way(post: Post, web: httpx.Client) -> None:
    post.clock.at(600)
    web.get(post.links()[0])
    post.turn(600 + AFTER)
    assert post.engagement() == [("clicked", False)]
    assert path_of(post) == ["curious"]


@pytest.mark.parametrize(
    ("seconds", "method", "headers", "why"),
    [
        (1, "GET", {}, "too soon"),
        (600, "HEAD", {}, "HEAD"),
        (600, "GET", {"user-agent": "BarracudaCentral/1.0"}, "known agent"),
        (600, "GET", {"user-agent": ""}, "no agent"),
        (600, "GET", {"sec-purpose": "prefetch"}, "prefetch"),
    ],
)
def test_machines_are_recorded_and_decide_nothing(
    post: Post, web: httpx.Client, seconds: float, method: str, headers: dict[str, str], why: str
) -> None:
    post.clock.at(seconds)
    assert web.request(method, post.links()[0], headers=headers).status_code == 302
    assert post.reasons() == [why]
    assert post.service.counts["link", "c", "machine"] == 1
    post.turn(seconds + AFTER)
    assert post.engagement() == [("clicked", True)]
    assert path_of(post) == []


def test_the_hidden_link(post: Post, web: httpx.Client) -> None:
    post.clock.at(600)
    answer = web.get(post.trap())
    assert (answer.status_code, "location" in answer.headers) == (200, False)
    assert "tells people and programs apart" in answer.text
    [trapped] = post.events()
    assert trapped.properties["machine_reason"] == "hidden link"
    assert trapped.properties["hidden"] is True


def test_a_machine_before_the_person_takes_nothing_from_them(post: Post, web: httpx.Client) -> None:
    """A link is checked when it is clicked: the check comes a moment before the browser."""
    post.clock.at(600)
    web.head(post.links()[0])
    web.get(post.links()[0], headers={"user-agent": "Mozilla/4.0 (compatible; ms-office; MSOffice 16)"})
    web.get(post.links()[0])
    assert post.reasons() == ["HEAD", "known agent", ""]
    post.turn(600 + AFTER)
    assert path_of(post) == ["curious"]


# ── told by the company ─────────────────────────────────────────────────────


def test_all_links_at_once(post: Post, web: httpx.Client) -> None:
    for place, path in enumerate(post.links()):
        post.clock.at(600 + place * 0.3)
        web.get(path)
    assert post.reasons() == ["all links at once"] * 4
    post.turn(600 + AFTER)
    assert post.engagement() == [("clicked", True)] * 4
    assert path_of(post) == []


def test_no_turn_sees_a_click_before_its_company_has_come(post: Post, web: httpx.Client) -> None:
    links = post.links()
    post.clock.at(600)
    web.get(links[0])
    assert post.reasons() == [""]
    post.turn(601)  # in the midst of it
    for place in (1, 2):
        post.clock.at(600 + place * 0.9)
        web.get(links[place])
    assert post.reasons() == ["all links at once"] * 3
    post.turn(600 + AFTER)
    assert path_of(post) == []


def test_what_a_turn_has_seen_is_not_rewritten(post: Post, web: httpx.Client) -> None:
    links = post.links()
    post.clock.at(600)
    web.get(links[0])
    post.turn(600 + AFTER)  # its clock is far ahead of the web service's
    assert path_of(post) == ["curious"]
    post.clock.at(600.5)
    for path in links[1:]:
        web.get(path)
    assert post.reasons() == ["", *["all links at once"] * 3]
    post.turn(650)
    assert post.engagement() == [("clicked", False), *[("clicked", True)] * 3]


def test_whoever_follows_the_hidden_link_gives_away_the_rest(post: Post, web: httpx.Client) -> None:
    links = post.links()
    for seconds, path in (
        (600, links[0]),
        (603, post.trap()),
        (604, post.pixel()),
        (607, links[1]),
        (620, links[2]),
    ):
        post.clock.at(seconds)
        web.get(path)
    assert post.reasons("Email Link Clicked", "Email Opened") == ["hidden link"] * 4 + [""]


def test_readers_are_judged_each_by_themselves(post: Post, web: httpx.Client) -> None:
    post.clock.at(600)
    for path in (*post.links("ada")[:2], *post.links("ben")[:2]):
        web.get(path)
    assert post.reasons() == [""] * 4


def test_clicks_that_come_through_several_services(post: Post, web: httpx.Client) -> None:
    """Two services on one database, and all links at the same time."""
    post.clock.at(600)
    other = replace(post.service)
    with served(other) as url, httpx.Client(base_url=url, headers={"user-agent": FIREFOX}) as second:
        threads = [
            threading.Thread(target=client.get, args=(path,))
            for client, path in zip((web, second, web, second), post.links(), strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert post.reasons() == ["all links at once"] * 4


def test_what_was_clicked_before_the_delivery_is_told(post: Post, web: httpx.Client) -> None:
    """The message waited at the relay; a provider tells when it was delivered, after it was scanned there."""
    post.clock.at(58)
    web.get(post.links()[0])
    post.clock.at(61)
    delivered = track("ada", "Email Delivered", "2026-05-20T16:01:00Z", email_id=post.keys["ada"])
    told = {**delivered, "messageId": "d1"}
    assert web.post("/v1/track", json=told, auth=(WRITE_KEY, "")).json()["success"]
    assert post.reasons() == ["too soon"]
    post.clock.at(63)
    web.get(post.links()[1])
    assert post.reasons() == ["too soon", ""]


def test_once_a_turn_knows_the_delivery_it_counts_from_there(post: Post, web: httpx.Client) -> None:
    post.stage.did("ada", "Email Delivered", "05-20 16:05", email_id=post.keys["ada"])
    post.turn(301)
    post.clock.at(301.5)
    web.get(post.links()[0])
    assert post.reasons() == ["too soon"]


# ── what else arrives ───────────────────────────────────────────────────────


def test_clicks_alone_are_held(post: Post, web: httpx.Client) -> None:
    post.clock.at(600)
    web.get(post.links()[0])
    web.post(
        "/v1/track",
        json={"userId": "ada", "event": "Product Viewed", "messageId": "p1"},
        auth=(WRITE_KEY, ""),
    )
    found = {row.name: row.arrived_at for row in rows(post.engine, Event)}
    assert found["Email Link Clicked"] == post.clock.now + HELD
    assert found["Product Viewed"] == post.clock.now


def test_other_events_are_not_looked_at(post: Post) -> None:
    """An event that only looks like a click is recorded as it came."""
    odd = [
        call(track("ada", "Email Link Clicked", "2026-05-20T17:00:00Z", email_id=7)),
        call(
            track(
                "ada", "Email Link Clicked", "2026-05-20T17:00:00Z", email_id=post.keys["ada"], link_url=[1]
            )
        ),
        call(track("ada", "Email Link Clicked", "2026-05-20T17:00:00Z", email_id="\U0001f600")),
    ]
    held = [replace(one, arrived_at=one.arrived_at + timedelta(seconds=n)) for n, one in enumerate(odd)]
    post.service.writer.start()
    post.service.writer.put(held).result(10)
    post.service.writer.close()
    assert post.reasons() == [""] * 3
    assert utc(LEFT) < held[0].at
