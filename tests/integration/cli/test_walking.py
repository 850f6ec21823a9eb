"""`loop walk`, from a line of a Segment file to a message."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from loyaltyloop.cli import run
from loyaltyloop.settings import Settings
from loyaltyloop.turn.world import World
from tests.integration.cli.conftest import Loop

ASKING = run._ask_about_the_future  # as it is, before a fixture stands in for it
Clock = Callable[[], datetime] | None
WEEK = ("--from", "2026-03-02", "--to", "2026-03-06")


def call(kind: str, at: str, **words: Any) -> str:
    return json.dumps({"type": kind, "messageId": f"{kind}-{at}", "timestamp": at, "receivedAt": at, **words})


@pytest.fixture
def history(loop: Loop, project: Path) -> Path:
    """Ada is known, consents and signs up."""
    traits = {"firstName": "Ada", "email": "ada@example.com"}
    consent = {"event": "Consent Granted", "properties": {"channel": "email"}}
    lines = [
        call("identify", "2026-03-01T08:00:00Z", userId="ada", traits=traits),
        call("track", "2026-03-01T08:00:01Z", userId="ada", **consent),
        call("track", "2026-03-02T08:30:00Z", userId="ada", event="Signed Up"),
    ]
    path = project / "history.jsonl"
    path.write_text("\n".join(lines) + "\n")
    assert loop("import", str(path)).code == 0
    assert loop("apply", "--yes", "--now", "2026-03-02").code == 0
    return path


def test_a_walk_from_sign_up_to_the_second_message(loop: Loop, project: Path, history: Path) -> None:
    rows = loop("walk", *WEEK, "--every", "6 hours", "--json").data
    moved = [(row["now"], one["stage"], one["path"]) for row in rows for one in row["rows"] if one["people"]]
    assert ("2026-03-02T12:00:00+00:00", "who enters", "") in moved
    assert ("2026-03-04T12:00:00+00:00", "hello.wait", "") in moved
    sent = loop("messages", "--json").data
    assert {(one["step"], one["state"], one["to"]) for one in sent} == {
        ("hello", "handed_over", "ada@example.com"),
        ("picks", "handed_over", "ada@example.com"),
    }
    assert len(list((project / "var/outbox").glob("*.eml"))) == 2
    out = loop("explain", "ada").out
    assert "welcome, version 1: entered Mon 2 Mar 2026 08:30 by Signed Up" in out
    assert "ended: completed" in out
    assert "1 entered, 0 inside, 2 messages" in loop("report").out


@pytest.mark.parametrize(
    "command",
    [
        ("walk", "--from", "2026-03-03", "--to", "2026-03-04", "--every", "6 hours"),
        ("run", "welcome", "--plain", "--now", "2026-03-05T12:00:00Z"),
    ],
    ids=["walk", "run"],
)
def test_text_in_brackets_is_printed_as_it_stands(
    loop: Loop, project: Path, history: Path, command: tuple[str, ...]
) -> None:
    path = project / "journeys/welcome.yaml"
    path.write_text(path.read_text().replace("2 days", "1 hour") + '  - leave: "[/done] with :smile: it"\n')
    assert loop("apply", "--yes", "--now", "2026-03-02").code == 0
    assert loop("run", "welcome", "--plain", "--now", "2026-03-02T09:00:00Z").code == 0
    for ran in (loop(*command), loop("report")):
        assert (ran.code, ran.err) == (0, "")
        assert "left: [/done] with :smile: it" in ran.out


def test_run_and_walk_say_it_in_the_same_words(loop: Loop, project: Path, history: Path) -> None:
    path = project / "journeys/welcome.yaml"
    branch = "  - branch: luck\n    paths: {of_course: {when: {customer: {first_name: Ada}}}, no: {}}\n"
    path.write_text(path.read_text() + branch)
    assert loop("apply", "--yes", "--now", "2026-03-02").code == 0
    ran = loop("run", "welcome", "--plain", "--now", "2026-03-02T09:00:00Z").out
    for stage, said in (
        ("who enters", "entered"),
        ("hello", "moved on"),
        ("deliver messages", "handed over"),
    ):
        assert [said in line for line in ran.splitlines() if stage in line] == [True]
    walked = loop("walk", "--from", "2026-03-04", "--to", "2026-03-05").out
    for stage, said in (("hello.wait", "moved on"), ("deliver", "handed over"), ("luck", "of_course")):
        assert [said in line for line in walked.splitlines() if stage in line] == [True]


def test_what_a_turn_delivers_for_others_is_not_told_as_its_journeys_own(
    loop: Loop, project: Path, history: Path
) -> None:
    """`another` goes first and sends nothing; it delivers what `welcome` sends."""
    another = (
        "journey: another\nabout: Nobody comes.\npriority: 1\nenter: {event: Never}\nsteps: [{wait: 1 day}]\n"
    )
    (project / "journeys/another.yaml").write_text(another)
    assert loop("apply", "--yes", "--now", "2026-03-02").code == 0
    walked = loop("walk", *WEEK, "--every", "6 hours").out.splitlines()
    [delivered] = [
        [cell.strip() for cell in row.split("│")[1:-1]] for row in walked if "deliver messages" in row
    ]
    assert delivered == ["", "deliver messages", "handed over, of all journeys", "2"]
    assert not any("another" in row for row in walked)


def test_a_turn_says_why_messages_wait(loop: Loop, project: Path, history: Path) -> None:
    env = project / ".env"
    settings = "LOOP_EMAIL=smtp\nLOOP_SMTP_HOST=127.0.0.1\nLOOP_SMTP_PORT=9\n"
    env.write_text(env.read_text() + settings)
    ran = loop("run", "welcome", "--plain", "--now", "2026-03-02T09:00:00Z")
    assert ran.code == 0
    assert "Messages wait: no connection to the mail server (ConnectionRefusedError)." in ran.out
    assert "somebody is due at 2026-03-02 09:05 UTC." in ran.out


@pytest.mark.parametrize(
    ("answer", "code", "messages"), [("n\n", 1, 1), ("y\n", 0, 2), (None, 0, 2)], ids=["no", "yes", "nobody"]
)
def test_a_turn_that_leaps_says_so_first(
    loop: Loop, history: Path, monkeypatch: pytest.MonkeyPatch, answer: str | None, code: int, messages: int
) -> None:
    turn = ("run", "welcome", "--plain")
    assert loop(*turn, "--now", "2026-03-02T09:00:00Z").code == 0
    monkeypatch.setattr("loyaltyloop.cli.run._present", lambda: datetime(2026, 6, 1, 9, tzinfo=UTC))
    monkeypatch.setattr("sys.stdin", StringIO(answer or ""))
    monkeypatch.setattr("sys.stdin.isatty", lambda: answer is not None)
    assert "Warning" not in loop(*turn, "--dry-run").err
    ran = loop(*turn)
    assert ran.code == code
    assert ran.err.startswith(
        "Warning: the last turn of 'welcome' was at 2026-03-02 09:00 UTC, 91 days ago, and 1 person is "
        "inside. A turn at the present"
    )
    assert ("Take it?" in ran.err) == (answer is not None)
    assert len(loop("messages", "--json").data) == messages
    assert ("Warning" in loop(*turn).err) == (code == 1)


@pytest.mark.parametrize(
    ("answer", "yes", "code"),
    [("n\n", (), 1), ("y\n", (), 0), (None, (), 2), (None, ("--yes",), 0)],
    ids=["no", "yes", "nobody", "--yes"],
)
def test_a_turn_at_a_time_still_to_come_is_asked_about(
    loop: Loop, history: Path, monkeypatch: pytest.MonkeyPatch, answer: str | None, yes: tuple[str], code: int
) -> None:
    turn = ("run", "welcome", "--plain", "--now", "2027-03-02T09:00:00Z")
    monkeypatch.setattr("loyaltyloop.cli.run._ask_about_the_future", ASKING)
    monkeypatch.setattr("loyaltyloop.cli.run._present", lambda: datetime(2026, 3, 2, 9, tzinfo=UTC))
    monkeypatch.setattr("sys.stdin", StringIO(answer or ""))
    monkeypatch.setattr("sys.stdin.isatty", lambda: answer is not None)
    assert loop(*turn, "--dry-run").err == ""
    ran = loop(*turn, *yes)
    told = "2027-03-02 09:00 UTC is still to come, 365 days from now. What a turn does cannot be undone"
    assert (ran.code, told in ran.err, "say --yes" in ran.err) == (code, not yes, code == 2)
    ran = loop("run", "welcome", "--plain")
    assert ran.code == (1 if code == 0 else 0)
    if code == 0:
        assert "cannot be earlier than the last. That time is still to come." in ran.err


def test_a_journey_whose_last_turn_is_still_to_come_is_found_and_has_a_way_out(
    loop: Loop, project: Path, history: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loyaltyloop.cli.run._present", lambda: datetime(2026, 3, 2, 9, tzinfo=UTC))
    loop("run", "welcome", "--plain", "--now", "2027-03-02T09:00:00Z", "--yes")
    found = {one["what"]: one for one in loop("doctor", "--json", "--now", "2026-03-02T09:00:00Z").data}
    one = found["welcome had its last turn at 2027-03-02 09:00 UTC, which is still to come"]
    assert one["level"] == "wrong"
    assert "give it another name in journeys/" in one["remedy"]
    path = project / "journeys/welcome.yaml"
    again = path.read_text().replace("journey: welcome", "journey: welcome_again")
    path.with_name("welcome_again.yaml").write_text(again)
    path.unlink()
    assert loop("apply", "--yes", "--now", "2026-03-02T09:01:00Z").code == 0
    assert loop("run", "welcome_again", "--plain").code == 0


def test_a_turn_for_somebody_unknown_is_refused(loop: Loop, history: Path) -> None:
    turn = ("run", "welcome", "--plain", "--now", "2026-03-02T09:00:00Z", "--customer")
    ran = loop(*turn, "ada", "--customer", "nobody")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "There is no customer 'nobody': give the user id.\n"
    # Ada is known by events alone that the turn is about to apply, and then by herself.
    for _ in range(2):
        assert loop(*turn, "ada", "--dry-run").code == 0
        assert loop(*turn, "ada").code == 0
    assert len(loop("messages", "--json").data) == 1


@pytest.mark.parametrize("command", [("report",), ("pause",), ("resume", "--overdue", "shift"), ("run",)])
def test_a_name_that_is_no_journeys_is_not_said_to_want_an_apply(
    loop: Loop, project: Path, command: tuple[str, ...]
) -> None:
    for folder in ("flows", "tasks"):
        (project / folder).symlink_to(Path(__file__).parents[3] / folder)
    ran = loop(*command, "welcom")
    assert (ran.code, ran.err) == (
        1,
        "There is no journey 'welcom': nothing of that name was applied, nor is it in journeys/. "
        "Did you mean 'welcome'?\n",
    )
    assert "`loop apply`" in loop(*command, "welcome").err


def test_what_the_turn_refuses_is_said_before_prefect_is_started(
    loop: Loop, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def started(module: str) -> None:
        raise AssertionError(f"{module} was imported")

    for folder in ("flows", "tasks"):
        (project / folder).symlink_to(Path(__file__).parents[3] / folder)
    monkeypatch.setattr("loyaltyloop.cli.run.import_module", started)
    assert "was never applied" in loop("run", "welcome").err
    assert loop("run", "welcom").err.endswith("nor is it in journeys/. Did you mean 'welcome'?\n")
    assert loop("run", "nowhere").err == (
        "There is no journey 'nowhere': nothing of that name was applied, nor is it in journeys/.\n"
    )
    loop("apply", "--yes", "--now", "2026-03-02")
    assert "There is no customer 'zoe'" in loop("run", "welcome", "--customer", "zoe").err
    loop("run", "welcome", "--plain", "--now", "2026-03-02T09:00:00Z")
    assert "cannot be earlier" in loop("run", "welcome", "--now", "2026-03-02T08:00:00Z").err
    loop("pause", "welcome")
    ran = loop("run", "welcome")
    assert (ran.code, ran.err) == (
        1,
        "'welcome' is paused; `loop resume welcome --overdue shift` lets it go on.\n",
    )


def test_a_turn_at_the_present_is_given_a_clock(
    loop: Loop, history: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clocks = []
    real = World.open

    def opened(settings: Settings, clock: Clock = None) -> World:
        clocks.append(clock)
        return real(settings, clock)

    monkeypatch.setattr(World, "open", opened)
    loop("run", "welcome", "--plain", "--now", "2026-03-02T09:00:00Z")
    loop("run", "welcome", "--plain")
    loop("walk", *WEEK, "--every", "1d")
    made_up, present, walked = clocks
    assert (made_up, walked) == (None, None)
    assert present is not None
    assert abs(datetime.now(UTC) - present()) < timedelta(minutes=1)


def test_a_turn_says_what_comes_next(loop: Loop, history: Path) -> None:
    said = loop("run", "welcome", "--plain", "--now", "2026-03-02T08:00:00Z").out
    assert said.endswith("\nNext: when something arrives.\n")
    said = loop("run", "welcome", "--plain", "--now", "2026-03-02T12:00:00Z").out
    assert said.endswith("\nNext: somebody is due at 2026-03-04 12:00 UTC.\n")
    told = loop("run", "welcome", "--plain", "--now", "2026-03-02T13:00:00Z", "--json").data
    assert (told["next_due"], told["next_look"]) == ("2026-03-04T12:00:00+00:00", None)


def test_a_second_walk_over_the_same_days_is_refused(loop: Loop, history: Path) -> None:
    loop("walk", *WEEK, "--every", "1d")
    ran = loop("walk", *WEEK, "--every", "1d")
    assert ran.code == 1
    assert "a turn cannot be earlier" in ran.err


def test_nothing_moves_without_a_journey_that_is_live(loop: Loop) -> None:
    assert loop("walk", *WEEK).out == "Nothing moved.\n"
    assert loop("walk", *WEEK, "welcome").code == 1


def test_a_real_way_out_is_refused(loop: Loop, project: Path) -> None:
    env = project / ".env"
    env.write_text(env.read_text() + "LOOP_EMAIL=smtp\n")
    ran = loop("walk", *WEEK)
    assert ran.code == 1
    assert ran.err == (
        "E-mail would really leave here (LOOP_EMAIL=smtp), at times that are made up: set LOOP_EMAIL=eml to "
        "get files in var/outbox/, or say --really-send.\n"
    )
    assert loop("walk", *WEEK, "--really-send").code == 0


def test_calls_that_would_really_be_posted_are_refused(loop: Loop, project: Path) -> None:
    env = project / ".env"
    env.write_text(env.read_text() + "LOOP_HOOKS=post\n")
    ran = loop("walk", *WEEK)
    assert (ran.code, ran.err) == (1,
        "Calls would really leave here (LOOP_HOOKS=post), at times that are made up: set LOOP_HOOKS=files to "
        "get files in var/outbox/, or say --really-send.\n",
    )  # fmt: skip
    assert loop("walk", *WEEK, "--really-send").code == 0


LOST = (
    "their links, those to unsubscribe too, lead to http://127.0.0.1:8300, which opens on this machine alone"
)
TURN = ("run", "welcome", "--plain", "--now", "2026-03-05T12:00:00Z")


@pytest.mark.parametrize(
    "command", [("apply", "--yes"), TURN, ("walk", *WEEK, "--every", "1d", "--really-send")]
)
def test_links_that_open_here_alone_draw_a_warning(
    loop: Loop, project: Path, history: Path, command: tuple[str, ...]
) -> None:
    env = project / ".env"
    env.write_text(env.read_text() + "LOOP_EMAIL=smtp\nLOOP_SMTP_PORT=9\n")
    ran = loop(*command)
    assert (ran.code, LOST in ran.err) == (0, True)
    assert ran.err.startswith("Warning: messages leave by SMTP, and ")
    assert "LOOP_PUBLIC_URL=https://" in ran.err
    env.write_text(env.read_text() + "LOOP_PUBLIC_URL=https://mail.shop.example\n")
    assert loop("apply", "--yes").err == ""


@pytest.mark.parametrize("command", [TURN, ("walk", *WEEK, "--every", "1d", "--really-send")])
def test_real_marketing_does_not_leave_with_links_that_open_here_alone(
    loop: Loop, project: Path, history: Path, command: tuple[str, ...]
) -> None:
    env = project / ".env"
    env.write_text(env.read_text() + "LOOP_EMAIL=smtp\nLOOP_SMTP_HOST=mail.invalid\n")
    assert LOST in loop("apply", "--yes").err
    ran = loop(*command)
    assert ran.code == 1
    assert f"Marketing messages would leave, and {LOST}. Nothing was done." in ran.err
    assert loop("messages", "--json").data == []
    dry = loop(*TURN, "--dry-run")
    assert dry.code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--from", "2026-03-02", "--to", "2026-03-02"), "--from must be before --to"),
        (("--from", "today", "--to", "2026-03-02"), "--from: 'today' is no instant"),
        ((*WEEK, "--every", "often"), "--every: 'often' is no duration"),
        (("--from", "2026-03-02"), "Missing option '--to'"),
    ],
)
def test_wrong_usage(loop: Loop, words: tuple[str, ...], said: str) -> None:
    ran = loop("walk", *words)
    assert ran.code == 2
    assert said in ran.err


@pytest.mark.parametrize(
    ("name", "said", "what"), [("LOOP_SMS", "twilio", "Texts"), ("LOOP_PUSH", "fcm", "Pushes")]
)
def test_texts_and_pushes_that_would_really_leave_are_refused(
    loop: Loop, project: Path, name: str, said: str, what: str
) -> None:
    env = project / ".env"
    env.write_text(env.read_text() + f"{name}={said}\n")
    ran = loop("walk", *WEEK)
    assert ran.code == 1
    assert ran.err.startswith(f"{what} would really leave here ({name}={said})")
