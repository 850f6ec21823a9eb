"""Bad input to the commands: a clear word with its place, exit 1, and nothing half done."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.integration.cli.conftest import TEMPLATE, Loop, Ran, write_files
from tests.integration.store.shops import WELCOME
from tests.integration.turn.stage import dump

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

NOW = "2026-03-02T12:00:00Z"
BOMB = "".join(
    f"{name}: &{name} [{', '.join(['*' + of] * 9)}]\n"
    for of, name in zip("abcdefgh", "bcdefghi", strict=True)
)
CALLS = [
    {"messageId": "1", "timestamp": "1970-01-01T00:00:00Z"},
    {"messageId": "2", "timestamp": "2027-03-02T00:00:00Z"},
    {"messageId": "3", "timestamp": "2027-03-02T00:00:00Z", "receivedAt": "2026-03-02T00:00:00Z"},
    {"messageId": "4", "timestamp": "2026-03-02T00:00:00Z"},
]


@pytest.fixture(autouse=True)
def live(project: Path, loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a shop's folder, with one journey live and one customer known."""
    monkeypatch.chdir(project)
    Path("ada.csv").write_text("user_id,email,consent_email,many\nada,ada@example.com,true,999999999\n")
    assert loop("apply", "--yes", "--now", "2026-03-01").code == 0
    assert loop("import", "ada.csv", "--now", NOW).code == 0


def refused(ran: Ran) -> str:
    """What was said, of a command that ended as one does whose input is at fault."""
    assert ran.code == 1
    assert "Traceback" not in ran.out + ran.err
    assert "Unexpected" not in ran.err
    return ran.err


def test_hostile_journeys_and_templates(project: Path, loop: Loop, engine: Engine) -> None:
    before = dump(engine)
    loops = "{% for a in range(99999999) %}{% for b in range(99999999) %}x{% endfor %}{% endfor %}<p>"
    files = {
        "journeys/broken.yaml": WELCOME + "  - send: [oops\n",
        "journeys/bomb.yaml": "journey: bomb\na: &a [x, x, x, x, x, x, x, x, x]\n" + BOMB,
        "journeys/large.yaml": "journey: large\nabout: " + "x" * 50_000_000 + "\n",
        "journeys/nul.yaml": WELCOME + "\0",
        "journeys/welcome.yaml": WELCOME.replace("template: welcome/picks", "templat: welcome/picks"),
        "templates/welcome/hello.html": TEMPLATE.replace("<p>", loops),
        "templates/welcome/picks.html": TEMPLATE.replace("<p>", "{{ customer.__class__.__mro__ }}<p>"),
    }
    write_files(project, files)
    (project / "journeys/latin.yaml").write_bytes(f"{WELCOME}# café\n".encode("latin-1"))
    said = refused(loop("apply", "--yes"))
    for words in [
        "journeys/broken.yaml:11:1: error: a '[' is not closed",
        "journeys/bomb.yaml:6:8: error: the file holds more than 10,000 values, aliases",
        "journeys/large.yaml:1:1: error: the file is larger than 1,000,000 bytes",
        "journeys/nul.yaml:10:1: error: a NUL byte stands in the file",
        "journeys/latin.yaml:10:6: error: byte 0xe9 is not UTF-8",
        "journeys/welcome.yaml:9:5: error: the word 'templat' is not known here",
        "templates/welcome/hello.html:4:29: error: a template may loop 2,000 times",
        "templates/welcome/picks.html:4:29: error: '__class__' is out of reach of a template",
    ]:
        assert words in said
    assert len(said) < 10_000, "not the 50 MB file itself"
    assert dump(engine) == before


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("{{ ''['__cl' ~ 'ass__']['__mro__'] }}", "reach"),
        ("{% for a in range(customer.many | int) %}x{% endfor %}", "loop"),
    ],
    ids=["reaches", "loops"],
)
def test_what_shows_only_when_rendered_is_refused_and_stops_nobody(
    project: Path, loop: Loop, engine: Engine, words: str, reason: str
) -> None:
    write_files(project, {"templates/welcome/hello.html": TEMPLATE.replace("<p>", f"{words}<p>")})
    (project / "events.jsonl").write_text(_line("7", "2026-03-02T10:00:00Z"))
    assert loop("apply", "--yes").code == 0
    assert loop("import", "events.jsonl", "--now", NOW).code == 0
    refused(loop("preview", "welcome/hello", "--customer", "ada"))
    ran = loop("run", "welcome", "--plain", "--now", NOW)
    assert (ran.code, ran.err) == (0, "")
    [message] = loop("messages", "--json").data
    assert message["state"] == "refused"
    assert reason in message["reason"]
    [enrolment] = dump(engine)["enrolment"]
    assert "hello.wait" in enrolment


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("latin.csv", "user_id,city\nben,Málaga\n".encode("latin-1"), "line 2: not UTF-8, near 'ben,Málaga'"),
        ("nul.csv", b"user_id,city\nben,Lon\0don\n", "nul.csv, line 2: holds NUL bytes"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_text_stops_before_the_first_row(
    project: Path, loop: Loop, engine: Engine, name: str, content: bytes, said: str
) -> None:
    """A good file beside it is not imported either: nothing half done."""
    before = dump(engine)
    (project / name).write_bytes(content)
    (project / "events.jsonl").write_text(_line("8", "2026-03-02T10:00:00Z"))
    assert said in refused(loop("import", "events.jsonl", name, "--now", NOW))
    assert dump(engine) == before
    assert not list(project.glob("*.rejected.*"))


def test_rows_that_cannot_be_taken_are_written_aside_and_stop_nothing(
    project: Path, loop: Loop, engine: Engine
) -> None:
    before = dump(engine)
    (project / "half.csv").write_text("user_id,email,city\nben,ben@example.com,Leeds\ncid,cid@exa")
    lines = [_line(**call) for call in CALLS]
    (project / "events.jsonl").write_text("".join([*lines, '{"type": "track", "event": "Sig']))
    ran = loop("import", "half.csv", "events.jsonl", "--now", NOW)
    assert (ran.code, ran.err) == (0, "")
    assert "half.csv: 2 customers read, 1 taken, 1 rejected, see half.rejected.csv." in ran.out
    assert "events.jsonl: 5 events read, 1 taken, 4 rejected, see events.rejected.jsonl." in ran.out
    rejected = (project / "half.rejected.csv").read_text()
    assert rejected == "user_id,email,city,reason\ncid,cid@exa,,2 fields where the header has 3\n"
    told = [json.loads(line) for line in (project / "events.rejected.jsonl").read_text().splitlines()]
    assert [(one["line"], one["reason"]) for one in told] == [
        (1, "1970-01-01T00:00:00Z is before 1995: a placeholder, not the time it happened"),
        (2, "2027-03-02T00:00:00Z lies in the future"),
        (3, "it happened at 2027-03-02T00:00:00Z, after it arrived (2026-03-02T00:00:00Z): in the future"),
        (5, "no JSON: unexpected end of data"),
    ]
    after = dump(engine)
    assert len(after["event"]) == len(before["event"]) + 2, "ben, and the one event that is good"
    loop("import", "half.csv", "events.jsonl", "--now", NOW)
    assert dump(engine) == after


def _line(messageId: str, timestamp: str, **more: str) -> str:  # noqa: N803
    call = {"type": "track", "event": "Signed Up", "userId": "ada", "messageId": messageId}
    return json.dumps(call | {"timestamp": timestamp, **more}) + "\n"
