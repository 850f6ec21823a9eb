"""prefect.yaml as a pure function of the journeys; and the one of this repository is what it gives."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from loyaltyloop.deployments import CHORES, deployment_names, describe, prefect_yaml, seconds
from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.model import Journey, Shop
from loyaltyloop.journey.reading.project import collect_files
from loyaltyloop.journey.reading.reader import read_project

ROOT = Path(__file__).parents[2]
SHOP = """
shop: Sample shop
timezone: Europe/London
currency: GBP
country: GB
sender: {name: Sample shop, email: hello@shop.example, postal_address: 1 Sample Street}
turns: {every: 20 minutes}
"""
JOURNEY = """
journey: NAME
about: |
  Greet a new customer: learn "what" they like.
     # not a heading of ours, and no {{ placeholder }}
enter: {event: Signed Up}
leave_when: {bought: {did: Order Completed}}
steps:
  - send: hello
    template: NAME/hello
  - wait_for: answer
    up_to: 2 days
    paths:
      clicked: {when: {clicked: hello}, steps: [{send: more, template: NAME/more}]}
      silent: {}
"""


def project(*names: str) -> tuple[list[Journey], Shop]:
    files = {f"journeys/{name}.yaml": JOURNEY.replace("NAME", name) for name in names}
    reading = read_project({"journeys/shop.yaml": SHOP, **files})
    assert reading.problems == []
    assert reading.shop
    return list(reading.journeys.values()), reading.shop


def test_one_deployment_a_journey_and_the_housekeeping() -> None:
    journeys, shop = project("welcome", "birthday")
    read = YAML(typ="safe").load(prefect_yaml(journeys, shop))["deployments"]
    assert [one["name"] for one in read] == deployment_names(journeys)
    assert read[1] == {
        "name": "welcome",
        "entrypoint": "flows.compiled.welcome",
        "description": describe(journeys[0]).replace("{{", "{ {").replace("}}", "} }").replace("   #", "#"),
        "tags": ["loyalty-loop", "journey", "marketing"],
        "work_pool": {"name": "loop"},
        "schedules": [
            {"interval": 1200, "anchor_date": read[1]["schedules"][0]["anchor_date"], "slug": "safety-net"}
        ],
        "triggers": [
            {
                "name": "Wake welcome",
                "description": "Something that the journey listens for has arrived.",
                "match": {"prefect.resource.id": "loyalty-loop.journey.welcome"},
                "expect": ["loyalty-loop.journey.woken"],
                "parameters": {"woken_by": "{{ event.payload.by }}"},
            }
        ],
        "concurrency_limit": {"limit": 1, "collision_strategy": "ENQUEUE"},
    }
    assert not [one for one in read if ("triggers" in one) is not ("journey" in one["tags"])]


def test_the_order_of_the_journeys_does_not_matter() -> None:
    journeys, shop = project("welcome", "birthday", "review")
    assert prefect_yaml(journeys, shop) == prefect_yaml(reversed(journeys), shop)


def test_no_machine_path_in_it() -> None:
    text = prefect_yaml(*project("welcome"))
    assert '      directory: "{{ $LOOP_PROJECT }}"\n' in text
    assert str(ROOT) not in text


def test_what_people_write_is_no_placeholder_of_prefect() -> None:
    journeys, shop = project("welcome")
    assert "{{ placeholder" not in prefect_yaml(journeys, shop)


def test_journeys_start_at_seconds_of_their_own() -> None:
    journeys, shop = project("welcome", "birthday", "review")
    read = YAML(typ="safe").load(prefect_yaml(journeys, shop))["deployments"]
    anchors = [one["schedules"][0]["anchor_date"] for one in read[:3]]
    assert len(set(anchors)) == 3


def test_a_deployment_tells_what_the_journey_does() -> None:
    (welcome,), _ = project("welcome")
    told = describe(welcome)
    assert "- **Who enters:** Signed Up\n" in told
    assert "- **Steps:** hello → answer (clicked or silent)\n" in told
    assert "- **Leaves early:** bought (did Order Completed)\n" in told


def test_what_a_condition_names_is_shown_as_it_is() -> None:
    files = {
        "journeys/welcome.yaml": JOURNEY.replace("NAME", "welcome").replace(
            "did: Order Completed", 'did: "Order <b>[x](y)"'
        )
    }
    reading = read_project({"journeys/shop.yaml": SHOP, **files})
    assert "did Order \\<b>\\[x\\](y)" in describe(reading.journeys["welcome"])


@pytest.mark.parametrize(
    ("text", "expected"), [("90 seconds", 90), ("2 days", 172800), ("1 month 1 hour", 30 * 86400 + 3600)]
)
def test_durations_in_seconds(text: str, expected: int) -> None:
    assert seconds(Duration.of(text)) == expected


def test_no_journey_can_have_the_name_of_a_chore() -> None:
    assert all(" " in chore.name for chore in CHORES)


def test_prefect_yaml_of_this_repository_is_up_to_date() -> None:
    reading = read_project(collect_files(ROOT))
    assert reading.shop
    wanted = prefect_yaml(reading.journeys.values(), reading.shop)
    assert (ROOT / "prefect.yaml").read_text() == wanted, "run `loop deploy --file-only`"
