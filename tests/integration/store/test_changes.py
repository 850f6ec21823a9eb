from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, insert, select, update

from loyaltyloop.errors import ApplyRefused, FilesError, UsageError
from loyaltyloop.store.database import read, write
from loyaltyloop.store.events.touched import event
from loyaltyloop.store.live import changes, versions
from tests.integration.store.shops import (
    NOW,
    SHOP,
    WELCOME,
    enrolment,
    kinds,
    place,
    planned,
    planned_changes,
    reading,
    without_welcome,
)

NO_PICKS = WELCOME[: WELCOME.index("  - send: picks")]


# ── from nothing ────────────────────────────────────────────────────────────


def test_the_first_apply(engine: Engine) -> None:
    found = planned_changes(engine, reading())
    assert kinds(found) == [
        ("", "shop added", None, 0),
        ("welcome", "template added", None, 0),
        ("welcome", "template added", None, 0),
        ("welcome", "journey added", None, 0),
    ]
    assert found[3].becomes == "customers enter from the next turn on, by events not older than 24 hours"
    assert changes.apply(engine, reading(), NOW) == found


def test_applying_twice_changes_nothing(engine: Engine) -> None:
    changes.apply(engine, reading(), NOW)
    assert planned_changes(engine, reading()) == []
    assert changes.apply(engine, reading(), NOW + timedelta(days=1)) == []
    with read(engine) as connection:
        assert versions.live_journeys(connection)[0].applied_at == NOW


def test_comments_and_spaces_alone_are_nothing(engine: Engine) -> None:
    changes.apply(engine, reading(), NOW)
    text = "# Our welcome\n\n" + WELCOME.replace("  - wait: 2 days", "\n  # breathe\n  - wait:   2 days")
    assert planned_changes(engine, reading(text)) == []


def test_broken_files_are_refused_with_all_their_problems(engine: Engine) -> None:
    with pytest.raises(FilesError, match=r"journeys/welcome\.yaml:7:"):
        planned_changes(engine, reading(WELCOME.replace("2 days", "2 dayz")))


def test_deferred_words_are_refused_with_what_they_wait_for(engine: Engine) -> None:
    halves = "    paths: {a: {share: 50%, steps: [{leave: a}]}, b: {share: 50%}}\n"
    text = WELCOME + f"  - split: risk\n    choose: best\n    by: goal\n{halves}"
    files = reading(text)
    found = planned_changes(engine, files)
    expected = (
        "journeys/welcome.yaml:11: 'choose: best' cannot be applied yet: "
        "it waits for splits that learn from their results. "
        "Take it out to apply the rest; it can be checked and mapped as it stands."
    )
    assert changes.refusals(found) == [expected]
    with pytest.raises(ApplyRefused, match="Nothing was changed"):
        changes.apply(engine, files, NOW)
    two = planned_changes(
        engine, reading(text + f"  - split: luck\n    choose: best\n    by: goal\n{halves}")
    )
    assert changes.refusals(two) == [expected, expected.replace(":11:", ":15:")]
    with read(engine) as connection:
        assert versions.live_journeys(connection) == []


@pytest.mark.parametrize(
    ("ages", "looked_back_to"), [([400, 30, 2, 1], 2), ([400, 30], 2), ([1], 0), ([], 0)]
)
def test_the_first_turn_looks_back_no_further_than_max_age(
    engine: Engine, ages: list[int], looked_back_to: int
) -> None:
    with write(engine) as connection:
        for seq, hours in enumerate(ages, 1):
            at = NOW - timedelta(hours=hours)
            sent = {"source": "t", "message_id": str(seq), "type": "track", "name": "Signed Up", "at": at}
            connection.execute(insert(event).values(arrived_at=at, properties={}, seq=seq, **sent))
    changes.apply(engine, reading(), NOW)
    with read(engine) as connection:
        row = connection.execute(select(versions.journey_table)).one()
    assert (row.entered_seq, row.seen_seq) == (looked_back_to, len(ages))


# ── content ─────────────────────────────────────────────────────────────────


def test_a_template_is_live_for_all_versions_at_once(engine: Engine) -> None:
    changes.apply(engine, reading(), NOW)
    with write(engine) as connection:
        for one in place(connection, "picks", 2, state="sending"):
            planned(connection, one, "picks")
    files = reading(extra={"templates/welcome/picks.html": "New"})
    [change] = changes.apply(engine, files, NOW)
    assert kinds([change]) == [("welcome", "template changed", None, 2)]
    assert change.detail == "welcome/picks.html"
    assert change.becomes == "those whose message has not left get the new text"
    with read(engine) as connection:
        assert versions.load_templates(connection)["welcome/picks.html"] == "New"
        assert versions.load_newest(connection, "welcome").number == 1


