"""A journey on Prefect, for real: deployed, run by a worker, read back through the API."""

from __future__ import annotations

import fcntl
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.e2e.upped import Upped, apply, loop, sign_up, until

pytestmark = pytest.mark.prefect

STAGES = [
    "apply events",
    "who enters",
    "who leaves",
    "hello",
    "where",
    "where.home.set",
    "where.wait",
    "more",
]
STAGES += ["deliver messages", "after delivery", "turn report"]
NEW = """
journey: once
about: Mark whoever is started by hand.
purpose: service
enter: {manual: true}
steps:
  - set: {tags: {add: [marked]}}
"""


def test_everything_is_deployed(upped: Upped) -> None:
    found = upped.ask("/deployments/filter", {"sort": "NAME_ASC"})
    chores = ["daily report", "deliver messages", "tidy up", "train the scores"]
    assert [one["name"] for one in found] == [*chores, "welcome"]
    welcome = found[-1]
    assert welcome["entrypoint"] == "flows.compiled.welcome"
    assert welcome["tags"] == ["loyalty-loop", "journey", "service"]
    assert welcome["description"].startswith("Greet a new customer and learn where they live.")
    assert [one["schedule"]["interval"] for one in welcome["schedules"]] == [604800.0]
    assert welcome["global_concurrency_limit"]["limit"] == 1
    assert welcome["concurrency_options"]["collision_strategy"] == "ENQUEUE"
    assert str(upped.folder) not in str(welcome), "a machine path is in the deployment"


def test_the_form_says_what_may_be_filled_in(upped: Upped) -> None:
    form = upped.deployment("welcome")["parameter_openapi_schema"]["properties"]
    assert list(form) == ["now", "customers", "dry_run", "limit", "woken_by"]
    assert all(field["description"] for field in form.values())
    assert form["limit"]["anyOf"][0] == {"type": "integer", "minimum": 1}
    assert form["customers"]["items"] == {"type": "string"}


