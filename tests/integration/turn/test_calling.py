"""`call`: signed, once for each, tried for as long as it makes sense, in the way of nothing else."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import Engine

from loyaltyloop.channels.hook_files import HookFiles
from loyaltyloop.channels.out import Outcome, Outgoing
from loyaltyloop.channels.post import Posts
from loyaltyloop.cli.story import story
from loyaltyloop.signing import read_secrets
from loyaltyloop.store.database import read
from loyaltyloop.store.history import load_history
from loyaltyloop.turn.engine import open_turn
from loyaltyloop.turn.runner import run_turn
from loyaltyloop.turn.world import World
from tests.integration.channels.desk import Desk, desk
from tests.integration.turn.stage import DAYTIME, Stage, utc
from tests.reference.staging import Taken

SECRET = "whsec_" + base64.b64encode(b"a secret of twenty-four b").decode()
JOURNEY = """
    journey: unhappy
    about: Somebody calls whoever is not happy.
    purpose: service
    enter: {event: Complained}
    leave_when: {glad: {did: Praised}}
    steps:
      - call: tell
        hook: help_desk
      - send: sorry
        template: test/hello
"""


LETTER = """
    journey: letter
    about: One letter.
    purpose: service
    enter: {event: Complained}
    steps:
      - send: letter
        template: test/hello
"""


class Gone(Taken):
    """A mail server that is away."""

    def open(self) -> str | None:  # type: ignore[override]
        return "the mail server is away"


class Shop(Stage):
    """A stage whose shop has a help desk."""

    def __init__(self, engine: Engine, *journeys: str, url: str, more: str = "") -> None:
        self.more = more
        super().__init__(engine, *journeys, shop=self.text(url))

    def text(self, url: str) -> str:
        """shop.yaml with the hook there."""
        return f"{DAYTIME}hooks: {{help_desk: {{url: '{url}'}}}}\n{self.more}"

    def reapply(self, at: str, *journeys: str, url: str = "https://desk.example/in") -> None:
        """Make these live, with the help desk there."""
        self.apply(at, *journeys, shop=self.text(url))


Make = Callable[..., Shop]


@pytest.fixture
def help_desk() -> Iterator[Desk]:
    """A help desk that takes everything."""
    with desk() as told:
        yield told


def world(engine: Engine, secret: str = SECRET, timeout: float = 2.0) -> World:
    """Mail is taken; calls are posted, signed with this secret."""

    def secrets(name: str) -> Sequence[bytes]:
        if not secret:
            raise LookupError(f"there is no secret to sign it with: set {name}")
        return read_secrets(secret)

    posts = Posts(secrets, lambda: utc("03-02 10:00"), lambda name: name != "LOOP_HOOK_SECRET", None, timeout)
    return World(engine, {"email": Taken(), "hook": posts}, b"secret", "http://shop.example")


@pytest.fixture
def stage_of(engine: Engine, help_desk: Desk) -> Make:
    """A shop with this hook."""

    def make(
        *journeys: str, secret: str = SECRET, url: str = "", timeout: float = 2.0, shop: str = ""
    ) -> Shop:
        stage = Shop(engine, *(journeys or (JOURNEY,)), url=url or help_desk.url, more=shop)
        stage.world = world(engine, secret, timeout)
        return stage

    return make


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


def test_the_gate_of_a_call(stage_of: Make, help_desk: Desk) -> None:
    stage = stage_of(JOURNEY, shop='quiet_hours: {from: "00:00", to: "23:59"}\n'
        "hold_while: {service: {customer: {open_cases: {over: -1}}}}\n")  # fmt: skip
    stage.knows("ada", "ben", "eve", consent=False)
    for who in ("ada", "ben", "eve"):
        stage.did(who, "Complained", "03-02 09:00")
    stage.did("ben", "Preference Updated", "03-02 09:00", often="pause", paused_until="2027-01-01")
    help_desk.status = 503
    stage.turn("03-02 10:00")
    stage.did("eve", "Praised", "03-02 10:30")
    help_desk.status = 200
    stage.turn("03-02 11:00")
    assert stage.messages("tell") == [
        ("ada", "tell", "handed_over", ""),
        ("ben", "tell", "handed_over", ""),
        ("eve", "tell", "refused", "the enrolment has ended: glad"),
    ]


@pytest.mark.parametrize(
    ("consents", "refused"),
    [
        ((), "no consent to marketing by any channel"),
        (("email",), ""),
        (("sms",), ""),
        (("email", "-email"), "no consent to marketing by any channel"),
        (("email", "sms", "-email"), ""),
    ],
)
def test_in_marketing_only_those_are_called_for_who_consent_to_it(
    stage_of: Make, help_desk: Desk, consents: tuple[str, ...], refused: str
) -> None:
    stage = stage_of(JOURNEY.replace("purpose: service", "purpose: marketing"))
    stage.knows("ada", consent=False)
    for number, channel in enumerate(consents):
        name = "Consent Withdrawn" if channel[0] == "-" else "Consent Granted"
        stage.did("ada", name, f"03-02 08:0{number}", channel=channel.removeprefix("-"))
    stage.did("ada", "Complained", "03-02 09:00")
    stage.turn("03-02 10:00")
    state = "refused" if refused else "handed_over"
    assert stage.messages("tell") == [("ada", "tell", state, refused)]
    assert len(help_desk.calls) == (0 if refused else 1)


def test_a_withdrawal_on_record_counts_before_it_is_applied(stage_of: Make, help_desk: Desk) -> None:
    stage = stage_of(JOURNEY.replace("purpose: service", "purpose: marketing"))
    stage.knows("ada")
    stage.did("ada", "Complained", "03-02 09:00")
    help_desk.status = 503
    stage.run("unhappy", "03-02 10:00")
    with open_turn(stage.world, "unhappy", utc("03-02 11:00")) as turn:
        for each in turn.stages:
            if each.kind == "deliver":
                stage.did("ada", "Consent Withdrawn", "03-02 12:00", channel="email")
            turn.run(each)
    assert stage.messages("tell") == [("ada", "tell", "refused", "no consent to marketing by any channel")]
    assert len(help_desk.calls) == 1


ENDING = """
    journey: ending
    about: However it ends, somebody is told.
    purpose: service
    enter: {event: Complained, if: {not: {customer: {plan: none}}}}
    leave_when: {glad: {did: Praised}}
    goal: {did: Praised, within: 9 days}
    steps:
      - wait: 2 days
      - branch: asked
        paths:
          left: {when: {customer: {plan: away}}, steps: [{leave: away}]}
          stays: {}
    at_end:
      - set: {tags: {add: [through]}}
      - call: over
        hook: help_desk
        if: {not: {customer: {plan: quiet}}}
