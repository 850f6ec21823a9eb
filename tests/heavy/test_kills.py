"""Thirty deaths of a worker, spread over a turn of more than 20,000 customers and its delivery."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.heavy.killing import ROOT, Ran, files, instants, run, steps, told, unfinished
from tests.heavy.scene import NOW, prepare, prepare_calls

PEOPLE = 20_000  # who enter in the turn; a fourth as many are inside already
BY_SMTP = 2_000
CALLED_FOR = 1_500
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

    def one_turn(points: list[float]) -> Ran:
        killed, outbox = copy_of(database_url), tmp_path / f"killed{len(died)}"
        ran = run(killed, str(outbox), steps(points))
        died.extend(_since_begin(ran))
        assert told(killed) == expected, f"killed at {ran.kills}"
        assert files(outbox) == written
        assert not unfinished(killed)
        return ran

    turns = _until_all_have_died(undisturbed, one_turn)
    with capsys.disabled():
        print(f"\n{engine.dialect.name}, .eml: {PEOPLE:,} entering, {PEOPLE // 4:,} inside, "
            f"{handed['handed_over']:,} messages; undisturbed {undisturbed.seconds:.1f} s; "
            f"{len(died)} deaths in {turns} turns, seconds of work before each: "
            f"{', '.join(f'{at:.1f}' for at in sorted(died))}")  # fmt: skip


def _until_all_have_died(undisturbed: Ran, one_turn: Callable[[list[float]], Ran]) -> int:
    """Turns with deaths at random instants, one in each part of a turn; how many turns it took.

    Where a turn ended before its last death, turns take less long than was thought.
    """
    deaths, turns, seconds = 0, 0, undisturbed.seconds
    while deaths < KILLS:
        ran = one_turn(instants(IN_A_TURN, seconds, seed=turns))
        deaths, turns = deaths + len(ran.kills), turns + 1
        if len(ran.kills) < IN_A_TURN:
            seconds = min(seconds, ran.seconds)
        assert turns < KILLS, "turns end too soon to be killed"
    return turns


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
    figures: Counter[str] = Counter()

    def one_turn(points: list[float]) -> Ran:
        killed, taken = copy_of(database_url), tmp_path / f"killed{figures['turns']}.txt"
        with _mail_server(taken) as server:
            ran = run(killed, server, steps(points))
        found, arrived = told(killed), _arrived(taken)
        assert [_bytes(row) for row in found["messages"]] == [_bytes(row) for row in expected["messages"]]
        assert found["visits"] == expected["visits"]
        assert not unfinished(killed)
        states = {row[0]: row[3] for row in found["messages"] if row[2] == NOW}
        assert set(arrived.values()) <= {1}
        assert {key for key, state in states.items() if state == "handed_over"} <= set(arrived)
        assert {states[key] for key in arrived} <= {"handed_over", "unknown"}
        unknown = {key for key, state in states.items() if state == "unknown"}
        figures.update(
            turns=1, deaths=len(ran.kills), unknown=len(unknown), there=len(unknown & set(arrived))
        )
        return ran

    _until_all_have_died(undisturbed, one_turn)
    with capsys.disabled():
        print(f"\n{engine.dialect.name}, SMTP: {decided:,} messages; undisturbed "
            f"{undisturbed.seconds:.1f} s; {figures['deaths']} deaths in {figures['turns']} turns; "
            f"{figures['unknown']} unknown, of which {figures['there']} had arrived; none twice, none lost"
        )  # fmt: skip


def test_calls_all_arrive_and_are_repeated_under_their_own_ids_alone(
    engine: Engine, database_url: str, copy_of: Copy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with _server("tests.heavy.helpdesk", tmp_path / "calls.txt") as port:
        prepare_calls(engine, CALLED_FOR, f"http://127.0.0.1:{port}/in")
        taken = Taken(tmp_path / "calls.txt")
        once = copy_of(database_url)
        undisturbed = run(once, "post")
        expected, bodies = told(once), taken.new()
        assert {key: hash_ for key, hash_, _ in bodies} == {
            row[0]: _hash(row) for row in expected["messages"]
        }
        assert {row[3] for row in expected["messages"]} == {"handed_over"}
        assert {row[1] for row in expected["messages"]} == {"tell", "over"}
        figures: Counter[str] = Counter()

        def one_turn(points: list[float]) -> Ran:
            killed = copy_of(database_url)
            ran = run(killed, "post", steps(points))
            assert told(killed) == expected, f"killed at {ran.kills}"
            assert not unfinished(killed)
            arrived = taken.new()
            assert [one[:2] for one in arrived] == [one[:2] for one in bodies]  # no other id, no other body
            figures.update(turns=1, deaths=len(ran.kills), again=sum(number - 1 for _, _, number in arrived))
            return ran

        _until_all_have_died(undisturbed, one_turn)
    with capsys.disabled():
        print(f"\n{engine.dialect.name}, calls: {len(bodies):,}; undisturbed {undisturbed.seconds:.1f} s; "
            f"{figures['deaths']} deaths in {figures['turns']} turns; {figures['again']} posted again "
            "under the same id with the same body; none lost, none under two ids")  # fmt: skip


@dataclass
class Taken:
    """What a help desk has written since it was last looked at."""

    path: Path
    read: int = 0

    def new(self) -> list[tuple[str, str, int]]:
        """Each id with the hash of its body, and how often: sorted."""
        lines = self.path.read_text().splitlines()
        fresh, self.read = lines[self.read :], len(lines)
        return [(*key.split(), number) for key, number in sorted(Counter(fresh).items())]  # type: ignore[misc]


def _hash(row: tuple[Any, ...]) -> str:
    """Of a call's body, as it is stored."""
    return sha256(row[8].encode()).hexdigest()


def _bytes(row: tuple[object, ...]) -> tuple[object, ...]:
    """Key, step and time of the decision, address, subject and bodies."""
    return row[:3] + row[5:]


@contextmanager
def _mail_server(taken: Path) -> Iterator[str]:
    with _server("tests.heavy.mailbox", taken) as port:
        yield f"smtp://127.0.0.1:{port}"


@contextmanager
def _server(module: str, taken: Path) -> Iterator[int]:
    """The port of a server in a process of its own, which writes what it takes to this file."""
    command = [sys.executable, "-m", module, str(taken)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        yield int(server.stdout.readline())
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()


def _arrived(taken: Path) -> Counter[str]:
    """How often each message arrived, by key."""
    return Counter(line.strip("<>").partition("@")[0] for line in taken.read_text().split())