def test_a_turn_is_a_run_whose_graph_is_the_journey(upped: Upped) -> None:
    sign_up(upped.folder, ["c1", "c2", "c3"])
    run = upped.ended(upped.press_run("welcome"))
    assert run["state"]["type"] == "COMPLETED", run["state"]
    assert run["name"] == "3 entered, 8 steps, 3 messages handed over"
    assert [task["name"] for task in upped.tasks(run["id"])] == STAGES
    assert _edges(upped.ask(f"/flow_runs/{run['id']}/graph-v2")) >= {
        ("who enters", "who leaves"),
        ("who leaves", "hello"),
        ("hello", "where"),
        ("where", "where.home.set"),
        ("where", "where.wait"),
        ("where.home.set", "where.wait"),
        ("where.wait", "more"),
        ("more", "deliver messages"),
        ("deliver messages", "after delivery"),
        ("after delivery", "turn report"),
    }
    assert len(upped.mails()) == 3
    (page,) = upped.ask("/artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [run["id"]]}}})
    assert page["key"] == "welcome"
    assert "| where | branch | home | 2 |" in page["data"]
    assert "| handed over | 3 |" in page["data"]


def _edges(graph: Any) -> set[tuple[str, str]]:
    nodes = dict(graph["nodes"])
    return {
        (nodes[parent["id"]]["label"], node["label"]) for node in nodes.values() for parent in node["parents"]
    }


def test_the_next_turn_is_scheduled_for_the_next_due_time_once(upped: Upped) -> None:
    (pending,) = _wake_ups(upped)
    due = datetime.fromisoformat(pending["next_scheduled_start_time"])
    assert due.second == 0
    assert timedelta(hours=2, minutes=58) < due - datetime.now(UTC) <= timedelta(hours=3, minutes=1)


def test_loop_run_finds_nothing_to_do_and_ends_in_one_task(upped: Upped) -> None:
    before = _wake_ups(upped)
    done = loop(upped.folder, "run", "welcome", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["idle"], told["rows"]) == (True, [])
    (run,) = upped.runs_of_flow("welcome", name={"any_": ["nothing to do"]})
    assert [task["name"] for task in upped.tasks(run["id"])] == ["apply events"]
    assert _wake_ups(upped) == before


def _wake_ups(upped: Upped) -> list[Any]:
    return upped.runs("welcome", state={"type": {"any_": ["SCHEDULED"]}}, tags={"all_": ["wake-up"]})


def test_a_turn_that_meets_another_is_skipped(upped: Upped) -> None:
    lock = upped.folder / "var" / "loop.db.journey.welcome.lock"
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = loop(upped.folder, "run", "welcome")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Another turn of 'welcome' is at work; try again when it has ended.\n"
    (run,) = upped.runs_of_flow("welcome", state={"name": {"any_": ["Skipped"]}})
    assert (run["state"]["type"], run["state"]["message"]) == ("COMPLETED", done.stderr.strip())
    assert run["name"] == "skipped"


def test_a_dry_run_changes_nothing_and_wakes_nobody(upped: Upped) -> None:
    sign_up(upped.folder, ["c4"])
    before = _wake_ups(upped)
    run = upped.ended(upped.press_run("welcome", dry_run=True, limit=5))
    assert run["state"]["type"] == "COMPLETED", run["state"]
    assert run["name"] == "1 entered, 1 message would be handed over (dry run)"
    assert _wake_ups(upped) == before
    assert len(upped.mails()) == 3


def test_the_housekeeping_runs(upped: Upped) -> None:
    names = ("daily report", "deliver messages", "tidy up")
    ended = [upped.ended(run) for run in [upped.press_run(name) for name in names]]
    assert [(run["state"]["type"], run["state"]["message"]) for run in ended] == [
        ("COMPLETED", "1 step with people, 1 kind of message"),
        ("COMPLETED", "nobody"),
        ("COMPLETED", "0 runs in which nothing happened were forgotten"),
    ]
    (page,) = upped.ask("/artifacts/filter", {"artifacts": {"key": {"any_": ["daily-report"]}}})
    assert "| welcome |  | where.wait | 3 |" in page["data"]
    assert "| welcome | hello | handed over | 3 |" in page["data"]


def test_the_training_says_why_nothing_was_learned(upped: Upped) -> None:
    run = upped.ended(upped.press_run("train the scores"))
    assert run["state"]["type"] == "COMPLETED", run["state"]
    assert run["state"]["message"].startswith("recommend: no version is live: ")
    assert run["state"]["message"].endswith("no journey asks for it, or no model is live")
    (page,) = upped.ask("/artifacts/filter", {"artifacts": {"key": {"any_": ["model-lapse"]}}})
    assert "Nothing was learned, because without the newest 90 days" in page["data"]


def test_a_journey_that_is_not_there(upped: Upped) -> None:
    done = loop(upped.folder, "run", "nowhere")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "There is no journey 'nowhere': nothing of that name was applied, nor is it in journeys/.\n"
    )


def test_a_new_file_and_one_command(upped: Upped) -> None:
    (upped.folder / "journeys" / "once.yaml").write_text(NEW)
    deployed = loop(upped.folder, "deploy")
    assert deployed.returncode == 0, deployed.stderr + deployed.stdout
    refused = upped.ended(upped.press_run("once"))
    assert refused["state"]["type"] == "FAILED"
    assert "never applied" in refused["state"]["message"]
    assert refused["name"] == "refused"
    logs = upped.ask("/logs/filter", {"logs": {"flow_run_id": {"any_": [refused["id"]]}}})
    assert not [line["message"] for line in logs if "Traceback" in line["message"]]
    apply(upped.folder)
    _every_few_seconds(upped, "once")
    until("a run by schedule", lambda: upped.runs("once", state={"type": {"any_": ["COMPLETED"]}}))
    upped.ask(f"/deployments/{upped.deployment('once')['id']}/pause_deployment", {})
    (first, *_) = upped.runs("once", state={"type": {"any_": ["COMPLETED"]}})
    assert first["auto_scheduled"]
    assert first["name"] == "nothing to do"


def _every_few_seconds(upped: Upped, name: str) -> None:
    deployment = upped.deployment(name)["id"]
    every = {"schedule": {"interval": 10, "anchor_date": "2026-01-01T00:00:00Z"}, "active": True}
    upped.ask(f"/deployments/{deployment}/schedules", [every])
