"""What a form of the preferences' page says: nothing but what differs from what was shown."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyaltyloop.journey.reading.reader import read_shop
from loyaltyloop.store.consents.preferences import Wishes
from loyaltyloop.store.consents.ways import Ways
from loyaltyloop.store.messages.addressees import Recipient
from loyaltyloop.store.segment import Call
from loyaltyloop.web.pages.calls import Said
from loyaltyloop.web.pages.choices import Page, WrongBirthday, calls, stopped
from loyaltyloop.web.pages.texts import texts_for
from tests.reference.reading import SHOP_TEXT

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
SHOP = read_shop(SHOP_TEXT + "topics: {news: What is new, birthday: Wishes}\n")
ADA = Recipient("k", "letters", "marketing", "email", 1, "Europe/London", user_id="ada")
ON = {("email", "marketing"): True}
NOWHERE = Ways()


def page(zone: str = "Europe/London", ways: Ways = NOWHERE, **wishes: Any) -> Page:
    who = Recipient("k", "letters", "marketing", "email", 1, zone, user_id="ada")
    texts = texts_for(["en"]).about(shop="Sample")
    return Page(SHOP, texts, Wishes(**{"consents": ON, **wishes}), Said(who, NOW), ways)


def told(found: list[Call]) -> list[tuple[str, dict[str, Any]]]:
    """Each call in short: consents without what stands beside them."""
    short = []
    for call in found:
        said = {name: value for name, value in call.properties.items() if name not in ("wording", "email_id")}
        short.append((call.name or call.type, said))
    return short


EMAIL = "consent.email.marketing"


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({}, []),
        ({f"shown.{EMAIL}": "yes", EMAIL: "yes"}, []),
        ({EMAIL: "yes"}, []),  # it was not shown
        ({f"shown.{EMAIL}": "maybe"}, []),
        ({f"shown.{EMAIL}": "yes"}, [("Consent Withdrawn", {"channel": "email", "purpose": "marketing"})]),
        (
            {f"shown.{EMAIL}": "no", EMAIL: "yes"},
            [("Consent Granted", {"channel": "email", "purpose": "marketing"})],
        ),
        ({"shown.consent.sms.marketing": "no", "consent.sms.marketing": "yes"}, []),  # it is not offered
        ({"often": "less", "shown.often": "less"}, []),
        ({"often": "sometimes", "shown.often": "normal"}, []),
        (
            {"often": "less", "shown.often": "normal"},
            [("Preference Updated", {"often": "less", "paused_until": None})],
        ),
        (
            {"often": "pause", "shown.often": "normal"},
            [("Preference Updated", {"often": "pause", "paused_until": "2026-04-01T09:00:00+00:00"})],
        ),
        ({"shown.topic.news": "yes"}, [("Preference Updated", {"topics_off": ["news", "old"]})]),
        ({"shown.topic.other": "yes"}, []),
        ({"birthday": " 1984-02-29 "}, [("identify", {"birthday": "1984-02-29"})]),
        ({"forget_birthday": "yes"}, [("identify", {"birthday": None})]),
    ],
)
def test_what_a_form_says(form: dict[str, str], said: list[tuple[str, dict[str, Any]]]) -> None:
    assert told(calls(page(topics_off=frozenset({"old"})), form)) == said


def test_a_topic_that_is_wanted_again() -> None:
    form = {"shown.topic.news": "no", "topic.news": "yes"}
    [(_, said)] = told(calls(page(topics_off=frozenset({"news", "birthday"})), form))
    assert said == {"topics_off": ["birthday"]}


@pytest.mark.parametrize("day", ["2026-03-02", "1905-01-01", "1970-01-01", "x", "31.12.1990", "1990-02-30"])
def test_what_is_no_birthday(day: str) -> None:
    with pytest.raises(WrongBirthday):
        calls(page(), {f"shown.{EMAIL}": "yes", "birthday": day})


def test_the_day_is_the_readers_own() -> None:
    """In Kiritimati it is 3 March already: the second was yesterday."""
    assert told(calls(page("Pacific/Kiritimati"), {"birthday": "2026-03-02"}))


@pytest.mark.parametrize(
    ("often", "until", "shown"),
    [
        ("normal", None, "normal"),
        ("less", None, "less"),
        ("pause", datetime(2026, 3, 2, 10, 0, 1, tzinfo=UTC), "pause"),
        ("pause", NOW, "normal"),
        ("pause", None, "normal"),
    ],
)
def test_a_pause_that_has_ended_is_none(often: str, until: datetime | None, shown: str) -> None:
    assert page(often=often, paused_until=until).often == shown


def test_what_is_offered_is_as_the_gate_asks() -> None:
    """Marketing needs a yes, service messages a no; another channel is offered to whoever has answered."""
    assert list(page(consents={}).consents()) == [("email", "marketing", False), ("email", "service", True)]
    answered = page(consents={("sms", "marketing"): False})
    assert list(answered.consents())[2:] == [("sms", "marketing", False)]


TEXTS = Ways(frozenset({("sms", "marketing"), ("push", "service")}), frozenset({"email", "sms"}))


def test_a_channel_is_offered_to_whoever_has_it_where_journeys_send_by_it() -> None:
    """No device: no box about notifications. No journey with texts that help: no box about these."""
    assert list(page(ways=TEXTS, consents={}).consents())[2:] == [("sms", "marketing", False)]
    assert list(page(ways=Ways(reached=frozenset({"sms", "push"}))).consents())[2:] == []


@pytest.mark.parametrize(
    ("ways", "preferred", "offered"),
    [
        (Ways(), None, ()),
        (Ways(reached=frozenset({"email"})), "email", ()),
        (Ways(reached=frozenset({"email"})), "push", ("none", "email", "push")),
        (Ways(reached=frozenset({"email", "sms"})), None, ("none", "email", "sms")),
        (TEXTS, None, ("none", "email", "sms", "push")),
    ],
)
def test_which_channels_can_be_liked_best(
    ways: Ways, preferred: str | None, offered: tuple[str, ...]
) -> None:
    assert page(ways=ways, channel=preferred).channels() == offered


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"best": "sms", "shown.best": "none"}, [{"preferred_channel": "sms"}]),
        ({"best": "none", "shown.best": "sms"}, [{"preferred_channel": None}]),
        ({"best": "sms", "shown.best": "sms"}, []),
        ({"best": "sms"}, []),  # it was not shown
        ({"best": "pigeon", "shown.best": "none"}, []),
        ({"shown.best": "sms"}, []),
    ],
)
def test_how_somebody_likes_to_hear_best(form: dict[str, str], said: list[dict[str, Any]]) -> None:
    assert [found for _, found in told(calls(page(ways=TEXTS), form))] == said


def test_every_consent_has_the_words_that_were_shown() -> None:
    form = {f"shown.{EMAIL}": "no", EMAIL: "yes"}
    [call, *others] = [*calls(page(), form), *stopped(page())]
    assert call.properties["wording"].startswith(
        "News and offers by e-mail. I agree that Sample writes to me"
    )
    assert all("One click" in one.properties["wording"] for one in others)
    assert {(one.source, one.user_id, one.at, one.arrived_at) for one in (call, *others)} == {
        ("pages", "ada", NOW, NOW)
    }


NAMES = st.sampled_from(
    [
        EMAIL,
        "consent.sms.service",
        "often",
        "best",
        "topic.news",
        "birthday",
        "forget_birthday",
        "do",
        "language",
    ]
)


@given(st.dictionaries(NAMES | NAMES.map("shown.{}".format) | st.text(), st.text() | st.just("yes")))
def test_any_form_is_read(form: dict[str, str]) -> None:
    try:
        found = calls(page(ways=TEXTS), form)
    except WrongBirthday:
        return
    assert len({call.message_id for call in found}) == len(found)
    assert all(len(call.message_id) < 200 for call in found)
