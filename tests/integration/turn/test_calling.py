"""`call`: signed, once for each, tried for as long as it makes sense, in the way of nothing else."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from loyaltyloop.channels.calls.hook_files import HookFiles
from loyaltyloop.channels.calls.post import Posts
from loyaltyloop.channels.out import Outcome, Outgoing
from loyaltyloop.cli.story import story
from loyaltyloop.store.database import read
from loyaltyloop.store.telling.history import load_history
from loyaltyloop.turn.runner import run_turn
from loyaltyloop.turn.world import World
from tests.integration.channels.desk import Desk
from tests.integration.turn.calling import JOURNEY, LETTER, Gone, Make, world
from tests.integration.turn.stage import utc
from tests.reference.staging import Taken


def test_a_call_is_signed_and_tells_who_and_why(stage_of: Make, help_desk: Desk) -> None:
    stage = stage_of()
    stage.knows("ada")
    stage.did("ada", "Complained", "03-02 09:00", about='a "cold" cup')
    stage.run("unhappy", "03-02 10:00")
    assert stage.sent() == [("ada", "sorry"), ("ada", "tell")]
    [(path, headers, body)] = help_desk.calls
    assert path == "/desk"
    assert json.loads(body) == {
        "type": "journey.call",
        "timestamp": "2026-03-02T10:00:00Z",
        "data": {
            "journey": "unhappy",
            "step": "tell",
            "customer": {"id": "ada"},
            "entered_at": "2026-03-02T09:00:00Z",
            "trigger": {"about": 'a "cold" cup'},
        },
    }
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.digest(b"a secret of twenty-four b", signed, sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["webhook-timestamp"] == str(int(utc("03-02 10:00").timestamp()))
    assert headers["content-type"] == "application/json"


def test_a_desk_that_is_down_is_tried_again_with_the_same_id_and_bytes(
    stage_of: Make, help_desk: Desk
) -> None:
    stage = stage_of()
    stage.knows("ada", first_name="Ada")
    stage.did("ada", "Complained", "03-02 09:00")
    help_desk.status = 503
    report = run_turn(stage.world, "unhappy", utc("03-02 10:00"))
    assert stage.messages() == [("ada", "tell", "held", "the hook does not take it now (503)")]
    assert report.next_due == utc("03-02 10:01")
    assert not report.messages_wait  # other calls may leave
    stage.did("ada", "Complained", "03-02 10:30", about="more")
    for at in ("03-02 10:00:30", "03-02 10:01", "03-02 10:02"):
        stage.run("unhappy", at)
    assert len(help_desk.calls) == 3
    help_desk.status = 200
    stage.run("unhappy", "03-02 11:00")
    assert stage.sent() == [("ada", "sorry"), ("ada", "tell")]
    assert len({(headers["webhook-id"], body) for _, headers, body in help_desk.calls}) == 1


def test_it_is_given_up_after_three_days_and_the_customer_goes_on_with_the_reason_on_record(
    stage_of: Make, help_desk: Desk
) -> None:
    stage = stage_of()
    stage.knows("ada")
    stage.did("ada", "Complained", "03-02 09:00")
    help_desk.status = 500
    stage.turns("03-02 10:00", "03-05 11:00", hours=6)
    stage.turn("03-05 10:01")
    why = "expired: the hook does not take it now (500)"
    assert stage.messages() == [("ada", "sorry", "handed_over", ""), ("ada", "tell", "refused", why)]
    with read(stage.engine) as connection:
        told = "\n".join(story(load_history(connection, 1)))
    assert f"tell: call not made: {why}" in told
    assert 8 <= len(help_desk.calls) <= 14


@pytest.mark.parametrize("status", [400, 410, 302])
def test_what_is_refused_is_refused_for_good_and_the_customer_goes_on(
    stage_of: Make, help_desk: Desk, status: int
) -> None:
    stage = stage_of()
    stage.knows("ada")
    stage.did("ada", "Complained", "03-02 09:00")
    help_desk.status = status
    stage.turn("03-02 10:00")
    stage.turn("03-03 10:00")
    assert [(step, state) for _, step, state, _ in stage.messages()] == [
        ("sorry", "handed_over"), ("tell", "refused"),
    ]  # fmt: skip
    assert len(help_desk.calls) == 1


def test_a_way_that_takes_nothing_stops_no_other(stage_of: Make, help_desk: Desk) -> None:
    stage = stage_of(JOURNEY, LETTER)
    stage.world = World(
        stage.engine, {"email": Gone(), "hook": stage.world.ways["hook"]}, b"s", "http://x.example"
    )
    stage.knows("ada")
    stage.did("ada", "Complained", "03-02 09:00")
    stage.turn("03-02 10:00")
    assert stage.sent() == [("ada", "tell")]
    report = run_turn(stage.world, "unhappy", utc("03-02 10:01"))
    assert report.messages_wait == "the mail server is away"
    assert report.next_due == utc("03-02 10:06")
    help_desk.status = 500
    stage.world = world(stage.engine)
    stage.knows("ben")
    stage.did("ben", "Complained", "03-03 09:00")
    stage.turn("03-03 10:00")
    assert ("ben", "letter") in stage.sent()
    assert ("ben", "tell") not in stage.sent()


def test_a_call_whose_process_died_is_posted_again_with_the_same_bytes(
    stage_of: Make, help_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = stage_of()
    stage.knows("ada")
    stage.did("ada", "Complained", "03-02 09:00")
    real = Posts.hand_over

    def dying(self: Posts, batch: Iterable[Outgoing]) -> Iterator[Outcome]:
        list(real(self, list(batch)))
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Posts, "hand_over", dying)
        with pytest.raises(KeyboardInterrupt):
            stage.run("unhappy", "03-02 10:00")
    stage.run("unhappy", "03-02 10:05")
    (_, first, body), (_, again, same) = help_desk.calls
    assert (first["webhook-id"], body) == (again["webhook-id"], same)
    assert ("ada", "tell") in stage.sent()


def test_without_a_secret_it_waits_and_says_which(stage_of: Make, help_desk: Desk) -> None:
    stage = stage_of(secret="")
    stage.knows("ada")
    stage.did("ada", "Complained", "03-02 09:00")
    stage.turn("03-02 10:00")
    why = "there is no secret to sign it with: set LOOP_HOOK_HELP_DESK_SECRET"
    assert stage.messages() == [("ada", "tell", "held", why)]
    assert help_desk.calls == []


def test_a_dry_run_posts_nothing(stage_of: Make, help_desk: Desk) -> None:
    stage = stage_of()
    stage.knows("ada")
    stage.did("ada", "Complained", "03-02 09:00")
    before = stage.dump()
    report = run_turn(stage.world, "unhappy", utc("03-02 10:00"), dry_run=True)
    assert ("deliver messages", "would be handed over", 1) in [
        (r.stage, r.path, r.people) for r in report.rows
    ]
    assert (stage.dump(), help_desk.calls) == (before, [])


def test_in_virtual_time_calls_are_files(stage_of: Make, tmp_path: Path) -> None:
    stage = stage_of(url="https://desk.example/in?shop=1")
    stage.world = World(
        stage.engine, {"email": Taken(), "hook": HookFiles(tmp_path)}, b"secret", "http://x.example"
    )
    stage.knows("ada")
    stage.did("ada", "Complained", "03-02 09:00", note="é")
    stage.turn("03-02 10:00")
    [file] = tmp_path.iterdir()
    head, _, body = file.read_bytes().partition(b"\r\n\r\n")
    key = file.name.removesuffix(".http")
    assert head.decode().splitlines() == [
        "POST /in?shop=1 HTTP/1.1",
        "Host: desk.example",
        "Content-Type: application/json",
        f"webhook-id: {key}",
    ]
    assert json.loads(body)["data"]["trigger"] == {"note": "é"}
    assert stage.sent() == [("ada", "sorry"), ("ada", "tell")]
