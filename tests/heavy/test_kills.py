"""Thirty deaths of a worker, spread over a turn of more than 20,000 customers and its delivery."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.heavy.killing import ROOT, Ran, files, instants, run, steps, told, unfinished
from tests.heavy.scene import NOW, prepare

PEOPLE = 20_000  # who enter in the turn; a fourth as many are inside already
BY_SMTP = 3_000
KILLS = 30
IN_A_TURN = 3  # more, and a turn's part between two deaths is too short to get anywhere

pytestmark = pytest.mark.heavy
Copy = Callable[[str], str]


def test_killed_and_started_again_the_turn_is_the_same(
    engine: Engine, database_url: str, copy_of: Copy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare(engine, PEOPLE)
    once = copy_of(database_url)
    undisturbed = run(once, str(tmp_path / "once"))
    expected, written = told(once), files(tmp_path / "once")
    handed = Counter(row[3] for row in expected["messages"] if row[2] == NOW)
    assert handed["handed_over"] == len(written) > PEOPLE
    died: list[float] = []
    for number, points in enumerate(_rounds(undisturbed.seconds)):
        killed, outbox = copy_of(database_url), tmp_path / f"killed{number}"
        ran = run(killed, str(outbox), steps(points))
        died += _since_begin(ran)
        assert told(killed) == expected, f"killed at {died[-len(ran.kills) :]}"
        assert files(outbox) == written
        assert not unfinished(killed)
    assert len(died) >= KILLS - IN_A_TURN
    with capsys.disabled():
        print(f"\n{engine.dialect.name}, .eml: {PEOPLE:,} entering, {PEOPLE // 4:,} inside, "
            f"{handed['handed_over']:,} messages; undisturbed {undisturbed.seconds:.1f} s; "
            f"{len(died)} deaths, seconds of work before each: "
            f"{', '.join(f'{at:.1f}' for at in sorted(died))}")  # fmt: skip


def _rounds(seconds: float) -> list[list[float]]:
    """The instants of all deaths, so that those of one turn lie far apart."""
    points = instants(KILLS, seconds, seed=20_000)
    turns = KILLS // IN_A_TURN
    return [points[turn::turns] for turn in range(turns)]


def _since_begin(ran: Ran) -> list[float]:
    """How much work had been done by all workers of the turn when each died."""
    return [sum(ran.kills[: number + 1]) for number in range(len(ran.kills))]


def test_by_smtp_each_message_arrives_once_or_is_unknown(
    engine: Engine, database_url: str, copy_of: Copy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare(engine, BY_SMTP)
    once = copy_of(database_url)
    with _mail_server(tmp_path / "once.txt") as server:
        undisturbed = run(once, server)
    expected = told(once)
    decided = sum(row[2] == NOW for row in expected["messages"])
    deaths = unknown = arrived_unknown = 0
    for number, points in enumerate(_rounds(undisturbed.seconds)):
        killed, taken = copy_of(database_url), tmp_path / f"killed{number}.txt"
        with _mail_server(taken) as server:
            deaths += len(run(killed, server, steps(points)).kills)
        found, arrived = told(killed), _arrived(taken)
        assert [_bytes(row) for row in found["messages"]] == [_bytes(row) for row in expected["messages"]]
        assert found["visits"] == expected["visits"]
        assert not unfinished(killed)
        by_state = {row[0]: row[3] for row in found["messages"] if row[2] == NOW}
        assert set(arrived.values()) <= {1}
        assert {key for key, state in by_state.items() if state == "handed_over"} <= set(arrived)
        assert {by_state[key] for key in arrived} <= {"handed_over", "unknown"}
        unknown += sum(state == "unknown" for state in by_state.values())
        arrived_unknown += sum(by_state[key] == "unknown" for key in arrived)
    assert deaths >= KILLS - IN_A_TURN
    with capsys.disabled():
        print(f"\n{engine.dialect.name}, SMTP: {decided:,} messages a turn of "
            f"{undisturbed.seconds:.1f} s, {KILLS // IN_A_TURN} turns with {deaths} deaths: "
            f"{unknown} unknown, of which {arrived_unknown} had arrived; none twice, none lost")  # fmt: skip


def _bytes(row: tuple[object, ...]) -> tuple[object, ...]:
    """Key, step and time of the decision, address, subject and bodies."""
    return row[:3] + row[5:]


@contextmanager
def _mail_server(taken: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.heavy.mailbox", str(taken)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        yield f"smtp://127.0.0.1:{int(server.stdout.readline())}"
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()


def _arrived(taken: Path) -> Counter[str]:
    """How often each message arrived, by key."""
    return Counter(line.strip("<>").partition("@")[0] for line in taken.read_text().split())
