"""The preferences' page: by which channels they like to hear, of those that reach them."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from loyaltyloop.store.database import read, write
from loyaltyloop.store.events.ingest import record
from loyaltyloop.store.models import Message
from loyaltyloop.store.segment import Call
from loyaltyloop.web.service import Service
from tests.integration.web.pages import LETTERS, Pages
from tests.integration.web.test_preferences import ada, told

TEXT, PUSH = "consent.sms.marketing", "consent.push.marketing"
TEMPLATES = {
    "test/hello.sms.txt": "Hello! {{ shop.url }}/new STOP to end",
    "test/hello.push.txt": "Hello\n\nNews.\n{{ shop.url }}/new",
}
BEST = LETTERS.replace("template: test/hello", "template: test/hello\n        channel: best")
PHONE = "+44 7400 123456"


def holds_a_device(pages: Pages) -> None:
    """Ada opens the app."""
    context = {"device": {"type": "ios", "token": "phone1"}}
    at = pages.now
    with write(pages.service.engine) as connection:
        record(connection, [Call("app", "1", "track", "Opened", "ada", None, None, at, at, {}, context)])
    ada(pages)


def test_another_channel_for_whoever_can_be_reached_by_it(service: Service) -> None:
    with Pages(service, BEST, templates=TEMPLATES, phone=PHONE) as pages:
        fields = pages.fields()
        assert (fields[f"shown.{TEXT}"], TEXT in fields, f"shown.{PUSH}" in fields) == ("no", False, False)
        assert not {"shown.consent.sms.service", "shown.consent.push.service"} & set(fields)
        holds_a_device(pages)
        assert pages.fields()[f"shown.{PUSH}"] == "no"
        told(pages.save(consent__sms__marketing="yes"), pages)
        ada(pages)
        assert pages.consents()["sms", "marketing"]
        assert "sends me text messages" in str(pages.ledger()[-1][-1])


@pytest.mark.parametrize("letters", [LETTERS, BEST], ids=["no text", "no number"])
def test_no_box_where_no_text_leaves_or_arrives(service: Service, letters: str) -> None:
    phone = PHONE if letters is LETTERS else "+44 20 7946 0018"  # a landline
    with Pages(service, letters, templates=TEMPLATES, phone=phone) as pages:
        holds_a_device(pages)
        assert f"shown.{TEXT}" not in pages.fields()


def test_how_they_like_to_hear_best(service: Service) -> None:
    with Pages(service, BEST, templates=TEMPLATES, phone=PHONE) as pages:
        assert (pages.fields()["best"], pages.web.get(pages.path("p")).text.count('name="best"')) == (
            "none",
            4,
        )
        told(pages.save(best="sms", consent__sms__marketing="yes"), pages)
        assert pages.fields()["best"] == "sms"  # at once
        assert ada(pages, "attributes") == [{"preferred_channel": "sms"}]
        about, which, chosen, how, wording = pages.ledger()[-1]
        assert (about, which, chosen, how) == ("best", "sms", True, "identify")
        assert str(wording).startswith(
            "How do you like to hear from us best? By text message. Where a message"
        )
        pages.stage.turn("03-04 09:00")
        with read(pages.service.engine) as connection:
            chosen = select(Message.step, Message.channel).order_by(Message.id)  # type: ignore[call-overload]
            assert list(map(tuple, connection.execute(chosen))) == [("hello", "email"), ("again", "sms")]
        told(pages.at("03-04 10:00").save(best="none"), pages)
        assert ada(pages, "attributes") == [{}]
        assert pages.ledger()[-1][:2] == ("best", "none")


def test_what_cannot_be_liked_best(service: Service) -> None:
    """Neither a channel that is not there, nor what somebody else has written into the attribute."""
    with Pages(service, BEST, templates=TEMPLATES, preferred_channel=["<b>"]) as pages:
        assert pages.fields()["best"] == "none"
        for wrong in ("pigeon", "", "<b>"):
            assert "Nothing was changed" in told(pages.save(best=wrong), pages)
        wrong_too = pages.save(best="push", birthday="soon")
        assert (wrong_too.status_code, 'value="push" checked' in wrong_too.text) == (422, True)
        assert pages.said() == []


def test_in_german_too(service: Service) -> None:
    with Pages(service, BEST, templates=TEMPLATES, locale="de") as pages:
        told(pages.save(best="push"), pages)
        ada(pages)
        assert "am liebsten von uns? Als Mitteilung in der App." in str(pages.ledger()[-1][-1])
