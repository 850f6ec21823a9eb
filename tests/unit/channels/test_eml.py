"""Messages as files: durable, named by their key, the same however often they are written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from loyaltyloop.channels.mail.eml import EmlFiles
from loyaltyloop.channels.out import Outcome, Outgoing
from loyaltyloop.channels.ways_out import choose_ways
from loyaltyloop.settings import Settings

BATCH = [
    Outgoing(f"key-{n}", "a@shop.example", "b@example.com", b"Subject: x\r\n\r\n%d" % n) for n in range(3)
]


def test_each_message_is_a_file_of_its_key(tmp_path: Path) -> None:
    outcomes = list(EmlFiles(tmp_path / "outbox").hand_over(BATCH))
    assert outcomes == [Outcome(message.key, "handed_over") for message in BATCH]
    found = {path.name: path.read_bytes() for path in (tmp_path / "outbox").iterdir()}
    assert found == {f"{message.key}.eml": message.raw for message in BATCH}


def test_twice_is_the_same_as_once(tmp_path: Path) -> None:
    out = EmlFiles(tmp_path)
    assert out.idempotent
    first = list(out.hand_over(BATCH))
    assert list(out.hand_over(BATCH)) == first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["key-0.eml", "key-1.eml", "key-2.eml"]


def test_what_a_killed_writer_left_is_finished(tmp_path: Path) -> None:
    (tmp_path / "key-0.unfinished").write_bytes(b"Subj")
    list(EmlFiles(tmp_path).hand_over(BATCH[:1]))
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("key-0.eml", BATCH[0].raw)]


def test_nothing_is_told_before_everything_is_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    real = os.fsync

    def fsync(handle: int) -> None:
        synced.append(Path(f"/proc/self/fd/{handle}").resolve().name)
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    next(EmlFiles(tmp_path).hand_over(BATCH))
    assert sorted(synced[:-1]) == [f"{message.key}.unfinished" for message in BATCH]
    assert synced[-1] == tmp_path.name


def test_others_cannot_read_it(tmp_path: Path) -> None:
    out = EmlFiles(tmp_path)
    list(out.hand_over(BATCH[:1]))
    assert out.path("key-0").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(("email", "name"), [("eml", "eml"), ("smtp", "smtp")])
def test_the_settings_choose(email: str, name: str, tmp_path: Path) -> None:
    assert choose_ways(Settings(project=tmp_path, email=email))["email"].name == name


def test_a_file_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "key-1.unfinished").mkdir()
    found = [(one.state, one.reason) for one in EmlFiles(tmp_path).hand_over(BATCH)]
    lost = ("try_again", "the file cannot be written (Is a directory)")
    assert found == [("handed_over", ""), lost, ("handed_over", "")]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    out = EmlFiles(tmp_path / "taken")
    told = out.open()
    assert told == f"{tmp_path / 'taken'} cannot be made (File exists)"
    assert list(out.hand_over(BATCH[:1])) == [Outcome("key-0", "try_again", told, away=True)]
