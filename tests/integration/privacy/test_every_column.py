"""Every table and column is accounted for: told by an export and gone after an erasure, or with a reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, Column, Engine, String, cast, literal, update
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

from loyaltyloop.channels.people_data import Files, erase_person
from loyaltyloop.store.database import is_postgres, read, write
from loyaltyloop.store.privacy.export import export
from loyaltyloop.store.privacy.parts import BY_HAND, OF_NOBODY, PARTS, Part
from loyaltyloop.store.privacy.subject import subject_named
from loyaltyloop.store.privacy.whose import rows_of
from tests.integration.privacy.person import EMAIL, MARK, PHONE, USER, Scene

TABLES = {table.name: table for table in SQLModel.metadata.sorted_tables}
ALL = [pytest.param(part, id=part.table.name) for part in PARTS]


def test_every_table_is_about_people_or_says_why_not() -> None:
    unknown = set(TABLES) - {part.table.name for part in PARTS} - set(OF_NOBODY)
    assert not unknown, (
        f"{', '.join(sorted(unknown))}: say in loyaltyloop/store/privacy/parts.py what an export tells of it "
        "and what is left of it after an erasure (a Part, by `customer_id` if it has one), or why nothing in "
        "it is about anybody (OF_NOBODY)."
    )
    assert {part.table.name for part in PARTS}.isdisjoint(OF_NOBODY)


@pytest.mark.parametrize("part", ALL)
def test_every_column_is_told_or_says_why_not_and_goes_or_stays(part: Part) -> None:
    columns = set(part.table.columns.keys())
    assert set(part.untold) <= columns
    if part.becomes is None:
        return  # the rows are deleted
    unknown = columns - set(part.becomes) - part.stays
    assert not unknown, (
        f"{part.table.name}: {', '.join(sorted(unknown))}: say in loyaltyloop/store/privacy/parts.py whether "
        "an erasure overwrites the column (`becomes`), which it must where it can say anything about a "
        "person, or leaves it as it is (`stays`)."
    )
    assert set(part.becomes).isdisjoint(part.stays)
    assert set(BY_HAND.get(part.table.name, ())) <= columns


def says(column: Column[Any]) -> bool:
    """Can anything be written there that leads to nothing else?"""
    return isinstance(column.type, JSON | String | AutoString) and not column.primary_key


def mark_all(scene: Scene, only: bool = False) -> set[tuple[str, str]]:
    """Write a text of its own (`mark TABLE COLUMN`) into each column that is about Ada; which they are.

    `only`: those that an erasure is declared to clear.
    """
    written = set()
    with write(scene.engine) as connection:
        subject = subject_named(connection, USER)
        for part in PARTS:
            kept = part.becomes is not None and only
            names = [column for column in part.table.columns if says(column) and column.name != "country"]
            columns = [column for column in names if not kept or column.name in (part.becomes or {})]
            values = {column.name: marked(part, column) for column in columns}
            where = rows_of(connection, part, subject)
            if values and connection.execute(update(part.table).where(where).values(values)).rowcount:
                written |= {(part.table.name, name) for name in values}
    return written


def marked(part: Part, column: Column[Any]) -> Any:
    """A value for this column; no two alike, as some must be unique."""
    mark = f"mark {part.table.name} {column.name}"
    if isinstance(column.type, JSON):
        return [mark] if column.name in ("tags", "links", "products", "checkouts") else {"x": mark}
    if "id" not in part.table.c:
        return mark
    return literal(f"{mark} ", String()) + cast(part.table.c.id, String)


@pytest.fixture
def scene(engine: Engine, tmp_path: Path) -> Scene:
    scene = Scene(engine, tmp_path)
    scene.live()
    return scene


def document_of(scene: Scene) -> dict[str, Any]:
    with read(scene.engine) as connection:
        return export(connection, subject_named(connection, USER), scene.at("05-02 12:00"))


def test_what_the_export_tells(scene: Scene) -> None:
    document = document_of(scene)
    assert (document["customer"][0]["email"], document["customer"][0]["lifetime_value"]) == (EMAIL, 1000)
    assert {one["value"] for one in document["ids"]} == {USER, f"{MARK}-device", f"{MARK}-former"}
    assert {(one["channel"], one["how"]) for one in document["consent_ledger"]} == {
        ("email", "customers.csv"),
        ("sms", "Consent Granted"),
    }
    assert f"{MARK}-wording" in {one["wording"] for one in document["consent_ledger"]}
    [order] = document["orders"]
    assert (order["total"], [line["product_id"] for line in order["lines"]]) == (1000, ["tea"])
    assert [one["products"][0]["product_id"] for one in document["baskets"]]
    sent = [one for one in document["messages"] if one["state"] == "handed_over"]
    assert {one["to"] for one in sent} == {EMAIL}
    assert all(EMAIL in one["what_was_sent"][0]["html"] for one in sent)
    assert {visit["step"] for one in document["enrolments"] for visit in one["visits"]} == {"hello"}
    assert [one["kind"] for one in document["responses"]] == ["opened"]
    assert "bob" not in json.dumps(document).lower()
    assert json.loads(json.dumps(document)) == document


def test_no_column_is_forgotten_by_the_export(scene: Scene) -> None:
    written = mark_all(scene)
    untold = {(part.table.name, name) for part in PARTS for name in part.untold}
    told = json.dumps(document_of(scene))
    assert {(table, name) for table, name in written if f"mark {table} {name}" not in told} <= untold
    assert len(written) > 60


def test_no_column_is_forgotten_by_the_erasure(scene: Scene) -> None:
    mark_all(scene, only=True)
    scene.erase("05-02 12:00")
    assert not scene.places("mark ", MARK, PHONE)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_file_holds_a_trace(scene: Scene) -> None:
    """The pages of the database too, its journal, and the mails that were written to files."""
    assert traces(scene)
    with read(scene.engine) as connection:
        subject = subject_named(connection, EMAIL)
    files = Files(scene.folder / "outbox", scene.folder / "privacy")
    files.write(next((scene.folder / "outbox").glob("*.eml")).stem, {"of": MARK})
    erase_person(scene.engine, files, subject, scene.at("05-02 12:00"))
    assert traces(scene) == []
    assert len(list((scene.folder / "outbox").glob("*.eml"))) == 1  # Bob's


def traces(scene: Scene) -> list[str]:
    """Files in which a word about Ada stands, but for the one that was imported."""
    assert not is_postgres(scene.engine)
    folder = Path(str(scene.engine.url.database)).parent
    found = [path for where in {folder, scene.folder} for path in where.rglob("*") if path.is_file()]
    words = (MARK.encode(), PHONE.encode(), EMAIL.encode())
    return sorted(
        {
            path.name
            for path in found
            if path != scene.path and any(word in path.read_bytes() for word in words)
        }
    )