"""


def test_a_call_at_the_end_is_made_however_it_ends(stage_of: Make, help_desk: Desk) -> None:
    stage = stage_of(ENDING)
    stage.knows("ada", "eve")
    stage.knows("ben", plan="away")
    stage.knows("una", plan="quiet")
    for who in ("ada", "ben", "eve", "una"):
        stage.did(who, "Complained", "03-02 09:00")
    stage.turn("03-02 10:00")
    stage.did("eve", "Praised", "03-02 11:00")
    report = run_turn(stage.world, "ending", utc("03-02 12:00"))
    assert {row.stage: row.people for row in report.rows if row.people}["deliver messages"] == 1
    assert stage.messages() == [("eve", "over", "handed_over", "")]
    stage.turn("03-04 10:00")
    assert stage.sent() == [("ada", "over"), ("ben", "over"), ("eve", "over")]
    assert [one["data"]["step"] for one in help_desk.documents] == ["over"] * 3
    assert stage.ends() == [
        ("ada", "completed"), ("ben", "left: away"), ("eve", "left: glad"), ("una", "completed"),
    ]  # fmt: skip
    assert set(map(tuple, stage.tags().values())) == {("through",)}


def test_a_call_at_the_end_is_tried_again_behind_the_end_and_through_edits(
    stage_of: Make, help_desk: Desk
) -> None:
    stage = stage_of(ENDING)
    stage.knows("ada")
    stage.did("ada", "Complained", "03-02 09:00")
    help_desk.status = 503
    stage.turn("03-02 10:00")
    stage.turn("03-04 10:00")
    assert stage.messages() == [("ada", "over", "held", "the hook does not take it now (503)")]
    edited = ENDING.replace("call: over", "call: finished\n        was: over").replace("2 days", "3 days")
    stage.reapply("03-04 10:30", edited, url=help_desk.url)
    help_desk.status = 200
    stage.turn("03-04 11:00")
    assert [(who, state) for who, _, state, _ in stage.messages()] == [("ada", "handed_over")]


def test_who_is_held_out_is_not_called_for(stage_of: Make, help_desk: Desk) -> None:
    held = ENDING.replace("purpose: service", "purpose: marketing\n    holdout: 100%")
    stage = stage_of(held)
    stage.knows("ada")
    stage.did("ada", "Complained", "03-02 09:00")
    stage.turn("03-02 10:00")
    stage.turn("03-05 10:00")
    assert (stage.messages(), help_desk.calls) == ([], [])


def test_an_address_that_was_corrected_is_called_at_the_next_try(stage_of: Make, help_desk: Desk) -> None:
    stage = stage_of(url="http://127.0.0.1:1/x")
    stage.knows("ada")
    stage.did("ada", "Complained", "03-02 09:00")
    stage.turn("03-02 10:00")
    assert stage.messages()[0][2:] == ("held", "no answer from http://127.0.0.1:1 (ConnectError)")
    stage.reapply("03-02 10:30", JOURNEY, url=help_desk.url)
    stage.turn("03-02 11:00")
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


def test_calls_count_neither_as_messages_received_nor_for_who_wants_few(
    stage_of: Make, help_desk: Desk
) -> None:
    calling = JOURNEY.replace("purpose: service", "purpose: marketing").partition("      - send")[0]
    asking = """
        journey: asking
        about: Whoever has heard from the other journey.
        purpose: service
        enter: {event: Asked, if: {received: unhappy}}
        steps:
          - send: heard
            template: test/hello
    """
    stage = stage_of(calling, asking, LETTER.replace("purpose: service", "purpose: marketing"))
    stage.knows("ada")
    stage.did("ada", "Preference Updated", "03-02 08:00", often="less")
    stage.did("ada", "Complained", "03-02 09:00")
    stage.turn("03-02 10:00")
    stage.did("ada", "Asked", "03-02 11:00")
    stage.turn("03-02 12:00")
    assert stage.sent() == [("ada", "letter"), ("ada", "tell")]