def test_a_template_stays_while_somebody_may_still_get_it(engine: Engine) -> None:
    changes.apply(engine, reading(), NOW)
    with write(engine) as connection:
        [one] = place(connection, "hello.wait", 1, state="waiting", due_at=NOW)
    gone = reading(NO_PICKS, extra={"templates/welcome/picks.html": None})
    found = changes.apply(engine, gone, NOW)
    assert "template removed" not in {change.change for change in found}
    with write(engine) as connection:
        assert "welcome/picks.html" in versions.load_templates(connection)
        connection.execute(update(enrolment).where(enrolment.c.id == one).values(ended_at=NOW))
    assert kinds(changes.apply(engine, gone, NOW)) == [("welcome", "template removed", None, 0)]


def test_another_shop_changes_no_version(engine: Engine) -> None:
    text = WELCOME.replace("event: Signed Up", "event: Signed Up, if: {segment: british}")
    changes.apply(engine, reading(text), NOW)
    shop = SHOP.replace("country: GB}}", "country: IE}}")
    found = changes.apply(engine, reading(text, extra={"journeys/shop.yaml": shop}), NOW)
    assert kinds(found) == [("", "shop changed", None, 0)]
    assert found[0].detail == "segments.british.customer.country GB → IE"
    with read(engine) as connection:
        assert dict(versions.load_shop(connection).segments).keys() == {"british"}


def test_only_the_description_differs(engine: Engine) -> None:
    changes.apply(engine, reading(), NOW)
    found = changes.apply(engine, reading(WELCOME.replace("new customers", "everybody new")), NOW)
    assert kinds(found) == [("welcome", "about changed", None, 0)]
    with read(engine) as connection:
        live = versions.load_newest(connection, "welcome")
    assert (live.number, live.journey.about) == (1, "Welcome everybody new.")


# ── whole journeys ──────────────────────────────────────────────────────────


def test_a_journey_whose_file_is_gone(engine: Engine) -> None:
    changes.apply(engine, reading(), NOW)
    with write(engine) as connection:
        place(connection, "hello", 2)
    gone = without_welcome()
    with pytest.raises(ApplyRefused, match="welcome: its file is gone, and 2 people stand in it"):
        changes.apply(engine, gone, NOW)
    found = changes.apply(engine, gone, NOW, finish_old=["welcome"])
    assert kinds(found) == [("welcome", "journey removed", None, 2)]
    with read(engine) as connection:
        [row] = versions.live_journeys(connection)
        assert row.state == "retired"
        assert [live.number for live in versions.load_versions(connection, "welcome")] == [1]
    assert planned_changes(engine, gone) == []


def test_a_journey_that_comes_back(engine: Engine) -> None:
    changes.apply(engine, reading(), NOW)
    changes.apply(engine, without_welcome(), NOW)
    assert kinds(changes.apply(engine, reading(), NOW)) == [("welcome", "journey returned", None, 0)]
    changes.apply(engine, without_welcome(), NOW)
    found = changes.apply(engine, reading(WELCOME.replace("2 days", "5 days")), NOW)
    assert kinds(found)[0] == ("welcome", "journey returned", None, 0)
    with read(engine) as connection:
        [row] = versions.live_journeys(connection)
    assert (row.state, row.version) == ("live", 2)
    assert planned_changes(engine, reading(WELCOME.replace("2 days", "5 days"))) == []


def test_a_name_that_nobody_has(engine: Engine) -> None:
    with pytest.raises(UsageError, match=r"There is no journey 'welcom'\. Did you mean 'welcome'"):
        planned_changes(engine, reading(), move=["welcom"])


def test_what_was_agreed_to_is_what_happens(engine: Engine) -> None:
    shown = planned_changes(engine, reading())
    changes.apply(engine, reading(), NOW)
    with pytest.raises(ApplyRefused, match="changed while you looked"):
        changes.apply(engine, reading(), NOW, shown=shown)


def test_a_segment_that_people_still_need_cannot_go(engine: Engine) -> None:
    asked = WELCOME.replace("  - wait: 2 days", "  - wait: 2 days\n    if: {segment: british}")
    changes.apply(engine, reading(asked), NOW)
    shop = {"journeys/shop.yaml": SHOP[: SHOP.index("segments:")]}
    with write(engine) as connection:
        place(connection, "hello", 1)
    with pytest.raises(ApplyRefused, match="the segment 'british' is gone, and a version of welcome"):
        changes.apply(engine, reading(extra=shop), NOW)
    with write(engine) as connection:
        connection.execute(update(enrolment).values(ended_at=NOW))
    changes.apply(engine, reading(extra=shop), NOW)


def test_a_step_renamed_twice_names_both_old_names(engine: Engine) -> None:
    once, twice = "send: hi\n    was: hello\n", "send: hey\n    was: hi\n"
    changes.apply(engine, reading(), NOW)
    changes.apply(engine, reading(WELCOME.replace("send: hello\n", once)), NOW)
    with pytest.raises(ApplyRefused, match=r"'hey' was renamed before: write `was: \[hi, hello\]` there"):
        changes.apply(engine, reading(WELCOME.replace("send: hello\n", twice)), NOW)
    both = twice.replace("was: hi", "was: [hi, hello]")
    changes.apply(engine, reading(WELCOME.replace("send: hello\n", both)), NOW)
    with read(engine) as connection:
        live = versions.load_newest(connection, "welcome")
    assert (live.number, live.journey.step("hey").first_name) == (3, "hello")
