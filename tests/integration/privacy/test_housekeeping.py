"""What is looked after once a day: requests, letters, files that came late, messages of long ago."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, func, select, update

from loyaltyloop.channels.people_data import Files, erase_person
from loyaltyloop.settings import Settings
from loyaltyloop.store.database import read, write_shop
from loyaltyloop.store.messages.addressees import html_of, links_of
from loyaltyloop.store.models import Body, Message
from loyaltyloop.store.privacy import requests, retention
from loyaltyloop.store.privacy.subject import subject_named
from loyaltyloop.web.housekeeping import look_after
from tests.integration.privacy.person import EMAIL, MARK, USER, Scene


@pytest.fixture
def scene(engine: Engine, tmp_path: Path) -> Scene:
    scene = Scene(engine, tmp_path)
    scene.live()
    return scene


@pytest.fixture
def settings(scene: Scene) -> Settings:
    return Settings(
        project=scene.folder, eml_folder=scene.folder / "outbox", secret_key=SecretStr("for tests")
    )


def look(scene: Scene, settings: Settings, at: str) -> str:
    return look_after(scene.engine, settings, scene.at(at))


def test_where_nothing_is_due_nothing_is_done(scene: Scene, settings: Settings) -> None:
    before = scene.rows("message"), scene.rows("body")
    assert look(scene, settings, "05-02 03:30") == ""
    assert (scene.rows("message"), scene.rows("body")) == before


def test_requests_of_a_shop_that_nobody_has_carried_out(scene: Scene, settings: Settings) -> None:
    with write_shop(scene.engine) as connection:
        for kind, delivery in (("export", "a"), ("erase", "b"), ("erase_shop", "c")):
            now = scene.at("05-02 03:00")
            requests.ask_by_shop(connection, kind, delivery, [("user", USER)], "a.example", now)  # type: ignore[arg-type]
    told = look(scene, settings, "05-02 03:30")
    assert told.startswith("2 requests about people's data carried out")
    assert told.endswith("1 request waits for you: loop privacy requests")
    assert not scene.places(MARK)
    assert sorted(row["state"] for row in scene.rows("privacy_request")) == ["done", "done", "due"]


def test_a_mail_that_was_written_while_its_reader_was_erased(scene: Scene, settings: Settings) -> None:
    [path] = [path for path in settings.outbox.glob("*.eml") if MARK.encode() in path.read_bytes()][:1]
    letter = path.read_bytes()
    with read(scene.engine) as connection:
        subject = subject_named(connection, EMAIL)
    erase_person(scene.engine, Files.of(settings), subject, scene.at("05-02 12:00"))
    path.write_bytes(letter)  # by a delivery that was at work
    assert look(scene, settings, "05-03 03:30") == "1 file deleted"
    assert not path.exists()


def test_what_was_written_is_kept_for_so_long(
    scene: Scene, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "CHUNK", 1)
    [key] = [row["key"] for row in scene.rows("message") if row["to"] == "bob@shopper.example"]
    kept = settings.model_copy(update={"keep_messages_days": 30})
    assert look(scene, kept, "05-31 03:30") == ""
    assert look(scene, kept.model_copy(update={"keep_messages_days": 0}), "2036-05-31 03:30") == ""
    assert "old messages emptied" in look(scene, kept, "06-01 03:30")
    assert {(row["html"], row["text"]) for row in scene.rows("body")} == {("", "")}
    with read(scene.engine) as connection:
        assert html_of(connection, key) is None
        assert any("https://shop.example/tea" in link for link in links_of(connection, key) or ())
    assert not list(settings.outbox.glob("*.eml"))
    assert look(scene, kept, "06-01 03:30") == ""


def test_calls_and_what_was_refused_at_the_hand_over_are_kept_for_so_long_too(
    scene: Scene, settings: Settings
) -> None:
    with write_shop(scene.engine) as connection:
        connection.execute(update(Body).values(html="", text='{"email": "bob@shopper.example"}'))
        connection.execute(update(Message).values(state="refused", handed_over_at=None))
        waits = select(func.min(Message.id)).scalar_subquery()
        connection.execute(update(Message).where(Message.id == waits).values(state="held"))  # type: ignore[arg-type]
    kept = settings.model_copy(update={"keep_messages_days": 30})
    assert look(scene, kept, "05-31 03:30") == ""
    assert look(scene, kept, "06-01 03:30") == "1 old message emptied"
    held, *others = sorted(scene.rows("body"), key=lambda row: row["message_id"])
    assert others
    assert (held["text"] != "", {row["text"] for row in others}) == (True, {""})


def test_an_export_for_a_shop_is_kept_for_a_month(scene: Scene, settings: Settings) -> None:
    with write_shop(scene.engine) as connection:
        requests.ask_by_shop(connection, "export", "a", [("user", USER)], None, scene.at("05-02 03:00"))
    look(scene, settings, "05-02 03:30")
    [path] = (settings.var / "privacy").iterdir()
    look(scene, settings, "06-01 03:00")
    assert path.exists()
    look(scene, settings, "06-01 03:30")
    assert not path.exists()
